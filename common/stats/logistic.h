/* Logistic regression on features of records: the baselines that a network is compared with.
 *
 * Features are standardised by mean and standard deviation of the records fitted to; a constant feature drops out. Then
 *     C * (sum over records of the log loss) + |weights|^2 / 2
 * is minimised, the objective of scikit-learn's LogisticRegression on standardised features. Two classes have one row of weights,
 * for the second class; more have a row each and a softmax (multinomial). Intercepts are not penalised; those of several rows add
 * up to 0.
 *
 * The minimum is unique and found by Newton's method to about ten digits. The result is deterministic. */
#ifndef MM_STATS_LOGISTIC_H
#define MM_STATS_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Records in borrowed arrays. */
typedef struct mm_logistic_data {
    const double *x;     /* [...][F] features */
    const size_t *label; /* [...] classes, below K */
    const size_t *row;   /* [n] the records to use; NULL: 0 to n - 1 */
    size_t n, F, K;
} mm_logistic_data;

typedef struct mm_logistic {
    size_t F, K, rows;    /* rows: 1 for two classes, else K */
    double *mean, *scale; /* [F] z = (x - mean) / scale; scale 0: the feature is left out */
    double *weight;       /* [rows][F + 1] of z; the intercept is last */
} mm_logistic;

/* Begins a model with weights of 0 and the data's means and standard deviations. MM_FAILURE: a class without records (*missing is its
 * number, else K), a feature that is not finite, or memory; nothing is left to free then. */
int mm_logistic_begin(mm_logistic *model, const mm_logistic_data *data, size_t *missing, mm_error *error);
void mm_logistic_free(mm_logistic *model);

/* Fits the weights, from those that the model has, to the data that it was begun with. C > 0. MM_FAILURE: the iteration does not
 * converge (not expected of a penalised problem), or memory. */
int mm_logistic_fit(mm_logistic *model, const mm_logistic_data *data, double C, mm_error *error);

/* Computes the logit of each class for x[F], whose softmax are the probabilities. Of two classes the first logit is 0. */
void mm_logistic_logits(const mm_logistic *model, const double *x, double *logit);

/* Returns the number of features that are left out because they were constant. */
size_t mm_logistic_constant(const mm_logistic *model);

enum { MM_GREY_STATISTICS = 4 };

/* Computes mean, standard deviation (divided by n), minimum and maximum of n > 0 values, in this order. */
void mm_grey_statistics(const double *values, size_t n, double statistics[MM_GREY_STATISTICS]);

#endif
