/* One network trained by several processes (ranks): what they exchange in a step.
 *
 * Each rank computes gradients on its own records, with loss weights that count the records of all ranks. So the sum over the
 * ranks is the gradient of the whole batch, and every rank makes the same step from it. Running averages of batch norm become
 * what one process would have after the micro-batches of rank 0, then of rank 1, and so on. If statistics are taken over all
 * ranks (mm_executor_options.sync), the averages are equal anyway. */
#ifndef MM_NN_DATA_PARALLEL_H
#define MM_NN_DATA_PARALLEL_H

#include "common/nn/executor.h"
#include "common/nn/group.h"

/* Joins a model that has no executors yet to the other ranks' models. The group is borrowed. MM_FAILURE: memory. */
int mm_data_parallel_join(mm_model *model, mm_group *group, mm_error *error);
void mm_data_parallel_leave(mm_model *model); /* mm_model_free does it */

/* Gives all ranks the weights and running averages of rank 0. Call it after they were set. */
int mm_data_parallel_begin(mm_model *model, mm_error *error);

/* Sums the gradients of a step over all ranks. Call it before mm_model_update; mm_executor_step does so. */
int mm_data_parallel_gradients(mm_model *model, mm_error *error);

/* Combines the running averages after a step whose statistics were not taken over all ranks. passes[rank] is the number of
 * micro-batches of each rank in the step. */
int mm_data_parallel_averages(mm_model *model, const size_t *passes, mm_error *error);

#endif
