/* Checks heatmaps by the definition: some of their windows are computed again, each on its own. */
#ifndef MM_FILTERS_PREDICT_HEAT_CHECK_H
#define MM_FILTERS_PREDICT_HEAT_CHECK_H

#include "common/cli/filter.h"
#include "filters/predict/sliding.h"

enum { MM_CHECK_WINDOWS = 50, MM_CHECK_EVERY = 100 }; /* windows of an image; images from one that is checked to the next */

/* A map passes with a correlation of 0.95 or a largest difference of probabilities of 0.05; below 0.8 it is another map. */
typedef enum mm_heat_verdict { MM_HEAT_FINE, MM_HEAT_DIFFERS, MM_HEAT_OTHER } mm_heat_verdict;

/* Of all images that were checked. Start from {0}. */
typedef struct mm_heat_check {
    size_t images, windows;
    double correlation, difference; /* of the image at hand; NaN if all its windows have the same heat */
    double worst_correlation, worst_difference;
    mm_heat_verdict verdict;        /* of the image at hand */
} mm_heat_check;

/* Compares the map that mm_slide has made of a job's image with the definition, if its turn has come, at windows that were computed,
 * chosen so that their heat is spread over the map's range. Warns if it differs. MM_FAILURE: it is another map and `trust` is false, or
 * as mm_slide. */
int mm_heat_check_map(mm_heat_check *check, const mm_job *job, bool trust, mm_loaded_model *network, const mm_images *image,
                      const mm_sliding *sliding, const float *map, mm_error *error);

/* Prints what came out, unless nothing was checked. */
void mm_heat_check_report(const mm_heat_check *check, bool quiet);

#endif
