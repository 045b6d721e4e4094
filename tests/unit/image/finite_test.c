/* Values that are not finite: the first of them is found in each type of floating point, wherever it is, and whole numbers pass. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/finite.h"

enum { N = 10000 };

static void test_finds_the_first(void **state)
{
    static float v[N];
    static const float wrong[] = {NAN, -NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        for (size_t at = 0; at < N; at += 997) {
            for (size_t i = 0; i < N; i++)
                v[i] = i % 2 ? FLT_MAX : -FLT_MIN / 2;
            assert_int_equal(mm_first_not_finite(MM_F32, v, N, 1), N);
            v[at] = wrong[k];
            v[N - 1] = NAN;
            assert_int_equal(mm_first_not_finite(MM_F32, v, N, 1), at);
            assert_int_equal(mm_first_not_finite(MM_F32, v, at, 1), at);
        }
}

static void test_what_overflows(void **state)
{
    const float most = FLT_MAX / 255, v[3] = {most, -most, nextafterf(most, FLT_MAX)};
    const double d[3] = {0, FLT_MAX, 1e39};
    (void)state;
    assert_true(isfinite(v[0] * 255) && !isfinite(v[2] * 256));
    assert_int_equal(mm_first_not_finite(MM_F32, v, 3, 255), 2);
    assert_int_equal(mm_first_not_finite(MM_F32, v, 3, 1), 3);
    assert_int_equal(mm_first_not_finite(MM_F32, v, 3, 1e-3), 3);
    assert_int_equal(mm_first_not_finite(MM_F64, d, 3, 1), 2);
}

static void test_half_precision(void **state)
{
    const uint16_t f16[4] = {0x7bff, 0xfbff, 0x7c00, 0x7e01}, bf16[4] = {0x7f7f, 0xff7f, 0xff80, 0x7fc1};
    (void)state;
    assert_int_equal(mm_first_not_finite(MM_F16, f16, 4, 1), 2);
    assert_int_equal(mm_first_not_finite(MM_BF16, bf16, 4, 1), 2);
}

static void test_whole_numbers(void **state)
{
    const uint16_t v[2] = {0x7fff, 0xffff};
    (void)state;
    assert_int_equal(mm_first_not_finite(MM_U16, v, 2, 255), 2);
    assert_int_equal(mm_first_not_finite(MM_U8, v, 4, 255), 4);
}

static void test_place_of_a_value(void **state)
{
    float v[2][3][5] = {{{0}}};
    mm_tensor t = {.name = (char *)"image", .dtype = MM_F32, .ndim = 3, .dim = {2, 3, 5}, .count = 30, .data = v};
    mm_error error;
    (void)state;
    assert_int_equal(mm_check_finite(&t, 1, &error), MM_OK);
    v[1][2][4] = -INFINITY;
    assert_int_equal(mm_check_finite(&t, 1, &error), MM_FAILURE);
    assert_string_equal(error.text, "tensor 'image' holds -inf at row 2, column 4: not a finite number");
    v[0][1][0] = FLT_MAX;
    assert_int_equal(mm_check_finite(&t, 255, &error), MM_FAILURE);
    assert_string_equal(error.text, "tensor 'image' holds 3.40282e+38 at row 1, column 0: too large to compute with");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_first), cmocka_unit_test(test_what_overflows), cmocka_unit_test(test_half_precision),
        cmocka_unit_test(test_whole_numbers),   cmocka_unit_test(test_place_of_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
