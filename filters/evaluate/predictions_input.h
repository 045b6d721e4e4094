/* Tables of predictions from files. */
#ifndef MM_FILTERS_EVALUATE_PREDICTIONS_INPUT_H
#define MM_FILTERS_EVALUATE_PREDICTIONS_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/options.h"
#include "common/table/predictions.h"

/* Reads all operands (none: standard input) into one table. What is known of it comes from the JSON file `thresholds`, or with NULL
 * from the files beside the operands (remarks_file.h), and from its own remarks. With common->skip, records that cannot
 * be used are named on stderr and left out. Errors are those of mm_text_read_all, mm_remarks_read and mm_predictions_parse. */
int mm_predictions_read(mm_predictions *table, char **paths, size_t n, bool logits, const char *thresholds,
                        const mm_common *common, mm_error *error);

#endif
