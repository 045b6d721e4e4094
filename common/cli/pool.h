/* Worker threads with ordered results and bounded memory: jobs are taken one after another, worked on by several
 * threads at once, and finished in the order in which they were taken. With one thread everything runs in the caller. */
#ifndef MM_CLI_POOL_H
#define MM_CLI_POOL_H

#include "common/base/error.h"

typedef struct mm_pool {
    /* The next job, or NULL at the end; one call at a time. An error ends the run after the jobs before it. */
    int (*take)(void *context, void **job, mm_error *error);
    /* Works on a job; in any thread. Errors stay in the job. */
    void (*work)(void *context, void *job);
    /* Finishes and frees a job, in order, in the thread that called mm_pool_run. An error ends the run. */
    int (*finish)(void *context, void *job, mm_error *error);
    /* Frees a job that is not wanted any more, after an error. */
    void (*drop)(void *context, void *job);
} mm_pool;

/* Runs all jobs. 0, or the code of the first error in the order of the jobs. */
int mm_pool_run(const mm_pool *pool, void *context, long threads, mm_error *error);

#endif
