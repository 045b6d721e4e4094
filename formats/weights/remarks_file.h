/* Remarks on a table of predictions as a JSON file:
 *
 *   {"thresholds": {"youden": {"probability": 0.43, "log_odds": -0.28}, ...}, "temperature": 1.5, "averaged": true, "skipped": 3}
 *
 * What is not known is left out. */
#ifndef MM_FORMATS_WEIGHTS_REMARKS_FILE_H
#define MM_FORMATS_WEIGHTS_REMARKS_FILE_H

#include "common/table/remarks.h"

/* Returns the name of the file beside a table, TABLE.thresholds.json, which the caller frees. NULL: memory. */
char *mm_remarks_beside(const char *table);

/* Writes the file, whole or not at all. */
int mm_remarks_write(const char *path, const mm_remarks *remarks, mm_error *error);

/* Reads a file. MM_FAILURE: it cannot be read. MM_DAMAGED: it is not such a file. */
int mm_remarks_read(mm_remarks *remarks, const char *path, mm_error *error);

#endif
