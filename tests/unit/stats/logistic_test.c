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

static void sample(double *x, uint8_t *y)
{
    mm_random r;
    mm_random_init(&r, 1, 1, 1);
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 3 == 0;
        x[i * F] = 100 + 20 * mm_random_normal(&r) + 15 * y[i];
        x[i * F + 1] = mm_random_normal(&r);
        x[i * F + 2] = 7; /* constant */
    }
}

/* At the minimum the gradient vanishes: sum (p - y) z + penalty w = 0 and sum (p - y) = 0. */
static void optimum(void **state)
{
    (void)state;
    double x[N * F];
    uint8_t y[N];
    sample(x, y);
    mm_logistic m;
    assert_int_equal(mm_logistic_fit(&m, x, y, N, F, 1, NULL), 0);
    double g[F] = {0}, g0 = 0;
    for (size_t i = 0; i < N; i++) {
        double d = mm_logistic_predict(&m, x + i * F) - y[i];
        g0 += d;
        for (size_t f = 0; f < F; f++)
            g[f] += m.scale[f] > 0 ? d * (x[i * F + f] - m.mean[f]) / m.scale[f] : 0;
    }
    assert_true(fabs(g0) < 1e-7);
    for (size_t f = 0; f < F; f++)
        assert_true(fabs(g[f] + m.weight[f]) < 1e-7);
    assert_true(m.weight[0] > 0.5);
    assert_true(m.weight[2] == 0);
}

/* Perfectly parted data: the penalty keeps the weights finite. One kind only, or a NaN: an error. */
static void odd_input(void **state)
{
    (void)state;
    const double x[6] = {0, 1, 2, 10, 11, 12};
    const uint8_t y[6] = {0, 0, 0, 1, 1, 1}, ones[6] = {1, 1, 1, 1, 1, 1};
    mm_logistic m;
    mm_error e;
    assert_int_equal(mm_logistic_fit(&m, x, y, 6, 1, 1, &e), 0);
    assert_true(isfinite(m.weight[0]) && mm_logistic_predict(&m, x) < 0.5 && mm_logistic_predict(&m, x + 5) > 0.5);
    assert_int_equal(mm_logistic_fit(&m, x, y, 6, 1, 1e-6, &e), 0);
    assert_int_equal(mm_logistic_fit(&m, x, ones, 6, 1, 1, &e), MM_FAILURE);
    const double bad[2] = {0, NAN};
    assert_int_equal(mm_logistic_fit(&m, bad, y + 2, 2, 1, 1, &e), MM_FAILURE);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(optimum), cmocka_unit_test(odd_input), cmocka_unit_test(statistics)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
