/* Figures of the predicted class, the one of highest probability: confusion, accuracy, precision, recall and F1 of each class,
 * their means, log loss and calibration error, each with its interval over patients. */
#ifndef MM_STATS_PREDICTED_H
#define MM_STATS_PREDICTED_H

#include <stddef.h>

#include "common/stats/proportion.h"

#define MM_CALIBRATION_BINS 15

typedef struct mm_class_estimates {
    mm_proportion precision, recall; /* correct records among those predicted, and among those of the class */
    mm_estimate f1;                  /* NaN if the class is neither predicted nor true */
} mm_class_estimates;

typedef struct mm_predicted {
    size_t *confusion;                           /* [K][K], rows the truth */
    mm_proportion accuracy;
    mm_estimate balanced_accuracy, macro_f1;     /* means of recall and F1 over classes with samples */
    mm_estimate log_loss, calibration_error;     /* of the predicted class, MM_CALIBRATION_BINS bins */
    mm_class_estimates *of_class;                /* [K] */
} mm_predicted;

/* Computes the figures of the sample's n records from prob[n][K] and label[n], all below K.
 *
 * A draw that lacks a class with samples does not count for the means; a draw where precision has no denominator does not
 * count for that precision. A draw's calibration error is larger on average than the error of all records, because it holds
 * more noise; so its interval may lie above the value.
 *
 * 0 or MM_FAILURE (memory). */
int mm_predicted_evaluate(mm_predicted *predicted, const double *prob, const size_t *label, size_t K, const mm_sample *sample,
                          mm_error *error);
void mm_predicted_free(mm_predicted *predicted);

#endif
