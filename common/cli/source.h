/* The loop of filter.h for programs that make records: worker threads do `count` jobs, and their results form one
 * segment, in order. */
#ifndef MM_CLI_SOURCE_H
#define MM_CLI_SOURCE_H

#include "common/cli/filter.h"

typedef struct mm_source {
    const char *name;         /* the program's name, for messages and @PG */
    const char *command_line; /* canonical command line, for @PG; NULL: no @PG line */
    size_t count;       /* number of jobs */
    const mm_head *head; /* first lines of HEAD, or NULL */
    long epoch;         /* @EP of the segment, or 0 for none */
    /* Does job number `job->number`, which has the options and shared data below: emits any number of records. Errors name their
     * subject themselves. */
    int (*make)(const mm_job *job, mm_error *error);
    const void *options;
    void *shared;
    size_t skipped; /* records skipped by earlier programs */
} mm_source;

/* Writes one whole segment; may be called again with the same writer for the next segment (epoch). Returns 0, or the code of
 * the first failed job in the order of the jobs. With common->skip, failed jobs are named on stderr and added to *skipped
 * instead; MM_FAILURE if all failed. */
int mm_source_run(const mm_source *source, const mm_common *common, mm_writer *writer, size_t *skipped, mm_error *error);

/* Opens the output, writes one segment as the whole stream, and prints how many records were skipped. */
int mm_source_output(const mm_source *source, const mm_common *common, mm_error *error);

#endif
