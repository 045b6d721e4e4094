/* Figures of a classifier that are counts or averages: confusion, precision, recall, intervals of proportions,
 * calibration, percentiles. Curves and areas are in roc.h, intervals of areas in auc.h.
 *
 * A figure that does not exist (the recall of a class without samples) is NaN. */
#ifndef MM_METRICS_H
#define MM_METRICS_H

#include <stddef.h>

#include "error.h"

#define MM_Z95 1.959963984540054 /* 97.5 % point of the normal distribution */

typedef struct mm_interval {
    double low, high; /* NaN: unknown */
} mm_interval;

/* Wilson's score interval (Wilson 1927) of a proportion, successes of trials independent ones; z: MM_Z95 for 95 %.
 * trials 0: NaN. */
mm_interval mm_wilson(size_t successes, size_t trials, double z);

/* Index of the largest of n > 0 values; the first of several. */
size_t mm_argmax(const double *values, size_t n);

/* Adds records to counts[K][K], rows the truth, columns the class of the highest probability. prob[n][K], label[n] all
 * below K. */
void mm_confusion(const double *prob, const size_t *label, size_t n, size_t K, size_t *counts);

typedef struct mm_class_figures {
    size_t samples, predicted, correct;
    double precision, recall, f1; /* NaN where the denominator is 0; f1 needs one of samples and predicted */
} mm_class_figures;

mm_class_figures mm_class_of_confusion(const size_t *counts, size_t K, size_t k);

/* Expected calibration error of the predicted class (Naeini et al. 2015; Guo et al. 2017): confidences in `bins`
 * intervals ((b-1)/bins, b/bins], sum over bins of share * |accuracy - mean confidence|. n > 0, bins in 1..1000. */
int mm_calibration_error(const double *prob, const size_t *label, size_t n, size_t K, size_t bins, double *ece, mm_error *error);

/* The q quantile (0..1) of n > 0 ascending values, by linear interpolation between order statistics. */
double mm_quantile(const double *ascending, size_t n, double q);

/* For qsort: doubles, ascending. */
int mm_compare_doubles(const void *a, const void *b);

#endif
