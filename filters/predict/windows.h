/* Which windows of a heatmap are computed: those with as much tissue as the training's patches had. */
#ifndef MM_FILTERS_PREDICT_WINDOWS_H
#define MM_FILTERS_PREDICT_WINDOWS_H

#include "filters/predict/sliding.h"
#include "common/stream/record.h"

/* Returns the least share of tissue that a model's background patches had, of its provenance (mmpatch --min-tissue); 0 if it does not
 * say. */
double mm_windows_trained_tissue(const mm_model_info *info);

/* Makes computed[y.n][x.n] of a record's windows: true where at least a share of the window is tissue (image/tissue_windows.h). The
 * caller frees it. least 0: *computed is NULL, which means all. 0 or MM_FAILURE (memory, or the record has no image). */
int mm_windows_choose(const mm_record *record, const mm_heatmap_axis *y, const mm_heatmap_axis *x, double least, bool **computed,
                      mm_error *error);

#endif
