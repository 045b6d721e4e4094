/* Everything that a report says about the predictions of a classifier, computed from its probabilities.
 *
 * Areas are computed from probabilities by way of their ranks (rank.h), never from predicted labels. Their main interval is a bootstrap
 * over patients; the clustered DeLong interval is given too (auc.h). A figure that does not exist is NaN. An area that does not exist, for
 * example of a class without samples, has known == false. */
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
    size_t lost_draws; /* bootstrap draws without a positive or without a negative record */
    size_t saturated;  /* records with P exactly 0, or exactly 1, if there are positive and negative ones: their order is lost */
} mm_area;

extern const mm_area mm_area_unknown;

/* Areas over groups of records, scored by the maximum or the mean of their records. */
typedef struct mm_level {
    size_t groups; /* 0: the groups are not known */
    mm_area maximum, mean;
} mm_level;

/* The predictions to evaluate, in borrowed arrays. Every number of a patient, breast or image has a record. */
typedef struct mm_evaluation_data {
    size_t n, K;                           /* records, classes */
    const size_t *label;                   /* [n] the true class, below K */
    const double *prob, *log_prob;         /* [n][K] and the natural logarithms */
    char *const *class_name;               /* [K], for messages */
    const size_t *patient, *breast, *image; /* [n] numbers; breast and image are NULL if unknown */
    size_t patients, breasts, images;
} mm_evaluation_data;

typedef struct mm_evaluation_options {
    const uint8_t *positive_class; /* [K] 1 for classes that count as positive; NULL: no two-way question */
    const mm_threshold *threshold; /* [thresholds] chosen elsewhere, applied to P(positive) */
    size_t thresholds;
    double prevalence;             /* for predictive values; NaN: none */
    size_t draws;                  /* of the bootstrap */
    uint64_t seed;
} mm_evaluation_options;

typedef struct mm_evaluation {
    size_t n, K, patients;
    mm_predicted predicted;                     /* figures of the predicted class */
    mm_area *of_class;                          /* [K] one class against the rest */
    mm_estimate macro_area;                     /* mean over classes with known areas, NaN if there are none */

    const uint8_t *positive_class;              /* [K] from the options; NULL: the rest is empty */
    mm_area headline;                           /* positive classes against the others */
    mm_estimate sensitivity_at[MM_FIXED_POINTS], specificity_at[MM_FIXED_POINTS];
    mm_operating youden;                        /* largest sensitivity + specificity on the same records */
    mm_operating given[MM_THRESHOLDS];          /* at the options' thresholds */
    size_t givens;
    mm_threshold chosen[MM_THRESHOLDS];         /* thresholds chosen on these records (mm_thresholds_choose) */
    size_t choices;
    mm_reliability reliability;                 /* of P(positive) */
    mm_level image, breast, per_patient;
    double *score, *complement, *rank;          /* [n] P(positive), P(negative), and the rank of P(positive) */
    uint8_t *positive;                          /* [n] */
} mm_evaluation;

/* Computes rank[n] of P(positive) (rank.h), and positive[n], the truth, of records with classes K and positive_class[K]. */
void mm_positive_ranks(const double *prob, const double *log_prob, const size_t *label, size_t n, size_t K,
                       const uint8_t *positive_class, double *rank, uint8_t *positive);

/* Computes all figures. MM_FAILURE: there is no positive or no negative record for the two-way question, or memory. */
int mm_evaluate(mm_evaluation *evaluation, const mm_evaluation_data *data, const mm_evaluation_options *options, mm_error *error);
void mm_evaluation_free(mm_evaluation *evaluation);

/* Computes the area of one curve with its intervals; score[n] and positive[n] are as in auc.h. draw_area[draws] receives the
 * area of each bootstrap draw, or is NULL. If there is no positive or no negative record, it returns 0 and known is false. */
int mm_area_evaluate(mm_area *area, const double *score, const uint8_t *positive, const mm_sample *sample, double *draw_area,
                     mm_error *error);

/* A comparison of two scores of the same records. */
typedef struct mm_comparison {
    mm_area first, second;
    double difference;       /* first - second */
    mm_interval bootstrap;   /* of the difference; both scores in the same draws */
    double delong_se, p;     /* of the difference; p is two-sided; NaN if the variance is not above 0 */
} mm_comparison;

/* Compares the areas of two scores. MM_FAILURE: no positive or no negative record, or memory. */
int mm_compare_areas(mm_comparison *comparison, const double *first, const double *second, const uint8_t *positive,
                     const mm_sample *sample, mm_error *error);

#endif
