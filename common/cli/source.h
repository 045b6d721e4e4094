/* The loop of filter.h for programs that make records: one segment from `count` jobs, made by worker threads, in order. */
#ifndef MM_CLI_SOURCE_H
#define MM_CLI_SOURCE_H

#include "common/cli/filter.h"

typedef struct mm_source {
    const char *name;   /* program, for messages and @PG */
    const char *command_line; /* canonical, for @PG; NULL: no @PG line */
    size_t count;       /* jobs */
    const mm_head *head; /* lines to begin with, or NULL */
    long epoch;         /* @EP of the segment, or 0 for none */
    /* Makes job number `job->number`, with options and shared as given below: emits any number of records. Errors name
     * their subject themselves. */
    int (*make)(const mm_job *job, mm_error *error);
    const void *options;
    void *shared;
    size_t skipped; /* records that programs before skipped */
} mm_source;

/* Writes one whole segment; may be called again with the same writer for the next one (epochs). Returns 0, or the code of the
 * first failed job, in their order. With common->skip failed jobs are named on stderr and added to *skipped instead; MM_FAILURE
 * if all failed. */
int mm_source_run(const mm_source *source, const mm_common *common, mm_writer *writer, size_t *skipped, mm_error *error);

/* Opens the output, writes one such segment as the whole of it, and prints how many records were skipped. */
int mm_source_output(const mm_source *source, const mm_common *common, mm_error *error);

#endif
