/* A network in two parts, for windows that overlap: the first part runs over a whole image, the second on what a window covers of
 * its output.
 *
 * A window that runs through the whole network sees zeros around itself in all layers. Here it sees them in the second part's layers
 * and its surroundings in the first part's, so that the results differ a little, and the less the earlier the split is. */
#ifndef MM_NN_SHARED_LAYERS_H
#define MM_NN_SHARED_LAYERS_H

#include "common/nn/predict.h"

/* Finds the layer of a name (as mm_net_find_layer) behind which a network can be divided: all layers behind it read one another and
 * it alone. MM_USAGE: there is no such layer, or the network cannot be divided there; the text names it. */
int mm_shared_find(const mm_net *net, const char *name, size_t *layer, mm_error *error);

typedef struct mm_shared_options {
    size_t layer;
    size_t window_height, window_width; /* pixels */
    size_t batch;                       /* windows at once */
    double mean, std;                   /* network input = (intensity - mean) / std */
} mm_shared_options;

/* Runs the first part over an image (images->n = 1), then the second on n windows: window i begins at row place[2 i] and
 * column place[2 i + 1], multiples of the layer's mm_net_step, and lies in the image. Writes logits[n][classes]. */
int mm_shared_predict(mm_executors *cache, const mm_shared_options *split, const mm_images *image, const int32_t *place, size_t n, float *logits,
                     mm_error *error);

#endif
