/* One network trained by several processes: the parts of a step in which they come together.
 *
 * Each rank computes gradients on its own records, with weights of the loss that count those of all ranks; the sum over
 * the ranks is then the gradient of the whole batch, and every rank makes the same step from it. Running averages of batch
 * norm become what one process would have after the micro-batches of rank 0, then of rank 1, and so on; with statistics
 * over all ranks (mm_executor_options.sync) they are the same everywhere by themselves. */
#ifndef MM_NN_DATA_PARALLEL_H
#define MM_NN_DATA_PARALLEL_H

#include "common/nn/executor.h"
#include "common/nn/group.h"

typedef struct mm_data_parallel mm_data_parallel;

/* Both are borrowed and must outlive it. */
int mm_data_parallel_new(mm_model *model, mm_group *group, mm_data_parallel **together, mm_error *error);
void mm_data_parallel_free(mm_data_parallel *together); /* NULL is fine */

/* Everybody takes the weights and running averages of rank 0; after they were set. */
int mm_data_parallel_begin(mm_data_parallel *together, mm_error *error);

/* Between the backward of a step (its last micro-batch) and mm_model_update: gradients become those of all ranks. */
int mm_data_parallel_gradients(mm_data_parallel *together, mm_error *error);

/* After it, where statistics were not taken over all ranks: so do running averages. passes[rank]: micro-batches of each. */
int mm_data_parallel_averages(mm_data_parallel *together, const size_t *passes, mm_error *error);

#endif
