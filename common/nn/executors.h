/* A cache of executors: compiling one takes time, so those of the batch and image sizes in use are kept. The least recently used
 * one is freed first. */
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

/* Returns the executor of a configuration, or NULL if it is not in the cache. The cache owns it; it is valid until the next
 * mm_executors_get or mm_executors_clear. This does not count as use. */
mm_executor *mm_executors_find(mm_executors *cache, const mm_executor_options *config);

/* Finds the executor of a configuration, or compiles it. Errors are those of mm_executor_new. */
int mm_executors_get(mm_executors *cache, const mm_executor_options *config, mm_executor **executor, mm_error *error);
void mm_executors_clear(mm_executors *cache, mm_mode mode); /* frees the executors of a mode */
void mm_executors_free(mm_executors *cache);                /* frees all executors; call it before the model is freed */

#endif
