/* Calibration of probabilities: see calibration.h. */
#include "common/stats/calibration.h"

#include <float.h>
#include <math.h>

static const double COLDEST = 0.05, HOTTEST = 20;

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

/* log(p), of which the table's single precision leaves nothing below FLT_MIN. */
static double log_of(double p)
{
    return log(fmax(p, FLT_MIN));
}

/* Slope of the log loss along 1/T, which is convex: mean over records of E[log p] under the tempered probabilities minus
 * the true class's log p. */
static double slope(const double *prob, const size_t *label, size_t n, size_t K, double inverse)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = prob + i * K;
        double top = log_of(p[mm_argmax(p, K)]), weight = 0, mean = 0;
        for (size_t k = 0; k < K; k++) {
            double z = log_of(p[k]), w = exp(inverse * (z - top));
            weight += w;
            mean += w * z;
        }
        sum += mean / weight - log_of(p[label[i]]);
    }
    return sum / (double)n;
}

int mm_temperature_fit(const double *prob, const size_t *label, size_t n, size_t K, double *temperature, mm_error *error)
{
    double low = log(1 / HOTTEST), high = log(1 / COLDEST); /* of 1/T */
    if (!(slope(prob, label, n, K, exp(low)) < 0))
        return mm_fail(error, MM_FAILURE, "no temperature can be fitted: the probabilities hardly depend on these records");
    if (!(slope(prob, label, n, K, exp(high)) > 0))
        return mm_fail(error, MM_FAILURE, "no temperature can be fitted: almost every record is classified correctly");
    for (int step = 0; step < 60 && high - low > 1e-14; step++) {
        double middle = (low + high) / 2;
        if (slope(prob, label, n, K, exp(middle)) < 0)
            low = middle;
        else
            high = middle;
    }
    *temperature = exp(-(low + high) / 2);
    return 0;
}

void mm_temperature_apply(double *prob, size_t n, size_t K, double temperature)
{
    for (size_t i = 0; i < n && temperature != 1; i++) {
        double *p = prob + i * K, top = log_of(p[mm_argmax(p, K)]), sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += p[k] = exp((log_of(p[k]) - top) / temperature);
        for (size_t k = 0; k < K; k++)
            p[k] /= sum;
    }
}

void mm_tempered_softmax(const float *logits, size_t K, double temperature, float *prob)
{
    double top = logits[0], sum = 0;
    for (size_t k = 1; k < K; k++)
        top = fmax(top, logits[k]);
    for (size_t k = 0; k < K; k++)
        sum += exp((logits[k] - top) / temperature);
    for (size_t k = 0; k < K; k++)
        prob[k] = (float)(exp((logits[k] - top) / temperature) / sum);
}
