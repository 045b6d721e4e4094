/* Figures of the predicted class: by hand, and their intervals from draws computed anew record by record. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/predicted.h"
#include "common/base/random.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

static void by_hand(void **state)
{
    (void)state;
    double prob[6][3] = {{.8, .1, .1}, {.2, .7, .1}, {.4, .4, .2}, {.1, .8, .1}, {.6, .3, .1}, {0, 0, 1}};
    size_t label[6] = {0, 1, 1, 1, 0, 0}, patient[6] = {0, 0, 1, 1, 2, 2};
    const mm_sample sample = {patient, 6, 3, 100, 1};
    mm_predicted p;
    assert_int_equal(mm_predicted_evaluate(&p, prob[0], label, 3, &sample, NULL), 0);
    const size_t wanted[9] = {2, 0, 1, 1, 2, 0, 0, 0, 0}; /* of equal probabilities the first counts */
    for (int i = 0; i < 9; i++)
        assert_int_equal(p.confusion[i], wanted[i]);
    near(p.accuracy.value, 4. / 6, 1e-15);
    near(p.of_class[0].precision.value, 2. / 3, 1e-15);
    near(p.of_class[0].recall.value, 2. / 3, 1e-15);
    near(p.of_class[0].f1.value, 2. / 3, 1e-15);
    near(p.of_class[1].f1.value, 4. / 5, 1e-15);
    near(p.of_class[2].precision.value, 0, 0);
    near(p.of_class[2].f1.value, 0, 0);
    assert_int_equal(p.of_class[2].recall.whole, 0);
    assert_true(isnan(p.of_class[2].recall.value)); /* a class without samples has no recall */
    near(p.balanced_accuracy.value, (2. / 3 + 2. / 3) / 2, 1e-15); /* nor does it count for the means */
    near(p.macro_f1.value, (2. / 3 + 4. / 5) / 2, 1e-15);
    near(p.log_loss.value, -(log(.8) + log(.7) + log(.4) + log(.8) + log(.6) + log(2.220446049250313e-16)) / 6, 1e-12);
    mm_predicted_free(&p);
}

enum { N = 60, PATIENTS = 15, DRAWS = 500, K = 2 };

/* F1 of class 1, or the expected calibration error, of records each written out as often as its patient was drawn. */
static double plain(const double (*prob)[K], const size_t *label, const size_t *patient, const size_t *times, int calibration)
{
    static size_t truth[N * PATIENTS];
    static double copy[N * PATIENTS][K];
    size_t n = 0, correct = 0, called = 0, samples = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < times[patient[i]]; k++, n++) {
            memcpy(copy[n], prob[i], sizeof copy[n]);
            truth[n] = label[i];
            bool one = prob[i][1] > prob[i][0];
            called += one;
            samples += label[i];
            correct += one && label[i];
        }
    double ece;
    assert_int_equal(mm_calibration_error(copy[0], truth, n, K, MM_CALIBRATION_BINS, &ece, NULL), 0);
    return calibration ? ece : 2 * (double)correct / (double)(called + samples);
}

static void intervals(void **state)
{
    (void)state;
    double prob[N][K], f1[DRAWS], ece[DRAWS];
    size_t label[N], patient[N], times[PATIENTS], lost;
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    for (size_t i = 0; i < N; i++) {
        patient[i] = i % PATIENTS;
        label[i] = i % 4 == 0;
        prob[i][1] = 1 / (1 + exp(-mm_random_normal(&r) - (label[i] ? 1 : -1)));
        prob[i][0] = 1 - prob[i][1];
    }
    mm_sample sample = {patient, N, PATIENTS, DRAWS, 5};
    mm_predicted p;
    assert_int_equal(mm_predicted_evaluate(&p, prob[0], label, K, &sample, NULL), 0);
    for (size_t d = 0; d < DRAWS; d++) {
        mm_bootstrap_draw(5, d, PATIENTS, times);
        f1[d] = plain((const double(*)[K])prob, label, patient, times, 0);
        ece[d] = plain((const double(*)[K])prob, label, patient, times, 1);
    }
    mm_interval i = mm_percentile_interval(f1, DRAWS, 0.95, &lost), j = mm_percentile_interval(ece, DRAWS, 0.95, &lost);
    near(p.of_class[1].f1.bootstrap.low, i.low, 1e-12);
    near(p.of_class[1].f1.bootstrap.high, i.high, 1e-12);
    near(p.calibration_error.bootstrap.low, j.low, 1e-12);
    near(p.calibration_error.bootstrap.high, j.high, 1e-12);
    assert_true(i.low < p.of_class[1].f1.value && p.of_class[1].f1.value < i.high);
    mm_predicted_free(&p);

    sample.patients = 1; /* one patient cannot be drawn otherwise */
    memset(patient, 0, sizeof patient);
    assert_int_equal(mm_predicted_evaluate(&p, prob[0], label, K, &sample, NULL), 0);
    assert_true(isnan(p.macro_f1.bootstrap.low) && isnan(p.of_class[0].precision.bootstrap.low) && p.macro_f1.value > 0);
    mm_predicted_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(intervals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
