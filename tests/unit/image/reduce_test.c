/* Reduced copies: means over whole and shared pixels, scaling, all types, parts of a plane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/image/reduce.h"

static mm_reduced reduce(mm_dtype dtype, const void *data, size_t h, size_t w, size_t stride, double maximum, size_t side)
{
    const mm_plane plane = {dtype, data, h, w, stride};
    mm_reduced r;
    mm_error e;
    assert_int_equal(mm_reduce(&plane, maximum, side, &r, &e), MM_OK);
    return r;
}

static void pixels_are_means_over_their_area(void **state)
{
    (void)state;
    /* 3 columns become 2: the middle one is shared. 65535 / 255 = 257. */
    static const uint8_t row[3] = {30, 60, 90};
    mm_reduced r = reduce(MM_U8, row, 1, 3, 3, 255, 2);
    assert_true(r.h == 1 && r.w == 2);
    assert_int_equal(r.grey[0], 40 * 257);
    assert_int_equal(r.grey[1], 80 * 257);
    mm_reduced_free(&r);
    static const uint16_t block[4][4] = {{0, 4, 100, 100}, {8, 12, 100, 100}, {1, 1, 7, 7}, {1, 1, 7, 7}};
    r = reduce(MM_U16, block, 4, 4, 4, 65535, 2);
    assert_true(r.h == 2 && r.w == 2);
    assert_true(r.grey[0] == 6 && r.grey[1] == 100 && r.grey[2] == 1 && r.grey[3] == 7);
    mm_reduced_free(&r);
}

static void smaller_planes_keep_their_pixels(void **state)
{
    (void)state;
    static const float rows[2][4] = {{0, 0.5f, 1, 99}, {-1, 0.25f, 0.75f, 99}}; /* a part: the last column is not in it */
    mm_reduced r = reduce(MM_F32, rows, 2, 3, 4, 1, 3);
    static const uint16_t right[6] = {0, 32768, 65535, 0, 16384, 49151};
    assert_true(r.h == 2 && r.w == 3);
    assert_memory_equal(r.grey, right, sizeof right);
    mm_reduced_free(&r);
}

static void sides_keep_their_ratio(void **state)
{
    (void)state;
    uint8_t *plane = malloc(1000 * 300);
    assert_non_null(plane);
    for (size_t i = 0; i < 1000 * 300; i++)
        plane[i] = 77;
    mm_reduced r = reduce(MM_U8, plane, 1000, 300, 300, 77, 224);
    assert_true(r.h == 224 && r.w == 67);
    for (size_t i = 0; i < r.h * r.w; i++)
        assert_in_range(r.grey[i], 65534, 65535);
    mm_reduced_free(&r);
    r = reduce(MM_U8, plane, 1, 1000, 1000, 77, 10);
    assert_true(r.h == 1 && r.w == 10);
    mm_reduced_free(&r);
    free(plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_means_over_their_area),
        cmocka_unit_test(smaller_planes_keep_their_pixels),
        cmocka_unit_test(sides_keep_their_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
