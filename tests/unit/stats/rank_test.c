/* Ranks: what they stand for, that they order probabilities which rounding makes equal, and thresholds between them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/stats/evaluation.h"
#include "common/stats/rank.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(got == wanted || fabs(got - wanted) <= tolerance * fabs(wanted)))
        fail_msg("%.17g where %.17g was due", got, wanted);
}

static double rank_of(double log_odds)
{
    const float z[2] = {0, (float)log_odds};
    const uint8_t second[2] = {0, 1};
    double log_p[2], p[2];
    mm_softmax_of(z, 2, 1, log_p, p);
    return mm_class_rank(p, log_p, 2, second);
}

static void stands_for(void **state)
{
    (void)state;
    static const double odds[] = {-3000, -800, -700, -40, -17, -3, 0, 1e-3, 2, 9, 9.25, 17, 40, 700, 3000};
    for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) {
        double rank = rank_of(odds[i]);
        near(mm_rank_log_odds(rank), (double)(float)odds[i], 1e-12);
        near(mm_rank_of_log_odds(odds[i]), rank, 1e-7);
        near(mm_rank_probability(rank), 1 / (1 + exp(-odds[i])), 1e-7);
        assert_true(i == 0 || rank > rank_of(odds[i - 1]));
    }
    assert_true(mm_rank(0.25, 0.75) == 0.25 && mm_rank(0, 1) == -INFINITY && mm_rank(1, 0) == INFINITY);
}

/* 5000 log-odds from -60 to 60, each above the one before. */
static void grows(void **state)
{
    (void)state;
    double before = -INFINITY;
    for (int i = 0; i < 5000; i++) {
        double rank = rank_of(-60 + 0.024 * i);
        assert_true(rank > before);
        before = rank;
    }
}

static void halfway(void **state)
{
    (void)state;
    assert_true(mm_rank_halfway(0.25, 0.5) == 0.375);
    near(mm_rank_probability(mm_rank_halfway(rank_of(20), 0.5)), (0.5 + 1 / (1 + exp(-20))) / 2, 1e-15);
    static const double odds[] = {-900, -800, -50, 0, 9, 10, 50, 60, 800, 900};
    for (size_t i = 1; i < sizeof odds / sizeof *odds; i++) {
        double a = rank_of(odds[i - 1]), b = rank_of(odds[i]), middle = mm_rank_halfway(a, b);
        assert_true(a < middle && middle < b && mm_rank_halfway(b, a) == middle);
    }
    near(mm_rank_log_odds(mm_rank_halfway(rank_of(50), rank_of(60))), 50 + log(2) - log1p(exp(-10)), 1e-12);
    assert_true(isfinite(mm_rank_halfway(0.5, INFINITY)) && mm_rank_halfway(INFINITY, INFINITY) == INFINITY);
}

/* Of three classes: the sum of two, one, all but one; where the negative class alone has digits left. */
static void classes(void **state)
{
    (void)state;
    const double p[3] = {0.125, 0.25, 0.625}, log_p[3] = {log(0.125), log(0.25), log(0.625)};
    const uint8_t first[3] = {1, 0, 0}, others[3] = {0, 1, 1};
    assert_true(mm_class_rank(p, log_p, 3, first) == 0.125 && mm_class_rank(p, log_p, 3, others) == 0.875);
    const double sure[3] = {1e-30, 0.4, 0.6}, surer[3] = {1e-31, 0.4, 0.6}, sure_log[3] = {log(1e-30), log(0.4), log(0.6)},
                 surer_log[3] = {log(1e-31), log(0.4), log(0.6)};
    assert_true(mm_class_rank(surer, surer_log, 3, others) > mm_class_rank(sure, sure_log, 3, others));
    near(mm_rank_log_odds(mm_class_rank(sure, sure_log, 3, others)), -log(1e-30), 1e-12);
}

/* A threshold that is given as a probability calls a record of just that probability, whichever column it came from. */
static void given(void **state)
{
    (void)state;
    const uint8_t second[2] = {0, 1};
    for (int i = 1; i < 10000; i++) {
        double p = i / 10000.0, prob[2] = {(10000 - i) / 10000.0, p}, log_p[2] = {log(prob[0]), log(p)};
        double rank = mm_class_rank(prob, log_p, 2, second);
        assert_true(rank >= mm_threshold_probability("given", p).rank);
        assert_true(rank < mm_threshold_probability("given", (i + 1) / 10000.0).rank);
    }
    assert_true(mm_threshold_probability("given", 0).rank == -INFINITY);
    near(mm_threshold_rank("x", rank_of(50)).value, 1, 0);
}

/* Records whose probability is 1 lose their order where they are of both kinds, and only there. */
static void saturated(void **state)
{
    (void)state;
    const double tied[4] = {INFINITY, INFINITY, 0.5, -INFINITY};
    const uint8_t both[4] = {1, 0, 0, 0}, apart[4] = {1, 1, 0, 0};
    const size_t patient[4] = {0, 1, 2, 3};
    const mm_sample sample = {patient, 4, 4, 100, 1};
    mm_area area;
    assert_int_equal(mm_area_evaluate(&area, tied, both, &sample, NULL, NULL), 0);
    assert_int_equal(area.saturated, 2);
    near(area.area, 2.5 / 3, 1e-12);
    assert_int_equal(mm_area_evaluate(&area, tied, apart, &sample, NULL, NULL), 0);
    assert_int_equal(area.saturated, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stands_for), cmocka_unit_test(grows), cmocka_unit_test(halfway),
                                       cmocka_unit_test(classes), cmocka_unit_test(given), cmocka_unit_test(saturated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
