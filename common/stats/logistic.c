/* Logistic regression: see logistic.h. Newton's method; each step is solved by conjugate gradients, which need only products of the
 * Hessian with a vector, so that thousands of features are no harder than four. */
#include "common/stats/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"
#include "common/stats/metrics.h"

enum { LANES = 8, MOST_STEPS = 200, MOST_PRODUCTS = 1000 };
static const double CONVERGED = 1e-13, TOLERATED = 1e-8; /* gradient, relative to one of records that all pull the same way */

/* A minimisation under way. Vectors are [rows][F + 1], in the order of the weights. */
typedef struct problem {
    const mm_logistic *model;
    const mm_logistic_data *data;
    double C, loss;
    double *prob;      /* [n][rows] at the last point that was evaluated */
    double *raw, *sum; /* a vector for features that are not standardised; a sum over records, likewise */
    double *logit;     /* [rows] of a record */
    size_t N;          /* numbers of a vector */
} problem;

MM_CLONES
static double dot(const double *a, const double *b, size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        rest += a[i] * b[i];
    return rest + ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* y += a x */
MM_CLONES
static void add(double *y, double a, const double *x, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            y[i + k] += a * x[i + k];
    for (; i < n; i++)
        y[i] += a * x[i];
}

static const double *features(const mm_logistic_data *d, size_t i)
{
    return d->x + (d->row ? d->row[i] : i) * d->F;
}

static size_t label_of(const mm_logistic_data *d, size_t i)
{
    return d->label[d->row ? d->row[i] : i];
}

/* ---- standardised features, without a copy of them ---- */

/* Turns weights of standardised features into those of features as they are. */
static void to_raw(const mm_logistic *m, const double *w, double *raw)
{
    const size_t F = m->F;
    for (size_t r = 0; r < m->rows; r++, w += F + 1, raw += F + 1) {
        for (size_t f = 0; f < F; f++)
            raw[f] = m->scale[f] > 0 ? w[f] / m->scale[f] : 0;
        raw[F] = w[F] - dot(m->mean, raw, F);
    }
}

/* Turns sums of coefficients times features into those of standardised features. */
static void to_standard(const mm_logistic *m, const double *sum, double *out)
{
    const size_t F = m->F;
    for (size_t r = 0; r < m->rows; r++, sum += F + 1, out += F + 1) {
        for (size_t f = 0; f < F; f++)
            out[f] = m->scale[f] > 0 ? (sum[f] - m->mean[f] * sum[F]) / m->scale[f] : 0;
        out[F] = sum[F];
    }
}

static int standardise(mm_logistic *m, const mm_logistic_data *d, mm_error *error)
{
    double *sum = m->mean, *squares = m->scale;
    const double n = (double)d->n;
    for (size_t i = 0; i < d->n; i++)
        add(sum, 1, features(d, i), d->F);
    for (size_t f = 0; f < d->F; f++)
        sum[f] /= n;
    for (size_t i = 0; i < d->n; i++)
        for (size_t f = 0; f < d->F; f++) {
            double distance = features(d, i)[f] - m->mean[f];
            squares[f] += distance * distance;
        }
    for (size_t f = 0; f < d->F; f++) {
        double sd = sqrt(squares[f] / n);
        if (!isfinite(sd))
            return mm_fail(error, MM_FAILURE, "feature %zu is not a finite number, or too large to compute with", f);
        m->scale[f] = sd > 1e-12 * (1 + fabs(m->mean[f])) ? sd : 0;
    }
    return MM_OK;
}

/* ---- loss, gradient, Hessian ---- */

/* Turns the logits of a record into probabilities and returns its loss. One row: of the second class, whose rival's logit is 0. */
static double softmax(double *t, size_t rows, size_t label)
{
    double most = rows == 1 ? fmax(0, t[0]) : t[mm_argmax(t, rows)];
    double own = rows == 1 && label == 0 ? 0 : t[rows == 1 ? 0 : label], sum = rows == 1 ? exp(-most) : 0;
    for (size_t r = 0; r < rows; r++)
        sum += t[r] = exp(t[r] - most);
    for (size_t r = 0; r < rows; r++)
        t[r] /= sum;
    return log(sum) + most - own;
}

/* What a record adds to the gradient, for each row: probability - truth. */
static void pull(problem *p, size_t i, double *t)
{
    const size_t rows = p->model->rows, label = label_of(p->data, i);
    p->loss += softmax(t, rows, label);
    memcpy(p->prob + i * rows, t, rows * sizeof *t);
    if (rows > 1 || label == 1)
        t[rows > 1 ? label : 0] -= 1;
}

/* What a record adds to a product with the Hessian. */
static void bend(problem *p, size_t i, double *t)
{
    const size_t rows = p->model->rows;
    const double *prob = p->prob + i * rows;
    double mean = 0;
    for (size_t r = 0; r < rows; r++)
        mean += prob[r] * t[r];
    for (size_t r = 0; r < rows; r++)
        t[r] = prob[r] * (t[r] - mean);
}

/* Sums of intercepts over the rows are 0, but for rounding, which nothing would hold back: a constant for all rows changes no loss. */
static void centre(double *v, size_t rows, size_t F)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += v[r * (F + 1) + F];
    for (size_t r = 0; r < rows && rows > 1; r++)
        v[r * (F + 1) + F] -= sum / (double)rows;
}

/* Goes over the records: each one's products with the rows of `w` become coefficients, by which its features are added up. The
 * penalty's part of the sum is added. */
static void sweep(problem *p, const double *w, void (*coefficients)(problem *, size_t, double *), double *out)
{
    const size_t F = p->model->F, rows = p->model->rows;
    to_raw(p->model, w, p->raw);
    memset(p->sum, 0, p->N * sizeof *p->sum);
    for (size_t i = 0; i < p->data->n; i++) {
        const double *x = features(p->data, i);
        for (size_t r = 0; r < rows; r++)
            p->logit[r] = p->raw[r * (F + 1) + F] + dot(p->raw + r * (F + 1), x, F);
        coefficients(p, i, p->logit);
        for (size_t r = 0; r < rows; r++) {
            add(p->sum + r * (F + 1), p->logit[r], x, F);
            p->sum[r * (F + 1) + F] += p->logit[r];
        }
    }
    to_standard(p->model, p->sum, out);
    centre(out, rows, F);
    for (size_t r = 0; r < rows; r++)
        add(out + r * (F + 1), 1 / p->C, w + r * (F + 1), F);
}

/* Returns the objective over C and computes its gradient. */
static double evaluate(problem *p, const double *w, double *gradient)
{
    const size_t F = p->model->F;
    p->loss = 0;
    sweep(p, w, pull, gradient);
    for (size_t r = 0; r < p->model->rows; r++)
        p->loss += dot(w + r * (F + 1), w + r * (F + 1), F) / (2 * p->C);
    return p->loss;
}

static double norm(const double *v, size_t n)
{
    return sqrt(dot(v, v, n));
}

/* Solves Hessian * step = -gradient by conjugate gradients, until the residual is below `enough`; work[3][N]. */
static void solve(problem *p, const double *gradient, double enough, double *step, double *work)
{
    const size_t N = p->N;
    double *residual = work, *direction = work + N, *product = work + 2 * N;
    memset(step, 0, N * sizeof *step);
    for (size_t i = 0; i < N; i++)
        direction[i] = residual[i] = -gradient[i];
    double square = dot(residual, residual, N);
    for (int k = 0; k < MOST_PRODUCTS && sqrt(square) > enough; k++) {
        sweep(p, direction, bend, product);
        double bent = dot(direction, product, N), before = square;
        if (!(bent > 0))
            return;
        add(step, square / bent, direction, N);
        add(residual, -square / bent, product, N);
        square = dot(residual, residual, N);
        for (size_t i = 0; i < N; i++)
            direction[i] = residual[i] + square / before * direction[i];
    }
}

/* Newton's method with step halving from w[N]; vectors [8][N]. Returns the size of the last gradient. */
static double minimise(problem *p, double *w, double unit, double *vectors)
{
    const size_t N = p->N;
    double *gradient = vectors, *next_gradient = vectors + N, *next = vectors + 2 * N, *step = vectors + 3 * N, *work = vectors + 4 * N;
    double value = evaluate(p, w, gradient), size = norm(gradient, N);
    for (int k = 0; k < MOST_STEPS && size > CONVERGED * unit; k++) {
        solve(p, gradient, size * fmin(0.1, sqrt(size / unit)), step, work);
        double part = 1, next_value = INFINITY;
        for (; part > 1e-8; part /= 2) {
            memcpy(next, w, N * sizeof *w);
            add(next, part, step, N);
            next_value = evaluate(p, next, next_gradient);
            if (next_value <= value + 1e-13 * fabs(value))
                break;
        }
        double next_size = norm(next_gradient, N);
        bool rounding = !(next_value < value - 1e-13 * fabs(value)) && !(next_size < size / 2);
        if (part <= 1e-8 || rounding) /* the minimum, as far as rounding lets us see */
            return size;
        memcpy(w, next, N * sizeof *w);
        memcpy(gradient, next_gradient, N * sizeof *gradient);
        value = next_value;
        size = next_size;
    }
    return size;
}

/* ---- the model ---- */

static int check_classes(const mm_logistic_data *d, size_t *missing, mm_error *error)
{
    size_t *count = calloc(d->K, sizeof *count);
    *missing = d->K;
    if (!count)
        return mm_no_memory(error);
    for (size_t i = 0; i < d->n; i++)
        count[label_of(d, i)]++;
    for (size_t k = d->K; k-- > 0;)
        *missing = count[k] ? *missing : k;
    free(count);
    return *missing == d->K ? MM_OK
                            : mm_fail(error, MM_FAILURE, "a logistic model needs records of each class: class %zu has none", *missing);
}

void mm_logistic_free(mm_logistic *m)
{
    free(m->mean);
    free(m->scale);
    free(m->weight);
    *m = (mm_logistic){0};
}

int mm_logistic_begin(mm_logistic *m, const mm_logistic_data *d, size_t *missing, mm_error *error)
{
    const size_t rows = d->K == 2 ? 1 : d->K;
    *m = (mm_logistic){0};
    int code = check_classes(d, missing, error);
    if (code)
        return code;
    *m = (mm_logistic){.F = d->F, .K = d->K, .rows = rows, .mean = calloc(d->F, sizeof *m->mean), .scale = calloc(d->F, sizeof *m->scale),
                       .weight = calloc(rows * (d->F + 1), sizeof *m->weight)};
    code = m->mean && m->scale && m->weight ? standardise(m, d, error) : mm_no_memory(error);
    if (code)
        mm_logistic_free(m);
    return code;
}

int mm_logistic_fit(mm_logistic *m, const mm_logistic_data *d, double C, mm_error *error)
{
    const size_t N = m->rows * (m->F + 1);
    const double unit = (double)d->n * sqrt((double)m->F + 1);
    double *vectors = malloc(9 * N * sizeof *vectors);
    problem p = {.model = m, .data = d, .C = C, .prob = malloc(d->n * m->rows * sizeof *p.prob), .raw = malloc(N * sizeof *p.raw),
                 .sum = malloc(N * sizeof *p.sum), .logit = malloc(m->rows * sizeof *p.logit), .N = N};
    int code = vectors && p.prob && p.raw && p.sum && p.logit ? MM_OK : mm_no_memory(error);
    if (!code && !(minimise(&p, m->weight, unit, vectors) <= TOLERATED * unit))
        code = mm_fail(error, MM_FAILURE, "the logistic model does not converge");
    free(vectors);
    free(p.prob);
    free(p.raw);
    free(p.sum);
    free(p.logit);
    return code;
}

void mm_logistic_logits(const mm_logistic *m, const double *x, double *logit)
{
    const size_t F = m->F, first = m->rows == 1 ? 1 : 0;
    logit[0] = 0;
    for (size_t r = 0; r < m->rows; r++) {
        const double *w = m->weight + r * (F + 1);
        double sum = 0;
        for (size_t f = 0; f < F; f++)
            sum += m->scale[f] > 0 ? w[f] * (x[f] - m->mean[f]) / m->scale[f] : 0;
        logit[first + r] = w[F] + sum;
    }
}

size_t mm_logistic_constant(const mm_logistic *m)
{
    size_t constant = 0;
    for (size_t f = 0; f < m->F; f++)
        constant += m->scale[f] == 0;
    return constant;
}

void mm_grey_statistics(const double *values, size_t n, double statistics[4])
{
    double sum = 0, squares = 0, low = values[0], high = values[0];
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    statistics[0] = mean;
    statistics[1] = sqrt(squares / (double)n);
    statistics[2] = low;
    statistics[3] = high;
}
