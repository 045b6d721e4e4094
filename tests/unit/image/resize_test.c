/* Resizing: placement, answers that are known, masks; and a result that is wrong on purpose, which is caught. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/resize.h"

static mm_placement placed(size_t h, size_t w, size_t H, size_t W, mm_fit fit, mm_wide wide)
{
    mm_placement p;
    mm_error e;
    assert_int_equal(mm_place(h, w, H, W, fit, wide, &p, &e), MM_OK);
    return p;
}

static void resize(const mm_placement *p, mm_interpolation how, mm_dtype dtype, const void *in, void *out)
{
    mm_resizer r;
    mm_error e;
    assert_int_equal(mm_resizer_init(&r, p, how, &e), MM_OK);
    assert_int_equal(mm_resize(&r, dtype, in, out, &e), MM_OK);
    mm_resizer_free(&r);
}

static mm_mask_fate resize_mask(const mm_placement *p, const uint8_t *in, uint8_t *out)
{
    mm_resizer r;
    mm_error e;
    mm_mask_fate fate;
    assert_int_equal(mm_resizer_init(&r, p, MM_INTERPOLATE_AREA, &e), MM_OK);
    assert_int_equal(mm_resize_mask(&r, in, out, &fate, &e), MM_OK);
    mm_resizer_free(&r);
    return fate;
}

static void check_placement(mm_placement p, size_t scaled_h, size_t scaled_w, long top, long left)
{
    assert_int_equal(p.scaled_h, scaled_h);
    assert_int_equal(p.scaled_w, scaled_w);
    assert_int_equal(p.top, top);
    assert_int_equal(p.left, left);
}

static void places_as_described(void **state)
{
    (void)state;
    /* int(1152 / 5295 * 3131) = int(681.19); 896 - 681 = 215: 107 left, 108 right. */
    check_placement(placed(5295, 3131, 1152, 896, MM_FIT_PAD, MM_WIDE_SHRINK), 1152, 681, 0, 107);
    /* 1152 / 1024 * 1024 is wider: shrunk to 896 x 896, or 256 columns cut off. */
    check_placement(placed(1024, 1024, 1152, 896, MM_FIT_PAD, MM_WIDE_SHRINK), 896, 896, 128, 0);
    check_placement(placed(1024, 1024, 1152, 896, MM_FIT_PAD, MM_WIDE_CROP), 1152, 1152, 0, -128);
    check_placement(placed(1024, 1024, 1152, 896, MM_FIT_STRETCH, MM_WIDE_SHRINK), 1152, 896, 0, 0);
    /* A fraction of a pixel too wide is not too wide: 100 * 10 / 110 = 9.09. */
    check_placement(placed(110, 100, 10, 9, MM_FIT_PAD, MM_WIDE_SHRINK), 10, 9, 0, 0);
    /* An odd row of padding goes below, a sliver keeps one pixel. */
    check_placement(placed(10, 20, 8, 7, MM_FIT_PAD, MM_WIDE_SHRINK), 3, 7, 2, 0);
    check_placement(placed(4000, 1, 10, 9, MM_FIT_PAD, MM_WIDE_SHRINK), 10, 1, 0, 4);
    mm_placement p;
    mm_error e;
    assert_int_equal(mm_place(0, 5, 10, 10, MM_FIT_PAD, MM_WIDE_SHRINK, &p, &e), MM_FAILURE);
    assert_int_equal(mm_place(1, MM_MAX_SIDE, 1000, 10, MM_FIT_PAD, MM_WIDE_CROP, &p, &e), MM_FAILURE);
}

static void whole_factors_are_box_means(void **state)
{
    (void)state;
    enum { F = 6, H = 7, W = 5 };
    static uint16_t in[H * F * W * F];
    uint16_t out[H * W];
    uint32_t random = 7;
    for (size_t i = 0; i < H * F * W * F; i++)
        in[i] = (uint16_t)((random = random * 1664525u + 1013904223u) >> 16);
    mm_placement p = placed(H * F, W * F, H, W, MM_FIT_PAD, MM_WIDE_SHRINK);
    resize(&p, MM_INTERPOLATE_AUTO, MM_U16, in, out);
    for (size_t y = 0; y < H; y++) {
        for (size_t x = 0; x < W; x++) {
            uint64_t sum = 0;
            for (size_t i = 0; i < F * F; i++)
                sum += in[(y * F + i / F) * W * F + x * F + i % F];
            assert_int_equal(out[y * W + x], (2 * sum + F * F) / (2 * F * F)); /* half up */
        }
    }
}

static void ramps_stay_ramps(void **state)
{
    (void)state;
    enum { H = 90, W = 120 };
    static float in[H * W];
    static float out[200 * 200];
    for (size_t y = 0; y < H; y++)
        for (size_t x = 0; x < W; x++)
            in[y * W + x] = 3 * (float)x - 2 * (float)y + 500;
    const size_t sizes[3][2] = {{31, 47}, {90, 120}, {133, 200}};
    const mm_interpolation hows[] = {MM_INTERPOLATE_AUTO, MM_INTERPOLATE_AREA, MM_INTERPOLATE_BILINEAR,
                                     MM_INTERPOLATE_CUBIC, MM_INTERPOLATE_LANCZOS3};
    for (int s = 0; s < 3; s++) {
        for (int k = 0; k < 5; k++) {
            if (s == 2 && k == 1)
                continue; /* area enlarges in blocks */
            mm_placement p = placed(H, W, sizes[s][0], sizes[s][1], MM_FIT_STRETCH, MM_WIDE_SHRINK);
            mm_affine m = mm_placement_to_source(&p);
            resize(&p, hows[k], MM_F32, in, out);
            /* Pixels are steps, not points: all but bilinear bend a ramp by a fraction of one. */
            double tolerance = hows[k] == MM_INTERPOLATE_BILINEAR || s == 1 ? 0.002 : 0.2;
            for (size_t y = 8; y + 8 < p.canvas_h; y++) {
                for (size_t x = 8; x + 8 < p.canvas_w; x++) {
                    double u, v;
                    mm_affine_apply(m, (double)x, (double)y, &u, &v);
                    assert_true(fabs((double)out[y * p.canvas_w + x] - (3 * u - 2 * v + 500)) < tolerance);
                }
            }
        }
    }
}

static void constants_stay_and_padding_is_zero(void **state)
{
    (void)state;
    static uint8_t in[50 * 33], out[40 * 40];
    memset(in, 255, sizeof in);
    for (int k = MM_INTERPOLATE_AUTO; k <= MM_INTERPOLATE_LANCZOS3; k++) {
        mm_placement p = placed(50, 33, 40, 40, MM_FIT_PAD, MM_WIDE_SHRINK); /* 26 wide: 7 left, 7 right */
        memset(out, 99, sizeof out);
        resize(&p, (mm_interpolation)k, MM_U8, in, out);
        for (size_t i = 0; i < 1600; i++)
            assert_int_equal(out[i], i % 40 >= 7 && i % 40 < 33 ? 255 : 0);
    }
}

static void cropping_takes_the_middle(void **state)
{
    (void)state;
    uint8_t in[2 * 9], out[2 * 4];
    for (uint8_t i = 0; i < 18; i++)
        in[i] = i;
    mm_placement p = placed(2, 9, 2, 4, MM_FIT_PAD, MM_WIDE_CROP);
    resize(&p, MM_INTERPOLATE_AUTO, MM_U8, in, out); /* (9 - 4) / 2 = 2 columns off the left */
    const uint8_t expected[8] = {2, 3, 4, 5, 11, 12, 13, 14};
    assert_memory_equal(out, expected, 8);
    double x, y;
    mm_affine_apply(mm_placement_to_source(&p), 1, 1, &x, &y);
    assert_true(x == 3 && y == 1);
}

static void corner_centres_map_back(void **state)
{
    (void)state;
    mm_placement p = placed(4800, 3000, 1152, 896, MM_FIT_PAD, MM_WIDE_SHRINK); /* 720 wide, 88 left */
    mm_affine m = mm_placement_to_source(&p);
    double x, y;
    mm_affine_apply(m, 88, 0, &x, &y); /* covers 0 .. 25/6: centre 25/12 - 1/2 */
    assert_true(fabs(x - (25.0 / 12 - 0.5)) < 1e-9 && fabs(y - (25.0 / 12 - 0.5)) < 1e-9);
    mm_affine_apply(m, 88 + 719, 1151, &x, &y);
    assert_true(fabs(x - (2999.5 - 25.0 / 12)) < 1e-9 && fabs(y - (4799.5 - 25.0 / 12)) < 1e-9);
}

static void masks_move_by_coverage(void **state)
{
    (void)state;
    /* 4 x 8 to 2 x 4: blocks of four pixels with 4, 2, 1, 0 of them set, and below 3, 2, 1, 0. */
    const uint8_t in[4 * 8] = {1, 1, 9, 0, 0, 0, 0, 0, 1, 1, 0, 9, 0, 1, 0, 0,
                               1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0};
    const uint8_t expected[8] = {1, 1, 0, 0, 1, 1, 0, 0};
    uint8_t out[8];
    mm_placement p = placed(4, 8, 2, 4, MM_FIT_PAD, MM_WIDE_SHRINK);
    assert_int_equal(resize_mask(&p, in, out), MM_MASK_MOVED);
    assert_memory_equal(out, expected, 8);
    /* The check is one that fails: the same mask, moved by a pixel. */
    uint8_t shifted[4 * 8];
    memcpy(shifted + 1, in, 31);
    shifted[0] = 0;
    resize_mask(&p, shifted, out);
    assert_memory_not_equal(out, expected, 8);
}

static void vanishing_masks_are_rescued(void **state)
{
    (void)state;
    static uint8_t in[80 * 80], out[8 * 8];
    mm_placement p = placed(80, 80, 8, 8, MM_FIT_PAD, MM_WIDE_SHRINK);
    assert_int_equal(resize_mask(&p, in, out), MM_MASK_MOVED); /* empty stays empty */
    for (size_t x = 27; x < 32; x++)
        in[45 * 80 + x] = 1; /* three pixels of block (4, 2), two of (4, 3) */
    assert_int_equal(resize_mask(&p, in, out), MM_MASK_RESCUED);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(out[i], i == 4 * 8 + 2);
    static uint8_t wide[8 * 40], small[8 * 8];
    wide[3 * 40 + 1] = 1;
    p = placed(8, 40, 8, 8, MM_FIT_PAD, MM_WIDE_CROP);
    assert_int_equal(resize_mask(&p, wide, small), MM_MASK_CUT_OFF);
    assert_int_equal(memchr(small, 1, 64) == NULL, 1);
}

/* Rows that come a few at a time, of which no more are kept than asked for, give the same bytes. */
static void rows_may_come_one_after_another(void **state)
{
    (void)state;
    enum { H = 211, W = 150, CANVAS = 300 };
    static uint16_t in[H * W], whole[CANVAS * CANVAS], rows[CANVAS * CANVAS], window[H * W];
    static uint8_t mask[H * W], mask_whole[CANVAS * CANVAS], mask_rows[CANVAS * CANVAS];
    static const size_t sizes[3][2] = {{50, 40}, {100, 50}, {300, 290}};
    uint32_t random = 3;
    for (size_t i = 0; i < H * W; i++)
        in[i] = (uint16_t)((random = random * 1664525u + 1013904223u) >> 16);
    for (size_t y = 30; y < 90; y++)
        memset(mask + y * W + y, 255, 40);
    mask[180 * W + 3] = 1;
    for (int k = 0; k < 3 * 5 * 2; k++) {
        mm_placement p = placed(H, W, sizes[k % 3][0], sizes[k % 3][1], MM_FIT_PAD, k % 2 ? MM_WIDE_CROP : MM_WIDE_SHRINK);
        mm_resizer r;
        mm_resizing *s, *m;
        mm_error e;
        mm_mask_fate fate;
        mm_interpolation how = (mm_interpolation)(k / 3 % 5);
        assert_int_equal(mm_resizer_init(&r, &p, how, &e), MM_OK);
        assert_int_equal(mm_resize(&r, MM_U16, in, whole, &e), MM_OK);
        assert_int_equal(mm_resizing_new(&s, &r, MM_U16, &e), MM_OK);
        assert_int_equal(mm_resizing_new_mask(&m, &r, &e), MM_OK);
        for (int again = 0; again < 2; again++) { /* a second plane */
            mm_resizing_start(s, rows);
            for (size_t first = 0, come = 0; come < H;) {
                come += 1 + (come * 7 + (size_t)k) % 23;
                come = come < H ? come : H;
                memset(window, 0xee, sizeof window);
                memcpy(window, in + first * W, (come - first) * W * sizeof *in);
                size_t needed = mm_resizing_rows(s, window, first, come - first);
                assert_true(needed >= first && needed <= come);
                first = needed;
            }
            assert_int_equal(mm_resizing_finish(s), MM_MASK_MOVED);
            assert_memory_equal(rows, whole, p.canvas_h * p.canvas_w * sizeof *rows);
        }
        if (how == MM_INTERPOLATE_AREA) {
            assert_int_equal(mm_resize_mask(&r, mask, mask_whole, &fate, &e), MM_OK);
            mm_resizing_start(m, mask_rows);
            for (size_t first = 0, come = 1; come <= H; come++)
                first = mm_resizing_rows(m, mask + first * W, first, come - first);
            assert_int_equal(mm_resizing_finish(m), fate);
            assert_memory_equal(mask_rows, mask_whole, p.canvas_h * p.canvas_w);
        }
        mm_resizing_free(s);
        mm_resizing_free(m);
        mm_resizer_free(&r);
    }
}

static void other_types_are_refused(void **state)
{
    (void)state;
    double in[4] = {0}, out[4];
    mm_placement p = placed(2, 2, 2, 2, MM_FIT_PAD, MM_WIDE_SHRINK);
    mm_resizer r;
    mm_error e;
    assert_int_equal(mm_resizer_init(&r, &p, MM_INTERPOLATE_AUTO, &e), MM_OK);
    assert_int_equal(mm_resize(&r, MM_F64, in, out, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "f64"));
    mm_resizer_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_as_described),
        cmocka_unit_test(whole_factors_are_box_means),
        cmocka_unit_test(ramps_stay_ramps),
        cmocka_unit_test(constants_stay_and_padding_is_zero),
        cmocka_unit_test(cropping_takes_the_middle),
        cmocka_unit_test(corner_centres_map_back),
        cmocka_unit_test(masks_move_by_coverage),
        cmocka_unit_test(vanishing_masks_are_rescued),
        cmocka_unit_test(rows_may_come_one_after_another),
        cmocka_unit_test(other_types_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
