/* Intervals of areas under ROC curves: see auc.h. */
#include "data/auc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/random.h"

typedef struct ranked {
    double score;
    size_t record;
} ranked;

/* By score, then by record, so that equal scores do not depend on the sort. */
static int ascending(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

static ranked *rank_records(const double *score, size_t n)
{
    ranked *r = malloc((n ? n : 1) * sizeof *r);
    if (!r)
        return NULL;
    for (size_t i = 0; i < n; i++)
        r[i] = (ranked){score[i], i};
    qsort(r, n, sizeof *r, ascending);
    return r;
}

/* placement[i]: the share of records of the other kind that record i stands on the right side of, ties half (DeLong's
 * V10 of a positive, V01 of a negative). Returns the area, their mean over either kind. */
static double placements(const ranked *order, const uint8_t *positive, size_t n, size_t positives, size_t negatives, double *placement)
{
    double area = 0;
    size_t positives_below = 0, negatives_below = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t p = 0, q = 0;
        for (end = begin; end < n && order[end].score == order[begin].score; end++) {
            p += positive[order[end].record];
            q += !positive[order[end].record];
        }
        double of_positive = ((double)negatives_below + (double)q / 2) / (double)negatives;
        double of_negative = ((double)(positives - positives_below - p) + (double)p / 2) / (double)positives;
        for (size_t i = begin; i < end; i++)
            placement[order[i].record] = positive[order[i].record] ? of_positive : of_negative;
        area += (double)p * of_positive;
        positives_below += p;
        negatives_below += q;
    }
    return area / (double)positives;
}

/* Sums over patients of (placements - count * area), one row of `patients` for positives and one for negatives. */
static void patient_sums(const double *placement, double area, const uint8_t *positive, const size_t *patient, size_t n,
                         size_t patients, double *of_positives, double *of_negatives)
{
    memset(of_positives, 0, patients * sizeof *of_positives);
    memset(of_negatives, 0, patients * sizeof *of_negatives);
    for (size_t i = 0; i < n; i++)
        (positive[i] ? of_positives : of_negatives)[patient[i]] += placement[i] - area;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* n / (n - 1), without a value below two. */
static double correction(size_t n)
{
    return n > 1 ? (double)n / (double)(n - 1) : NAN;
}

int mm_delong(const double *const *score, size_t M, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
              double *area, double *covariance, mm_error *error)
{
    size_t positives = 0;
    for (size_t i = 0; i < n; i++)
        positives += positive[i];
    size_t negatives = n - positives;
    if (!positives || !negatives)
        return mm_fail(error, MM_FAILURE, "an area under the ROC curve needs positive and negative records, there are %zu and %zu",
                       positives, negatives);

    double *placement = malloc(n * sizeof *placement);
    double *a = calloc(M * patients, sizeof *a), *b = calloc(M * patients, sizeof *b); /* sums of positives, negatives */
    uint8_t *has = calloc(patients, 1);
    if (!placement || !a || !b || !has)
        goto memory;
    for (size_t m = 0; m < M; m++) {
        ranked *order = rank_records(score[m], n);
        if (!order)
            goto memory;
        area[m] = placements(order, positive, n, positives, negatives, placement);
        free(order);
        patient_sums(placement, area[m], positive, patient, n, patients, a + m * patients, b + m * patients);
    }
    for (size_t i = 0; i < n; i++)
        has[patient[i]] |= positive[i] ? 1 : 2;
    size_t with_positive = 0, with_negative = 0;
    for (size_t c = 0; c < patients; c++) {
        with_positive += has[c] & 1;
        with_negative += has[c] >> 1;
    }
    double P = (double)positives, N = (double)negatives;
    for (size_t k = 0; k < M; k++)
        for (size_t l = 0; l < M; l++) {
            const double *ak = a + k * patients, *al = a + l * patients, *bk = b + k * patients, *bl = b + l * patients;
            double s10 = correction(with_positive) * dot(ak, al, patients) / P;
            double s01 = correction(with_negative) * dot(bk, bl, patients) / N;
            double s11 = correction(patients) * (dot(ak, bl, patients) + dot(al, bk, patients));
            covariance[k * M + l] = s10 / P + s01 / N + s11 / P / N;
        }
    free(placement);
    free(a);
    free(b);
    free(has);
    return 0;
memory:
    free(placement);
    free(a);
    free(b);
    free(has);
    return mm_no_memory(error);
}

mm_interval mm_delong_interval(double area, double variance, double z)
{
    if (!(variance >= 0)) /* also NaN; a negative estimate is possible with few patients and says nothing */
        return (mm_interval){NAN, NAN};
    double half = z * sqrt(variance);
    return (mm_interval){fmax(0, area - half), fmin(1, area + half)};
}

void mm_bootstrap_draw(uint64_t seed, size_t draw, size_t patients, size_t *times)
{
    mm_random r;
    mm_random_init(&r, seed, mm_hash_string("bootstrap of patients"), (uint32_t)draw);
    memset(times, 0, patients * sizeof *times);
    for (size_t i = 0; i < patients; i++)
        times[mm_random_below(&r, patients)]++;
}

/* The area when record i counts times[patient[i]] times. */
static double weighted_area(const ranked *order, const uint8_t *positive, const size_t *patient, const size_t *times, size_t n)
{
    double twice = 0, positives = 0, negatives = 0; /* whole numbers, far below 2^53 */
    for (size_t begin = 0, end; begin < n; begin = end) {
        double p = 0, q = 0;
        for (end = begin; end < n && order[end].score == order[begin].score; end++) {
            size_t i = order[end].record;
            double w = (double)times[patient[i]];
            if (positive[i])
                p += w;
            else
                q += w;
        }
        twice += p * (2 * negatives + q);
        positives += p;
        negatives += q;
    }
    return positives > 0 && negatives > 0 ? twice / 2 / positives / negatives : NAN;
}

int mm_bootstrap_areas(const double *score, const uint8_t *positive, const size_t *patient, size_t patients, size_t n,
                       size_t draws, uint64_t seed, double *area, mm_error *error)
{
    ranked *order = rank_records(score, n);
    size_t *times = malloc((patients ? patients : 1) * sizeof *times);
    if (!order || !times) {
        free(order);
        free(times);
        return mm_no_memory(error);
    }
    for (size_t d = 0; d < draws; d++) {
        mm_bootstrap_draw(seed, d, patients, times);
        area[d] = weighted_area(order, positive, patient, times, n);
    }
    free(order);
    free(times);
    return 0;
}

mm_interval mm_percentile_interval(double *values, size_t n, double level, size_t *numbers)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i])) {
            double swap = values[k];
            values[k++] = values[i];
            values[i] = swap;
        }
    if (numbers)
        *numbers = n - k;
    qsort(values, k, sizeof *values, mm_compare_doubles);
    if (k < 20 || k < n / 2) /* what is left would be too select a sample */
        return (mm_interval){NAN, NAN};
    return (mm_interval){mm_quantile(values, k, (1 - level) / 2), mm_quantile(values, k, (1 + level) / 2)};
}

double mm_normal_p(double z)
{
    return erfc(fabs(z) / sqrt(2));
}
