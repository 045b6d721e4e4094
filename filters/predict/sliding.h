/* A patch classifier that slides over an image (METHOD: heatmap). */
#ifndef MM_FILTERS_PREDICT_SLIDING_H
#define MM_FILTERS_PREDICT_SLIDING_H

#include <stdbool.h>

#include "filters/predict/loaded_model.h"
#include "common/image/heatmap.h"

typedef enum mm_sliding_mode {
    MM_SLIDE_SHARED, /* layers up to `split` run over whole shifted images, the others over each window (nn/shared_layers.h) */
    MM_SLIDE_WINDOW, /* the network runs over each window: the definition */
    MM_SLIDE_DENSE   /* the network runs over whole shifted images */
} mm_sliding_mode;

#define MM_SLIDE_CHOICES "shared|window|dense"

typedef struct mm_sliding {
    mm_heatmap_axis y, x; /* where the windows lie */
    mm_sliding_mode mode;
    size_t split;         /* number of a layer; for shared */
    bool per_class;       /* a map of each class instead of one of 1 - p(class 0) */
    bool log_odds;        /* of these probabilities instead of the probabilities */
    size_t batch;         /* windows at once; not for dense */
    const bool *computed; /* [y.n][x.n] windows to compute, or NULL: all */
} mm_sliding;

/* Log-odds of windows that are not computed, whose probability is 0. */
#define MM_SLIDE_NOTHING (-1000.0)

/* Writes the map of one image (images->n = 1) into map[1 or classes][y.n][x.n]. A window that is not computed is of class 0. */
int mm_slide(mm_loaded_model *network, const mm_images *image, const mm_sliding *sliding, float *map, mm_error *error);

#endif
