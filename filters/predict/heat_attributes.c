/* Attributes of heatmaps: see heat_attributes.h. */
#include "filters/predict/heat_attributes.h"

#include <stdio.h>

#include "common/image/heatmap_record.h"

int mm_heat_name_classes(mm_record *record, const mm_model_info *info, bool per_class, mm_error *error)
{
    char classes[1024] = "";
    for (size_t k = 0, at = 0; k < info->nclasses && at < sizeof classes; k++)
        at += (size_t)snprintf(classes + at, sizeof classes - at, "%s%s", k ? "," : "", info->classes[k]);
    if (per_class ? mm_record_set(record, "heatmap.classes", classes) : mm_record_setf(record, "heatmap.class", "not %s", info->classes[0]))
        return mm_no_memory(error);
    return MM_OK;
}

int mm_heat_describe(mm_record *record, const mm_model_info *info, const mm_sliding *w, double min_tissue, double smooth, mm_error *error)
{
    static const char *const modes[] = {"shared", "window", "dense"};
    char way[80];
    mm_heatmap_forget(record);
    if (mm_record_setf(record, "heatmap.stride", "%zu", w->y.stride) ||
        mm_record_setf(record, "heatmap.window", "%zu,%zu", w->y.size, w->x.size) ||
        mm_record_setf(record, "heatmap.offset", "%ld,%ld", w->y.centre, w->x.centre) ||
        mm_record_set(record, "heatmap.mode", modes[w->mode]) ||
        (smooth > 0 && mm_record_setf(record, "heatmap.smooth", "%.15g", smooth)) ||
        (w->log_odds && mm_record_set(record, "heatmap.scale", "log-odds")) ||
        (w->computed && mm_record_setf(record, "heatmap.min-tissue", "%.15g", min_tissue)))
        return mm_no_memory(error);
    mm_heatmap_way(record, way, sizeof way);
    const double *froc1 = mm_figures_get(&info->froc1, way);
    if (froc1 && mm_record_setf(record, "heatmap.froc1", "%.17g", *froc1))
        return mm_no_memory(error);
    return mm_heat_name_classes(record, info, w->per_class, error);
}
