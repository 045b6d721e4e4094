/* The table of predictions.h as text. Each function appends to `text`; text->failed is true when memory was out. */
#ifndef MM_TABLE_PREDICTIONS_TEXT_H
#define MM_TABLE_PREDICTIONS_TEXT_H

#include <stdint.h>

#include "common/stream/meta.h"

/* Appends the header line. */
void mm_predictions_text_header(mm_text *text, char *const *class_name, size_t K);

/* Appends a record's line with value[K], of which 15 digits are written. patient and label may be NULL. */
void mm_predictions_text_row(mm_text *text, const char *key, const char *patient, const char *label, const double *value, size_t K);

/* Append one remark. */
void mm_predictions_text_threshold(mm_text *text, const char *name, double threshold);
void mm_predictions_text_temperature(mm_text *text, double temperature);
void mm_predictions_text_averaged(mm_text *text);
void mm_predictions_text_skipped(mm_text *text, size_t records); /* nothing if 0 */

#endif
