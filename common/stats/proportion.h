/* A share of records with two 95 % intervals: the bootstrap over patients, and Wilson's, which treats records as independent. */
#ifndef MM_STATS_PROPORTION_H
#define MM_STATS_PROPORTION_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"

typedef struct mm_proportion {
    size_t part, whole;
    double value;                  /* part / whole, NaN if whole is 0 */
    mm_interval bootstrap, wilson;
} mm_proportion;

/* Computes the share of part[n] among whole[n], both 0 or 1, with part <= whole. drawn[draws] receives each draw's share, NaN if
 * its whole is 0, or is NULL. 0 or MM_FAILURE (memory). */
int mm_proportion_evaluate(mm_proportion *proportion, const uint8_t *part, const uint8_t *whole, const mm_sample *sample,
                           double *drawn, mm_error *error);

#endif
