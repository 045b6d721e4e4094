/* Calibration of probabilities: see calibration.h. */
#include "common/stats/calibration.h"

#include <float.h>
#include <math.h>

#include "common/stats/rank.h"

void mm_reliability_make(mm_reliability *r, const double *score, const uint8_t *positive, size_t n)
{
    double sum[MM_RELIABILITY_BINS] = {0}, squares = 0;
    *r = (mm_reliability){.error = {0, {NAN, NAN}}, .brier = {0, {NAN, NAN}}};
    for (size_t i = 0; i < n; i++) {
        size_t b = mm_score_bin(score[i], MM_RELIABILITY_BINS);
        double off = score[i] - positive[i];
        r->records[b]++;
        r->positives[b] += positive[i];
        sum[b] += score[i];
        squares += off * off;
    }
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        r->mean[b] = r->records[b] ? sum[b] / (double)r->records[b] : NAN;
        r->error.value += fabs((double)r->positives[b] - sum[b]);
    }
    r->error.value /= (double)n;
    r->brier.value = squares / (double)n;
}

typedef struct scores {
    const double *score;
    const uint8_t *positive;
    const size_t *patient;
    size_t n;
} scores;

/* mm_figures_of_draw: calibration error and Brier score. */
static void draw_calibration(const void *data, const size_t *times, double *figure)
{
    const scores *s = data;
    double off[MM_RELIABILITY_BINS] = {0}, squares = 0, total = 0, sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        double w = (double)times[s->patient[i]], d = s->score[i] - s->positive[i];
        off[mm_score_bin(s->score[i], MM_RELIABILITY_BINS)] += w * d;
        squares += w * d * d;
        total += w;
    }
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++)
        sum += fabs(off[b]);
    figure[0] = total > 0 ? sum / total : NAN;
    figure[1] = total > 0 ? squares / total : NAN;
}

int mm_reliability_intervals(mm_reliability *r, const double *score, const uint8_t *positive, const mm_sample *s, mm_error *error)
{
    const scores records = {score, positive, s->patient, s->n};
    mm_estimate e[2];
    int code = mm_bootstrap(draw_calibration, &records, 2, s, e, error);
    if (code)
        return code;
    r->error.bootstrap = e[0].bootstrap;
    r->brier.bootstrap = e[1].bootstrap;
    return 0;
}

double mm_log_loss(const double *prob, const size_t *label, size_t n, size_t K)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= log(fmax(prob[i * K + label[i]], DBL_EPSILON));
    return sum / (double)n;
}

/* What a probability of 0 counts as: the least normal number of single precision, or half of the table's least if that is smaller. */
static double least_of(const double *log_prob, size_t n)
{
    double least = log(FLT_MIN);
    for (size_t i = 0; i < n; i++)
        least = isinf(log_prob[i]) ? least : fmin(least, log_prob[i] - M_LN2);
    return least;
}

/* Slope of the log loss along 1/T, which is convex: mean over records of E[log p] under the tempered probabilities minus
 * the true class's log p. */
static double slope(const double *log_prob, const size_t *label, size_t n, size_t K, double inverse, double least)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *z = log_prob + i * K;
        double top = fmax(z[mm_argmax(z, K)], least), weight = 0, mean = 0;
        for (size_t k = 0; k < K; k++) {
            double below = fmax(z[k], least) - top, w = exp(inverse * below);
            weight += w;
            mean += w * below;
        }
        sum += mean / weight - (fmax(z[label[i]], least) - top);
    }
    return sum / (double)n;
}

/* How far apart a record's logarithms are, on average. */
static double spread(const double *log_prob, size_t n, size_t K, double least)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *z = log_prob + i * K;
        double top = fmax(z[mm_argmax(z, K)], least);
        for (size_t k = 0; k < K; k++)
            sum += top - fmax(z[k], least);
    }
    return sum / (double)(n * K);
}

/* Number of records whose own class has a probability of exactly 0. */
static size_t count_lost(const double *log_prob, const size_t *label, size_t n, size_t K)
{
    size_t lost = 0;
    for (size_t i = 0; i < n; i++)
        lost += log_prob[i * K + label[i]] == -INFINITY;
    return lost;
}

int mm_temperature_fit(const double *log_prob, const size_t *label, size_t n, size_t K, double *temperature, mm_error *error)
{
    const double least = least_of(log_prob, n * K), far = log(1e6), unit = spread(log_prob, n, K, least);
    double low = -log(unit) - far, high = -log(unit) + far; /* of 1/T */
    const size_t lost = count_lost(log_prob, label, n, K);
    if (lost)
        return mm_fail(error, MM_FAILURE, "no temperature can be fitted: the probability of %zu records' own class is exactly 0, so that "
                       "their logits are lost (give logits, with --logits)", lost);
    if (!(unit > 0) || !(slope(log_prob, label, n, K, exp(low), least) < 0))
        return mm_fail(error, MM_FAILURE, "no temperature can be fitted: the probabilities hardly depend on these records");
    if (!(slope(log_prob, label, n, K, exp(high), least) > 0))
        return mm_fail(error, MM_FAILURE, "no temperature can be fitted: every record is classified correctly");
    for (int step = 0; step < 60 && high - low > 1e-14; step++) {
        double middle = (low + high) / 2;
        if (slope(log_prob, label, n, K, exp(middle), least) < 0)
            low = middle;
        else
            high = middle;
    }
    *temperature = exp(-(low + high) / 2);
    return 0;
}

void mm_temperature_apply(double *prob, double *log_prob, size_t n, size_t K, double temperature)
{
    const double least = least_of(log_prob, n * K);
    for (size_t i = 0; i < n * K && temperature != 1; i++)
        log_prob[i] = fmax(log_prob[i], least);
    for (size_t i = 0; i < n && temperature != 1; i++)
        mm_softmax(log_prob + i * K, K, temperature, prob + i * K);
}
