/* A patch classifier that slides over an image (METHOD: heatmap). */
#ifndef MM_FILTERS_PREDICT_SLIDING_H
#define MM_FILTERS_PREDICT_SLIDING_H

#include <stdbool.h>

#include "filters/predict/loaded_model.h"
#include "common/image/heatmap.h"

typedef struct mm_sliding {
    mm_heatmap_axis y, x; /* where the windows lie */
    bool dense;           /* the network runs over whole shifted images instead of over each window */
    bool per_class;       /* a map of each class instead of one of 1 - p(class 0) */
    bool log_odds;        /* of these probabilities instead of the probabilities */
    size_t batch;         /* windows at once; not for dense */
} mm_sliding;

/* Writes the map of one image (images->n = 1) into map[1 or classes][y.n][x.n]. */
int mm_slide(mm_loaded_model *network, const mm_images *image, const mm_sliding *sliding, float *map, mm_error *error);

#endif
