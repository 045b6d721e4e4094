/* Heatmaps that need no network: what a network's have to beat (METHOD: heatmap). */
#ifndef MM_FILTERS_PREDICT_HEAT_BASELINE_H
#define MM_FILTERS_PREDICT_HEAT_BASELINE_H

#include <stdbool.h>

#include "common/cli/options.h"
#include "common/stream/record.h"
#include "formats/weights/grey_model.h"

typedef enum mm_baseline {
    MM_BASELINE_NONE,
    MM_BASELINE_GREY,  /* the probability of a lesion by the grey statistics of each window (grey_model.h) */
    MM_BASELINE_BRIGHT /* the grey value at each window's centre, smoothed, as a share of white */
} mm_baseline;

#define MM_BASELINE_CHOICES "none|grey|bright" /* the option --baseline */

typedef struct mm_heat_baseline {
    mm_baseline kind;
    size_t height, width; /* of a window */
    size_t stride;
    long pad;             /* zeros around the image; below 0: half a window */
    double min_tissue;    /* windows with a smaller share of tissue are not computed; not above 0: all are */
    bool log_odds;        /* MM_BASELINE_GREY: of the probabilities, instead of them */
    double smooth;        /* MM_BASELINE_GREY: the log-odds are smoothed by as many pixels (mm_heatmap_smooth); 0: they are not */
    mm_logistic grey;     /* MM_BASELINE_GREY */
} mm_heat_baseline;

/* Completes a baseline that has all but its window and model: grey reads both from the file `model`, bright has windows of that size, of
 * 224 x 224 where it is 0. MM_USAGE: what the kind needs is missing, or more is given. Else as mm_grey_model_read. */
int mm_heat_baseline_open(mm_heat_baseline *baseline, const char *model, mm_size window, mm_error *error);
void mm_heat_baseline_close(mm_heat_baseline *baseline); /* also after a failed open */

/* Adds the tensor `heatmap` and its attributes to a record, at the places of a network's map. A window's statistics are exactly those that
 * mmeval computes of the patch that is cut there. The smoothing is a Gaussian whose standard deviation is an eighth of the window, height
 * and width alike; it ends at four of them, which is the window's edge. Both see zeros outside of the image. MM_FAILURE: the image is not
 * grey or smaller than a window, memory. */
int mm_heat_baseline_add(const mm_heat_baseline *baseline, mm_record *record, mm_error *error);

#endif
