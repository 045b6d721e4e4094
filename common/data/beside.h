/* Scores of two models beside each other, on the records that both have. */
#ifndef MM_BESIDE_H
#define MM_BESIDE_H

#include <stddef.h>
#include <stdint.h>

#include "data/evaluation.h"
#include "data/record_figures.h"

/* Scored records; the pointers are owned by whoever filled it in. */
typedef struct mm_scored {
    const char *name; /* for messages and the report */
    size_t n;
    char *const *key, *const *patient;
    const double *score;
    const uint8_t *positive;
} mm_scored;

/* Matches by key. *unmatched: records of either that the other lacks. MM_FAILURE when no record is common, when the two
 * tell different truths of one, or when the common ones are all of one kind. */
int mm_beside(mm_comparison *comparison, size_t *unmatched, const mm_scored *first, const mm_scored *second, size_t draws,
              uint64_t seed, mm_error *error);

/* The logistic yardstick: a model of the training set's grey statistics, scored on the test set: score[test->n]. */
int mm_yardstick(const mm_grey_set *train, const mm_grey_set *test, double *score, mm_error *error);

#endif
