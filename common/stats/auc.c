/* Intervals of areas under ROC curves: see auc.h. */
#include "common/stats/auc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* Area and average precision when record i counts times[patient[i]] times: from the highest score down, ties together. */
static void weighted(const ranked *order, const uint8_t *positive, const size_t *patient, const size_t *times, size_t n,
                     double *area, double *precision)
{
    double twice = 0, gained = 0, positives = 0, negatives = 0; /* all but gained are whole numbers, far below 2^53 */
    for (size_t begin = n, end; begin > 0; begin = end) {
        double p = 0, q = 0;
        for (end = begin; end > 0 && order[end - 1].score == order[begin - 1].score; end--) {
            size_t i = order[end - 1].record;
            double w = (double)times[patient[i]];
            if (positive[i])
                p += w;
            else
                q += w;
        }
        twice += q * (2 * positives + p);
        positives += p;
        negatives += q;
        if (p > 0)
            gained += p * positives / (positives + negatives);
    }
    bool known = positives > 0 && negatives > 0;
    *area = known ? twice / 2 / positives / negatives : NAN;
    *precision = known ? gained / positives : NAN;
}

int mm_bootstrap_areas(const double *score, const uint8_t *positive, const mm_sample *s, double *area, double *precision,
                       mm_error *error)
{
    ranked *order = rank_records(score, s->n);
    size_t *times = malloc((s->patients ? s->patients : 1) * sizeof *times);
    if (!order || !times) {
        free(order);
        free(times);
        return mm_no_memory(error);
    }
    for (size_t d = 0; d < s->draws; d++) {
        mm_bootstrap_draw(s->seed, d, s->patients, times);
        weighted(order, positive, s->patient, times, s->n, &area[d], &precision[d]);
    }
    free(order);
    free(times);
    return 0;
}

double mm_normal_p(double z)
{
    return erfc(fabs(z) / sqrt(2));
}
