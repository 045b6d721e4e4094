/* How sure an area under a ROC curve is, when records of one patient hang together.
 *
 * Two ways that know nothing of each other: drawing patients anew (bootstrap), and the variance of DeLong, DeLong and
 * Clarke-Pearson (1988) in the form for clustered records of Obuchowski (1997, Biometrics 53, 567-578), which is
 * DeLong's when each patient has one record. Both also compare scores of the same records. */
#ifndef MM_STATS_AUC_H
#define MM_STATS_AUC_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

/* M scores of n records: score[m] points to n of them, none NaN; positive[n] 0 or 1; patient[n] numbers below
 * `patients` (each patient has a record). area[M] and covariance[M][M] (NaN when fewer than two patients have a positive or a negative
 * record). Fails without a positive or without a negative. Time O(M n log n). */
int mm_delong(const double *const *score, size_t M, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
              double *area, double *covariance, mm_error *error);

/* area +- z * standard error, within 0 and 1; NaN when the variance is. */
mm_interval mm_delong_interval(double area, double variance, double z);

/* Area and average precision (roc.h) in each draw of the sample: area[draws], precision[draws]. A draw without a positive
 * or a negative gives NaN. Time O(n log n + draws n). */
int mm_bootstrap_areas(const double *score, const uint8_t *positive, const mm_sample *sample, double *area, double *precision,
                       mm_error *error);

/* Two-sided p value of a standard normal deviate. */
double mm_normal_p(double z);

#endif
