/* Do probabilities mean what they say: reliability, scores of probabilities, temperature scaling. */
#ifndef MM_STATS_CALIBRATION_H
#define MM_STATS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

enum { MM_RELIABILITY_BINS = 10 };

/* P(positive) beside how often it came true, in bins ((b-1)/10, b/10] of the score (0 in the first). */
typedef struct mm_reliability {
    size_t records[MM_RELIABILITY_BINS], positives[MM_RELIABILITY_BINS];
    double mean[MM_RELIABILITY_BINS]; /* of the scores, NaN in an empty bin */
    mm_estimate error;                /* sum over bins of share * |frequency - mean| */
    mm_estimate brier;                /* mean square of score - truth (Brier 1950) */
} mm_reliability;

/* Computes all but the intervals, from score[n] 0..1 and positive[n], n > 0. */
void mm_reliability_make(mm_reliability *reliability, const double *score, const uint8_t *positive, size_t n);
/* Adds the intervals. That of the calibration error may lie above its value, as in predicted.h. */
int mm_reliability_intervals(mm_reliability *reliability, const double *score, const uint8_t *positive, const mm_sample *sample,
                             mm_error *error);

/* Mean of -log P(true class), probabilities below 2.2e-16 taken as that. prob[n][K], n > 0. */
double mm_log_loss(const double *prob, const size_t *label, size_t n, size_t K);

/* Temperature scaling (Guo et al. 2017): probabilities become softmax(log(p) / T), the T > 0 of least log loss on these
 * records. It changes no order among the classes of a record, so neither accuracy nor confusion. MM_FAILURE where none
 * between 0.05 and 20 is best: there is none where every record is predicted right, nor where the probabilities do not depend on the class. */
int mm_temperature_fit(const double *prob, const size_t *label, size_t n, size_t K, double *temperature, mm_error *error);
void mm_temperature_apply(double *prob, size_t n, size_t K, double temperature);

/* One record's probabilities from its logits at a temperature. */
void mm_tempered_softmax(const float *logits, size_t K, double temperature, float *prob);

#endif
