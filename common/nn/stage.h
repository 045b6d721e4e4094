/* Everything that a stage of a training needs on the device, made before its first step. The trainer makes it for a real
 * training, and a plan of memory (nn/plan.h) on a device that counts. */
#ifndef MM_NN_STAGE_H
#define MM_NN_STAGE_H

#include "common/nn/executors.h"
#include "common/nn/trainer.h"

/* Returns the options of the executor that trains n images of a size at once in a stage, from 0. */
mm_executor_options mm_stage_executor(const mm_trainer_options *options, size_t stage, size_t n, size_t height, size_t width);

/* Returns the name of the first batch norm that takes statistics of the batch in a stage and would see one value of each channel if n
 * images were computed at once; NULL: there is none. It then normalises by its running statistics, and leaves them alone. */
const char *mm_stage_single_norm(const mm_net *net, const mm_trainer_options *options, size_t stage, size_t n);

/* Gives the layers of a stage a new optimiser and replaces the training executors in the cache by those of the stage: for a
 * micro-batch, and for the rest of a batch that micro-batches do not divide. Adds the executor for validation if epochs are
 * compared by it. Allocates the memory for their images too. The error of an executor that does not fit names its number of
 * images. MM_USAGE: a batch norm would see one value of each channel in every step. */
int mm_stage_prepare(mm_executors *executors, const mm_trainer_options *options, size_t stage, mm_error *error);

#endif
