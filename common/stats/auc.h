/* Intervals of the area under a ROC curve when the records of a patient are correlated.
 *
 * There are two independent methods. The bootstrap draws patients anew. The other is the variance of DeLong, DeLong and
 * Clarke-Pearson (1988) in Obuchowski's form for clustered records (1997, Biometrics 53, 567-578), which equals DeLong's if each
 * patient has one record. Both can also compare two scores of the same records. */
#ifndef MM_STATS_AUC_H
#define MM_STATS_AUC_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

/* Computes area[M] and covariance[M][M] of M scores of n records. score[m] points to n numbers, not NaN; positive[n] is 0 or 1;
 * patient[n] holds numbers below `patients`, each of which occurs. The covariance is NaN if fewer than two patients have a
 * positive record, or fewer than two a negative one. MM_FAILURE: no positive or no negative record, or memory. Takes time
 * O(M n log n). */
int mm_delong(const double *const *score, size_t M, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
              double *area, double *covariance, mm_error *error);

/* Returns area +- z * standard error, clipped to 0..1; NaN if the variance is NaN. */
mm_interval mm_delong_interval(double area, double variance, double z);

/* Computes area[draws] and average precision[draws] (roc.h) in each draw of the sample; NaN for a draw without a positive or a
 * negative record. 0 or MM_FAILURE (memory). Time O(n log n + draws n). */
int mm_bootstrap_areas(const double *score, const uint8_t *positive, const mm_sample *sample, double *area, double *precision,
                       mm_error *error);

/* Returns the two-sided p value of a standard normal deviate. */
double mm_normal_p(double z);

#endif
