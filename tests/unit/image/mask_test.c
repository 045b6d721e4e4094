/* What the values of masks mean: two values, label maps, soft edges, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/mask.h"

enum { H = 60, W = 50 };

static uint16_t wide[H * W];
static uint8_t pixels[H * W], plane[H * W];

static void clear(void) { memset(pixels, 0, sizeof pixels); }

static void fill(size_t y, size_t x, size_t h, size_t w, unsigned value)
{
    for (size_t i = y; i < y + h; i++)
        memset(pixels + i * W + x, (int)value, w);
}

/* A box whose edges are ramps of these values, from outside to inside. */
static void ramp(const unsigned *value, size_t n, size_t thick)
{
    for (size_t i = 0; i < n; i++)
        fill(5 + i * thick, 5 + i * thick, 45 - 2 * i * thick, 40 - 2 * i * thick, value[i]);
}

/* The number of labels, 0 for one plane, -1 for a refusal; checks 8 and 16 bits alike. */
static int labels(mm_mask_labels *found, bool lossy)
{
    mm_image image = {.dtype = MM_U8, .ndim = 2, .dim = {H, W}, .data = pixels, .lossy = lossy};
    mm_image deep = {.dtype = MM_U16, .ndim = 2, .dim = {H, W}, .data = wide, .lossy = lossy};
    mm_mask_labels other;
    mm_error error = {0};
    static uint8_t again[H * W];
    for (size_t i = 0; i < H * W; i++)
        wide[i] = pixels[i];
    int a = mm_mask_understand(&image, plane, found, &error), b = mm_mask_understand(&deep, again, &other, &error);
    assert_int_equal(a, b);
    if (a)
        return -1;
    assert_memory_equal(plane, again, sizeof plane);
    assert_int_equal(found->n, other.n);
    assert_memory_equal(found->value, other.value, found->n * sizeof *found->value);
    return (int)found->n;
}

static size_t inside(void)
{
    size_t n = 0;
    for (size_t i = 0; i < H * W; i++)
        n += plane[i];
    return n;
}

static void two_values(void **state)
{
    mm_mask_labels found;
    (void)state;
    for (unsigned white = 1; white < 256; white += 127) {
        clear();
        fill(10, 10, 10, 10, white);
        assert_int_equal(labels(&found, false), 0);
        assert_int_equal(inside(), 100);
    }
    fill(0, 0, H, W, 7);
    assert_int_equal(labels(&found, false), 0);
    assert_int_equal(inside(), H * W);
    assert_false(found.empty);
    clear();
    assert_int_equal(labels(&found, false), 0);
    assert_true(found.empty);
    assert_int_equal(inside(), 0);
}

static void label_maps(void **state)
{
    static const unsigned sets[][3] = {{1, 3, 0}, {1, 2, 3}, {1, 255, 0}, {50, 100, 150}, {1, 128, 255}, {85, 170, 255}};
    mm_mask_labels found;
    (void)state;
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        clear();
        for (unsigned k = 0; k < 3 && sets[s][k]; k++)
            fill(5 + 15 * k, 10, 10, 10, sets[s][k]);
        int n = sets[s][2] ? 3 : 2;
        assert_int_equal(labels(&found, false), n);
        for (int k = 0; k < n; k++) {
            mm_image image = {.dtype = MM_U8, .ndim = 2, .dim = {H, W}, .data = pixels};
            assert_int_equal(found.value[k], sets[s][k]);
            mm_mask_of_label(&image, found.value[k], plane);
            assert_int_equal(inside(), 100);
        }
        assert_int_equal(labels(&found, true), s == 2 ? 0 : -1); /* a JPEG has no labels; values near 0 are its noise */
    }
    /* labels inside of one another, and small ones */
    clear();
    fill(5, 5, 40, 40, 1), fill(15, 15, 20, 20, 2), fill(50, 5, 2, 2, 3);
    assert_int_equal(labels(&found, false), 3);
    /* counted without a gap, all small */
    clear();
    for (unsigned k = 0; k < 60; k++)
        fill(4 * (k / 12) + 2, 4 * (k % 12) + 1, 2, 2, k + 1);
    assert_int_equal(labels(&found, false), 60);
}

static void soft_edges(void **state)
{
    static const unsigned jpeg[] = {2, 10, 60, 180, 250, 253, 255}, two[] = {128, 255}, four[] = {64, 128, 191, 255};
    mm_mask_labels found;
    (void)state;
    for (size_t thick = 1; thick <= 2; thick++) {
        clear(), ramp(jpeg, 7, thick);
        assert_int_equal(labels(&found, false), 0);
        assert_int_equal(labels(&found, true), 0);
        clear(), ramp(two, 2, thick);
        assert_int_equal(labels(&found, false), 0);
        size_t side = 2 * (thick - 1);
        assert_int_equal(inside(), 45 * 40);
        clear(), ramp(four, 4, thick);
        assert_int_equal(labels(&found, false), 0);
        assert_int_equal(inside(), (43 - side) * (38 - side));
    }
}

static void refused(void **state)
{
    mm_mask_labels found;
    (void)state;
    /* no outside */
    fill(0, 0, H, W, 1), fill(10, 10, 10, 10, 2);
    assert_int_equal(labels(&found, false), -1);
    /* a picture */
    for (size_t i = 0; i < H * W; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 13);
    fill(10, 10, 20, 20, 100);
    assert_int_equal(labels(&found, false), -1);
    /* a small label that would be cut off */
    clear();
    fill(5, 5, 2, 2, 2), fill(30, 30, 10, 10, 255);
    assert_int_equal(labels(&found, false), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_values), cmocka_unit_test(label_maps), cmocka_unit_test(soft_edges),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
