/* What a stage of a training needs on the device, all of it made before its first step: the trainer makes it for a real
 * training, a plan of memory (nn/plan.h) on a device that counts. */
#ifndef MM_NN_STAGE_H
#define MM_NN_STAGE_H

#include "common/nn/executors.h"
#include "common/nn/trainer.h"

/* The executor that trains n images of a size at once in a stage (from 0). */
mm_executor_options mm_stage_executor(const mm_trainer_options *options, size_t stage, size_t n, size_t height, size_t width);

/* Gives the layers of a stage a new optimiser, and puts its executors into the cache in the place of those of other stages: for a
 * micro-batch, for what micro-batches leave of a batch, and for validation where epochs are compared by one. Room for their images
 * is taken, too. An error says how many images are too many. */
int mm_stage_prepare(mm_executors *executors, const mm_trainer_options *options, size_t stage, mm_error *error);

#endif
