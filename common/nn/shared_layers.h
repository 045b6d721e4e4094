/* A network in two parts, for windows that overlap: the first part runs over a band of the image for all windows of a row, the second
 * on what a window covers of its output.
 *
 * A window that runs through the whole network on its own sees zeros around itself in all layers. A band is as high as a window, so
 * that it sees the same zeros above and below. To the left and right the band goes on, so the first part runs once more on the
 * windows' own sides, narrow strips wide enough for all features that see beyond the side; these take the places of the band's.
 * The results are then those of the windows on their own. Where sides would cost more than half as much as whole windows they are left
 * out, and results differ a little, the less the earlier the split is. */
#ifndef MM_NN_SHARED_LAYERS_H
#define MM_NN_SHARED_LAYERS_H

#include "common/nn/predict.h"

/* Finds the layer of a name (as mm_net_find_layer) behind which a network can be divided: all layers behind it read one another and
 * it alone. MM_USAGE: there is no such layer, or the network cannot be divided there; the text names it. */
int mm_shared_find(const mm_net *net, const char *name, size_t *layer, mm_error *error);

/* How windows see the zeros at their left and right, in features of the layer. */
typedef struct mm_shared_sides {
    size_t width;       /* of a side in pixels; 0: there are none, and windows see the band go on */
    size_t left, right; /* features that see beyond the side */
    size_t features;    /* of a window, from left to right */
} mm_shared_sides;

/* Computes the sides of windows, height x width pixels. MM_USAGE: they are too small for the network. */
int mm_shared_find_sides(const mm_net *net, size_t layer, size_t height, size_t width, mm_shared_sides *sides, mm_error *error);

typedef struct mm_shared_options {
    size_t layer;
    size_t window_height, window_width; /* pixels */
    size_t batch;                       /* windows at once */
    double mean, std;                   /* network input = (intensity - mean) / std */
} mm_shared_options;

/* Runs n windows of an image (images->n = 1) through the network: window i begins at row place[2 i] and column place[2 i + 1] and lies
 * in the image. Rows ascend; columns are multiples of the layer's mm_net_step, and so is the image's width beyond that of a window.
 * Writes logits[n][classes]. */
int mm_shared_predict(mm_executors *cache, const mm_shared_options *split, const mm_images *image, const int32_t *place, size_t n, float *logits,
                     mm_error *error);

#endif
