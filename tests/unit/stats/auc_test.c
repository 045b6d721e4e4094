/* Areas under ROC curves and their intervals: published and hand-worked examples, and what must hold in general. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/auc.h"
#include "common/base/random.h"
#include "common/stats/roc.h"

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

/* Hanley and McNeil 1982 (Radiology 143, 29-36), table I: 109 readings of computed tomograms on a scale of five. Their
 * area is 0.893; DeLong's standard error 0.0307, its interval 0.83295 to 0.95339. */
static size_t hanley(double *score, uint8_t *positive, size_t *patient)
{
    static const size_t normal[5] = {33, 6, 6, 11, 2}, abnormal[5] = {3, 2, 2, 11, 33};
    size_t n = 0;
    for (int rating = 0; rating < 5; rating++) {
        for (size_t i = 0; i < normal[rating] + abnormal[rating]; i++, n++) {
            score[n] = rating + 1;
            positive[n] = i >= normal[rating];
            patient[n] = n;
        }
    }
    return n;
}

static void published(void **state)
{
    (void)state;
    double score[109], area, variance;
    uint8_t positive[109];
    size_t patient[109], n = hanley(score, positive, patient);
    assert_int_equal(n, 109);
    mm_roc roc;
    assert_int_equal(mm_roc_make(&roc, score, positive, n, NULL), 0);
    assert_int_equal(roc.points, 6);
    near(mm_roc_area(&roc), 0.8931711, 5e-7);
    near(mm_roc_sensitivity(&roc, 1), 33. / 51, 1e-12); /* rating 5 alone */
    near(mm_roc_specificity(&roc, 1), 56. / 58, 1e-12);
    near(mm_roc_sensitivity(&roc, 2), 44. / 51, 1e-12); /* ratings 4 and 5 */
    near(mm_roc_specificity(&roc, 2), 45. / 58, 1e-12);
    mm_roc_free(&roc);
    const double *scores = score;
    assert_int_equal(mm_delong(&scores, 1, positive, patient, n, n, &area, &variance, NULL), 0);
    near(area, 0.8931711, 5e-7);
    near(sqrt(variance), 0.0307, 5e-5);
    mm_interval i = mm_delong_interval(area, variance, MM_Z95);
    near(i.low, 0.83295, 5e-6);
    near(i.high, 0.95339, 5e-6);
}

/* Three patients with one record of either kind: placements 1, 1/2, 1 and 1, 2/3, 5/6 around the area 5/6 give
 * S10 = 1/12, S01 = 1/36, S11 = 1/8 and the variance S10/3 + S01/3 + 2 S11/9. */
static void obuchowski_by_hand(void **state)
{
    (void)state;
    const double score[6] = {.9, .2, .4, .6, .7, .4};
    const uint8_t positive[6] = {1, 0, 1, 0, 1, 0};
    const size_t patient[6] = {0, 0, 1, 1, 2, 2};
    const double *scores = score;
    double area, variance;
    assert_int_equal(mm_delong(&scores, 1, positive, patient, 3, 6, &area, &variance, NULL), 0);
    near(area, 5. / 6, 1e-15);
    near(variance, 1. / 27 + 1. / 36, 1e-15);
}

/* Each record twice within its patient says nothing new: the clustered variance stays, the plain one is halved. */
static void doubled_records(void **state)
{
    (void)state;
    enum { N = 60 };
    double score[2 * N], area[3], variance[3];
    uint8_t positive[2 * N];
    size_t patient[2 * N], apart[2 * N];
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    for (size_t i = 0; i < N; i++) {
        score[i] = score[N + i] = floor(mm_random_range(&r, 0, 12)) + (positive[i] = positive[N + i] = i % 3 == 0) * 3;
        patient[i] = patient[N + i] = i;
        apart[i] = i;
        apart[N + i] = N + i;
    }
    const double *scores = score;
    assert_int_equal(mm_delong(&scores, 1, positive, patient, N, N, &area[0], &variance[0], NULL), 0);
    assert_int_equal(mm_delong(&scores, 1, positive, patient, N, 2 * N, &area[1], &variance[1], NULL), 0);
    assert_int_equal(mm_delong(&scores, 1, positive, apart, 2 * N, 2 * N, &area[2], &variance[2], NULL), 0);
    near(area[1], area[0], 1e-12);
    near(variance[1], variance[0], 1e-12);
    assert_true(variance[2] < 0.55 * variance[0]);
}

/* A score compared with itself, with its reverse, and with a copy pressed through a monotone map. */
static void comparisons(void **state)
{
    (void)state;
    enum { N = 80 };
    double a[N], b[N], c[N], area[3], v[9];
    uint8_t positive[N];
    size_t patient[N];
    mm_random r;
    mm_random_init(&r, 4, 5, 6);
    for (size_t i = 0; i < N; i++) {
        positive[i] = i % 2;
        patient[i] = i / 4;
        a[i] = mm_random_normal(&r) + positive[i];
        b[i] = exp(a[i]);
        c[i] = -a[i];
    }
    const double *scores[3] = {a, b, c};
    assert_int_equal(mm_delong(scores, 3, positive, patient, N / 4, N, area, v, NULL), 0);
    near(area[1], area[0], 0);
    near(v[0] + v[4] - 2 * v[1], 0, 1e-15);
    near(area[2], 1 - area[0], 1e-12);
    near(v[2], -v[0], 1e-12);
    near(v[1], v[3], 1e-15);
}

static void average_precision(void **state)
{
    (void)state;
    /* Ranked: + - + + -: 1/3 (1 + 2/3 + 3/4). */
    const double score[5] = {5, 4, 3, 2, 1};
    const uint8_t positive[5] = {1, 0, 1, 1, 0};
    mm_roc roc;
    assert_int_equal(mm_roc_make(&roc, score, positive, 5, NULL), 0);
    near(mm_roc_average_precision(&roc), (1 + 2. / 3 + 3. / 4) / 3, 1e-15);
    near(mm_roc_area(&roc), 4. / 6, 1e-15);
    near(roc.threshold[mm_roc_youden(&roc)], 2, 0); /* 1 + 1/2 is more than 1/3 + 1 */
    mm_roc_free(&roc);
    mm_error e = {0};
    assert_int_equal(mm_roc_make(&roc, score, (const uint8_t[]){1, 1, 1, 1, 1}, 5, &e), MM_FAILURE);
}

/* The bootstrap's spread agrees with the clustered DeLong's, does not depend on the records' order, and its draws are of
 * whole patients. */
static void bootstrap(void **state)
{
    (void)state;
    enum { N = 400, DRAWS = 2000 };
    double score[N], backwards[N], area, variance, drawn[DRAWS], again[DRAWS], precision[DRAWS];
    uint8_t positive[N], positive_backwards[N];
    size_t patient[N], patient_backwards[N], lost, times[N / 4], sum = 0;
    mm_random r;
    mm_random_init(&r, 7, 8, 9);
    double own = 0;
    for (size_t i = 0; i < N; i++) {
        if (i % 4 == 0)
            own = mm_random_normal(&r);
        positive[i] = i % 2;
        patient[i] = i / 4;
        score[i] = mm_random_normal(&r) + own + positive[i];
        backwards[N - 1 - i] = score[i];
        positive_backwards[N - 1 - i] = positive[i];
        patient_backwards[N - 1 - i] = patient[i];
    }
    const mm_sample sample = {patient, N, N / 4, DRAWS, 11}, turned = {patient_backwards, N, N / 4, DRAWS, 11};
    assert_int_equal(mm_bootstrap_areas(backwards, positive_backwards, &turned, again, precision, NULL), 0);
    assert_int_equal(mm_bootstrap_areas(score, positive, &sample, drawn, precision, NULL), 0);
    assert_memory_equal(drawn, again, sizeof drawn);
    const double *scores = score;
    assert_int_equal(mm_delong(&scores, 1, positive, patient, N / 4, N, &area, &variance, NULL), 0);
    mm_interval b = mm_percentile_interval(drawn, DRAWS, 0.95, &lost), d = mm_delong_interval(area, variance, MM_Z95);
    assert_int_equal(lost, 0);
    assert_true(b.low < area && area < b.high);
    near((b.high - b.low) / (d.high - d.low), 1, 0.1);
    mm_bootstrap_draw(11, 0, N / 4, times);
    for (size_t i = 0; i < N / 4; i++)
        sum += times[i];
    assert_int_equal(sum, N / 4);
}

/* Labels swapped in a quarter of the records must show. */
static void swapped_labels(void **state)
{
    (void)state;
    double score[109], good, bad, variance;
    uint8_t positive[109];
    size_t patient[109], n = hanley(score, positive, patient);
    const double *scores = score;
    assert_int_equal(mm_delong(&scores, 1, positive, patient, n, n, &good, &variance, NULL), 0);
    for (size_t i = 0; i < n; i += 4)
        positive[i] = !positive[i];
    assert_int_equal(mm_delong(&scores, 1, positive, patient, n, n, &bad, &variance, NULL), 0);
    assert_true(bad < good - 0.15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published), cmocka_unit_test(obuchowski_by_hand), cmocka_unit_test(doubled_records),
        cmocka_unit_test(comparisons), cmocka_unit_test(average_precision), cmocka_unit_test(bootstrap),
        cmocka_unit_test(swapped_labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
