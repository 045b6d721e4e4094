/* Scores of groups of records: of a breast, an image, a patient. */
#ifndef MM_STATS_AGGREGATE_H
#define MM_STATS_AGGREGATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef enum mm_aggregate { MM_MAXIMUM, MM_MEAN } mm_aggregate;

/* Computes the score of each group, the maximum or the mean of its records' scores. A group is positive if one of its
 * records is. `outer` is the patient of each record; every group belongs to one patient, who is written to
 * outer_of_group. Each group has a record. */
void mm_group_scores(mm_aggregate how, const double *score, const uint8_t *positive, const size_t *outer, const size_t *group,
                     size_t n, size_t groups, double *group_score, uint8_t *group_positive, size_t *outer_of_group);

/* Renumbers n numbers below *numbers so that none is left out, in the same order; *numbers becomes how many differ.
 * 0 or MM_FAILURE (memory). */
int mm_renumber(size_t *number, size_t n, size_t *numbers, mm_error *error);

#endif
