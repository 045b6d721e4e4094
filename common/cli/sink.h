/* The loop of programs that take records and make no stream: every record of every segment of the input goes to one
 * function, in order. With --on-error=skip a record that cannot be used is named on stderr and skipped. */
#ifndef MM_CLI_SINK_H
#define MM_CLI_SINK_H

#include "common/cli/input.h"
#include "common/cli/options.h"

/* Sees one record, which stays the loop's. An error's text names neither program nor key: the loop adds "record 'KEY': ".
 * MM_SINK_ENOUGH ends the loop without an error and without reading on. */
typedef int (*mm_sink_record)(void *context, const mm_record *record, mm_error *error);
enum { MM_SINK_ENOUGH = -1 };

typedef struct mm_sink_counts {
    size_t records; /* that the function used */
    size_t skipped; /* that it could not use */
    size_t before;  /* that programs before skipped */
} mm_sink_counts;

/* Runs the loop over the operands and adds to the counts. 0, or the code of what went wrong; MM_FAILURE if every record was skipped. */
int mm_sink_run(char **operands, size_t n, const mm_common *common, mm_sink_record record, void *context,
                mm_sink_counts *counts, mm_error *error);

#endif
