/* Thresholds and a temperature, which validation stores in a model file and which are applied to test predictions. */
#ifndef MM_FORMATS_WEIGHTS_MODEL_VALIDATION_H
#define MM_FORMATS_WEIGHTS_MODEL_VALIDATION_H

#include "common/table/predictions.h"
#include "formats/weights/model_file.h"

/* Copies the model's thresholds into the table. Probabilities at temperature 1 are brought to the model's temperature. MM_FAILURE: the
 * model has neither although they are `needed`; its classes differ from the table's; the table is at another temperature; or its
 * probabilities are averages or come from several models. */
int mm_model_apply(const mm_model_info *info, const char *name, bool needed, mm_predictions *table, mm_error *error);

/* Replaces the thresholds in the model file, and with `calibrated` its temperature by the table's; another temperature removes the
 * thresholds on heat, which has another scale then. The file is replaced whole or not at all. MM_FAILURE: the table's predictions are not the model's own, or not at its temperature and not calibrated. MM_USAGE: the
 * file is not in safetensors format. */
int mm_model_store(const char *path, const mm_predictions *table, const mm_threshold *threshold, size_t thresholds,
                   bool calibrated, mm_error *error);

/* Stores the threshold on heat at one false mark per image of validation, for heatmaps of that mode, in the model file, which is replaced
 * whole or not at all. MM_USAGE: the file is not in safetensors format. */
int mm_model_store_froc1(const char *path, const char *mode, double threshold, mm_error *error);

#endif
