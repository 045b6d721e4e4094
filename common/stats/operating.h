/* Operating points: figures at a threshold on P(positive), also at another prevalence, and the choice of thresholds on a
 * validation set. */
#ifndef MM_STATS_OPERATING_H
#define MM_STATS_OPERATING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stats/proportion.h"
#include "common/stats/roc.h"
#include "common/stats/threshold.h"

#define MM_FIXED_POINTS 3 /* sensitivity at these specificities, and the reverse */
extern const double mm_fixed_points[MM_FIXED_POINTS]; /* 0.80, 0.90, 0.95 */

/* A predictive value at a stated prevalence. `logit` is the interval of Mercaldo, Lau and Zhou (2007, Statistics in Medicine 26,
 * 2170-2183). It treats records as independent and does not exist if sensitivity or specificity is 0 or 1. */
typedef struct mm_predictive {
    double value;
    mm_interval bootstrap, logit;
} mm_predictive;

/* Figures at a threshold. A record is called positive if its score, a rank (rank.h), is at least the threshold's. */
typedef struct mm_operating {
    mm_threshold threshold;
    size_t true_positives, false_positives, true_negatives, false_negatives;
    mm_proportion sensitivity, specificity;
    mm_predictive positive, negative; /* predictive values, NaN without a prevalence */
} mm_operating;

/* Computes the figures from score[n] and positive[n] of the sample's records. prevalence NaN: no predictive values. 0 or
 * MM_FAILURE (memory). */
int mm_operate(mm_operating *operating, mm_threshold threshold, const double *score, const uint8_t *positive,
               double prevalence, const mm_sample *sample, mm_error *error);

/* Return P(positive | called positive) = se p / (se p + (1 - sp) (1 - p)), and P(negative | called negative); NaN if nothing is
 * called so. */
double mm_positive_predictive(double sensitivity, double specificity, double prevalence);
double mm_negative_predictive(double sensitivity, double specificity, double prevalence);

/* Computes the logit intervals of both predictive values from the counts. */
void mm_predictive_logit(const mm_operating *operating, double prevalence, mm_interval *positive, mm_interval *negative);

/* Chooses the threshold "youden", of the largest sensitivity + specificity, on a curve of ranks. It lies halfway between the last
 * probability called positive and the next. False if it would lie above all scores. */
bool mm_threshold_youden(const mm_roc *roc, mm_threshold *threshold);

/* Chooses thresholds to store on a curve of ranks: "youden"; "sensitivity_0.90" and so on, the highest threshold with
 * at least this sensitivity; "specificity_0.90" and so on, the lowest threshold with at least this specificity. Each lies halfway
 * between the last probability called positive and the next. A threshold that would lie above all scores is left out. Returns their
 * number, at most MM_THRESHOLDS. */
size_t mm_thresholds_choose(const mm_roc *roc, mm_threshold threshold[MM_THRESHOLDS]);

/* Computes the highest sensitivity among points of the curve with at least each fixed specificity, and the reverse. There is no
 * interpolation, so a threshold with both figures exists. For the intervals the curve is computed anew in each draw. 0 or
 * MM_FAILURE (memory). */
int mm_fixed_evaluate(const double *score, const uint8_t *positive, const mm_sample *sample,
                      mm_estimate sensitivity[MM_FIXED_POINTS], mm_estimate specificity[MM_FIXED_POINTS], mm_error *error);

#endif
