/* From the first batch to the end of the schedule: steps, validation, log, progress, checkpoints, interruption. */
#ifndef MM_FILTERS_TRAIN_EPOCHS_H
#define MM_FILTERS_TRAIN_EPOCHS_H

#include "filters/train/run.h"

/* 0 when the schedule is done or the run was interrupted (and saved). MM_FAILURE: too few epochs, a loss that is not finite, an
 * image of another size; MM_DAMAGED: the stream is. What the trainer holds as best stays good. */
int mm_train_epochs(mm_train_run *run, mm_error *error);

#endif
