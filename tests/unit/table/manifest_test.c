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
    /* What is known of a lesion of which not all is. */
    assert_string_equal(mm_lesion_class(MM_MASS, MM_PATHOLOGY_UNKNOWN), "mass");
    assert_string_equal(mm_lesion_class(MM_CALC, MM_PATHOLOGY_UNKNOWN), "calc");
    assert_string_equal(mm_lesion_class(MM_LESION, MM_MALIGNANT), "malignant");
    assert_string_equal(mm_lesion_class(MM_ABNORMALITY_UNKNOWN, MM_BENIGN), "benign");
    assert_string_equal(mm_lesion_class(MM_ABNORMALITY_UNKNOWN, MM_PATHOLOGY_UNKNOWN), "lesion");
    for (int i = 0; i < 5; i++)
        assert_int_equal(mm_class_number(mm_class_name(i)), i);
    assert_null(mm_class_name(5));
    assert_int_equal(mm_class_number("mass"), -1);
}

/* A list of classes, and which of them a class belongs to. */
static void class_names(void **state)
{
    (void)state;
    static const struct {
        const char *list, *class, *among;
    } known[] = {
        {"background,lesion", "mass_mal", "lesion"}, {"background,lesion", "background", "background"},
        {"background,lesion", "lesion", "lesion"},
        {"background,mass,calc", "calc_ben", "calc"}, {"background,mass,calc", "lesion", NULL}, {"background,mass,calc", "malignant", NULL},
        {"lesion,malignant", "calc_mal", "malignant"}, {"malignant,lesion", "calc_mal", "malignant"},
        {"malignant,lesion", "mass_ben", "lesion"},
        {"mass,malignant", "mass_mal", NULL}, {"mass,malignant,mass_mal", "mass_mal", "mass_mal"}, {"mass,malignant", "mass_ben", "mass"},
        {"background,calc_mal,calc_ben", "calc", NULL}, {"a,b", "b", "b"}, {"a,b", "c", NULL},
    };
    mm_error error;
    mm_class_names names;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(mm_class_names_parse(&names, known[i].list, &error), 0);
        size_t at = mm_class_among((const char *const *)names.name, names.n, known[i].class);
        if (known[i].among ? at == names.n || strcmp(names.name[at], known[i].among) : at != names.n)
            fail_msg("%s among %s", known[i].class, known[i].list);
        mm_class_names_free(&names);
    }
    static const char *const bad[] = {"", "a", "a,", ",a", "a,b,a", "a,\tb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_class_names_parse(&names, bad[i], &error), MM_USAGE);
}

/* By the definition: an odd number of edges lies to the left of the pixel's centre. */
static bool is_inside(const double *p, size_t n, double x, double y)
{
    bool inside = false;
    for (size_t i = 0, j = n - 1; i < n; j = i++)
        if ((p[2 * i + 1] > y) != (p[2 * j + 1] > y) &&
            x >= p[2 * j] + (y - p[2 * j + 1]) / (p[2 * i + 1] - p[2 * j + 1]) * (p[2 * i] - p[2 * j]))
            inside = !inside;
    return inside;
}

static void polygons(void **state)
{
    (void)state;
    enum { H = 30, W = 40 };
    static const struct {
        const char *text;
        size_t pixels; /* 0: not known */
        double area;
    } known[] = {
        {"polygon:10,10,30,10,30,30,10,30", 20 * 20, 400}, {"POLYGON: 10, 10, 10, 30, 30, 30, 30, 10", 20 * 20, 400},
        {"polygon:-5,-5,5,-5,5,5,-5,5", 25, 100}, {"polygon:0,0,39,0,39,29,0,29,0,0", 39 * 29, 39 * 29},
        {"polygon:2.5,3.25,30.75,8,20,27.5,11,12.25", 0, 0}, {"polygon:0,0,20,20,20,0,0,20", 0, 0}, {"polygon:3,3,35,14,3,25,14,14", 0, 0},
        {"polygon:10.2,10.2,10.8,10.2,10.5,10.8", 1, 0.18}, {"polygon:1e6,0,1e6,1e6,-1e6,1e6,-1e6,0", 30 * 40, 2e12},
    };
    mm_lesion_shape s;
    mm_error error;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint8_t plane[H][W] = {{0}};
        size_t expected = 0;
        assert_int_equal(mm_lesion_shape_parse(known[k].text, &s, NULL), 0);
        size_t count = mm_lesion_shape_fill(&s, H, W, &plane[0][0]);
        for (size_t y = 0; y < H && known[k].pixels != 1; y++)
            for (size_t x = 0; x < W; x++) {
                assert_int_equal(plane[y][x], is_inside(s.point, s.points, (double)x, (double)y));
                expected += plane[y][x];
            }
        assert_int_equal(count, known[k].pixels == 1 ? 1 : expected);
        if (known[k].pixels)
            assert_int_equal(count, known[k].pixels);
        if (known[k].area > 0)
            assert_true(mm_lesion_shape_area(&s) > known[k].area * 0.999999 && mm_lesion_shape_area(&s) < known[k].area * 1.000001);
        mm_lesion_shape_free(&s);
    }
    uint8_t plane[H][W] = {{0}};
    assert_int_equal(mm_lesion_shape_parse("polygon:100,100,110,100,110,110", &s, NULL), 0);
    assert_int_equal(mm_lesion_shape_fill(&s, H, W, &plane[0][0]), 0);
    mm_lesion_shape_free(&s);
    const char *bad[] = {"polygon:", "polygon:1", "polygon:1,2,3,4", "polygon:1,2,3,4,5", "polygon:1,2,3,4,5,x", "polygon:1,2,3,4,5,6,",
                         "polygon:1,1,1,5,1,9", "polygon:1,2,9,2,5,2", "polygon:1,2,,4,5,6", "polygon:1 2,3,4,5,6,7",
                         "polygon:1,2,3,nan,5,6"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_lesion_shape_parse(bad[i], &s, &error), MM_DAMAGED);
    assert_true(mm_lesion_shape_like("ellipse:1,2,3,4") && mm_lesion_shape_like("POLYGON ((1 2, 3 4))") &&
                mm_lesion_shape_like("[[1, 2, 3, 4]]"));
    assert_false(mm_lesion_shape_like("['Mass']") || mm_lesion_shape_like("[0.07, 0.07]") || mm_lesion_shape_like("box.png") ||
                 mm_lesion_shape_like("a note: 1, 2, 3, 4"));
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
        cmocka_unit_test(class_names), cmocka_unit_test(polygons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
