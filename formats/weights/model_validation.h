/* What validation leaves in a model file, and its use on test predictions: thresholds and a temperature. */
#ifndef MM_FORMATS_WEIGHTS_MODEL_VALIDATION_H
#define MM_FORMATS_WEIGHTS_MODEL_VALIDATION_H

#include "common/table/predictions.h"
#include "formats/weights/model_file.h"

/* Takes the model's thresholds into the table, and brings the table's probabilities to the model's temperature where
 * they are at none. MM_FAILURE: the model has neither though they are `needed`, other classes than the table, or another
 * temperature; the table's probabilities are averages or come from several models. */
int mm_model_apply(const mm_model_info *info, const char *name, bool needed, mm_predictions *table, mm_error *error);

/* Writes the thresholds into the model file, in place of those that it has, and with `calibrated` the table's
 * temperature; whole or not at all. The table's predictions must be the model's own, at its temperature unless
 * calibrated. */
int mm_model_store(const char *path, const mm_predictions *table, const mm_threshold *threshold, size_t thresholds,
                   bool calibrated, mm_error *error);

#endif
