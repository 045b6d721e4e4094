/* Affine maps: composition against point-wise application, inverse, text that reads back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/affine.h"

static const mm_affine M = {1.5, -0.25, 3, 0.125, 2, -7};

static void composes_as_points_do(void **state)
{
    (void)state;
    mm_affine n = {0.5, 0.1, -2, -0.3, 4, 11};
    mm_affine both = mm_affine_compose(M, n);
    double x, y, u, v;
    mm_affine_apply(n, 3, 5, &x, &y);
    mm_affine_apply(M, x, y, &x, &y);
    mm_affine_apply(both, 3, 5, &u, &v);
    assert_true(fabs(x - u) < 1e-12 && fabs(y - v) < 1e-12);
}

static void inverse_undoes(void **state)
{
    (void)state;
    mm_affine back, flat = {1, 2, 0, 2, 4, 0};
    mm_error e;
    double x, y;
    assert_int_equal(mm_affine_invert(M, &back, &e), MM_OK);
    mm_affine_apply(M, 3, 5, &x, &y);
    mm_affine_apply(back, x, y, &x, &y);
    assert_true(fabs(x - 3) < 1e-12 && fabs(y - 5) < 1e-12);
    assert_int_equal(mm_affine_invert(flat, &back, &e), MM_FAILURE);
}

static void resizing_keeps_edges(void **state)
{
    (void)state;
    /* 100 rows to 25, 5 rows of padding above; 60 columns to 20, 2 columns cut off on the left. */
    mm_affine m = mm_affine_resized(100, 25, 5, 60, 20, -2);
    double x, y;
    mm_affine_apply(m, -2 - 0.5, 5 - 0.5, &x, &y); /* upper left edge of the scaled image */
    assert_true(fabs(x + 0.5) < 1e-12 && fabs(y + 0.5) < 1e-12);
    mm_affine_apply(m, -2 + 20 - 0.5, 5 + 25 - 0.5, &x, &y);
    assert_true(fabs(x - 59.5) < 1e-12 && fabs(y - 99.5) < 1e-12);
}

static void text_reads_back(void **state)
{
    (void)state;
    char text[MM_AFFINE_TEXT];
    mm_affine m = {1.0 / 3, -0.0, 1e-17, 4096, -1.7976931348623157e308, 0.1}, back;
    mm_error e;
    mm_affine_format(m, text);
    assert_int_equal(mm_affine_parse(text, &back, &e), MM_OK);
    assert_true(back.a == m.a && back.b == 0 && back.c == m.c && back.d == m.d && back.e == m.e && back.f == m.f);
    mm_affine_format(mm_affine_identity(), text);
    assert_string_equal(text, "1 0 0 0 1 0");
    assert_int_equal(mm_affine_parse(NULL, &back, &e), MM_OK);
    assert_true(back.a == 1 && back.e == 1 && back.c == 0);
    assert_int_equal(mm_affine_parse("1 0 0 0 1", &back, &e), MM_FAILURE);
    assert_int_equal(mm_affine_parse("1 0 0 0 1 0 0", &back, &e), MM_FAILURE);
    assert_int_equal(mm_affine_parse("1 0 0 0 nan 0", &back, &e), MM_FAILURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(composes_as_points_do),
        cmocka_unit_test(inverse_undoes),
        cmocka_unit_test(resizing_keeps_edges),
        cmocka_unit_test(text_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
