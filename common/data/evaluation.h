/* Everything that a report says about a set of predictions, computed from the table of probabilities.
 *
 * Areas come from probabilities, never from hard labels. Their headline interval is a bootstrap over patients; the
 * clustered DeLong interval stands beside it (auc.h). Figures that do not exist are NaN; an mm_area with
 * known == false has none (a class without samples). */
#ifndef MM_EVALUATION_H
#define MM_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/metrics.h"
#include "data/predictions.h"
#include "data/roc.h"

#define MM_FIXED_POINTS 3 /* sensitivity at these specificities, and the reverse */
extern const double mm_fixed_points[MM_FIXED_POINTS]; /* 0.80, 0.90, 0.95 */

typedef struct mm_area {
    bool known;
    size_t records, positives, patients;
    double area, average_precision;
    mm_interval bootstrap, delong; /* 95 % */
    double delong_se;
    size_t lost_draws; /* bootstrap samples that held one kind only */
} mm_area;

/* What a threshold does: called positive when the score is at least the threshold. */
typedef struct mm_operating {
    double threshold;
    size_t true_positives, false_positives, true_negatives, false_negatives;
} mm_operating;

typedef struct mm_evaluation_options {
    const uint8_t *positive_class; /* [K] 1 for the classes that count as positive, or NULL: mm_default_positive */
    const char *side;              /* [n] 'L', 'R' or 0, or NULL: from the keys */
    double threshold;              /* applied to the positive score; NaN: none */
    size_t draws;                  /* of the bootstrap */
    uint64_t seed;
} mm_evaluation_options;

typedef struct mm_evaluation {
    size_t n, K, patients, breasts, no_patient; /* breasts 0: some key does not tell the side */
    size_t *confusion;                          /* [K][K], rows the truth */
    size_t correct;
    mm_interval accuracy_wilson;                /* takes records for independent */
    double balanced_accuracy, macro_f1;         /* over classes with samples */
    double calibration_error;                   /* 15 bins */
    mm_area *of_class;                          /* [K] one against the rest */
    double macro_area;                          /* mean over classes with known areas, NaN without */
    mm_interval macro_bootstrap;

    uint8_t *positive_class;                    /* [K], or NULL: no two-way question is asked of these classes */
    mm_area headline;                           /* positive classes against the others */
    double sensitivity_at[MM_FIXED_POINTS], specificity_at[MM_FIXED_POINTS];
    mm_operating youden;                        /* largest sensitivity + specificity on these very records */
    mm_operating given;                         /* at options.threshold (threshold NaN: none) */
    mm_area breast_maximum, breast_mean, patient_maximum, patient_mean;

    double *score;                              /* [n] P(positive), when positive_class */
    uint8_t *positive;                          /* [n] */
    size_t *patient;                            /* [n] */
} mm_evaluation;

#define MM_CALIBRATION_BINS 15

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
int mm_area_evaluate(mm_area *area, const double *score, const uint8_t *positive, const size_t *patient, size_t patients,
                     size_t n, size_t draws, uint64_t seed, double *draw_area, mm_error *error);

mm_operating mm_operate(const double *score, const uint8_t *positive, size_t n, double threshold);

/* Two scores of the same records. */
typedef struct mm_comparison {
    mm_area first, second;
    double difference;       /* first - second */
    mm_interval bootstrap;   /* of the difference, patients drawn together */
    double delong_se, p;     /* of the difference; p two-sided, NaN without a variance */
} mm_comparison;

int mm_compare_areas(mm_comparison *comparison, const double *first, const double *second, const uint8_t *positive,
                     const size_t *patient, size_t patients, size_t n, size_t draws, uint64_t seed, mm_error *error);

#endif
