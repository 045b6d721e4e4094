/* One network trained by several processes (ranks): where they meet in a step.
 *
 * Each rank computes gradients on its own records, with weights of the loss that count those of all ranks; the sum over
 * the ranks is then the gradient of the whole batch, and every rank makes the same step from it. Running averages of batch
 * norm become what one process would have after the micro-batches of rank 0, then of rank 1, and so on; with statistics
 * over all ranks (mm_executor_options.sync) they are the same everywhere by themselves. */
#ifndef MM_NN_DATA_PARALLEL_H
#define MM_NN_DATA_PARALLEL_H

#include "common/nn/executor.h"
#include "common/nn/group.h"

/* Joins a model that has no executors yet to the other ranks' models. The group is borrowed. MM_FAILURE: memory. */
int mm_data_parallel_join(mm_model *model, mm_group *group, mm_error *error);
void mm_data_parallel_leave(mm_model *model); /* mm_model_free does it */

/* Gives all ranks the weights and running averages of rank 0; to be called after they were set. */
int mm_data_parallel_begin(mm_model *model, mm_error *error);

/* Sums the gradients of a step over all ranks, before mm_model_update; mm_executor_step does it. */
int mm_data_parallel_gradients(mm_model *model, mm_error *error);

/* Brings running averages together after a step whose statistics were not taken over all ranks. passes[rank]: micro-batches of
 * each rank in that step. */
int mm_data_parallel_averages(mm_model *model, const size_t *passes, mm_error *error);

#endif
