/* Tables of predictions as arrays, and what is computed from them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filters/evaluate/joined.h"

#define HEADER "key\tpatient\tlabel\tbenign\tmalignant\n"

static int parse(mm_predictions *t, const char *text, const mm_predictions_options *options, mm_error *e)
{
    size_t n = strlen(text);
    char *copy = malloc(n + 1);
    memcpy(copy, text, n + 1);
    return mm_predictions_parse(t, copy, n, "table", options, e);
}

/* Evaluates a table; image NULL: not known. Without classes in the options, the default ones are positive. */
static int evaluate(mm_evaluation *v, const mm_predictions *t, char *const *image, const mm_evaluation_options *options, mm_error *e)
{
    mm_joined joined;
    uint8_t *positive = NULL;
    mm_evaluation_options o = *options;
    assert_int_equal(mm_join(&joined, t, NULL, image, e), 0);
    if (!o.positive_class) {
        assert_int_equal(mm_positive_classes(&positive, t, NULL, e), 0);
        o.positive_class = positive;
    }
    int code = mm_evaluate(v, &joined.data, &o, e);
    free(positive);
    mm_joined_free(&joined);
    return code;
}

/* Two images of a breast, four of a patient. */
static void evaluation(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    mm_predictions_options o = {0};
    assert_int_equal(parse(&t, HEADER "p1_LEFT_CC\tp1\t1\t0.3\t0.7\np1_LEFT_MLO\tp1\t1\t0.8\t0.2\np1_RIGHT_CC\tp1\t0\t0.6\t0.4\n"
                           "p2_LEFT_CC\tp2\t0\t0.7\t0.3\np2_RIGHT_CC\tp2\t0\t0.9\t0.1\n", &o, &e), 0);
    mm_evaluation v;
    const mm_threshold half = {"half", 0.5, 0.5};
    mm_evaluation_options w = {.threshold = &half, .thresholds = 1, .prevalence = NAN, .draws = 200, .seed = 1};
    assert_int_equal(evaluate(&v, &t, NULL, &w, &e), 0);
    assert_int_equal(v.patients, 2);
    assert_int_equal(v.breast.groups, 4);
    assert_int_equal(v.image.groups, 0); /* nothing told which image a record was cut from */
    assert_int_equal(v.predicted.accuracy.part, 4);
    assert_true(fabs(v.headline.area - 4. / 6) < 1e-12); /* 0.7 above all three, 0.2 above one */
    assert_true(v.per_patient.maximum.area == 1 && v.breast.maximum.area == 1);
    assert_true(v.breast.mean.area == 1); /* 0.45 against 0.4, 0.3, 0.1 */
    assert_int_equal(v.givens, 1);
    assert_int_equal(v.given[0].true_positives, 1);
    assert_int_equal(v.given[0].false_negatives, 1);
    assert_true(isnan(v.given[0].positive.value));
    assert_int_equal(v.headline.lost_draws > 0, 1); /* draws of patient 2 alone hold no positive */
    mm_evaluation_free(&v);
    char one[] = "one", two[] = "two", *image[5] = {one, one, one, two, two};
    assert_int_equal(evaluate(&v, &t, image, &w, &e), 0);
    assert_int_equal(v.image.groups, 2);
    assert_true(v.image.maximum.area == 1 && v.image.maximum.positives == 1);
    mm_evaluation_free(&v);

    const uint8_t all[2] = {1, 1};
    w.positive_class = all;
    assert_int_equal(evaluate(&v, &t, NULL, &w, &e), MM_FAILURE);
    mm_predictions_free(&t);

    assert_int_equal(parse(&t, HEADER "a\tp\t0\t0.5\t0.5\n", &o, &e), 0);
    w.positive_class = NULL;
    assert_int_equal(evaluate(&v, &t, NULL, &w, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "class 'malignant' without samples"));
    mm_predictions_free(&t);
}

static void positive_classes(void **state)
{
    (void)state;
    static char background[] = "background", a[] = "a", b[] = "b";
    char *names[3] = {a, background, b}, *others[3] = {a, b, b};
    mm_predictions t = {.K = 3, .class_name = names};
    mm_error e = {0};
    uint8_t *p;
    assert_int_equal(mm_positive_classes(&p, &t, NULL, &e), 0); /* all but background */
    assert_true(p[0] == 1 && p[1] == 0 && p[2] == 1);
    free(p);
    assert_int_equal(mm_positive_classes(&p, &t, "b,background", &e), 0);
    assert_true(p[0] == 0 && p[1] == 1 && p[2] == 1);
    free(p);
    assert_int_equal(mm_positive_classes(&p, &t, "b,c", &e), MM_USAGE);
    assert_null(p);
    assert_int_equal(mm_positive_classes(&p, &t, "a,b,background", &e), MM_USAGE);
    t.class_name = others;
    assert_int_equal(mm_positive_classes(&p, &t, NULL, &e), 0); /* of three classes without background no one knows */
    assert_null(p);
    t.K = 2;
    assert_int_equal(mm_positive_classes(&p, &t, NULL, &e), 0); /* the second of two */
    assert_true(p[0] == 0 && p[1] == 1);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(evaluation), cmocka_unit_test(positive_classes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
