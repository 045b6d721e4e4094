/* Heatmaps against lesion masks: the report of mmeval --heatmaps. */
#ifndef MM_FILTERS_EVALUATE_HEAT_RUN_H
#define MM_FILTERS_EVALUATE_HEAT_RUN_H

#include "common/cli/options.h"
#include "filters/evaluate/heat_set.h"
#include "filters/evaluate/report_files.h"

typedef struct mm_heat_run_options {
    double near, spacing; /* see heat_set.h */
    /* Draws the free-response curve where the report's files have one for a picture. */
    int (*draw)(const void *context, const mm_froc *froc, const mm_froc_summary *summary, FILE *out, mm_error *error);
    const void *context;
    const char *store;    /* a model, or NULL: the threshold at one false mark per image is written into it */
    const char *compare;  /* a stream, or NULL: other heatmaps of the same records */
    bool json;
    size_t draws;
    uint64_t seed;
} mm_heat_run_options;

/* Reads the streams of the operands and prints the report. MM_FAILURE: no heatmap has a lesion; for `store`, the maps are not of one mode
 * of a model, or no threshold has so few false marks;
 * for `compare`, the records are not the same. */
int mm_heat_run(const mm_report_files *out, const mm_heat_run_options *options, const mm_common *common, mm_error *error);

#endif
