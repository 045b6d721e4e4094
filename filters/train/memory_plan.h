/* What a training would need of memory, as a table for people: mmtrain --plan. */
#ifndef MM_FILTERS_TRAIN_MEMORY_PLAN_H
#define MM_FILTERS_TRAIN_MEMORY_PLAN_H

#include "common/cli/options.h"
#include "filters/predict/loaded_model.h"
#include "filters/train/initial_model.h"

typedef struct mm_memory_plan_options {
    mm_initial_model_options start;   /* network and classes; nothing else of it is looked at */
    mm_trainer_options config; /* height and width are taken from `size` */
    mm_size size;             /* of the images; 0x0: as the recipe has them */
    mm_precision precision;
    const char *device;       /* as in mm_device_open: "cuda:..." tells of which card and options the plan is */
    size_t threads;
    bool checkpoint;          /* one is written */
} mm_memory_plan_options;

/* For the CPU and for a GPU, which need not be there, to `path` (NULL: standard output). Where the backend for GPUs was not
 * built, its column says so. */
int mm_memory_plan_print(const mm_memory_plan_options *planning, const char *path, mm_error *error);

#endif
