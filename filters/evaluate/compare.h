/* Scores of two models beside each other, on the records that both have. */
#ifndef MM_FILTERS_EVALUATE_COMPARE_H
#define MM_FILTERS_EVALUATE_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/evaluation.h"
#include "common/table/predictions.h"
#include "filters/evaluate/record_statistics.h"

/* Scored records. */
typedef struct mm_scored {
    const char *name; /* for messages and the report */
    size_t n;
    char *const *key, *const *patient;
    const double *score;
    const uint8_t *positive; /* score and positive are freed by mm_scored_free */
} mm_scored;

/* P(positive) of a table's records; `positive` is a list of classes or NULL for the default (MM_USAGE when there is none).
 * The scores are freed with mm_scored_free, keys and patients stay the table's. */
int mm_scored_predictions(mm_scored *scored, const mm_predictions *table, const char *positive, const char *name, mm_error *error);
void mm_scored_free(mm_scored *scored);

/* Matches by key. *unmatched: records of either that the other lacks. MM_FAILURE when no record is common, when the two
 * tell different truths of one, or when the common ones are all of one kind. */
int mm_compare_scores(mm_comparison *comparison, size_t *unmatched, const mm_scored *first, const mm_scored *second, size_t draws,
              uint64_t seed, mm_error *error);

/* The logistic yardstick: a model of the training set's grey statistics, scored on the test set. The score and its area;
 * freed with mm_scored_free, all else stays the test set's. MM_FAILURE when either set is all of one kind. */
int mm_yardstick(mm_scored *scored, mm_area *area, const mm_grey_set *train, const mm_grey_set *test, size_t draws,
                 uint64_t seed, mm_error *error);

#endif
