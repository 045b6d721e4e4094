/* Predictions of a logistic model as a table (common/table/predictions.h). */
#ifndef MM_FILTERS_EVALUATE_LOGISTIC_TABLE_H
#define MM_FILTERS_EVALUATE_LOGISTIC_TABLE_H

#include "common/base/text.h"
#include "common/stats/logistic.h"
#include "filters/evaluate/examples.h"

/* Makes a table of the examples, whose numbers are x[n][F]; class_name[K] and label[n] are as in the examples. `skipped` records were
 * left out before. *table is overwritten and the caller frees its data. MM_FAILURE: memory. */
int mm_logistic_table(mm_text *table, const mm_logistic *model, char *const *class_name, const mm_examples *examples, const double *x,
                      size_t F, size_t skipped, mm_error *error);

#endif
