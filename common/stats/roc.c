/* Curve and area: see roc.h. */
#include "common/stats/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct scored {
    double score;
    uint8_t positive;
} scored;

static int descending(const void *a, const void *b)
{
    double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x < y) - (x > y);
}

void mm_roc_free(mm_roc *roc)
{
    free(roc->threshold);
    free(roc->true_called);
    free(roc->false_called);
    memset(roc, 0, sizeof *roc);
}

int mm_roc_make(mm_roc *roc, const double *score, const uint8_t *positive, size_t n, mm_error *error)
{
    memset(roc, 0, sizeof *roc);
    for (size_t i = 0; i < n; i++) {
        roc->positives += positive[i] != 0;
        roc->negatives += positive[i] == 0;
    }
    if (!roc->positives || !roc->negatives)
        return mm_fail(error, MM_FAILURE, "a ROC curve needs positive and negative records, there are %zu and %zu",
                       roc->positives, roc->negatives);
    scored *s = malloc(n * sizeof *s);
    roc->threshold = malloc((n + 1) * sizeof *roc->threshold);
    roc->true_called = malloc((n + 1) * sizeof *roc->true_called);
    roc->false_called = malloc((n + 1) * sizeof *roc->false_called);
    if (!s || !roc->threshold || !roc->true_called || !roc->false_called) {
        free(s);
        mm_roc_free(roc);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < n; i++)
        s[i] = (scored){score[i], positive[i] != 0};
    qsort(s, n, sizeof *s, descending);

    roc->threshold[0] = INFINITY;
    roc->true_called[0] = roc->false_called[0] = 0;
    size_t p = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || s[i].score != s[i - 1].score) {
            p++;
            roc->threshold[p] = s[i].score;
            roc->true_called[p] = roc->true_called[p - 1];
            roc->false_called[p] = roc->false_called[p - 1];
        }
        roc->true_called[p] += s[i].positive;
        roc->false_called[p] += !s[i].positive;
    }
    roc->points = p + 1;
    free(s);
    return 0;
}

double mm_roc_sensitivity(const mm_roc *roc, size_t point)
{
    return (double)roc->true_called[point] / (double)roc->positives;
}

double mm_roc_specificity(const mm_roc *roc, size_t point)
{
    return (double)(roc->negatives - roc->false_called[point]) / (double)roc->negatives;
}

double mm_roc_area(const mm_roc *roc)
{
    double twice = 0; /* twice the number of pairs in the right order, ties half: whole numbers, summed exactly */
    for (size_t p = 1; p < roc->points; p++)
        twice += (double)(roc->false_called[p] - roc->false_called[p - 1])
               * (double)(roc->true_called[p] + roc->true_called[p - 1]);
    return twice / 2 / (double)roc->positives / (double)roc->negatives;
}

double mm_roc_average_precision(const mm_roc *roc)
{
    double sum = 0;
    for (size_t p = 1; p < roc->points; p++) {
        double called = (double)roc->true_called[p] + (double)roc->false_called[p];
        sum += (double)roc->true_called[p] / called * (double)(roc->true_called[p] - roc->true_called[p - 1]);
    }
    return sum / (double)roc->positives;
}

size_t mm_roc_youden(const mm_roc *roc)
{
    size_t best = 0;
    double most = -1;
    for (size_t p = 0; p < roc->points; p++) {
        double sum = mm_roc_sensitivity(roc, p) + mm_roc_specificity(roc, p);
        if (sum > most + 1e-12) {
            most = sum;
            best = p;
        }
    }
    return best;
}
