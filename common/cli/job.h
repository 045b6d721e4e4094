/* The loops' side of a job: the record that came in and what the program's function made of it. Shared by filter.c and
 * source.c. */
#ifndef MM_CLI_JOB_H
#define MM_CLI_JOB_H

#include "common/cli/filter.h"

typedef struct mm_task {
    mm_job job;        /* what the program's function sees */
    mm_record *record; /* what came in; NULL for a source and for a block */
    void *streaming;   /* the filter's work on it while it streamed in, or NULL */
    char *key;         /* of the record, for messages; NULL for a source */
    mm_block block;    /* a block to pass on instead of a record, if it has a type */
    mm_record **out;   /* what is to be written */
    size_t nout, out_room;
    char **warnings;
    size_t nwarnings, warnings_room;
    int code;
    mm_error error;
} mm_task;

/* Returns NULL when memory is out. The task is put into the job. */
mm_task *mm_task_new(mm_job job);

/* Frees all but the streaming work, which is the filter's. */
void mm_task_free(mm_task *task);

/* Writes what a finished task has for the output: warnings, then its records. A failed one is an error, or with --on-error=skip a
 * message. Counts into *written and *skipped. */
int mm_task_write(mm_task *task, const mm_common *common, mm_writer *writer, size_t *written, size_t *skipped, mm_error *error);

#endif
