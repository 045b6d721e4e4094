/* Grad-CAM (Selvaraju et al. 2017): where in an image a network finds what speaks for a class. */
#ifndef MM_FILTERS_PREDICT_CAM_H
#define MM_FILTERS_PREDICT_CAM_H

#include <stdbool.h>

#include "common/stream/record.h"
#include "filters/predict/loaded_model.h"

/* Chooses the layer whose features are weighted. MM_USAGE: there is no such layer, or it has no rows and columns. */
int mm_cam_choose(mm_loaded_model *network, const char *layer, mm_error *error);

/* Adds the map of an image (images->n = 1) to its record: the tensor `heatmap`, with the attributes heatmap.stride, offset, mode,
 * scale and class or classes. Map and features have the same places. With the output A of the layer and a score s, the map is
 * relu(sum over the channels c of a[c] A[c]), where a[c] is the mean of ds/dA[c] over all positions. per_class: a map of each class,
 * whose score is its logit.
 * Else one map, whose score is log(sum of exp(logit) over the classes from 1 on), which is the logit of class 1 if there are two
 * classes. Prediction is not changed by it. MM_FAILURE: the image is too small, or a value is not finite. */
int mm_cam_add(mm_loaded_model *network, const mm_images *image, bool per_class, mm_record *record, mm_error *error);

#endif
