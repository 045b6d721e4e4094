/* How sure an area under a ROC curve is, when records of one patient hang together.
 *
 * Two ways that know nothing of each other: drawing patients anew (bootstrap), and the variance of DeLong, DeLong and
 * Clarke-Pearson (1988) in the form for clustered records of Obuchowski (1997, Biometrics 53, 567-578), which is
 * DeLong's when each patient has one record. Both also compare scores of the same records. */
#ifndef MM_AUC_H
#define MM_AUC_H

#include <stddef.h>
#include <stdint.h>

#include "data/metrics.h"
#include "error.h"

/* M scores of n records: score[m] points to n of them, none NaN; positive[n] 0 or 1; patient[n] numbers below
 * `patients` (each patient has a record). area[M] and covariance[M][M] (NaN when fewer than two patients have a positive or a negative
 * record). Fails without a positive or without a negative. Time O(M n log n). */
int mm_delong(const double *const *score, size_t M, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
              double *area, double *covariance, mm_error *error);

/* area +- z * standard error, within 0 and 1; NaN when the variance is. */
mm_interval mm_delong_interval(double area, double variance, double z);

/* Areas of `draws` samples of patients, drawn with replacement, as many as there are, all records of a patient
 * together: area[draws]. Draw d picks the same patients for the same seed and number of patients whatever the score,
 * so that areas of two scores may be subtracted draw by draw. A draw without a positive or a negative gives NaN.
 * Time O(n log n + draws n). */
int mm_bootstrap_areas(const double *score, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
                       size_t draws, uint64_t seed, double *area, mm_error *error);

/* The 2.5 % and 97.5 % quantiles (or as `level` says, 0.95) of the values that are numbers; NaN when fewer than 20 or
 * fewer than half of them are.
 * Sorts values in place, the NaN last; *numbers (may be NULL) is how many were none. */
mm_interval mm_percentile_interval(double *values, size_t n, double level, size_t *numbers);

/* Picks for draw d: times[patients], how often each patient was drawn; their sum is `patients`. */
void mm_bootstrap_draw(uint64_t seed, size_t draw, size_t patients, size_t *times);

/* Two-sided p value of a standard normal deviate. */
double mm_normal_p(double z);

#endif
