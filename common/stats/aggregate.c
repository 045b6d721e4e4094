/* Scores of groups: see aggregate.h. */
#include "common/stats/aggregate.h"

#include <math.h>
#include <stdlib.h>

void mm_group_scores(mm_aggregate how, const double *score, const uint8_t *positive, const size_t *outer, const size_t *group,
                     size_t n, size_t groups, double *group_score, uint8_t *group_positive, size_t *outer_of_group)
{
    for (size_t g = 0; g < groups; g++) {
        group_score[g] = how == MM_MAXIMUM ? -INFINITY : 0;
        group_positive[g] = 0;
        outer_of_group[g] = 0; /* counts the records, at first */
    }
    for (size_t i = 0; i < n; i++) {
        size_t g = group[i];
        group_score[g] = how == MM_MAXIMUM ? fmax(group_score[g], score[i]) : group_score[g] + score[i];
        group_positive[g] |= positive[i];
        outer_of_group[g]++;
    }
    for (size_t g = 0; g < groups && how == MM_MEAN; g++)
        group_score[g] /= (double)outer_of_group[g];
    for (size_t i = 0; i < n; i++)
        outer_of_group[group[i]] = outer[i];
}

int mm_renumber(size_t *number, size_t n, size_t *numbers, mm_error *error)
{
    size_t *dense = calloc(*numbers + 1, sizeof *dense), used = 0;
    if (!dense)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        dense[number[i]] = 1;
    for (size_t k = 0; k < *numbers; k++) {
        used += dense[k];
        dense[k] = used - 1; /* of no meaning where the number is left out */
    }
    for (size_t i = 0; i < n; i++)
        number[i] = dense[number[i]];
    *numbers = used;
    free(dense);
    return 0;
}
