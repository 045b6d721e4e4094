/* Scores of groups of records: breasts, images or patients. */
#ifndef MM_STATS_AGGREGATE_H
#define MM_STATS_AGGREGATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef enum mm_aggregate { MM_MAXIMUM, MM_MEAN } mm_aggregate;

/* Computes the score of each group: the maximum or the mean of its records' scores. A group is positive if one of its records is
 * positive. outer[n] is the patient of each record; outer_of_group[groups] receives the one patient of each group. Every group
 * has a record. */
void mm_group_scores(mm_aggregate how, const double *score, const uint8_t *positive, const size_t *outer, const size_t *group,
                     size_t n, size_t groups, double *group_score, uint8_t *group_positive, size_t *outer_of_group);

/* Renumbers n numbers below *numbers from 0 without gaps, in the same order; *numbers becomes the count of different numbers. 0
 * or MM_FAILURE (memory). */
int mm_renumber(size_t *number, size_t n, size_t *numbers, mm_error *error);

#endif
