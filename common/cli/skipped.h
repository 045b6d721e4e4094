/* The number of skipped records (--on-error=skip), for a segment's DONE and for the user. */
#ifndef MM_CLI_SKIPPED_H
#define MM_CLI_SKIPPED_H

#include <stddef.h>

#include "common/stream/stream.h"

/* Writes DONE with the number of records skipped here and by earlier programs. MM_FAILURE if every record was skipped here. */
int mm_write_done(mm_writer *writer, size_t written, size_t here, size_t before, mm_error *error);

/* Prints on stderr how many records were skipped, if any. */
void mm_report_skipped(size_t here, size_t before);

#endif
