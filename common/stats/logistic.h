/* Logistic regression on a few features: the baseline that a network is compared with.
 *
 * Features are standardised by the training records' mean and standard deviation (a constant feature drops out), then
 *     sum over records of log(1 + exp(-s f(x))) + penalty/2 * |w|^2,   f(x) = b + w . z(x),  s = +-1
 * is minimised by Newton's method with step halving; b is not penalised. The result is deterministic. With penalty 1 this is
 * the objective of scikit-learn's LogisticRegression(C=1) on standardised features. */
#ifndef MM_STATS_LOGISTIC_H
#define MM_STATS_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define MM_LOGISTIC_MAX 32 /* features at most */

typedef struct mm_logistic {
    size_t F;
    double mean[MM_LOGISTIC_MAX], scale[MM_LOGISTIC_MAX]; /* z = (x - mean) / scale; scale 0: the feature is left out */
    double weight[MM_LOGISTIC_MAX], intercept;
    int iterations;
} mm_logistic;

/* Fits a model to x[n][F] and y[n], 0 or 1, with penalty > 0. MM_FAILURE: y holds only one value, a feature is not finite, the
 * iteration does not converge (not expected of a penalised problem), or memory. */
int mm_logistic_fit(mm_logistic *model, const double *x, const uint8_t *y, size_t n, size_t F, double penalty, mm_error *error);

/* Returns the probability of y = 1 for x[F]. */
double mm_logistic_predict(const mm_logistic *model, const double *x);

/* Computes mean, standard deviation (divided by n), minimum and maximum of n > 0 values, in this order. */
void mm_grey_statistics(const double *values, size_t n, double statistics[4]);

#endif
