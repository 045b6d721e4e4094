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
    size_t skipped; /* records that were left out before */
} mm_source;

/* Writes one whole segment. May be called again for the next segment (epochs) with the same writer. Returns 0, or the
 * code of the first failed job (in order); with common->skip failed jobs are named on stderr, counted in *skipped
 * (which starts at 0 with the caller) and left out; when nothing is left that is a failure. */
int mm_source_run(const mm_source *source, const mm_common *common, mm_writer *writer, size_t *skipped, mm_error *error);

/* A program that writes one such segment: opens the output, writes it whole, says what was skipped. */
int mm_source_output(const mm_source *source, const mm_common *common, mm_error *error);

#endif
