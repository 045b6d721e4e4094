/* What a training would need of memory, as a table for people: mmtrain --plan. */
#ifndef MM_FILTERS_TRAIN_MEMORY_PLAN_H
#define MM_FILTERS_TRAIN_MEMORY_PLAN_H

#include "filters/train/train_options.h"

/* Prints the plan for the CPU and for a GPU, which need not be there, to the program's output. A device "cuda:..." says of which
 * card and options the GPU's column is; where the backend for GPUs was not built, the column says so. */
int mm_memory_plan_print(const mm_train_options *options, const mm_common *common, mm_error *error);

#endif
