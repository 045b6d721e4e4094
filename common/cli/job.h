/* The loops' side of a job: the record that came in and what the program's function made of it. Shared by filter.c and
 * source.c. */
#ifndef MM_CLI_JOB_H
#define MM_CLI_JOB_H

#include "common/cli/filter.h"

typedef struct mm_task {
    mm_job job;        /* what the program's function sees */
    mm_record *record; /* the input; NULL for a source and for a block */
    void *streaming;   /* the filter's work (mm_streaming) on the record, or NULL */
    char *key;         /* key of the record, for messages; NULL for a source */
    mm_block block;    /* a block to pass on instead of a record, if it has a type */
    mm_record **out;   /* records to write */
    size_t nout, out_room;
    char **warnings;
    size_t nwarnings, warnings_room;
    int code;
    mm_error error;
} mm_task;

/* Makes a task whose job is a copy of `job` that points back to it. NULL when memory is out. */
mm_task *mm_task_new(mm_job job);

/* Frees the task, but not the streaming work, which the filter owns. */
void mm_task_free(mm_task *task);

/* Prints the warnings of a finished task and writes its records. A failed task is an error, or with --on-error=skip a message; MM_LEFT_OUT
 * always is a message, and not counted.
 * Adds to *written and *skipped. */
int mm_task_write(mm_task *task, const mm_common *common, mm_writer *writer, size_t *written, size_t *skipped, mm_error *error);

#endif
