/* Bitmaps and components against slow and simple versions of the same; outlines of known area. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/components.h"

enum { H = 37, W = 150 }; /* more than two words a row, the last in part */

static mm_error error;

static uint32_t noise(uint32_t *state)
{
    return (*state = *state * 1664525u + 1013904223u) >> 8;
}

static void make(mm_bitmap *map, uint8_t *byte, unsigned percent, uint32_t seed)
{
    for (size_t i = 0; i < H * W; i++)
        byte[i] = noise(&seed) % 100 < percent;
    assert_int_equal(mm_bitmap_init(map, H, W, &error), MM_OK);
    mm_bitmap_from_bytes(map, byte, W);
}

static void same(const mm_bitmap *map, const uint8_t *byte)
{
    static uint8_t got[H * W];
    mm_bitmap_to_bytes(map, got, W);
    assert_memory_equal(got, byte, H * W);
}

static void bytes_come_back(void **state)
{
    (void)state;
    static uint8_t byte[H * W];
    mm_bitmap map;
    make(&map, byte, 40, 1);
    same(&map, byte);
    size_t n = 0;
    for (size_t i = 0; i < H * W; i++)
        n += byte[i];
    assert_int_equal(mm_bitmap_count(&map), n);
    mm_bitmap_invert(&map);
    assert_int_equal(mm_bitmap_count(&map), H * W - n); /* nothing beyond the last column */
    mm_bitmap_free(&map);
}

static void thresholds_are_strict(void **state)
{
    (void)state;
    static uint16_t deep[H * W];
    static uint8_t shallow[H * W], expected[H * W];
    static float real[H * W];
    uint32_t seed = 5;
    mm_bitmap map;
    assert_int_equal(mm_bitmap_init(&map, H, W, &error), MM_OK);
    for (size_t i = 0; i < H * W; i++) {
        deep[i] = (uint16_t)noise(&seed);
        shallow[i] = (uint8_t)deep[i];
        real[i] = (float)deep[i] / 7;
    }
    const double limits[] = {-1, 0, 99.5, 100, 254, 255, 65535, 1e9};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        const mm_plane planes[3] = {{MM_U8, shallow, H, W, W}, {MM_U16, deep, H, W, W}, {MM_F32, real, H, W, W}};
        for (int p = 0; p < 3; p++) {
            for (size_t i = 0; i < H * W; i++)
                expected[i] = (p == 0 ? shallow[i] : p == 1 ? deep[i] : (double)real[i]) > limits[k];
            assert_int_equal(mm_bitmap_above(&map, &planes[p], limits[k], &error), MM_OK);
            same(&map, expected);
        }
    }
    const mm_plane other = {MM_F64, real, H, W, W};
    assert_int_equal(mm_bitmap_above(&map, &other, 0, &error), MM_FAILURE);
    mm_bitmap_free(&map);
}

/* Whether (dy, dx) lies in the octagon of this radius: a square of half side a and a diamond of half diagonal r - a. */
static int in_octagon(long dy, long dx, long r)
{
    long a = (long)(0.41421356237 * (double)r + 0.5);
    long y = labs(dy) > a ? labs(dy) - a : 0, x = labs(dx) > a ? labs(dx) - a : 0;
    return x + y <= r - a;
}

static void dilates_and_erodes_by_octagons(void **state)
{
    (void)state;
    static uint8_t byte[H * W], wide[H * W], narrow[H * W];
    const long radii[] = {1, 2, 3, 7, 16, 30, 90};
    for (size_t k = 0; k < sizeof radii / sizeof *radii; k++) {
        mm_bitmap map, eroded;
        make(&map, byte, 2, 3 + (uint32_t)k);
        for (size_t i = 0; i < 6; i++)
            byte[17 * W + 70 + i] = 1;
        mm_bitmap_from_bytes(&map, byte, W);
        for (long y = 0; y < H; y++) {
            for (long x = 0; x < W; x++) {
                uint8_t any = 0, all = 1;
                for (long v = 0; v < H; v++)
                    for (long u = 0; u < W; u++)
                        if (in_octagon(y - v, x - u, radii[k])) {
                            any |= byte[v * W + u];
                            all &= !byte[v * W + u];
                        }
                wide[y * W + x] = any;
                narrow[y * W + x] = all;
            }
        }
        assert_int_equal(mm_bitmap_init(&eroded, H, W, &error), MM_OK);
        mm_bitmap_copy(&eroded, &map);
        mm_bitmap_invert(&eroded);
        assert_int_equal(mm_bitmap_dilate(&map, (size_t)radii[k], &error), MM_OK);
        same(&map, wide);
        assert_int_equal(mm_bitmap_erode(&eroded, (size_t)radii[k], &error), MM_OK);
        same(&eroded, narrow);
        mm_bitmap_free(&map);
        mm_bitmap_free(&eroded);
    }
}

static void grows_within_limits(void **state)
{
    (void)state;
    /* A path of 20 pixels with a gap after the 12th. */
    mm_bitmap map, limit;
    assert_int_equal(mm_bitmap_init(&map, H, W, &error), MM_OK);
    assert_int_equal(mm_bitmap_init(&limit, H, W, &error), MM_OK);
    mm_bitmap_set_run(&limit, 5, 60, 72);
    mm_bitmap_set_run(&limit, 5, 73, 80);
    mm_bitmap_set(&map, 5, 60);
    assert_int_equal(mm_bitmap_grow(&map, &limit, 4, &error), MM_OK);
    assert_int_equal(mm_bitmap_count(&map), 5);
    assert_int_equal(mm_bitmap_grow(&map, &limit, 100, &error), MM_OK);
    assert_int_equal(mm_bitmap_count(&map), 12);
    mm_bitmap_free(&map);
    mm_bitmap_free(&limit);
}

/* Labels by flooding from each pixel in scan order; 0 is background. */
static size_t flood_all(const uint8_t *byte, int connectivity, uint32_t *label)
{
    static size_t stack[H * W];
    size_t n = 0;
    memset(label, 0, H * W * sizeof *label);
    for (size_t i = 0; i < H * W; i++) {
        if (!byte[i] || label[i])
            continue;
        size_t top = 0;
        label[i] = (uint32_t)++n;
        stack[top++] = i;
        while (top) {
            size_t at = stack[--top];
            long y = (long)(at / W), x = (long)(at % W);
            for (long v = y - 1; v <= y + 1; v++)
                for (long u = x - 1; u <= x + 1; u++) {
                    if (v < 0 || u < 0 || v >= H || u >= W || (connectivity == 4 && v != y && u != x))
                        continue;
                    size_t next = (size_t)(v * W + u);
                    if (byte[next] && !label[next]) {
                        label[next] = (uint32_t)n;
                        stack[top++] = next;
                    }
                }
        }
    }
    return n;
}

static void components_are_those_of_flooding(void **state)
{
    (void)state;
    static uint8_t byte[H * W];
    static uint32_t label[H * W];
    for (uint32_t seed = 1; seed <= 12; seed++) {
        mm_bitmap map;
        make(&map, byte, 10 + 7 * seed, seed);
        for (int connectivity = 4; connectivity <= 8; connectivity += 4) {
            mm_components c;
            size_t n = flood_all(byte, connectivity, label), total = 0;
            assert_int_equal(mm_components_find(&map, connectivity, &c, &error), MM_OK);
            assert_int_equal(c.components, n);
            for (size_t i = 0; i < c.runs; i++)
                for (size_t x = c.run[i].x0; x < c.run[i].x1; x++)
                    assert_int_equal(label[c.run[i].y * W + x], c.run[i].label + 1);
            for (size_t i = 0; i < n; i++)
                total += c.component[i].area;
            assert_int_equal(total, mm_bitmap_count(&map));
            mm_components_free(&c);
        }
        mm_bitmap_free(&map);
    }
}

static void holes_are_filled(void **state)
{
    (void)state;
    static uint8_t byte[H * W], outside[H * W];
    static uint32_t label[H * W];
    mm_bitmap map;
    make(&map, byte, 62, 9);
    for (size_t i = 0; i < H * W; i++)
        outside[i] = !byte[i];
    flood_all(outside, 4, label);
    for (size_t i = 0; i < H * W; i++) {
        bool open = false; /* does this hole come to the edge? */
        for (size_t k = 0; !byte[i] && k < H * W; k++)
            open = open || (label[k] == label[i] && (k / W == 0 || k / W == H - 1 || k % W == 0 || k % W == W - 1));
        outside[i] = !open;
    }
    assert_int_equal(mm_fill_holes(&map, &error), MM_OK);
    same(&map, outside);
    mm_bitmap_free(&map);
}

static double area_of(const char *const *rows, size_t n)
{
    mm_bitmap map, out;
    double area;
    bool found;
    assert_int_equal(mm_bitmap_init(&map, n, strlen(rows[0]), &error), MM_OK);
    assert_int_equal(mm_bitmap_init(&out, n, strlen(rows[0]), &error), MM_OK);
    for (size_t y = 0; y < n; y++)
        for (size_t x = 0; rows[y][x]; x++)
            if (rows[y][x] == '#')
                mm_bitmap_set(&map, y, x);
    assert_int_equal(mm_largest_outline(&map, &out, &area, &found, &error), MM_OK);
    mm_bitmap_free(&map);
    mm_bitmap_free(&out);
    return found ? area : -1;
}

static void outlines_enclose_polygons(void **state)
{
    (void)state;
    const char *const box[] = {"......", ".####.", ".####.", ".####.", "......"}; /* 3 x 2 */
    const char *const diamond[] = {"..#..", ".#.#.", "..#.."};                   /* a hole, 1 x 1 on its tip: 2 */
    const char *const ring[] = {"#####", "#...#", "#.#.#", "#...#", "#####"};    /* what it holds counts: 4 x 4 */
    const char *const line[] = {"#####", ".....", "....."};
    const char *const wedge[] = {"#...", "##..", "###.", "####"}; /* half of 3 x 3 */
    const char *const none[] = {"...", "..."};
    /* The thin ring holds more than the full block, though it has fewer pixels. */
    const char *const two[] = {"####..#####", "####..#...#", "####..#...#", "####..#...#", "......#####"};
    assert_true(area_of(box, 5) == 6);
    assert_true(area_of(diamond, 3) == 2);
    assert_true(area_of(ring, 5) == 16);
    assert_true(area_of(line, 3) == 0);
    assert_true(area_of(wedge, 4) == 4.5);
    assert_true(area_of(none, 2) == -1);
    assert_true(area_of(two, 5) == 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(thresholds_are_strict),
        cmocka_unit_test(dilates_and_erodes_by_octagons),
        cmocka_unit_test(grows_within_limits),
        cmocka_unit_test(components_are_those_of_flooding),
        cmocka_unit_test(holes_are_filled),
        cmocka_unit_test(outlines_enclose_polygons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
