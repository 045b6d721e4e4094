/* Records that were skipped (--on-error=skip): what a segment's DONE and the user are told about them. */
#ifndef MM_CLI_SKIPPED_H
#define MM_CLI_SKIPPED_H

#include <stddef.h>

#include "common/stream/stream.h"

/* Writes DONE with the number of records skipped here and in programs before. MM_FAILURE if every record was skipped here. */
int mm_write_done(mm_writer *writer, size_t written, size_t here, size_t before, mm_error *error);

/* Prints the last line on stderr when records were skipped. */
void mm_report_skipped(size_t here, size_t before);

#endif
