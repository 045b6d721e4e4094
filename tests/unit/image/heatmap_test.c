/* Where windows lie, that passes over shifted images meet each of them once, cutting with zeros, mirror images. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/image/flip.h"
#include "common/image/heatmap.h"

static void published_geometry(void **state)
{
    (void)state;
    mm_error e;
    mm_heatmap_axis y, x;
    assert_int_equal(mm_heatmap_axis_make(&y, 1152, 224, 8, 112, &e), MM_OK);
    assert_int_equal(mm_heatmap_axis_make(&x, 896, 224, 8, 112, &e), MM_OK);
    assert_int_equal(y.n, 144);
    assert_int_equal(x.n, 112);
    assert_int_equal(y.centre, 4);
    assert_int_equal(y.begin, 4 - 112);
    mm_heatmap_passes p;
    mm_heatmap_passes_make(&p, &y, 32);
    assert_int_equal(p.phases, 4);
    assert_int_equal(p.window, 7);
    assert_int_equal(p.extent, 35 * 32 + 224);
    /* Without padding only whole windows count; one window of exactly the image's size is there. */
    assert_int_equal(mm_heatmap_axis_make(&y, 224, 224, 8, 0, &e), MM_OK);
    assert_true(y.n == 1 && y.begin == 0 && y.centre == 112);
    assert_int_equal(mm_heatmap_axis_make(&y, 223, 224, 8, 0, &e), MM_FAILURE);
    /* Zeros around an image do not make it large enough. */
    assert_int_equal(mm_heatmap_axis_make(&y, 223, 224, 8, 112, &e), MM_FAILURE);
    /* Small patches: two features wide. */
    mm_heatmap_axis_make(&y, 288, 56, 8, 28, &e);
    mm_heatmap_passes_make(&p, &y, 32);
    assert_true(y.n == 36 && y.centre == 4 && p.window == 2);
}

/* Any extent, window, stride and step: n = ceil(L / s), the windows inside and centred, and window i in pass i mod P. */
static void passes_meet_every_window(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    for (int k = 0; k < 20000; k++) {
        mm_error e;
        mm_heatmap_axis a;
        mm_heatmap_passes p;
        size_t size = 1 + mm_random_below(&r, 100), stride = 1 + mm_random_below(&r, 70), pad = mm_random_below(&r, 60);
        size_t extent = size + mm_random_below(&r, 500), step = (size_t)1 << mm_random_below(&r, 6);
        assert_int_equal(mm_heatmap_axis_make(&a, extent, size, stride, pad, &e), MM_OK);
        size_t range = extent + 2 * pad - size;
        assert_int_equal(a.n, range ? (range + stride - 1) / stride : 1);
        long before = a.begin + (long)pad;
        long behind = (long)(extent + pad) - (a.begin + (long)((a.n - 1) * stride + size));
        assert_true(before >= 0 && behind >= 0 && (behind == before || behind == before + 1));
        mm_heatmap_passes_make(&p, &a, step);
        assert_int_equal(p.window, (size + step - 1) / step);
        for (size_t i = 0; i < a.n; i++) {
            size_t phase = i % p.phases, j = i / p.phases;
            assert_true(j < p.cells);
            assert_int_equal(phase * stride + j * p.skip * step, i * stride); /* where its features begin */
        }
        assert_true((p.extent + step - 1) / step >= (p.cells - 1) * p.skip + p.window);
    }
}

static void cuts_are_zero_outside(void **state)
{
    (void)state;
    uint16_t image[5][7], out[4][6];
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 7; x++)
            image[y][x] = (uint16_t)(100 + 10 * y + x);
    for (long y = -6; y < 8; y++)
        for (long x = -8; x < 9; x++) {
            memset(out, 0xab, sizeof out);
            mm_heatmap_cut(image, 5, 7, sizeof **image, y, x, 4, 6, out);
            for (long i = 0; i < 4; i++)
                for (long j = 0; j < 6; j++) {
                    bool inside = y + i >= 0 && y + i < 5 && x + j >= 0 && x + j < 7;
                    assert_int_equal(out[i][j], inside ? image[y + i][x + j] : 0);
                }
        }
}

static void mirrors(void **state)
{
    (void)state;
    uint8_t a[3][4], b[3][4];
    uint16_t c[3][4], d[3][4];
    float f[3][4], g[3][4];
    for (int i = 0; i < 12; i++)
        f[i / 4][i % 4] = (float)(c[i / 4][i % 4] = (uint16_t)(300 * i + (a[i / 4][i % 4] = (uint8_t)i)));
    for (int mirror = 0; mirror < 4; mirror++) {
        mm_flip(a, 3, 4, 1, mirror & 1, mirror & 2, b);
        mm_flip(c, 3, 4, 2, mirror & 1, mirror & 2, d);
        mm_flip(f, 3, 4, 4, mirror & 1, mirror & 2, g);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 4; x++) {
                int fy = mirror & 2 ? 2 - y : y, fx = mirror & 1 ? 3 - x : x;
                assert_int_equal(b[y][x], a[fy][fx]);
                assert_int_equal(d[y][x], c[fy][fx]);
                assert_true(g[y][x] == f[fy][fx]);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_geometry), cmocka_unit_test(passes_meet_every_window),
        cmocka_unit_test(cuts_are_zero_outside), cmocka_unit_test(mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
