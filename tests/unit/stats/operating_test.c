/* Operating points: published predictive values, thresholds chosen, intervals over patients. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/operating.h"
#include "common/base/random.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

/* Altman and Bland 1994 (BMJ 309, 102), liver scans of Drum and Christacopoulos: 231 of 258 abnormal livers and 54 of 86
 * normal ones are told right. At their own prevalence 0.75 the predictive values are 0.88 and 0.67, at 0.25 they are 0.45
 * and 0.95. */
static void published(void **state)
{
    (void)state;
    enum { N = 344 };
    double score[N];
    uint8_t positive[N];
    size_t patient[N];
    for (size_t i = 0; i < N; i++) {
        positive[i] = i < 258;
        score[i] = i < 231 || i >= 258 + 54;
        patient[i] = i;
    }
    const mm_sample sample = {patient, N, N, 400, 1};
    mm_operating o;
    assert_int_equal(mm_operate(&o, (mm_threshold){"scan", 0.5, 0.5}, score, positive, 258. / N, &sample, NULL), 0);
    assert_int_equal(o.true_positives, 231);
    assert_int_equal(o.false_negatives, 27);
    assert_int_equal(o.true_negatives, 54);
    assert_int_equal(o.false_positives, 32);
    near(o.sensitivity.value, 0.90, 5e-3);
    near(o.specificity.value, 0.63, 5e-3);
    near(o.positive.value, 0.88, 5e-3);
    near(o.negative.value, 0.67, 5e-3);
    assert_int_equal(mm_operate(&o, (mm_threshold){"scan", 0.5, 0.5}, score, positive, 0.25, &sample, NULL), 0);
    near(o.positive.value, 0.45, 5e-3);
    near(o.negative.value, 0.95, 5e-3);
    /* With a record a patient both intervals tell of the same spread. */
    near(o.positive.bootstrap.low, o.positive.logit.low, 0.02);
    near(o.positive.bootstrap.high, o.positive.logit.high, 0.02);
    near(o.sensitivity.bootstrap.low, o.sensitivity.wilson.low, 0.02);
    near(o.sensitivity.bootstrap.high, o.sensitivity.wilson.high, 0.02);
}

/* The formulas of Mercaldo, Lau and Zhou 2007 worked by hand for 240 of 418 and 288 of 375 at a prevalence of 3 %:
 * logit(PPV) = log(0.574163 * 0.03 / (0.232 * 0.97)) = -2.569923 with variance 178/240/418 + 288/87/375, and
 * logit(NPV) = log(0.768 * 0.97 / (0.425837 * 0.03)) = 4.065831 with variance 87/288/375 + 240/178/418. */
static void logit(void **state)
{
    (void)state;
    const mm_operating o = {.true_positives = 240, .false_negatives = 178, .true_negatives = 288, .false_positives = 87};
    mm_interval positive, negative;
    mm_predictive_logit(&o, 0.03, &positive, &negative);
    double half = 1.959964 * sqrt(178. / 240 / 418 + 288. / 87 / 375);
    near(log(positive.low / (1 - positive.low)), -2.569923 - half, 2e-5);
    near(log(positive.high / (1 - positive.high)), -2.569923 + half, 2e-5);
    half = 1.959964 * sqrt(87. / 288 / 375 + 240. / 178 / 418);
    near(log(negative.low / (1 - negative.low)), 4.065831 - half, 2e-5);
    near(log(negative.high / (1 - negative.high)), 4.065831 + half, 2e-5);
    const mm_operating all = {.true_positives = 5, .false_negatives = 0, .true_negatives = 4, .false_positives = 1};
    mm_predictive_logit(&all, 0.03, &positive, &negative);
    assert_true(isnan(positive.low) && isnan(negative.low));
}

/* Ten scores; the thresholds lie halfway between scores and do what their names say. */
static void chosen(void **state)
{
    (void)state;
    const double score[10] = {.9, .8, .7, .6, .5, .4, .3, .2, .1, .05};
    const uint8_t positive[10] = {1, 1, 0, 1, 1, 0, 0, 1, 0, 0};
    mm_roc roc;
    mm_threshold t[MM_THRESHOLDS];
    assert_int_equal(mm_roc_make(&roc, score, positive, 10, NULL), 0);
    size_t n = mm_thresholds_choose(&roc, t);
    assert_int_equal(n, 7);
    assert_string_equal(t[0].name, "youden");
    near(t[0].value, 0.45, 1e-12); /* 4 of 5 and 4 of 5 */
    assert_string_equal(t[1].name, "sensitivity_0.80");
    near(t[1].value, 0.45, 1e-12);
    assert_string_equal(t[2].name, "specificity_0.80");
    near(t[2].value, 0.45, 1e-12);
    assert_string_equal(t[3].name, "sensitivity_0.90");
    near(t[3].value, 0.15, 1e-12); /* only all five */
    assert_string_equal(t[6].name, "specificity_0.95");
    near(t[6].value, 0.75, 1e-12); /* no false one */
    mm_roc_free(&roc);
    /* A negative on top: only a threshold above all scores has a specificity of 0.95, and that is no threshold. */
    const uint8_t bad[10] = {0, 1, 0, 1, 1, 0, 0, 1, 0, 0};
    assert_int_equal(mm_roc_make(&roc, score, bad, 10, NULL), 0);
    n = mm_thresholds_choose(&roc, t);
    for (size_t i = 0; i < n; i++) {
        assert_true(isfinite(t[i].value));
        assert_string_not_equal(t[i].name, "specificity_0.95");
    }
    mm_roc_free(&roc);
}

/* Records of a patient that say the same make the interval over patients wide, and Wilson's not. */
static void clustered(void **state)
{
    (void)state;
    enum { PATIENTS = 50, EACH = 8, N = PATIENTS * EACH };
    uint8_t part[N], whole[N];
    size_t patient[N];
    for (size_t i = 0; i < N; i++) {
        patient[i] = i / EACH;
        part[i] = patient[i] % 5 != 0;
        whole[i] = 1;
    }
    const mm_sample sample = {patient, N, PATIENTS, 1000, 3};
    mm_proportion p;
    double drawn[1000];
    assert_int_equal(mm_proportion_evaluate(&p, part, whole, &sample, drawn, NULL), 0);
    near(p.value, 0.8, 1e-12);
    double ratio = (p.bootstrap.high - p.bootstrap.low) / (p.wilson.high - p.wilson.low);
    near(ratio, sqrt(EACH), 0.5); /* 50 records in truth, not 400 */
    for (size_t d = 0; d < 1000; d++)
        assert_true(drawn[d] >= 0 && drawn[d] <= 1);
    memset(whole, 0, sizeof whole);
    memset(part, 0, sizeof part);
    assert_int_equal(mm_proportion_evaluate(&p, part, whole, &sample, NULL, NULL), 0);
    assert_true(isnan(p.value) && isnan(p.bootstrap.low) && isnan(p.wilson.low));
}

/* The intervals at fixed points hold the figures, and are the same for the same seed. */
static void fixed(void **state)
{
    (void)state;
    enum { N = 200 };
    double score[N];
    uint8_t positive[N];
    size_t patient[N];
    mm_random r;
    mm_roc roc;
    mm_random_init(&r, 7, 8, 9);
    for (size_t i = 0; i < N; i++) {
        positive[i] = i % 3 == 0;
        score[i] = mm_random_normal(&r) + 1.2 * positive[i];
        patient[i] = i / 2;
    }
    const mm_sample sample = {patient, N, N / 2, 300, 1};
    mm_estimate se[MM_FIXED_POINTS], sp[MM_FIXED_POINTS], again[MM_FIXED_POINTS], other[MM_FIXED_POINTS];
    assert_int_equal(mm_fixed_evaluate(score, positive, &sample, se, sp, NULL), 0);
    assert_int_equal(mm_fixed_evaluate(score, positive, &sample, again, other, NULL), 0);
    assert_memory_equal(se, again, sizeof se);
    assert_int_equal(mm_roc_make(&roc, score, positive, N, NULL), 0);
    for (size_t f = 0; f < MM_FIXED_POINTS; f++) {
        double s = 0, p = 0;
        for (size_t k = 0; k < roc.points; k++) {
            s = fmax(s, mm_roc_specificity(&roc, k) >= mm_fixed_points[f] ? mm_roc_sensitivity(&roc, k) : 0);
            p = fmax(p, mm_roc_sensitivity(&roc, k) >= mm_fixed_points[f] ? mm_roc_specificity(&roc, k) : 0);
        }
        near(se[f].value, s, 1e-15);
        near(sp[f].value, p, 1e-15);
        assert_true(se[f].bootstrap.low < s && s < se[f].bootstrap.high);
        assert_true(sp[f].bootstrap.low < p && p < sp[f].bootstrap.high);
    }
    mm_roc_free(&roc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(logit), cmocka_unit_test(chosen),
                                       cmocka_unit_test(clustered), cmocka_unit_test(fixed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
