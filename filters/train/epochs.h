/* From the first batch to the end of the schedule: steps, validation, log, progress, checkpoints, interruption. */
#ifndef MM_FILTERS_TRAIN_EPOCHS_H
#define MM_FILTERS_TRAIN_EPOCHS_H

#include "filters/train/run.h"

/* Trains until the schedule is done or the run is interrupted (and saved). MM_FAILURE: too few epochs, a loss that is not finite, an
 * image of another size. MM_DAMAGED: a damaged stream. The trainer's best weights stay valid after an error. */
int mm_train_epochs(mm_train_run *run, mm_error *error);

#endif
