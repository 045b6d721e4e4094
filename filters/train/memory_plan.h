/* The memory that a training would need, as a table for people: mmtrain --plan. */
#ifndef MM_FILTERS_TRAIN_MEMORY_PLAN_H
#define MM_FILTERS_TRAIN_MEMORY_PLAN_H

#include "filters/train/train_options.h"

/* Prints the plan for the CPU and for a GPU, which need not be present, to the program's output. A device "cuda:..." chooses the card
 * and its options for the GPU's column. If the GPU backend was not built the column says so. */
int mm_memory_plan_print(const mm_train_options *options, const mm_common *common, mm_error *error);

#endif
