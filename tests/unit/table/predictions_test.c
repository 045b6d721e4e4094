/* The table of predictions: what is read, what is refused and with which code; groups of records. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/table/groups.h"
#include "common/table/predictions.h"

#define HEADER "key\tpatient\tlabel\tbenign\tmalignant\n"

static int parse(mm_predictions *t, const char *text, const mm_predictions_options *options, mm_error *e)
{
    size_t n = strlen(text);
    char *copy = malloc(n + 1);
    memcpy(copy, text, n + 1);
    return mm_predictions_parse(t, copy, n, "table", options, e);
}

static void whole(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    mm_predictions_options o = {0};
    assert_int_equal(parse(&t, HEADER "a\tP1\t0\t0.75\t0.25\nb\t\t1\t1e-3\t0.999\n# skipped 2\n" HEADER
                           "#c\tP2\t1\t0\t1\n# skipped 3\n# threshold 0.4\n", &o, &e), 0);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.K, 2);
    assert_string_equal(t.class_name[1], "malignant");
    assert_string_equal(t.key[2], "#c");
    assert_string_equal(t.patient[1], "b"); /* without a patient a record is its own */
    assert_int_equal(t.no_patient, 1);
    assert_int_equal(t.label[1], 1);
    assert_true(t.prob[3] == 0.999);
    assert_int_equal(t.skipped, 5);
    assert_int_equal(t.thresholds, 1);
    assert_string_equal(t.threshold[0].name, "given");
    assert_true(t.threshold[0].value == 0.4 && t.temperature == 1 && !t.averaged && !t.mixed);
    mm_predictions_free(&t);
}

static void logits(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    mm_predictions_options o = {.logits = true};
    assert_int_equal(parse(&t, HEADER "a\tP1\t0\t1000\t1000\nb\tP1\t0\t-1\t1\n", &o, &e), 0);
    assert_true(t.prob[0] == 0.5);
    assert_true(fabs(t.prob[3] - 1 / (1 + exp(-2))) < 1e-15);
    mm_predictions_free(&t);
}

/* Labels that are names: of a column, or of a class that one column holds. */
static void names(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    mm_predictions_options o = {0};
    const char *text = "key\tpatient\tlabel\tbackground\tlesion\na\t\tmass_mal\t0.5\t0.5\nb\t\tbackground\t0.5\t0.5\n"
                       "c\t\tlesion\t0.5\t0.5\nd\t\t1\t0.5\t0.5\ne\t\tmalignant\t0.5\t0.5\n";
    static const size_t label[] = {1, 0, 1, 1, 1};
    assert_int_equal(parse(&t, text, &o, &e), 0);
    assert_int_equal(t.n, 5);
    assert_memory_equal(t.label, label, sizeof label);
    mm_predictions_free(&t);
    text = "key\tpatient\tlabel\tbackground\tmass_mal\na\t\tmass\t0.5\t0.5\n";
    assert_int_equal(parse(&t, text, &o, &e), MM_FAILURE);
}

static void refused(void **state)
{
    (void)state;
    static const struct { const char *text; int code; const char *says; } cases[] = {
        {"", MM_DAMAGED, "empty"},
        {"hello\n", MM_DAMAGED, "not a table of predictions"},
        {"\x89MMS\r\n", MM_DAMAGED, "mmpredict"},
        {HEADER "a\tP1\t0\t0.75\t0.25", MM_DAMAGED, "cut"},
        {HEADER "a\tP1\t0\t0.75\n", MM_DAMAGED, "4 columns where the header has 5"},
        {HEADER "a\tP1\t0\t0.75\tx\n", MM_DAMAGED, "'x' is not a number"},
        {HEADER "a\tP1\tone\t0.75\t0.25\n", MM_FAILURE, "record 'a': label 'one' is not a class of this table"},
        {HEADER "\tP1\t1\t0.75\t0.25\n", MM_DAMAGED, "without a key"},
        {"key\tpatient\tlabel\tonly\n", MM_DAMAGED, "two classes"},
        {"key\tpatient\tlabel\ta\ta\n", MM_DAMAGED, "name of another"},
        {HEADER "a\tP1\t2\t0.75\t0.25\n", MM_FAILURE, "record 'a': label 2 is out of range"},
        {HEADER "a\tP1\t-1\t0.75\t0.25\n", MM_FAILURE, "out of range"},
        {HEADER "a\tP1\t\t0.75\t0.25\n", MM_FAILURE, "no label"},
        {HEADER "a\tP1\t1\tnan\t0.25\n", MM_FAILURE, "record 'a': the value of class 'benign' is nan"},
        {HEADER "a\tP1\t1\t3\t-2\n", MM_FAILURE, "--logits"},
        {HEADER "a\tP1\t1\t0.5\t0.25\n", MM_FAILURE, "add up to 0.75"},
        {HEADER "a\tP1\t1\t0.5\t0.5\na\tP1\t1\t0.5\t0.5\n", MM_FAILURE, "'a' appears twice"},
        {HEADER, MM_FAILURE, "holds no record"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_predictions t;
        mm_error e = {0};
        mm_predictions_options o = {0};
        int code = parse(&t, cases[i].text, &o, &e);
        if (code != cases[i].code || !strstr(e.text, cases[i].says))
            fail_msg("case %zu: code %d, '%s'", i, code, e.text);
    }
}

/* What remarks tell of thresholds, and that those of several models are not taken for one's. */
static void remarks(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    mm_predictions_options o = {0};
    const char *first = HEADER "a\tP1\t0\t0.75\t0.25\n# threshold youden 0.25\n# threshold sensitivity_0.90 0.125\n# temperature 1.5\n";
    const char *second = HEADER "b\tP1\t1\t0.75\t0.25\n# threshold youden 0.25\n# threshold sensitivity_0.90 0.125\n# temperature 1.5\n";
    const char *other = HEADER "b\tP1\t1\t0.75\t0.25\n# threshold youden 0.5\n# averaged\n";
    const char *none = HEADER "b\tP1\t1\t0.75\t0.25\n";
    char joined[1000];
    assert_int_equal(parse(&t, first, &o, &e), 0);
    assert_int_equal(t.thresholds, 2);
    assert_string_equal(t.threshold[1].name, "sensitivity_0.90");
    assert_true(t.threshold[1].value == 0.125 && t.temperature == 1.5 && !t.mixed && !t.averaged);
    mm_predictions_free(&t);
    snprintf(joined, sizeof joined, "%s%s", first, second); /* the same model twice */
    assert_int_equal(parse(&t, joined, &o, &e), 0);
    assert_true(t.thresholds == 2 && !t.mixed);
    mm_predictions_free(&t);
    snprintf(joined, sizeof joined, "%s%s", first, other);
    assert_int_equal(parse(&t, joined, &o, &e), 0);
    assert_true(t.thresholds == 0 && t.mixed && t.averaged);
    mm_predictions_free(&t);
    /* The same in a column, beside that of calls, in any record's line. */
    assert_int_equal(parse(&t, "key\tpatient\tlabel\tbenign\tmalignant\tcall\tremarks\na\tP1\t0\t0.75\t0.25\t0\t\n"
                           "b\tP1\t1\t0.75\t0.25\t1\tthreshold youden 1 40;temperature 1.5;skipped 2;averaged;\n", &o, &e), 0);
    assert_true(t.K == 2 && t.n == 2 && t.thresholds == 1 && t.temperature == 1.5 && t.skipped == 2 && t.averaged && !t.mixed);
    assert_true(t.threshold[0].value == 1 && fabs(t.threshold[0].rank - 40) < 1e-9);
    mm_predictions_free(&t);
    assert_int_equal(parse(&t, "key\tpatient\tlabel\tone\tcall\na\tP1\t0\t1\t0\n", &o, &e), MM_DAMAGED); /* one class */
    snprintf(joined, sizeof joined, "%s%s", first, none); /* one part calibrated, one not */
    assert_int_equal(parse(&t, joined, &o, &e), 0);
    assert_true(t.thresholds == 0 && t.mixed);
    mm_predictions_free(&t);
}

static void count(void *context, const char *message)
{
    (void)message;
    ++*(int *)context;
}

static void skipping(void **state)
{
    (void)state;
    mm_predictions t;
    mm_error e = {0};
    int named = 0;
    mm_predictions_options o = {.skip = true, .left_out = count, .context = &named};
    assert_int_equal(parse(&t, HEADER "a\tP1\t2\t0.5\t0.5\nb\tP1\t1\tnan\t0.5\nc\tP1\t1\t0.5\t0.5\n", &o, &e), 0);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.left_out, 2);
    assert_int_equal(named, 2);
    mm_predictions_free(&t);
    assert_int_equal(parse(&t, HEADER "a\tP1\t2\t0.5\t0.5\n", &o, &e), MM_FAILURE); /* nothing left */
    assert_int_equal(parse(&t, HEADER "a\tP1\t1\t0.5\n", &o, &e), MM_DAMAGED);      /* damage is not skipped */
}

static void sides(void **state)
{
    (void)state;
    assert_int_equal(mm_side_of_word("left"), 'L');
    assert_int_equal(mm_side_of_word("R"), 'R');
    assert_int_equal(mm_side_of_word("MLO"), 0);
    assert_int_equal(mm_side_of_key("P_00005_LEFT_CC"), 'L');
    assert_int_equal(mm_side_of_key("Mass-Test_P_00016_RIGHT_MLO"), 'R');
    assert_int_equal(mm_side_of_key("p7-R-MLO"), 'R');
    assert_int_equal(mm_side_of_key("mdb001"), 0);
    assert_int_equal(mm_side_of_key("LEFTOVER_ROW"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(logits), cmocka_unit_test(names),
                                       cmocka_unit_test(refused),
                                       cmocka_unit_test(skipping), cmocka_unit_test(remarks), cmocka_unit_test(sides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
