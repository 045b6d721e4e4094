/* The mean area under the ROC curve of several scores of the same records: trainings that differ in their seed alone. */
#ifndef MM_STATS_REPEATS_H
#define MM_STATS_REPEATS_H

#include <stdint.h>

#include "common/stats/bootstrap.h"

typedef struct mm_repeats {
    size_t scores;
    double *area;           /* [scores], owned */
    mm_estimate mean;       /* of the areas; all scores in the same draws */
    double sd;              /* of the areas, with scores - 1; NaN for a single one */
    mm_estimate difference; /* mean - the other score's area, in the same draws; NaN without another */
} mm_repeats;

/* Computes all figures: score[scores] points to n numbers each, not NaN; other[n] may be NULL; positive[n] is 0 or 1. MM_FAILURE: no
 * positive or no negative record, or memory; nothing is left to free then. */
int mm_repeats_measure(mm_repeats *repeats, const double *const *score, size_t scores, const double *other, const uint8_t *positive,
                       const mm_sample *sample, mm_error *error);
void mm_repeats_free(mm_repeats *repeats);

#endif
