/* Ranks of probabilities: see rank.h. */
#include "common/stats/rank.h"

#include <float.h>
#include <math.h>

static const double CLOSE = 0.9999; /* probabilities above it have few digits, and less than their complements */

static double rank_of(double p, double log_p, double log_q)
{
    return p > CLOSE ? -log_q : p < DBL_MIN ? log_p : p;
}

double mm_rank(double p, double q) { return rank_of(p, log(p), log(q)); }

double mm_rank_probability(double rank)
{
    return rank < 0 ? exp(rank) : rank > 1 ? -expm1(-rank) : rank;
}

/* log(1 - P) */
static double log_complement(double rank)
{
    return rank < 0 ? 0 : rank > 1 ? -rank : log1p(-rank);
}

double mm_rank_log_odds(double rank)
{
    return rank < 0 ? rank : log(mm_rank_probability(rank)) - log_complement(rank);
}

double mm_rank_of_log_odds(double log_odds)
{
    double small = exp(-fabs(log_odds)), p = (log_odds < 0 ? small : 1) / (1 + small);
    return rank_of(p, log_odds, -log_odds - log1p(small));
}

double mm_log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return isinf(high) ? high : high + log1p(exp(low - high));
}

double mm_rank_halfway(double a, double b)
{
    double p = (mm_rank_probability(a) + mm_rank_probability(b)) / 2;
    double log_p = p < DBL_MIN ? mm_log_add(a, b) - M_LN2 : log(p);
    return rank_of(p, log_p, mm_log_add(log_complement(a), log_complement(b)) - M_LN2);
}

void mm_softmax(double *z, size_t K, double temperature, double *prob)
{
    double top = z[0], sum = 0;
    for (size_t k = 1; k < K; k++)
        top = fmax(top, z[k]);
    for (size_t k = 0; k < K; k++) {
        z[k] = (z[k] - top) / temperature;
        sum += exp(z[k]);
    }
    for (size_t k = 0; k < K; k++) {
        prob[k] = exp(z[k]) / sum;
        z[k] -= log(sum);
    }
}

void mm_softmax_of(const float *logits, size_t K, double temperature, double *log_prob, double *prob)
{
    for (size_t k = 0; k < K; k++)
        log_prob[k] = logits[k];
    mm_softmax(log_prob, K, temperature, prob);
}

/* A probability with its logarithm. */
typedef struct share {
    double p, log_p;
} share;

/* The sum of the classes on one side. */
static share sum_of(const double *prob, const double *log_prob, size_t K, const uint8_t *positive, uint8_t side)
{
    share s = {0, -INFINITY};
    for (size_t k = 0; k < K; k++)
        if (positive[k] == side) {
            s.p += prob[k];
            s.log_p = mm_log_add(s.log_p, log_prob[k]);
        }
    return s;
}

double mm_class_rank(const double *prob, const double *log_prob, size_t K, const uint8_t *positive)
{
    share yes = sum_of(prob, log_prob, K, positive, 1), no = sum_of(prob, log_prob, K, positive, 0);
    size_t negatives = K;
    for (size_t k = 0; k < K; k++)
        negatives -= positive[k];
    double p = negatives == 1 && (K > 2 || no.p < yes.p) ? 1 - no.p : yes.p;
    return rank_of(p, yes.log_p, no.log_p);
}
