/* Counts and averages: see metrics.h. */
#include "common/stats/metrics.h"

#include <math.h>
#include <stdlib.h>

mm_interval mm_wilson(size_t successes, size_t trials, double z)
{
    if (trials == 0)
        return (mm_interval){NAN, NAN};
    double n = (double)trials, p = (double)successes / n, z2 = z * z;
    double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    /* The ends are exactly 0 and 1 there; rounding must not say otherwise. */
    return (mm_interval){successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half};
}

size_t mm_argmax(const double *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

void mm_confusion(const double *prob, const size_t *label, size_t n, size_t K, size_t *counts)
{
    for (size_t i = 0; i < n; i++)
        counts[label[i] * K + mm_argmax(prob + i * K, K)]++;
}

size_t mm_score_bin(double score, size_t bins)
{
    double edge = ceil(score * (double)bins);
    return edge < 1 ? 0 : edge > (double)bins ? bins - 1 : (size_t)edge - 1;
}

int mm_calibration_error(const double *prob, const size_t *label, size_t n, size_t K, size_t bins, double *ece, mm_error *error)
{
    double *confidence = calloc(bins, sizeof *confidence), *correct = calloc(bins, sizeof *correct);
    if (!confidence || !correct) {
        free(confidence);
        free(correct);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = mm_argmax(prob + i * K, K);
        double p = prob[i * K + k];
        size_t b = mm_score_bin(p, bins);
        confidence[b] += p;
        correct[b] += label[i] == k;
    }
    double sum = 0; /* share * |accuracy - confidence| = |correct - confidence| / n, both as sums over the bin */
    for (size_t b = 0; b < bins; b++)
        sum += fabs(correct[b] - confidence[b]);
    *ece = sum / (double)n;
    free(confidence);
    free(correct);
    return 0;
}

double mm_quantile(const double *ascending, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    if (i + 1 >= n)
        return ascending[n - 1];
    return ascending[i] + (at - (double)i) * (ascending[i + 1] - ascending[i]);
}

int mm_compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
