/* One or more models that predict together: the mean of their probabilities, on request over mirror images too. */
#ifndef MM_FILTERS_PREDICT_ENSEMBLE_H
#define MM_FILTERS_PREDICT_ENSEMBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/predict/loaded_model.h"

typedef struct mm_ensemble {
    mm_device *device;
    mm_loaded_model *network;
    size_t n, classes;
    size_t batch; /* images at once; 0: as many as have the pixels of 32 patches of 224 x 224, from 1 to 32 */
} mm_ensemble;

/* Opens the device and the models, which must have the same classes. Errors name the file. */
int mm_ensemble_open(mm_ensemble *ensemble, const char *const *paths, size_t n, const char *device, size_t threads,
                     mm_precision precision, size_t batch, mm_error *error);
void mm_ensemble_close(mm_ensemble *ensemble); /* also after a failed open */

/* Writes means of probabilities at the models' temperatures into out[images->n][classes] and their natural logarithms, which tell
 * those apart that are 0 in double precision, into log_prob, of the same shape; or, where log_prob is NULL, means of logits into out.
 * With flips the mean is also over the three mirror images of each image. features: receives the chosen layer's output
 * (mm_loaded_model_features) of the one model without flips, or NULL. */
int mm_ensemble_predict(mm_ensemble *ensemble, const mm_images *images, bool flips, double *out, double *log_prob,
                        float *features, mm_error *error);

#endif
