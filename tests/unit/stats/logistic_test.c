/* Logistic regression: the optimum by its own condition, and what it must do with odd features. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/stats/logistic.h"
#include "common/base/random.h"

enum { N = 200, F = 3 };

static void sample(double *x, size_t *y, size_t K)
{
    mm_random r;
    mm_random_init(&r, 1, 1, 1);
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 3 % K;
        x[i * F] = 100 + 20 * mm_random_normal(&r) + 15 * (double)y[i];
        x[i * F + 1] = mm_random_normal(&r);
        x[i * F + 2] = 7; /* constant */
    }
}

/* The probability of each class by the model's logits. */
static void probabilities(const mm_logistic *m, const double *x, double *p)
{
    double sum = 0;
    mm_logistic_logits(m, x, p);
    for (size_t k = 0; k < m->K; k++)
        sum += p[k] = exp(p[k]);
    for (size_t k = 0; k < m->K; k++)
        p[k] /= sum;
}

/* At the minimum the gradient vanishes: C sum (p - y) z + w = 0 and sum (p - y) = 0, in each row. */
static void check_optimum(size_t K, double C)
{
    double x[N * F], p[3];
    size_t y[N], missing;
    sample(x, y, K);
    const mm_logistic_data data = {.x = x, .label = y, .n = N, .F = F, .K = K};
    mm_logistic m;
    assert_int_equal(mm_logistic_begin(&m, &data, &missing, NULL), 0);
    assert_int_equal(mm_logistic_constant(&m), 1);
    assert_int_equal(mm_logistic_fit(&m, &data, C, NULL), 0);
    for (size_t row = 0; row < m.rows; row++) {
        const size_t k = m.rows == 1 ? 1 : row;
        const double *w = m.weight + row * (F + 1);
        double g[F] = {0}, g0 = 0;
        for (size_t i = 0; i < N; i++) {
            probabilities(&m, x + i * F, p);
            double d = p[k] - (y[i] == k);
            g0 += d;
            for (size_t f = 0; f < F; f++)
                g[f] += m.scale[f] > 0 ? d * (x[i * F + f] - m.mean[f]) / m.scale[f] : 0;
        }
        assert_true(fabs(g0) < 1e-8);
        for (size_t f = 0; f < F; f++)
            assert_true(fabs(C * g[f] + w[f]) < 1e-8);
        assert_true(w[2] == 0);
    }
    assert_true(K == 2 ? m.weight[0] > 0.5 * C / (1 + C) : m.weight[2 * (F + 1)] > m.weight[0]);
    mm_logistic_free(&m);
}

static void optimum(void **state)
{
    (void)state;
    check_optimum(2, 1);
    check_optimum(2, 1e-3);
    check_optimum(3, 1);
    check_optimum(3, 10);
}

/* The weights that are left of another penalty lead to the same minimum; records that are not chosen do not count. */
static void warm_start_and_rows(void **state)
{
    (void)state;
    double x[N * F];
    size_t y[N], row[N / 2], missing;
    sample(x, y, 2);
    for (size_t i = 0; i < N / 2; i++)
        row[i] = i;
    const mm_logistic_data half = {.x = x, .label = y, .n = N / 2, .F = F, .K = 2}, chosen = {x, y, row, N / 2, F, 2};
    mm_logistic cold, warm;
    assert_int_equal(mm_logistic_begin(&cold, &half, &missing, NULL) || mm_logistic_fit(&cold, &half, 10, NULL), 0);
    assert_int_equal(mm_logistic_begin(&warm, &chosen, &missing, NULL) || mm_logistic_fit(&warm, &chosen, 1e-3, NULL), 0);
    assert_int_equal(mm_logistic_fit(&warm, &chosen, 10, NULL), 0);
    for (size_t f = 0; f <= F; f++)
        assert_true(fabs(cold.weight[f] - warm.weight[f]) < 1e-9);
    mm_logistic_free(&cold);
    mm_logistic_free(&warm);
}

/* Perfectly parted data: the penalty keeps the weights finite. A class without records, or a NaN: an error. */
static void odd_input(void **state)
{
    (void)state;
    const double x[6] = {0, 1, 2, 10, 11, 12}, bad[2] = {0, NAN};
    const size_t y[6] = {0, 0, 0, 1, 1, 1}, ones[6] = {1, 1, 1, 1, 1, 1};
    mm_logistic_data data = {.x = x, .label = y, .n = 6, .F = 1, .K = 2};
    mm_logistic m;
    mm_error e;
    size_t missing;
    double low[2], high[2];
    assert_int_equal(mm_logistic_begin(&m, &data, &missing, &e), 0);
    assert_int_equal(missing, 2);
    for (double C = 1; C <= 1e6; C *= 1e6) {
        assert_int_equal(mm_logistic_fit(&m, &data, C, &e), 0);
        mm_logistic_logits(&m, x, low);
        mm_logistic_logits(&m, x + 5, high);
        assert_true(isfinite(m.weight[0]) && low[1] < 0 && high[1] > 0);
    }
    mm_logistic_free(&m);
    data.label = ones;
    assert_int_equal(mm_logistic_begin(&m, &data, &missing, &e), MM_FAILURE);
    assert_int_equal(missing, 0);
    data = (mm_logistic_data){.x = bad, .label = y + 2, .n = 2, .F = 1, .K = 2};
    assert_int_equal(mm_logistic_begin(&m, &data, &missing, &e), MM_FAILURE);
}

static void statistics(void **state)
{
    (void)state;
    const double v[4] = {2, 4, 4, 6};
    double s[4];
    mm_grey_statistics(v, 4, s);
    assert_true(s[0] == 4 && fabs(s[1] - sqrt(2)) < 1e-15 && s[2] == 2 && s[3] == 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(optimum), cmocka_unit_test(warm_start_and_rows), cmocka_unit_test(odd_input), cmocka_unit_test(statistics)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
