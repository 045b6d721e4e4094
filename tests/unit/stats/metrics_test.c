/* Counts, intervals of proportions, calibration: known answers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/stats/metrics.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

/* Values of the published formula, as other statistics programs print them. */
static void wilson(void **state)
{
    (void)state;
    mm_interval i = mm_wilson(8, 10, MM_Z95);
    near(i.low, 0.4901624715, 1e-9);
    near(i.high, 0.9433178485, 1e-9);
    i = mm_wilson(0, 10, MM_Z95);
    near(i.low, 0, 0);
    near(i.high, 0.2775327998, 1e-9);
    i = mm_wilson(10, 10, MM_Z95);
    near(i.low, 0.7224672002, 1e-9);
    near(i.high, 1, 0);
    assert_true(isnan(mm_wilson(0, 0, MM_Z95).low));
    /* Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3. */
    static const struct { size_t part, whole; double low, high; } published[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        i = mm_wilson(published[k].part, published[k].whole, MM_Z95);
        near(i.low, published[k].low, 5e-5);
        near(i.high, published[k].high, 5e-5);
    }
}

static void confusion(void **state)
{
    (void)state;
    const double prob[6][3] = {{.8, .1, .1}, {.2, .7, .1}, {.4, .4, .2}, {.1, .8, .1}, {.6, .3, .1}, {0, 0, 1}};
    const size_t label[6] = {0, 1, 1, 1, 0, 0};
    size_t counts[9] = {0};
    mm_confusion(prob[0], label, 6, 3, counts);
    const size_t wanted[9] = {2, 0, 1, 1, 2, 0, 0, 0, 0}; /* of equal probabilities the first counts */
    for (int i = 0; i < 9; i++)
        assert_int_equal(counts[i], wanted[i]);
}

static void calibration(void **state)
{
    (void)state;
    /* Bins of a half: two at 0.9 of which one is right, (0.9 + 0.9 - 1) / 4; two at 0.5, the edge of the lower bin. */
    const double prob[4][2] = {{.9, .1}, {.1, .9}, {.5, .5}, {.5, .5}};
    const size_t label[4] = {0, 0, 0, 1};
    double ece;
    assert_int_equal(mm_calibration_error(prob[0], label, 4, 2, 2, &ece, NULL), 0);
    near(ece, 0.8 / 4, 1e-15);
}

static void quantiles(void **state)
{
    (void)state;
    const double v[5] = {1, 2, 4, 8, 16};
    near(mm_quantile(v, 5, 0.5), 4, 0);
    near(mm_quantile(v, 5, 0.9), 12.8, 1e-12);
    near(mm_quantile(v, 5, 1), 16, 0);
    near(mm_quantile(v, 1, 0.3), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wilson), cmocka_unit_test(confusion), cmocka_unit_test(calibration),
                                       cmocka_unit_test(quantiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
