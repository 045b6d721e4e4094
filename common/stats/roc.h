/* The receiver operating characteristic of one score: its curve, the area under it, operating points.
 *
 * A record is called positive if its score is at least the threshold. Records with equal scores share one
 * point of the curve, so ties count half in the area, which equals the Mann-Whitney statistic (Bamber 1975). */
#ifndef MM_STATS_ROC_H
#define MM_STATS_ROC_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_roc {
    size_t positives, negatives;
    size_t points;         /* distinct scores + 1 */
    double *threshold;     /* descending; the first is +infinity, where nothing is called positive */
    size_t *true_called;   /* positives called so at that threshold, 0 .. positives */
    size_t *false_called;  /* negatives called positive, 0 .. negatives */
} mm_roc;

/* Makes the curve of score[n], not NaN, and positive[n], 0 or 1. MM_FAILURE: no positive or no negative record, or memory. */
int mm_roc_make(mm_roc *roc, const double *score, const uint8_t *positive, size_t n, mm_error *error);
void mm_roc_free(mm_roc *roc);

/* Return a figure of one point of the curve. */
double mm_roc_sensitivity(const mm_roc *roc, size_t point);
double mm_roc_specificity(const mm_roc *roc, size_t point);

/* Returns the area under the curve, by trapezia. */
double mm_roc_area(const mm_roc *roc);

/* Returns the average precision: the sum over points of precision * (gain in recall), without interpolation. */
double mm_roc_average_precision(const mm_roc *roc);

/* Returns the point with the largest sensitivity + specificity (Youden 1950); of several, the one of highest threshold. */
size_t mm_roc_youden(const mm_roc *roc);

#endif
