/* The loop of programs that read records and write no stream: every record of every segment goes to one function, in order.
 * With --on-error=skip a record that cannot be used is named on stderr and skipped. */
#ifndef MM_CLI_SINK_H
#define MM_CLI_SINK_H

#include "common/cli/input.h"
#include "common/cli/options.h"

/* Uses one record, which the loop owns. An error's text names neither program nor key: the loop adds "record 'KEY': ".
 * MM_SINK_ENOUGH ends the loop without an error and without reading on. */
typedef int (*mm_sink_record)(void *context, const mm_record *record, mm_error *error);
enum { MM_SINK_ENOUGH = -1 };

typedef struct mm_sink_counts {
    size_t records; /* used by the function */
    size_t skipped; /* skipped here */
    size_t before;  /* skipped by earlier programs */
} mm_sink_counts;

/* Runs the loop over the operands and adds to the counts. Returns 0 or the code of an error; MM_FAILURE if every record was
 * skipped. */
int mm_sink_run(char **operands, size_t n, const mm_common *common, mm_sink_record record, void *context,
                mm_sink_counts *counts, mm_error *error);

#endif
