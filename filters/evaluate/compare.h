/* Scores of two models beside each other, on the records that both have. */
#ifndef MM_FILTERS_EVALUATE_COMPARE_H
#define MM_FILTERS_EVALUATE_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/evaluation.h"
#include "common/stats/repeats.h"
#include "common/table/predictions.h"

/* Records scored by the rank of P(positive) (common/stats/rank.h). */
typedef struct mm_scored {
    const char *name; /* for messages and the report */
    size_t n;
    char *const *key, *const *patient;
    const double *score;
    const uint8_t *positive; /* score and positive are freed by mm_scored_free */
} mm_scored;

/* Computes the ranks of a table's records. `positive` is a list of classes, NULL: the default ones (MM_USAGE: there are
 * none). The scores are freed with mm_scored_free; keys and patients stay the table's. */
int mm_scored_predictions(mm_scored *scored, const mm_predictions *table, const char *positive, const char *name, mm_error *error);
void mm_scored_free(mm_scored *scored);

/* Compares the areas of two scores on the records that both have, matched by key. *unmatched is the number of records that
 * only one of them has. MM_FAILURE: no record in common, different truths of one, or common records of one kind only. */
int mm_compare_scores(mm_comparison *comparison, size_t *unmatched, const mm_scored *first, const mm_scored *second, size_t draws,
              uint64_t seed, mm_error *error);

/* Measures trained[n] together, n > 0 scores of the same records matched by key; `other` may be NULL. MM_FAILURE: one lacks a record of the first
 * or has another, different truths of one, records of one kind only, or memory. */
int mm_compare_repeats(mm_repeats *repeats, const mm_scored *trained, size_t n, const mm_scored *other, size_t draws, uint64_t seed,
                       mm_error *error);

#endif
