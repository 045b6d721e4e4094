/* Manifests: parsing, printing, grouping, what is refused; classes and shapes of lesions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/classes.h"
#include "common/table/manifest.h"
#include "common/table/shape.h"

static const char text[] = "key\timage\tpatient\tmask\tnote\n"
                           "a\ta.png\tp1\tcircle:1,2,3\t\n"
                           "b\tb.png\tp2\t\tx \"y\"\n"
                           "a\ta.png\tp1\tbox:0,0,2,2\tz\n";

static void round_trip(void **state)
{
    (void)state;
    mm_manifest m;
    mm_error error = {0};
    assert_int_equal(mm_manifest_parse(&m, text, strlen(text), &error), 0);
    assert_int_equal(m.nrows, 3);
    assert_string_equal(mm_manifest_get(&m, 1, "note"), "x \"y\"");
    assert_string_equal(mm_manifest_get(&m, 1, "split"), "");
    size_t size;
    char *back = mm_manifest_text(&m, &size);
    assert_string_equal(back, text);
    assert_int_equal(size, strlen(text));
    free(back);

    mm_row_groups groups;
    assert_int_equal(mm_manifest_images(&m, &groups, &error), 0);
    assert_int_equal(groups.n, 2);
    assert_int_equal(groups.first[1], 2);
    assert_int_equal(groups.row[0], 0);
    assert_int_equal(groups.row[1], 2);
    assert_int_equal(groups.row[2], 1);
    mm_row_groups_free(&groups);

    assert_int_equal(mm_manifest_set(&m, 2, "split", "val", &error), 0);
    assert_string_equal(mm_manifest_get(&m, 0, "split"), "");
    assert_string_equal(mm_manifest_get(&m, 2, "split"), "val");
    const bool keep[] = {false, true, true};
    mm_manifest_filter(&m, keep);
    assert_int_equal(m.nrows, 2);
    assert_string_equal(mm_manifest_get(&m, 0, "key"), "b");
    assert_int_equal(m.line[1], 4);

    assert_int_equal(mm_manifest_set(&m, 1, "key", "b", &error), 0);
    assert_int_equal(mm_manifest_images(&m, &groups, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "lines 3 and 4"));
    mm_manifest_free(&m);
}

static void refused(void **state)
{
    (void)state;
    const char *bad[] = {
        "", "\n\n", "key\n", "image\tmask\n", "key\timage\tkey\n", "key\t\timage\n", "key\timage\na\n", "key\timage\na\tb\tc\n",
        "key\timage\na/b\tc\n", "key\timage\n\tc\n", "key\timage\na\t\n", "\x89PNG\r\n\x1a\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mm_manifest m;
        mm_error error = {0};
        if (mm_manifest_parse(&m, bad[i], strlen(bad[i]), &error) != MM_DAMAGED)
            fail_msg("accepted: %s", bad[i]);
        assert_true(error.text[0] != '\0');
    }
}

static void classes(void **state)
{
    (void)state;
    assert_int_equal(mm_pathology_of("BENIGN_WITHOUT_CALLBACK"), MM_BENIGN);
    assert_int_equal(mm_pathology_of("M"), MM_MALIGNANT);
    assert_int_equal(mm_pathology_of("maligant"), MM_PATHOLOGY_BAD);
    assert_int_equal(mm_abnormality_of("SPIC"), MM_MASS);
    assert_int_equal(mm_abnormality_of("calcification"), MM_CALC);
    assert_string_equal(mm_lesion_class(MM_CALC, MM_MALIGNANT), "calc_mal");
    assert_string_equal(mm_lesion_class(MM_CALC, MM_BENIGN), "calc_ben");
    assert_string_equal(mm_lesion_class(MM_MASS, MM_MALIGNANT), "mass_mal");
    assert_string_equal(mm_lesion_class(MM_MASS, MM_BENIGN), "mass_ben");
    assert_null(mm_lesion_class(MM_MASS, MM_PATHOLOGY_UNKNOWN));
    for (int i = 0; i < 5; i++)
        assert_int_equal(mm_class_number(mm_class_name(i)), i);
    assert_null(mm_class_name(5));
    assert_int_equal(mm_class_number("mass"), -1);
}

static void shapes(void **state)
{
    (void)state;
    enum { H = 30, W = 40 };
    const char *good[] = {"circle:10,12,5", "circle:0.5,0.25,3.75", "circle:39,29,1", "circle:-2,5,4", "box:3,4,10,6", "box:-5,-5,2.5,2"};
    for (size_t g = 0; g < sizeof good / sizeof *good; g++) {
        mm_lesion_shape s;
        uint8_t plane[H][W] = {{0}};
        size_t expected = 0;
        assert_int_equal(mm_lesion_shape_parse(good[g], &s, NULL), 0);
        size_t count = mm_lesion_shape_fill(&s, H, W, &plane[0][0]);
        for (size_t y = 0; y < H; y++)
            for (size_t x = 0; x < W; x++) {
                double X = (double)x, Y = (double)y, dx = X - s.x0, dy = Y - s.y0;
                bool in = s.circle ? dx * dx + dy * dy <= s.x1 * s.x1 : X >= s.x0 && X < s.x1 && Y >= s.y0 && Y < s.y1;
                assert_int_equal(plane[y][x], in);
                expected += in;
            }
        assert_int_equal(count, expected);
        assert_true(count > 0);
    }
    mm_lesion_shape s;
    uint8_t plane[H][W] = {{0}};
    assert_int_equal(mm_lesion_shape_parse("circle:100,100,5", &s, NULL), 0);
    assert_int_equal(mm_lesion_shape_fill(&s, H, W, &plane[0][0]), 0);
    const char *bad[] = {"circle:1,2", "circle:1,2,0", "circle:1,2,-3", "circle:1,2,3,4", "circle:a,2,3", "box:1,1,1,5", "box:5,1,4,9",
                         "box:1,2,3", "ring:1,2,3", "circle:nan,1,1", "circle:1,2,3 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_lesion_shape_parse(bad[i], &s, NULL), MM_DAMAGED);
    assert_true(mm_lesion_shape_is("box:"));
    assert_false(mm_lesion_shape_is("box.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(refused), cmocka_unit_test(classes), cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
