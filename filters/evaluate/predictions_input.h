/* Tables of predictions from files. */
#ifndef MM_FILTERS_EVALUATE_PREDICTIONS_INPUT_H
#define MM_FILTERS_EVALUATE_PREDICTIONS_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/options.h"
#include "common/table/predictions.h"

/* Reads all operands (none: standard input) into one table. With common->skip, records that cannot be used are named on stderr and
 * left out. Errors are those of mm_text_read_all and mm_predictions_parse. */
int mm_predictions_read(mm_predictions *table, char **paths, size_t n, bool logits, const mm_common *common, mm_error *error);

#endif
