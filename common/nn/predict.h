/* Prediction of any number of images with cached executors. */
#ifndef MM_NN_PREDICT_H
#define MM_NN_PREDICT_H

#include "common/base/dtype.h"
#include "common/nn/executors.h"

/* Grey images of one size in host memory, borrowed. Intensity 0..255 is value * 255 / full_scale. */
typedef struct mm_images {
    const void *const *image; /* n pointers to height x width values */
    size_t n, height, width;
    mm_dtype dtype; /* u8, u16 or f32 */
    double full_scale;
    const mm_warp_plan *warp; /* n plans to warp them by (mm_executor_warp), or NULL; in training only */
} mm_images;

/* Options of a prediction. */
typedef struct mm_predict_options {
    size_t batch;     /* largest number of images at a time */
    size_t window;    /* as in mm_executor_options: 0, or the size of the mean over the last features */
    double mean, std; /* network input = (intensity - mean) / std */
    size_t feature;   /* as in mm_executor_options: a layer whose output is wanted, or 0 */
    bool pool;        /* the mean of it over its positions */
} mm_predict_options;

/* Where results go, ordered by image, position and class; each may be NULL. features: for each image the layer's output,
 * of the shape that mm_predict_feature_shape gives. */
typedef struct mm_network_output {
    float *logits, *features;
} mm_network_output;

/* Returns the batch that is compiled for n images: `batch`, or the smallest power of two that holds them. */
size_t mm_predict_batch(size_t batch, size_t n);

/* Computes the number of positions in the result of one image: map_height * map_width, 1 x 1 without a window. */
int mm_predict_map(mm_executors *cache, const mm_predict_options *config, size_t height, size_t width, size_t *map_height,
                   size_t *map_width, mm_error *error);

/* Computes the shape of config.feature for an image of that size: ndim 1 [channels] or 3 [channels, rows, columns]. */
int mm_predict_feature_shape(mm_executors *cache, const mm_predict_options *config, size_t height, size_t width, int *ndim, size_t dim[3],
                             mm_error *error);

/* Predicts all images. Images that do not fill a batch run in the smallest power of two that holds them. */
int mm_predict(mm_executors *cache, const mm_predict_options *config, const mm_images *images, size_t classes, const mm_network_output *out,
               mm_error *error);

#endif
