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

/* Returns Wilson's score interval (Wilson 1927) of successes / trials for independent trials; z is MM_Z95 for 95 %. NaN if trials
 * is 0. */
mm_interval mm_wilson(size_t successes, size_t trials, double z);

/* Returns the index of the largest of n > 0 values, the first if several are equal. */
size_t mm_argmax(const double *values, size_t n);

/* Adds n records to counts[K][K]: the row is the truth, the column the class of highest probability. prob[n][K]; label[n] is
 * below K. */
void mm_confusion(const double *prob, const size_t *label, size_t n, size_t K, size_t *counts);

/* Returns the number, from 0, of the interval ((b-1)/bins, b/bins] that holds a score of 0..1; a score of 0 is in the first. */
size_t mm_score_bin(double score, size_t bins);

/* Computes the expected calibration error of the predicted class (Naeini et al. 2015; Guo et al. 2017): the sum over the bins
 * (mm_score_bin) of share * |accuracy - mean confidence|. n > 0, bins in 1..1000. 0 or MM_FAILURE (memory). */
int mm_calibration_error(const double *prob, const size_t *label, size_t n, size_t K, size_t bins, double *ece, mm_error *error);

/* Returns the q quantile (0..1) of n > 0 ascending values, by linear interpolation between order statistics. */
double mm_quantile(const double *ascending, size_t n, double q);

/* Compares two doubles for qsort, ascending. */
int mm_compare_doubles(const void *a, const void *b);

#endif
