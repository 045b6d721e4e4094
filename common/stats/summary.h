/* Count, mean, standard deviation, minimum and maximum of numbers that arrive in parts (Welford 1962, in the pairwise form of
 * Chan et al. 1979, so that the mean of a billion pixels stays exact to many digits). */
#ifndef MM_STATS_SUMMARY_H
#define MM_STATS_SUMMARY_H

#include <stddef.h>

#include "common/base/dtype.h"

typedef struct mm_summary {
    size_t parts, count;
    double mean, m2; /* m2: sum of squared deviations from the mean */
    double min, max; /* NaN while count is 0 */
} mm_summary;

mm_summary mm_summary_empty(void); /* of no numbers */

/* Adds `count` elements of any dtype as numbers, without scaling. */
void mm_summary_add(mm_summary *summary, mm_dtype dtype, const void *data, size_t count);

double mm_summary_sd(const mm_summary *summary); /* population; NaN while count is 0 */

#endif
