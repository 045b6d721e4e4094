/* Splits: by patient, by ratio, in both strata; a given test set stays; what leaks is caught. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/split.h"

/* n patients, two images each, every fourth with a malignant lesion in its second image; the first `test` are test. */
static mm_manifest patients(size_t n, size_t test, bool backwards)
{
    static const char *const columns[] = {"key", "image", "patient", "pathology", "split"};
    mm_manifest m;
    mm_error error = {0};
    assert_int_equal(mm_manifest_begin(&m, columns, 5, &error), 0);
    for (size_t i = 0; i < 2 * n; i++) {
        size_t k = backwards ? 2 * n - 1 - i : i;
        char key[32], image[32], patient[32];
        snprintf(key, sizeof key, "k%zu", k);
        snprintf(image, sizeof image, "k%zu.png", k);
        snprintf(patient, sizeof patient, "p%zu", k / 2);
        const char *cells[] = {key, image, patient, k % 8 == 7 ? "MALIGNANT" : k % 3 ? "BENIGN" : "", k / 2 < test ? "test" : ""};
        assert_int_equal(mm_manifest_add(&m, cells, i + 2, &error), 0);
    }
    return m;
}

static void ratios(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        mm_manifest m = patients(200, 0, false), again = patients(200, 0, true);
        mm_split_options rules = {.seed = seed};
        mm_split_report report, checked;
        mm_error error = {0};
        assert_int_equal(mm_split_ratio("60:20:20", &rules, &error), 0);
        assert_int_equal(mm_split(&m, &rules, &report, &error), 0);
        assert_int_equal(report.patients[0], 120);
        assert_int_equal(report.patients[1], 40);
        assert_int_equal(report.patients[2], 40);
        assert_int_equal(report.malignant[0], 30);
        assert_int_equal(report.malignant[1], 10);
        assert_int_equal(report.malignant[2], 10);
        assert_int_equal(report.images[1], 80);
        assert_int_equal(mm_split_check(&m, &checked, &error), 0);
        assert_memory_equal(&checked, &report, sizeof report);

        /* The order of the lines does not matter. */
        assert_int_equal(mm_split(&again, &rules, &report, &error), 0);
        for (size_t r = 0; r < m.nrows; r++)
            assert_string_equal(mm_manifest_get(&m, r, "split"), mm_manifest_get(&again, m.nrows - 1 - r, "split"));

        /* Wrong on purpose: one line of a patient moves to another set. */
        const char *other = strcmp(mm_manifest_get(&m, 6, "split"), "val") ? "val" : "train";
        assert_int_equal(mm_manifest_set(&m, 6, "split", other, &error), 0);
        assert_int_equal(mm_split_check(&m, &checked, &error), MM_FAILURE);
        assert_non_null(strstr(error.text, "'p3'"));
        mm_manifest_free(&m);
        mm_manifest_free(&again);
    }
}

static void given_test(void **state)
{
    (void)state;
    mm_manifest m = patients(100, 20, false);
    mm_split_options rules = {.seed = 3};
    mm_split_report report;
    mm_error error = {0};
    assert_int_equal(mm_split_ratio("60:20:20", &rules, &error), 0);
    assert_int_equal(mm_split(&m, &rules, &report, &error), MM_DAMAGED);
    assert_int_equal(mm_split_ratio("80:20", &rules, &error), 0);
    assert_int_equal(mm_manifest_set(&m, 11, "split", "", &error), 0); /* p5 leaks */
    mm_manifest kept = patients(100, 20, false);
    assert_int_equal(mm_manifest_set(&kept, 11, "split", "", &error), 0);

    assert_int_equal(mm_split(&m, &rules, &report, &error), 0);
    assert_int_equal(report.leaking, 1);
    assert_int_equal(report.dropped, 1);
    assert_int_equal(m.nrows, 199);
    assert_int_equal(report.patients[2], 20);
    assert_int_equal(report.patients[0], 64);
    assert_int_equal(report.patients[1], 16);

    rules.keep_leaking = true;
    assert_int_equal(mm_split(&kept, &rules, &report, &error), 0);
    assert_int_equal(kept.nrows, 200);
    assert_string_equal(mm_manifest_get(&kept, 11, "split"), "train");
    assert_string_equal(mm_manifest_get(&kept, 10, "split"), "test");
    assert_int_equal(mm_split_check(&kept, &report, &error), MM_FAILURE);
    mm_manifest_free(&m);
    mm_manifest_free(&kept);
}

static void few(void **state)
{
    (void)state;
    mm_split_options rules = {.seed = 1};
    mm_split_report report;
    mm_error error = {0};
    assert_int_equal(mm_split_ratio("60:20:20", &rules, &error), 0);
    mm_manifest m = patients(12, 0, false); /* 3 with a malignant lesion: one for each set */
    assert_int_equal(mm_split(&m, &rules, &report, &error), 0);
    for (size_t s = 0; s < 3; s++)
        assert_int_equal(report.malignant[s], 1);
    assert_int_equal(mm_manifest_set(&m, 0, "patient", "", &error), 0);
    assert_int_equal(mm_split(&m, &rules, &report, &error), MM_DAMAGED);
    mm_manifest_free(&m);
    const char *bad[] = {"", "80", "80:", "80:20:", "a:b", "0:0", "-1:2", "1:2:3:4", "80:20x", "nan:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mm_split_ratio(bad[i], &rules, &error) != MM_USAGE)
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ratios), cmocka_unit_test(given_test), cmocka_unit_test(few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
