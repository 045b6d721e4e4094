/* Operating points: what a threshold on P(positive) does, what it would mean at another prevalence, and how thresholds
 * are chosen on a validation set. */
#ifndef MM_STATS_OPERATING_H
#define MM_STATS_OPERATING_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/proportion.h"
#include "common/stats/roc.h"
#include "common/stats/threshold.h"

#define MM_FIXED_POINTS 3 /* sensitivity at these specificities, and the reverse */
extern const double mm_fixed_points[MM_FIXED_POINTS]; /* 0.80, 0.90, 0.95 */

/* A figure at a stated prevalence. `logit` is the interval of Mercaldo, Lau and Zhou (2007, Statistics in Medicine 26,
 * 2170-2183), which takes records for independent and does not exist where sensitivity or specificity is 0 or 1. */
typedef struct mm_predictive {
    double value;
    mm_interval bootstrap, logit;
} mm_predictive;

/* Called positive when the score is at least the threshold. */
typedef struct mm_operating {
    mm_threshold threshold;
    size_t true_positives, false_positives, true_negatives, false_negatives;
    mm_proportion sensitivity, specificity;
    mm_predictive positive, negative; /* predictive values, NaN without a prevalence */
} mm_operating;

/* score[n], positive[n] of the sample's records; prevalence NaN: no predictive values. */
int mm_operate(mm_operating *operating, mm_threshold threshold, const double *score, const uint8_t *positive,
               double prevalence, const mm_sample *sample, mm_error *error);

/* P(positive | called so) = se p / (se p + (1 - sp) (1 - p)), and P(negative | called so); NaN where nothing is called. */
double mm_positive_predictive(double sensitivity, double specificity, double prevalence);
double mm_negative_predictive(double sensitivity, double specificity, double prevalence);

/* The logit intervals of both from counts. */
void mm_predictive_logit(const mm_operating *operating, double prevalence, mm_interval *positive, mm_interval *negative);

/* Thresholds worth storing: "youden"; "sensitivity_0.90" and so on, the highest threshold with at least that
 * sensitivity; "specificity_0.90", the lowest with at least that specificity; each halfway between the last score that is
 * called positive and the next. Those that only a threshold above all scores reaches are left out. Returns how many, at
 * most MM_THRESHOLDS. */
size_t mm_thresholds_choose(const mm_roc *roc, mm_threshold threshold[MM_THRESHOLDS]);

/* The highest sensitivity among points of the curve of at least the fixed specificities, and the reverse. No interpolation:
 * a threshold with both figures exists. For the intervals the curve is made anew in each draw. */
int mm_fixed_evaluate(const double *score, const uint8_t *positive, const mm_sample *sample,
                      mm_estimate sensitivity[MM_FIXED_POINTS], mm_estimate specificity[MM_FIXED_POINTS], mm_error *error);

#endif
