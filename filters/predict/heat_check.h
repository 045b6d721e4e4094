/* Checks heatmaps by the definition: some of their windows are computed again, each on its own.
 *
 * The log is tab-separated text, a header line and a line for each image that was checked:
 *
 *     key windows correlation difference verdict
 *
 * correlation is NA if all windows have the same heat; the verdict is passed, differs or other. */
#ifndef MM_FILTERS_PREDICT_HEAT_CHECK_H
#define MM_FILTERS_PREDICT_HEAT_CHECK_H

#include <stdio.h>

#include "common/cli/filter.h"
#include "filters/predict/sliding.h"

enum { MM_CHECK_WINDOWS = 50, MM_CHECK_EVERY = 100 }; /* windows of an image; images from one that is checked to the next */

/* A map passes with a correlation of 0.95 or a largest difference of probabilities of 0.05; below 0.8 it is another map. */
typedef enum mm_heat_verdict { MM_HEAT_FINE, MM_HEAT_DIFFERS, MM_HEAT_OTHER } mm_heat_verdict;

/* Of all images that were checked. Start from {0}. */
typedef struct mm_heat_check {
    FILE *log; /* NULL: none */
    const char *log_name;
    size_t images, windows;
    size_t compared;                /* windows of the image at hand */
    double correlation, difference; /* of the image at hand; NaN if all its windows have the same heat */
    double worst_correlation, worst_difference;
    mm_heat_verdict verdict;        /* of the image at hand */
} mm_heat_check;

/* Begins a new log at a path (NULL: no log). MM_FAILURE: it cannot be opened or written. */
int mm_heat_check_open(mm_heat_check *check, const char *log, mm_error *error);

void mm_heat_check_close(mm_heat_check *check);

/* Compares the map that mm_slide has made of a job's image with the definition, if its turn has come, at windows that were computed,
 * chosen so that their heat is spread over the map's range. A line of the log, of the image's `key`, is in the file on return. Warns if
 * the map differs. MM_FAILURE: it is another map and `trust` is false, the log cannot be written, or as mm_slide. */
int mm_heat_check_map(mm_heat_check *check, const mm_job *job, const char *key, bool trust, mm_loaded_model *network,
                      const mm_images *image, const mm_sliding *sliding, const float *map, mm_error *error);

/* Prints what came out, unless nothing was checked, and begins anew, with the same log. */
void mm_heat_check_report(mm_heat_check *check, bool quiet);

#endif
