/* A share of records with its two 95 % intervals: over patients drawn anew, and Wilson's, which takes records for
 * independent. */
#ifndef MM_STATS_PROPORTION_H
#define MM_STATS_PROPORTION_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

typedef struct mm_proportion {
    size_t part, whole;
    double value;                  /* part / whole, NaN without any */
    mm_interval bootstrap, wilson;
} mm_proportion;

/* part[n], whole[n]: 0 or 1, part no more than whole. drawn[draws] receives the shares in the order of the draws, NaN
 * where a draw has no whole, or is NULL. */
int mm_proportion_evaluate(mm_proportion *proportion, const uint8_t *part, const uint8_t *whole, const mm_sample *sample,
                           double *drawn, mm_error *error);

#endif
