/* The table of predictions.h as text. Each function appends to `text`; text->failed is true when memory was out. */
#ifndef MM_TABLE_PREDICTIONS_TEXT_H
#define MM_TABLE_PREDICTIONS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/stream/meta.h"
#include "common/table/remarks.h"

/* Appends the header line; call: with that column. */
void mm_predictions_text_header(mm_text *text, char *const *class_name, size_t K, bool call);

/* Appends a record's line with value[K], of which 15 digits are written. log_value[K]: their natural logarithms, from which those are
 * written that are too small for double precision, as 3.7e-421; NULL for logits. patient and label may be NULL. call: 0, 1, or -1 for
 * a table without the column. */
void mm_predictions_text_row(mm_text *text, const char *key, const char *patient, const char *label, const double *value,
                             const double *log_value, size_t K, int call);

/* Appends a whole table with the column of remarks added: they stand in the first record's line. */
void mm_predictions_text_remarks(mm_text *to, const mm_text *table, const mm_remarks *remarks);

#endif
