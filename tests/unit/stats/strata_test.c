/* Figures in parts of the records. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/strata.h"

enum { N = 12 };

typedef struct fixture {
    mm_evaluation_data d;
    mm_evaluation e;
    mm_evaluation_options o;
    uint8_t positive[2];
    size_t label[N], patient[N];
    double prob[N * 2], log_prob[N * 2];
} fixture;

static const mm_threshold half = {"half", 0.5, 0.5};

/* Records 0 to 5 negative, 6 to 11 positive; scores rise but for the last, which is low. */
static void set_up(fixture *f)
{
    *f = (fixture){.positive = {0, 1}, .o = {.threshold = &half, .thresholds = 1, .prevalence = NAN, .draws = 100, .seed = 1}};
    for (size_t i = 0; i < N; i++) {
        f->patient[i] = i;
        f->label[i] = i >= 6;
        f->prob[2 * i + 1] = i == 11 ? 0.02 : 0.05 + 0.08 * (double)i;
        f->prob[2 * i] = 1 - f->prob[2 * i + 1];
        for (size_t k = 0; k < 2; k++)
            f->log_prob[2 * i + k] = log(f->prob[2 * i + k]);
    }
    f->o.positive_class = f->positive;
    f->d = (mm_evaluation_data){.n = N, .K = 2, .label = f->label, .prob = f->prob, .log_prob = f->log_prob, .patient = f->patient,
                                .patients = N};
    assert_int_equal(mm_evaluate(&f->e, &f->d, &f->o, NULL), 0);
}

static void words(void **state)
{
    (void)state;
    fixture f;
    mm_strata s;
    set_up(&f);
    char mass[] = "mass", calc[] = "calc";
    char *value[N] = {mass, mass, calc, calc, NULL, NULL, mass, mass, calc, calc, NULL, mass};
    assert_int_equal(mm_strata_make(&s, "abnormality", value, &f.e, &f.d, &f.o, NULL), 0);
    assert_string_equal(s.attribute, "abnormality");
    assert_int_equal(s.n, 2);
    assert_int_equal(s.unknown, 3);
    assert_string_equal(s.item[0].name, "calc");
    assert_int_equal(s.item[0].records, 4);
    assert_int_equal(s.item[0].positives, 2);
    assert_true(s.item[0].area.area == 1 && s.item[0].borrowed == 0);
    assert_string_equal(s.item[1].name, "mass");
    assert_true(fabs(s.item[1].area.area - 4. / 6) < 1e-12); /* two above both, one below both */
    assert_int_equal(s.item[1].accuracy.part, 4);
    assert_int_equal(s.item[1].operating[0].true_positives, 2);
    assert_int_equal(s.item[1].operating[0].false_negatives, 1);
    mm_strata_free(&s);

    char *kinds[N] = {calc, calc, calc, calc, calc, calc, mass, mass, mass, NULL, NULL, NULL};
    assert_int_equal(mm_strata_make(&s, "abnormality", kinds, &f.e, &f.d, &f.o, NULL), 0);
    assert_int_equal(s.item[0].borrowed, 6); /* all negative: against all positives */
    assert_int_equal(s.item[1].borrowed, 6);
    assert_true(fabs(s.item[0].area.area - 5. / 6) < 1e-12 && s.item[1].area.area == 1);
    assert_int_equal(s.item[0].operating[0].sensitivity.whole, 0); /* operating points know their own records only */
    mm_strata_free(&s);
    mm_evaluation_free(&f.e);
}

static void numbers(void **state)
{
    (void)state;
    static char text[N][8] = {"3", "11", "12", "13", "21", "22", "23", "31", "32", "33", "100", "200"};
    char *value[N], *few[N];
    fixture f;
    mm_strata s;
    mm_error e = {0};
    set_up(&f);
    for (size_t i = 0; i < N; i++) {
        value[i] = text[i];
        few[i] = text[i % 3];
    }
    assert_int_equal(mm_strata_make(&s, "size:12,100", value, &f.e, &f.d, &f.o, NULL), 0);
    assert_string_equal(s.attribute, "size");
    assert_int_equal(s.n, 3);
    assert_string_equal(s.item[0].name, "below 12");
    assert_int_equal(s.item[0].records, 2);
    assert_string_equal(s.item[1].name, "12 to 100");
    assert_int_equal(s.item[1].records, 8);
    assert_string_equal(s.item[2].name, "from 100");
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size", value, &f.e, &f.d, &f.o, NULL), 0); /* thirds */
    assert_int_equal(s.n, 3);
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(s.item[k].records, 4);
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size", few, &f.e, &f.d, &f.o, NULL), 0); /* each a part, in numbers' order */
    assert_int_equal(s.n, 3);
    assert_string_equal(s.item[0].name, "3");
    assert_string_equal(s.item[1].name, "11");
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size:9,8", value, &f.e, &f.d, &f.o, &e), MM_USAGE);
    assert_int_equal(mm_strata_make(&s, "size:x", value, &f.e, &f.d, &f.o, &e), MM_USAGE);
    char word[] = "dense", *one[N] = {word}, *none[N] = {NULL};
    assert_int_equal(mm_strata_make(&s, "size:9", one, &f.e, &f.d, &f.o, &e), MM_USAGE);
    assert_int_equal(mm_strata_make(&s, "size", none, &f.e, &f.d, &f.o, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "'size' is unknown for every record"));
    mm_evaluation_free(&f.e);
}

static void callback(void **state)
{
    (void)state;
    fixture f;
    mm_strata s;
    set_up(&f);
    char without[] = "BENIGN_WITHOUT_CALLBACK", benign[] = "BENIGN", malignant[] = "MALIGNANT", mixed[] = "mixed";
    char *value[N] = {without, without, benign, benign, mixed, NULL, malignant, malignant, malignant, malignant, malignant, malignant};
    assert_int_equal(mm_strata_callback(&s, value, &f.e, &f.d, &f.o, NULL), 0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.item[1].name, "without call-back");
    assert_int_equal(s.item[1].records, 2);
    assert_int_equal(s.item[0].records, 4);
    assert_int_equal(s.item[0].borrowed, 6);
    assert_int_equal(s.unknown, 6);
    mm_strata_free(&s);
    value[0] = value[1] = benign;
    assert_int_equal(mm_strata_callback(&s, value, &f.e, &f.d, &f.o, NULL), MM_FAILURE);
    mm_evaluation_free(&f.e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(numbers), cmocka_unit_test(callback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
