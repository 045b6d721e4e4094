/* The result of a training: its best model, or MODEL.best and advice how to resume if it could not end. */
#ifndef MM_FILTERS_TRAIN_RESULT_H
#define MM_FILTERS_TRAIN_RESULT_H

#include "filters/train/run.h"

/* Writes the best model to the run's output, and removes the MODEL.best of a run that failed before. */
int mm_train_result_write(mm_train_run *run, mm_error *error);

/* Writes the best model to MODEL.best after a failure or an interruption, since it must not lie where a finished model would. Says in
 * one line what was saved and how to resume. Does nothing if there is neither a trainer nor a checkpoint. */
void mm_train_result_rescue(mm_train_run *run);

#endif
