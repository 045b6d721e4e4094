/* What a record says of its tensor `heatmap` (common/image/heatmap_record.h). */
#ifndef MM_FILTERS_PREDICT_HEAT_ATTRIBUTES_H
#define MM_FILTERS_PREDICT_HEAT_ATTRIBUTES_H

#include "common/stream/record.h"
#include "filters/predict/sliding.h"

/* Sets heatmap.class, or of a map for each class heatmap.classes. */
int mm_heat_name_classes(mm_record *record, const mm_model_info *info, bool per_class, mm_error *error);

/* Describes a map of windows: their places, mode, classes, scale, the least tissue that they hold, and the
 * smoothing in pixels, 0 for none. */
int mm_heat_describe(mm_record *record, const mm_model_info *info, const mm_sliding *sliding, double min_tissue, double smooth, mm_error *error);

#endif
