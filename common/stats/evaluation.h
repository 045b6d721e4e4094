/* Everything that a report says about the predictions of a classifier, computed from its probabilities.
 *
 * Areas are of probabilities, never of hard labels. Their headline interval is a bootstrap over patients; the clustered
 * DeLong interval is given beside it (auc.h). A figure that does not exist is NaN. An area that does not exist, as of a
 * class without samples, has known == false. */
#ifndef MM_STATS_EVALUATION_H
#define MM_STATS_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stats/calibration.h"
#include "common/stats/operating.h"
#include "common/stats/predicted.h"

typedef struct mm_area {
    bool known;
    size_t records, positives, patients;
    double area;
    mm_interval bootstrap, delong; /* of the area, 95 % */
    mm_estimate average_precision;
    double delong_se;
    size_t lost_draws; /* bootstrap samples that held one kind only */
} mm_area;

extern const mm_area mm_area_unknown;

/* Records taken together: the maximum and the mean of their scores. */
typedef struct mm_level {
    size_t groups; /* 0: the groups are not known */
    mm_area maximum, mean;
} mm_level;

/* What is evaluated: arrays that others own. Each number of a patient, breast or image has a record. */
typedef struct mm_evaluation_data {
    size_t n, K;                           /* records, classes */
    const size_t *label;                   /* [n] the true class, below K */
    const double *prob;                    /* [n][K] */
    char *const *class_name;               /* [K] for messages */
    const size_t *patient, *breast, *image; /* [n] numbers; breast and image may be NULL: not known */
    size_t patients, breasts, images;
} mm_evaluation_data;

typedef struct mm_evaluation_options {
    const uint8_t *positive_class; /* [K] 1 for the classes that count as positive; NULL: no two-way question */
    const mm_threshold *threshold; /* [thresholds] chosen elsewhere, applied to P(positive) */
    size_t thresholds;
    double prevalence;             /* for predictive values; NaN: none */
    size_t draws;                  /* of the bootstrap */
    uint64_t seed;
} mm_evaluation_options;

typedef struct mm_evaluation {
    size_t n, K, patients;
    mm_predicted predicted;                     /* what the predicted class is worth */
    mm_area *of_class;                          /* [K] one against the rest */
    mm_estimate macro_area;                     /* mean over classes with known areas, NaN without */

    const uint8_t *positive_class;              /* [K] the options'; NULL: what follows is empty */
    mm_area headline;                           /* positive classes against the others */
    mm_estimate sensitivity_at[MM_FIXED_POINTS], specificity_at[MM_FIXED_POINTS];
    mm_operating youden;                        /* largest sensitivity + specificity on these very records */
    mm_operating given[MM_THRESHOLDS];          /* at the options' thresholds */
    size_t givens;
    mm_threshold chosen[MM_THRESHOLDS];         /* what these records would choose (mm_thresholds_choose) */
    size_t choices;
    mm_reliability reliability;                 /* of P(positive) */
    mm_level image, breast, per_patient;
    double *score;                              /* [n] P(positive) */
    uint8_t *positive;                          /* [n] */
} mm_evaluation;

/* Computes P(positive) and the truth of n records: 1 - P(negative class) when there is one negative class of several, else
 * the sum over the positive classes. prob[n][K], label[n], positive_class[K]; score[n], positive[n]. */
void mm_positive_scores(const double *prob, const size_t *label, size_t n, size_t K, const uint8_t *positive_class, double *score,
                        uint8_t *positive);

/* Computes all figures. MM_FAILURE: the two-way question has no positive or no negative record, or memory. */
int mm_evaluate(mm_evaluation *evaluation, const mm_evaluation_data *data, const mm_evaluation_options *options, mm_error *error);
void mm_evaluation_free(mm_evaluation *evaluation);

/* Computes the area of one curve with its intervals. score[n] etc. as in auc.h. draw_area[draws] receives the areas of the
 * bootstrap in the order of the draws, or is NULL. Without a positive or a negative record returns 0 with known == false. */
int mm_area_evaluate(mm_area *area, const double *score, const uint8_t *positive, const mm_sample *sample, double *draw_area,
                     mm_error *error);

/* Two scores of the same records. */
typedef struct mm_comparison {
    mm_area first, second;
    double difference;       /* first - second */
    mm_interval bootstrap;   /* of the difference, patients drawn together */
    double delong_se, p;     /* of the difference; p two-sided, NaN without a variance */
} mm_comparison;

int mm_compare_areas(mm_comparison *comparison, const double *first, const double *second, const uint8_t *positive,
                     const mm_sample *sample, mm_error *error);

#endif
