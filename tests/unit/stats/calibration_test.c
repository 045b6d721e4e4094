/* What probabilities are worth: known answers, and a temperature that is found again. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/calibration.h"
#include "common/stats/rank.h"
#include "common/base/random.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

static void reliability(void **state)
{
    (void)state;
    const double score[6] = {0, 0.1, 0.15, 0.95, 1, 0.55};
    const uint8_t positive[6] = {0, 1, 0, 1, 1, 0};
    mm_reliability r;
    mm_reliability_make(&r, score, positive, 6);
    assert_int_equal(r.records[0], 2); /* 0 and 0.1, the bin's upper end */
    assert_int_equal(r.positives[0], 1);
    assert_int_equal(r.records[1], 1);
    assert_int_equal(r.records[5], 1);
    assert_int_equal(r.records[9], 2);
    near(r.mean[0], 0.05, 1e-12);
    near(r.mean[9], 0.975, 1e-12);
    assert_true(isnan(r.mean[4]));
    near(r.error.value, (fabs(1 - 0.1) + 0.15 + 0.55 + fabs(2 - 1.95)) / 6, 1e-12);
    near(r.brier.value, (0.81 + 0.0225 + 0.0025 + 0.3025) / 6, 1e-12);
}

static void log_loss(void **state)
{
    (void)state;
    const double prob[3][2] = {{0.25, 0.75}, {0.5, 0.5}, {1, 0}};
    const size_t label[3] = {1, 0, 0}, wrong[3] = {1, 0, 1};
    near(mm_log_loss(prob[0], label, 3, 2), (log(4. / 3) + log(2)) / 3, 1e-12);
    assert_true(mm_log_loss(prob[0], wrong, 3, 2) < 13 && mm_log_loss(prob[0], wrong, 3, 2) > 12); /* finite */
}

/* Labels drawn from probabilities p; what is told is p at a temperature of 1/2.5, too sure of itself. */
static void temperature(void **state)
{
    (void)state;
    enum { N = 4000, K = 3 };
    static double told[N * K], log_told[N * K];
    static size_t label[N];
    mm_random r;
    mm_random_init(&r, 2, 3, 4);
    for (size_t i = 0; i < N; i++) {
        float z[K];
        double p[K], log_p[K];
        for (size_t k = 0; k < K; k++)
            z[k] = (float)(1.5 * mm_random_normal(&r));
        mm_softmax_of(z, K, 1, log_p, p);
        double u = mm_random_double(&r);
        label[i] = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
        mm_softmax_of(z, K, 0.4, log_told + i * K, told + i * K);
    }
    double t, again, before = mm_log_loss(told, label, N, K);
    assert_int_equal(mm_temperature_fit(log_told, label, N, K, &t, NULL), 0);
    near(t, 2.5, 0.15);
    mm_temperature_apply(told, log_told, N, K, t);
    assert_true(mm_log_loss(told, label, N, K) < before - 0.05);
    assert_int_equal(mm_temperature_fit(log_told, label, N, K, &again, NULL), 0);
    near(again, 1, 1e-6); /* nothing is left to fit */
    for (size_t i = 0; i < N; i++)
        near(told[i * K] + told[i * K + 1] + told[i * K + 2], 1, 1e-12);
}

static void none(void **state)
{
    (void)state;
    const double right[2][2] = {{0.9, 0.1}, {0.2, 0.8}}, nothing[2][2] = {{0.9, 0.1}, {0.9, 0.1}};
    const size_t label[2] = {0, 1};
    double t, logs[2][2];
    mm_error e = {0};
    for (size_t i = 0; i < 4; i++)
        logs[i / 2][i % 2] = log(right[i / 2][i % 2]);
    assert_int_equal(mm_temperature_fit(logs[0], label, 2, 2, &t, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "classified correctly"));
    for (size_t i = 0; i < 4; i++)
        logs[i / 2][i % 2] = log(nothing[i / 2][i % 2]);
    assert_int_equal(mm_temperature_fit(logs[0], label, 2, 2, &t, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "hardly depend"));
}

/* One way by logits, one by probabilities. */
static void two_ways(void **state)
{
    (void)state;
    const float z[4] = {3, -1, 0.5f, -80};
    double p[4], q[4], log_p[4], log_q[4];
    mm_softmax_of(z, 4, 1, log_p, p);
    mm_softmax_of(z, 4, 1.7, log_q, q);
    for (int k = 0; k < 4; k++)
        log_p[k] = log(p[k]);
    mm_temperature_apply(p, log_p, 1, 4, 1.7);
    for (int k = 0; k < 4; k++)
        near(p[k], q[k], 1e-7);
    mm_temperature_apply(p, log_p, 1, 4, 1); /* nothing happens */
    near(p[0], q[0], 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reliability), cmocka_unit_test(log_loss), cmocka_unit_test(temperature),
                                       cmocka_unit_test(none), cmocka_unit_test(two_ways)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
