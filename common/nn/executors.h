/* Executors kept for reuse: compiling one takes time, so those of the batch sizes and image sizes in use are kept. The one
 * that was not used for longest is given up first. */
#ifndef MM_NN_EXECUTORS_H
#define MM_NN_EXECUTORS_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/nn/executor.h"

enum { MM_KEPT_EXECUTORS = 8 };

/* Start from {.model}. */
typedef struct mm_executors {
    mm_model *model; /* borrowed */
    struct {
        mm_executor_options config;
        mm_executor *executor;
        size_t used;
    } kept[MM_KEPT_EXECUTORS];
    size_t clock;
} mm_executors;

/* Finds the executor of that configuration; NULL when it is not kept. The cache owns it; it is good until the next call. */
mm_executor *mm_executors_find(mm_executors *cache, const mm_executor_options *config);
/* The same, but compiles it when it is not kept. */
int mm_executors_get(mm_executors *cache, const mm_executor_options *config, mm_executor **executor, mm_error *error);
void mm_executors_clear(mm_executors *cache, mm_mode mode); /* frees those of a mode */
void mm_executors_free(mm_executors *cache);                /* frees all; before the model */

#endif
