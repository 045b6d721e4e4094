/* What a training leaves: its best model, or when it could not end, MODEL.best and a way to go on. */
#ifndef MM_FILTERS_TRAIN_RESULT_H
#define MM_FILTERS_TRAIN_RESULT_H

#include "filters/train/run.h"

/* Writes the best model to the run's output, and removes the MODEL.best of a run that failed before. */
int mm_train_result_write(mm_train_run *run, mm_error *error);

/* After a failure or an interruption: writes what was learnt to MODEL.best, since it must not lie where a finished model would,
 * and says in one line what there is and how to go on. Does nothing when there is neither a trainer nor a checkpoint. */
void mm_train_result_rescue(mm_train_run *run);

#endif
