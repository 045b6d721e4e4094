/* Logistic regression: see logistic.h. */
#include "common/stats/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWNS (MM_LOGISTIC_MAX + 1) /* weights, then the intercept */

static double sigmoid(double t)
{
    return t >= 0 ? 1 / (1 + exp(-t)) : exp(t) / (1 + exp(t));
}

/* log(1 + exp(t)) without overflow. */
static double softplus(double t)
{
    return t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
}

static int standardise(mm_logistic *model, const double *x, size_t n, mm_error *error)
{
    size_t F = model->F;
    for (size_t f = 0; f < F; f++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            if (!isfinite(x[i * F + f]))
                return mm_fail(error, MM_FAILURE, "feature %zu of record %zu is not a finite number", f, i);
            sum += x[i * F + f];
        }
        model->mean[f] = sum / (double)n;
        for (size_t i = 0; i < n; i++) {
            double d = x[i * F + f] - model->mean[f];
            squares += d * d;
        }
        double sd = sqrt(squares / (double)n);
        model->scale[f] = sd > 1e-12 * (1 + fabs(model->mean[f])) ? sd : 0;
    }
    return 0;
}

static void standardised(const mm_logistic *model, const double *x, double *z)
{
    for (size_t f = 0; f < model->F; f++)
        z[f] = model->scale[f] > 0 ? (x[f] - model->mean[f]) / model->scale[f] : 0;
}

static double linear(const double *z, const double *w, size_t F)
{
    double sum = w[F];
    for (size_t f = 0; f < F; f++)
        sum += w[f] * z[f];
    return sum;
}

static double objective(const double *z, const uint8_t *y, size_t n, size_t F, double penalty, const double *w)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double t = linear(z + i * F, w, F);
        sum += softplus(y[i] ? -t : t);
    }
    for (size_t f = 0; f < F; f++)
        sum += penalty / 2 * w[f] * w[f];
    return sum;
}

/* Gradient g[F+1] and Hessian h (lower triangle, row length UNKNOWNS) at w. */
static void derivatives(const double *z, const uint8_t *y, size_t n, size_t F, double penalty, const double *w, double *g, double *h)
{
    memset(g, 0, (F + 1) * sizeof *g);
    memset(h, 0, (F + 1) * UNKNOWNS * sizeof *h);
    for (size_t i = 0; i < n; i++) {
        const double *row = z + i * F;
        double p = sigmoid(linear(row, w, F)), v = p * (1 - p), d = p - (y[i] ? 1 : 0);
        for (size_t a = 0; a < F; a++) {
            g[a] += d * row[a];
            for (size_t b = 0; b <= a; b++)
                h[a * UNKNOWNS + b] += v * row[a] * row[b];
            h[F * UNKNOWNS + a] += v * row[a];
        }
        g[F] += d;
        h[F * UNKNOWNS + F] += v;
    }
    for (size_t f = 0; f < F; f++) {
        g[f] += penalty * w[f];
        h[f * UNKNOWNS + f] += penalty;
    }
    h[F * UNKNOWNS + F] += 1e-12; /* the intercept alone, where every p is 0 or 1 to the last bit */
}

/* Solves h step = g in place by Cholesky's decomposition; h positive definite, size N. Returns -1 if it is not. */
static int solve(double *h, double *g, size_t N)
{
    for (size_t j = 0; j < N; j++)
        for (size_t i = j; i < N; i++) {
            double sum = h[i * UNKNOWNS + j];
            for (size_t k = 0; k < j; k++)
                sum -= h[i * UNKNOWNS + k] * h[j * UNKNOWNS + k];
            if (i == j && !(sum > 0))
                return -1;
            h[i * UNKNOWNS + j] = i == j ? sqrt(sum) : sum / h[j * UNKNOWNS + j];
        }
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < i; k++)
            g[i] -= h[i * UNKNOWNS + k] * g[k];
        g[i] /= h[i * UNKNOWNS + i];
    }
    for (size_t i = N; i-- > 0;) {
        for (size_t k = i + 1; k < N; k++)
            g[i] -= h[k * UNKNOWNS + i] * g[k];
        g[i] /= h[i * UNKNOWNS + i];
    }
    return 0;
}

/* One Newton step with halving; *moved is the largest change of an unknown. */
static int newton(const double *z, const uint8_t *y, size_t n, size_t F, double penalty, double *w, double *moved)
{
    double g[UNKNOWNS], h[UNKNOWNS * UNKNOWNS], next[UNKNOWNS];
    derivatives(z, y, n, F, penalty, w, g, h);
    if (solve(h, g, F + 1))
        return -1;
    double now = objective(z, y, n, F, penalty, w);
    for (double step = 1; step > 1e-8; step /= 2) {
        *moved = 0;
        for (size_t f = 0; f <= F; f++) {
            next[f] = w[f] - step * g[f];
            *moved = fmax(*moved, fabs(step * g[f]));
        }
        if (objective(z, y, n, F, penalty, next) <= now) {
            memcpy(w, next, (F + 1) * sizeof *w);
            return 0;
        }
    }
    *moved = 0; /* no step goes further down: the minimum, as far as rounding lets us see */
    return 0;
}

int mm_logistic_fit(mm_logistic *model, const double *x, const uint8_t *y, size_t n, size_t F, double penalty, mm_error *error)
{
    memset(model, 0, sizeof *model);
    if (F == 0 || F > MM_LOGISTIC_MAX)
        return mm_fail(error, MM_FAILURE, "a logistic model takes 1 to %d features, not %zu", MM_LOGISTIC_MAX, F);
    model->F = F;
    size_t ones = 0;
    for (size_t i = 0; i < n; i++)
        ones += y[i] != 0;
    if (ones == 0 || ones == n)
        return mm_fail(error, MM_FAILURE, "a logistic model needs records of both kinds, there are %zu and %zu", ones, n - ones);
    int code = standardise(model, x, n, error);
    if (code)
        return code;

    double *z = malloc(n * F * sizeof *z), w[UNKNOWNS] = {0};
    if (!z)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        standardised(model, x + i * F, z + i * F);
    double moved = INFINITY;
    for (model->iterations = 0; moved > 1e-10 && model->iterations < 200; model->iterations++)
        if (newton(z, y, n, F, penalty, w, &moved)) {
            moved = INFINITY;
            break;
        }
    free(z);
    if (moved > 1e-6)
        return mm_fail(error, MM_FAILURE, "the logistic model does not converge");
    memcpy(model->weight, w, F * sizeof *w);
    model->intercept = w[F];
    return 0;
}

double mm_logistic_predict(const mm_logistic *model, const double *x)
{
    double z[MM_LOGISTIC_MAX], w[UNKNOWNS];
    standardised(model, x, z);
    memcpy(w, model->weight, model->F * sizeof *w);
    w[model->F] = model->intercept;
    return sigmoid(linear(z, w, model->F));
}

void mm_grey_statistics(const double *values, size_t n, double statistics[4])
{
    double sum = 0, squares = 0, low = values[0], high = values[0];
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    statistics[0] = mean;
    statistics[1] = sqrt(squares / (double)n);
    statistics[2] = low;
    statistics[3] = high;
}
