/* A model file loaded onto a device, for programs that predict. */
#ifndef MM_FILTERS_PREDICT_LOADED_MODEL_H
#define MM_FILTERS_PREDICT_LOADED_MODEL_H

#include "formats/weights/model_file.h"
#include "common/nn/predict.h"
#include "common/nn/shared_layers.h"

typedef enum mm_precision { MM_PRECISION_AUTO, MM_PRECISION_FP32, MM_PRECISION_BF16 } mm_precision;

#define MM_PRECISION_CHOICES "auto|fp32|bf16" /* the option --precision */

/* Returns the type of numbers for a --precision on a device; auto is bf16 where the device computes fast in it. */
mm_dtype mm_precision_on(const mm_device *device, mm_precision precision);

typedef struct mm_loaded_model {
    mm_model_info info;
    mm_net *net;
    mm_model *model;
    mm_executors executors;
    size_t feature; /* number of a layer whose output is wanted, 0: none; set after opening, by mm_loaded_model_features */
    bool pool;      /* the mean of it over its positions */
} mm_loaded_model;

/* Loads a model for batches of that size; *network is overwritten. The device must outlive it. Errors name the file. */
int mm_loaded_model_open(mm_loaded_model *network, const char *path, mm_device *device, mm_precision precision, size_t batch,
                    mm_error *error);
void mm_loaded_model_close(mm_loaded_model *network); /* also after a failed open */

/* True if images for a patch classifier differ from those that its patches were cut from: in their segmentation, or in their size after
 * mmresize, which gives lesions another scale. `why` then says how. What the model does not know is not compared. */
bool mm_loaded_model_images_differ(const mm_loaded_model *network, const mm_head *head, size_t height, size_t width, char *why,
                              size_t size);

/* Chooses the layer whose output mm_loaded_model_predict writes to out->features. MM_USAGE: there is no such layer. */
int mm_loaded_model_features(mm_loaded_model *network, const char *layer, bool pool, mm_error *error);
/* Computes the shape of that output for images of a size: ndim 1 or 3. */
int mm_loaded_model_feature_shape(mm_loaded_model *network, size_t height, size_t width, int *ndim, size_t dim[3], mm_error *error);

/* Returns what the model's logits are divided by before they become probabilities, 1 if nothing was fitted. */
double mm_loaded_model_temperature(const mm_loaded_model *network);

/* Computes the logits of `count` windows of an image, divided behind a layer, as mm_shared_predict does. */
int mm_loaded_model_windows(mm_loaded_model *network, size_t split, const mm_images *image, size_t height, size_t width, size_t batch,
                            const int32_t *place, size_t count, float *logits, mm_error *error);

/* Computes what `out` asks for, as mm_predict does. */
int mm_loaded_model_predict(mm_loaded_model *network, const mm_images *images, size_t batch, size_t window, const mm_network_output *out,
                            mm_error *error);

#endif
