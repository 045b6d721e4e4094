/* Calibration of probabilities: reliability, proper scores, temperature scaling. */
#ifndef MM_STATS_CALIBRATION_H
#define MM_STATS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

enum { MM_RELIABILITY_BINS = 10 };

/* P(positive) against the observed frequency of positives, in bins ((b-1)/10, b/10] of the score; 0 is in the first bin. */
typedef struct mm_reliability {
    size_t records[MM_RELIABILITY_BINS], positives[MM_RELIABILITY_BINS];
    double mean[MM_RELIABILITY_BINS]; /* mean score, NaN in an empty bin */
    mm_estimate error;                /* sum over bins of share * |frequency - mean| */
    mm_estimate brier;                /* mean square of score - truth (Brier 1950) */
} mm_reliability;

/* Computes everything but the intervals from score[n], 0..1, and positive[n], n > 0. */
void mm_reliability_make(mm_reliability *reliability, const double *score, const uint8_t *positive, size_t n);
/* Adds the intervals. The interval of the calibration error may lie above its value, as in predicted.h. 0 or MM_FAILURE
 * (memory). */
int mm_reliability_intervals(mm_reliability *reliability, const double *score, const uint8_t *positive, const mm_sample *sample,
                             mm_error *error);

/* Returns the mean of -log P(true class) over prob[n][K], n > 0. Probabilities below 2.2e-16 count as 2.2e-16. */
double mm_log_loss(const double *prob, const size_t *label, size_t n, size_t K);

/* Finds the temperature T > 0 of least log loss on these records (temperature scaling, Guo et al. 2017) from log_prob[n][K], the
 * natural logarithms of their probabilities p, or logits: probabilities become softmax(log(p) / T). That keeps the order of a record's
 * classes, hence accuracy and confusion. MM_FAILURE: no T is best, because every record is predicted correctly or the probabilities
 * hardly depend on the class; or a record's own class has the probability 0, whose logit is lost. */
int mm_temperature_fit(const double *log_prob, const size_t *label, size_t n, size_t K, double *temperature, mm_error *error);
/* Applies a temperature to prob[n][K] and log_prob[n][K] in place. */
void mm_temperature_apply(double *prob, double *log_prob, size_t n, size_t K, double temperature);

#endif
