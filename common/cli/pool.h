/* Worker threads with ordered results and bounded memory. Jobs are taken one after another, processed by several threads at
 * once, and finished in the order in which they were taken. With one thread everything runs in the caller. */
#ifndef MM_CLI_POOL_H
#define MM_CLI_POOL_H

#include "common/base/error.h"

typedef struct mm_pool {
    /* Makes the next job, or NULL at the end; one call at a time. An error ends the run after the jobs before it. */
    int (*take)(void *context, void **job, mm_error *error);
    /* Processes a job, in any thread. Keeps its errors in the job. */
    void (*work)(void *context, void *job);
    /* Finishes and frees a job, in order, in the thread that called mm_pool_run. An error ends the run. */
    int (*finish)(void *context, void *job, mm_error *error);
    /* Frees a job that is no longer needed after an error. */
    void (*drop)(void *context, void *job);
} mm_pool;

/* Runs all jobs. Returns 0, or the code of the first error in the order of the jobs. */
int mm_pool_run(const mm_pool *pool, void *context, long threads, mm_error *error);

#endif
