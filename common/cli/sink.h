/* The loop of programs that take records and make no stream: every record of every segment of the input goes to one
 * function, in order. Skips what cannot be used when --on-error=skip says so, and says so. */
#ifndef MM_CLI_SINK_H
#define MM_CLI_SINK_H

#include "common/cli/input.h"
#include "common/cli/options.h"

/* Sees one record, which stays the loop's. Errors: text without program and key, the loop adds "record 'KEY': ".
 * MM_SINK_ENOUGH ends the loop, without an error and without reading on. */
typedef int (*mm_sink_record)(void *context, const mm_record *record, mm_error *error);
enum { MM_SINK_ENOUGH = -1 };

typedef struct mm_sink_counts {
    size_t records; /* that the function took */
    size_t skipped; /* that it could not use */
    size_t before;  /* left out by programs before */
} mm_sink_counts;

/* 0, or the code of what went wrong; that every record was skipped is MM_FAILURE. Counts are added to. */
int mm_sink_run(char **operands, size_t n, const mm_common *common, mm_sink_record record, void *context,
                mm_sink_counts *counts, mm_error *error);

#endif
