/* Figures of a classifier that are counts or averages: confusion, intervals of proportions, calibration,
 * percentiles. Curves and areas are in roc.h, intervals of areas in auc.h.
 *
 * A figure that does not exist (a share of nothing) is NaN. */
#ifndef MM_STATS_METRICS_H
#define MM_STATS_METRICS_H

#include <stddef.h>

#include "common/base/error.h"

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

/* Which of `bins` intervals ((b-1)/bins, b/bins] a score of 0..1 lies in, counted from 0; 0 lies in the first. */
size_t mm_score_bin(double score, size_t bins);

/* Expected calibration error of the predicted class (Naeini et al. 2015; Guo et al. 2017): confidences in the bins
 * of mm_score_bin, sum over bins of share * |accuracy - mean confidence|. n > 0, bins in 1..1000. */
int mm_calibration_error(const double *prob, const size_t *label, size_t n, size_t K, size_t bins, double *ece, mm_error *error);

/* The q quantile (0..1) of n > 0 ascending values, by linear interpolation between order statistics. */
double mm_quantile(const double *ascending, size_t n, double q);

/* For qsort: doubles, ascending. */
int mm_compare_doubles(const void *a, const void *b);

#endif
