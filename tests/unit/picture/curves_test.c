/* Logs of training as curves: what is read, what is left out, what is no log. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filters/picture/curves.h"

#define HEADER "kind\tstage\tepoch\tstep\tloss\tlr\timages_per_s\taccuracy\tval_loss\tval_accuracy\tval_auc\tbest\n"

static int parse(mm_curves *c, const char *log, mm_error *error)
{
    char text[2000];
    snprintf(text, sizeof text, "%s", log);
    return mm_curves_parse(c, text, "a.log", error);
}

static void epochs_are_read(void **state)
{
    (void)state;
    mm_curves c;
    mm_error e;
    assert_int_equal(parse(&c, HEADER "step\t1\t7\t1\t9\t1e-3\t5\t0.5\tNA\tNA\tNA\tNA\n"
                               "epoch\t1\t7\t1\t1.25\t1e-3\t5\t0.5\t1.5\t0.75\tNA\t1\n"
                               "epoch\t2\t8\t1\t1\t1e-4\t5\t0.625\t1.125\t0.8\t0.875\t1\n"
                               "epoch\t2\t9\t1\t0.5\t1e-4\t5\t0.75\tNA\t0.5\t0.25\t0\nepoch\t2\t10\t1\t0.", &e), MM_OK);
    assert_int_equal(c.n, 3); /* the fourth is not finished */
    assert_true(c.epoch[0] == 7 && c.epoch[2] == 9 && c.stage[0] == 1 && c.stage[1] == 2 && c.best == 1);
    assert_true(fabs(c.value[0][MM_CURVE_LOSS] - 1.25) < 1e-12 && fabs(c.value[1][MM_CURVE_ACCURACY] - 0.625) < 1e-12);
    assert_true(fabs(c.value[0][MM_CURVE_VAL_LOSS] - 1.5) < 1e-12 && fabs(c.value[2][MM_CURVE_VAL_ACCURACY] - 0.5) < 1e-12);
    assert_true(isnan(c.value[0][MM_CURVE_VAL_AUC]) && fabs(c.value[2][MM_CURVE_VAL_AUC] - 0.25) < 1e-12);
    assert_true(isnan(c.value[2][MM_CURVE_VAL_LOSS]));
    mm_curves_free(&c);
}

/* Columns go by name: others in between, and those of a validation not there. */
static void columns_have_names(void **state)
{
    (void)state;
    mm_curves c;
    mm_error e;
    assert_int_equal(parse(&c, "loss\tmine\tepoch\tkind\tstage\n2.5\tx\t1\tepoch\t1\n", &e), MM_OK);
    assert_true(c.n == 1 && fabs(c.value[0][MM_CURVE_LOSS] - 2.5) < 1e-12 && isnan(c.value[0][MM_CURVE_ACCURACY]));
    assert_int_equal(c.best, 1); /* none is marked */
    mm_curves_free(&c);
}

static void what_is_no_log(void **state)
{
    (void)state;
    static const struct { const char *text; int code; } bad[] = {
        {"", MM_DAMAGED}, {"key\tpatient\tlabel\n", MM_DAMAGED}, {HEADER, MM_FAILURE},
        {HEADER "step\t1\t1\t1\t9\t1e-3\t5\t0.5\tNA\tNA\tNA\tNA\n", MM_FAILURE},
        {HEADER "epoch\t1\t0\t1\t9\t1e-3\t5\t0.5\tNA\tNA\tNA\t1\n", MM_DAMAGED},
        {HEADER "epoch\t1\t1\t1\tnine\t1e-3\t5\t0.5\tNA\tNA\tNA\t1\n", MM_DAMAGED}, {HEADER "epoch\t1\n", MM_DAMAGED}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mm_curves c;
        mm_error e;
        assert_int_equal(parse(&c, bad[i].text, &e), bad[i].code);
        assert_non_null(strstr(e.text, "'a.log'"));
        mm_curves_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(epochs_are_read), cmocka_unit_test(columns_have_names),
                                       cmocka_unit_test(what_is_no_log)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
