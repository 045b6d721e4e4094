/* What a training would need of memory, as a table for people: mmtrain --plan. */
#ifndef MM_FORMATS_PLANNING_H
#define MM_FORMATS_PLANNING_H

#include "common/cli/options.h"
#include "filters/predict/loaded_model.h"
#include "filters/train/initial_model.h"

typedef struct mm_planning {
    mm_start_options start;   /* network and classes; nothing else of it is looked at */
    mm_trainer_config config; /* height and width are taken from `size` */
    mm_size size;             /* of the images; 0x0: as the recipe has them */
    mm_precision precision;
    const char *device;       /* as in mm_device_open: "cuda:..." tells of which card and options the plan is */
    size_t threads;
    bool checkpoint;          /* one is written */
} mm_planning;

/* For the CPU and for a GPU, which need not be there, to `path` (NULL: standard output). Where the backend for GPUs was not
 * built, its column says so. */
int mm_planning_print(const mm_planning *planning, const char *path, mm_error *error);

#endif
