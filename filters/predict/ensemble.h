/* One or more models that answer together: the mean of their probabilities, over mirror images too if wanted. */
#ifndef MM_FILTERS_PREDICT_ENSEMBLE_H
#define MM_FILTERS_PREDICT_ENSEMBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/predict/loaded_model.h"

typedef struct mm_ensemble {
    mm_device *device;
    mm_loaded_model *network;
    size_t n, classes;
    size_t batch; /* images at once, 0: as many pixels as 32 patches of 224 x 224 have */
} mm_ensemble;

/* Opens the device and the models, which must have the same classes. Errors name the file. */
int mm_ensemble_open(mm_ensemble *ensemble, const char *const *paths, size_t n, const char *device, size_t threads,
                     mm_precision precision, size_t batch, mm_error *error);
void mm_ensemble_close(mm_ensemble *ensemble); /* also after a failed open */

/* Writes means of probabilities, or of logits, into out[images->n][classes]. With flips, over the image and its three mirror
 * images. */
int mm_ensemble_predict(mm_ensemble *ensemble, const mm_images *images, bool flips, bool logits, float *out, mm_error *error);

#endif
