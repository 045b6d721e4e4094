/* Everything that a report says about a set of predictions, computed from the table of probabilities.
 *
 * Areas come from probabilities, never from hard labels. Their headline interval is a bootstrap over patients; the
 * clustered DeLong interval stands beside it (auc.h). Figures that do not exist are NaN; an mm_area with
 * known == false has none (a class without samples). */
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
    double area, average_precision;
    mm_interval bootstrap, delong; /* of the area, 95 % */
    mm_interval average_precision_bootstrap;
    double delong_se;
    size_t lost_draws; /* bootstrap samples that held one kind only */
} mm_area;

extern const mm_area mm_area_unknown;

/* Records taken together: the maximum and the mean of their scores. */
typedef struct mm_level {
    size_t groups; /* 0: not told apart */
    mm_area maximum, mean;
} mm_level;

typedef struct mm_evaluation_options {
    const uint8_t *positive_class; /* [K] 1 for the classes that count as positive, or NULL: mm_default_positive */
    const char *side;              /* [n] 'L', 'R' or 0, or NULL: from the keys */
    char *const *image;            /* [n] the image that each record was cut from, or NULL: not known */
    const mm_threshold *threshold; /* [thresholds] chosen elsewhere, to be applied to the positive score */
    size_t thresholds;
    double prevalence;             /* for predictive values; NaN: none */
    size_t draws;                  /* of the bootstrap */
    uint64_t seed;
} mm_evaluation_options;

typedef struct mm_evaluation {
    size_t n, K, patients, no_patient;
    mm_predicted predicted;                     /* what the predicted class is worth */
    mm_area *of_class;                          /* [K] one against the rest */
    mm_estimate macro_area;                     /* mean over classes with known areas, NaN without */

    uint8_t *positive_class;                    /* [K], or NULL: no two-way question is asked of these classes */
    mm_area headline;                           /* positive classes against the others */
    mm_estimate sensitivity_at[MM_FIXED_POINTS], specificity_at[MM_FIXED_POINTS];
    mm_operating youden;                        /* largest sensitivity + specificity on these very records */
    mm_operating given[MM_THRESHOLDS];          /* at the options' thresholds */
    size_t givens;
    mm_threshold chosen[MM_THRESHOLDS];         /* what these records would choose (mm_thresholds_choose) */
    size_t choices;
    mm_reliability reliability;                 /* of P(positive) */
    mm_level image, breast, per_patient;        /* breast: only when every record tells its side */

    double *score;                              /* [n] P(positive), when positive_class */
    uint8_t *positive;                          /* [n] */
    size_t *patient;                            /* [n] */
} mm_evaluation;

/* Which classes count as positive when nothing was said: of two the second; else, when one is called "background", all
 * others. positive_class[K]; false when neither applies. */
bool mm_default_positive(const mm_predictions *table, uint8_t *positive_class);

/* The same from a list of names, "a,b". MM_USAGE for a name that is no class, or when all classes are positive or none. */
int mm_positive_of_list(const mm_predictions *table, const char *list, uint8_t *positive_class, mm_error *error);

/* P(positive) and truth of each record: 1 - P(negative class) when there is one negative class, else the sum over the
 * positive classes. score[n], positive[n]. */
void mm_positive_scores(const mm_predictions *table, const uint8_t *positive_class, double *score, uint8_t *positive);

/* MM_FAILURE when the two-way question has no positive or no negative record, or memory is out. */
int mm_evaluate(mm_evaluation *evaluation, const mm_predictions *table, const mm_evaluation_options *options, mm_error *error);
void mm_evaluation_free(mm_evaluation *evaluation);

/* One curve with its intervals. score[n] etc. as in auc.h. draw_area[draws] receives the bootstrap's areas in the order
 * of the draws, or is NULL. Without a positive or a negative record, known is false and 0 is returned. */
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
