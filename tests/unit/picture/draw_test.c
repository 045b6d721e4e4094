/* Small pictures: the colour map is uniform, sizes keep their aspect, windows, outlines, heat and its positions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "filters/picture/colour.h"
#include "filters/picture/draw.h"

/* Neighbours lie equally far apart in OKLab (8 bits round a step of about 0.006 by up to a third), lightness rises. */
static void uniform(void **state)
{
    (void)state;
    uint8_t c[MM_COLOURS][3];
    double lab[MM_COLOURS][3], length = 0;
    mm_colour_map(c);
    for (int i = 0; i < MM_COLOURS; i++)
        mm_oklab(c[i], lab[i]);
    for (int i = 8; i < MM_COLOURS; i++) {
        assert_true(lab[i][0] > lab[i - 8][0] + 0.01);
        double d = 0;
        for (int k = 0; k < 3; k++)
            d += (lab[i][k] - lab[i - 8][k]) * (lab[i][k] - lab[i - 8][k]);
        length += sqrt(d);
    }
    length /= MM_COLOURS - 8;
    for (int i = 8; i < MM_COLOURS; i++) {
        double d = 0;
        for (int k = 0; k < 3; k++)
            d += (lab[i][k] - lab[i - 8][k]) * (lab[i][k] - lab[i - 8][k]);
        if (fabs(sqrt(d) / length - 1) > 0.12)
            fail_msg("step %d is %.3f of the mean", i, sqrt(d) / length);
    }
    assert_true(fabs(lab[0][0] - 0.18) < 0.02 && fabs(lab[255][0] - 0.94) < 0.01);
}

/* White and grey have no chroma; red's coordinates as published with the definition. */
static void oklab(void **state)
{
    (void)state;
    double lab[3];
    mm_oklab((const uint8_t[]){255, 255, 255}, lab);
    assert_true(fabs(lab[0] - 1) < 1e-6 && fabs(lab[1]) < 1e-6 && fabs(lab[2]) < 1e-6);
    mm_oklab((const uint8_t[]){255, 0, 0}, lab);
    assert_true(fabs(lab[0] - 0.62796) < 1e-4 && fabs(lab[1] - 0.22486) < 1e-4 && fabs(lab[2] - 0.12585) < 1e-4);
}

static void fit(void **state)
{
    (void)state;
    size_t h, w;
    mm_draw_fit(1152, 896, 360, 360, 16, &h, &w);
    assert_true(h == 360 && w == 280);
    mm_draw_fit(56, 56, 160, 160, 16, &h, &w);
    assert_true(h == 112 && w == 112); /* a whole factor */
    mm_draw_fit(4, 4, 160, 160, 16, &h, &w);
    assert_true(h == 64 && w == 64);
    mm_draw_fit(10000, 3, 100, 100, 16, &h, &w);
    assert_true(h == 100 && w == 1);
    mm_draw_fit(5300, 3100, 360, 360, 16, &h, &w);
    assert_true(h == 360 && w == 211);
}

static void window(void **state)
{
    (void)state;
    float v[1000], scratch[1000], low, high;
    uint8_t rgb[3000];
    for (int i = 0; i < 1000; i++)
        v[i] = i < 500 ? 0 : (float)(100 + i % 100);
    v[999] = 5000; /* a bright speck does not darken the rest */
    mm_draw_window(v, 1000, scratch, &low, &high);
    assert_true(low >= 100 && low <= 101 && high >= 198 && high <= 199);
    mm_draw_grey(v, 1000, low, high, rgb);
    assert_true(rgb[0] == 0 && rgb[3 * 999] == 255 && rgb[3 * 550] > 100 && rgb[3 * 550] < 150);
    for (int i = 0; i < 1000; i++)
        v[i] = 7;
    mm_draw_window(v, 1000, scratch, &low, &high);
    assert_true(low < 7 && high > 7);
    v[0] = NAN;
    mm_draw_grey(v, 1, 0, 1, rgb);
    assert_int_equal(rgb[0], 0);
}

static void outline(void **state)
{
    (void)state;
    enum { N = 9 };
    uint8_t rgb[N * N * 3] = {0}, mask[N * N] = {0}, scratch[N * N];
    const uint8_t ink[3] = {9, 8, 7};
    mask[4 * N + 4] = mask[4 * N + 5] = 1;
    mm_draw_outline(rgb, mask, N, N, 1, ink, scratch);
    int count = 0;
    for (int i = 0; i < N * N; i++)
        count += rgb[3 * i] == 9 && rgb[3 * i + 1] == 8 && rgb[3 * i + 2] == 7;
    assert_int_equal(count, 10);                   /* the ring of 3 x 4 around two pixels */
    assert_int_equal(rgb[3 * (4 * N + 4)], 0);     /* the lesion itself stays to be seen */
    assert_int_equal(rgb[3 * (3 * N + 3)], 9);
    memset(rgb, 0, sizeof rgb);
    memset(mask, 0, sizeof mask);
    mm_draw_outline(rgb, mask, N, N, 1, ink, scratch);
    for (size_t i = 0; i < sizeof rgb; i++)
        assert_int_equal(rgb[i], 0);
}

static void heat(void **state)
{
    (void)state;
    /* A map of 2 x 2 at pixels 2 and 6 of an image of 8 x 8, seen at full size. */
    double value[4] = {0, 1, 0, 1};
    const mm_heatmap map = {.height = 2, .width = 2, .stride_y = 4, .stride_x = 4, .offset_y = 2, .offset_x = 2, .values = value};
    float out[64];
    mm_draw_sample(&map, 0, 8, 8, 8, 8, out);
    assert_true(out[0] == 0 && out[2] == 0 && fabsf(out[4] - 0.5f) < 1e-6f && out[6] == 1 && out[7] == 1);
    uint8_t rgb[64 * 3], over[64], colours[MM_COLOURS][3];
    mm_colour_map(colours);
    memset(rgb, 100, sizeof rgb);
    memset(over, 1, sizeof over);
    over[7] = 0;
    mm_draw_heat(rgb, out, over, 64, 0, 1, 1, colours);
    assert_int_equal(rgb[0], 100);                       /* cold: the image */
    assert_memory_equal(rgb + 3 * 6, colours[255], 3);   /* hot: the colour */
    for (size_t k = 0; k < 3; k++)                       /* between: half of either */
        assert_int_equal(rgb[3 * 4 + k], (100 + colours[128][k] + 1) / 2);
    assert_int_equal(rgb[3 * 7], 100);                   /* outside of where heat is drawn */
}

/* Cells that are not shown, for want of tissue or of heat, are left out; the others are seen whole. */
static void hidden(void **state)
{
    (void)state;
    double value[4] = {0.9, 1, 0.4, 0.8};
    uint8_t computed[4] = {1, 0, 1, 1}, rgb[64 * 3], colours[MM_COLOURS][3];
    mm_heatmap map = {.height = 2, .width = 2, .stride_y = 4, .stride_x = 4, .offset_y = 2, .offset_x = 2, .values = value,
                      .computed = computed};
    float out[64];
    mm_draw_sample(&map, 0, 8, 8, 8, 8, out);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            assert_int_equal(isnan(out[i * 8 + j]), i <= 4 && j > 4);
    assert_true(out[2 * 8 + 4] == 0.9f && fabsf(out[4 * 8 + 2] - 0.65f) < 1e-6f); /* nothing of the hidden cell, half of both */
    mm_draw_sample(&map, 0.9, 8, 8, 8, 8, out); /* one cell is left, from its pixel half a stride each way */
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            assert_true(i <= 4 && j <= 4 ? out[i * 8 + j] == 0.9f : isnan(out[i * 8 + j]));
    mm_colour_map(colours);
    memset(rgb, 100, sizeof rgb);
    mm_draw_heat(rgb, out, NULL, 64, 0.9, 1, 0.5, colours);
    assert_int_equal(rgb[3 * 7], 100);
    for (size_t k = 0; k < 3; k++) /* the first colour at the threshold, which covers by its heat */
        assert_int_equal(rgb[k], (int)(0.55 * 100 + 0.45 * colours[0][k] + 0.5));
    mm_draw_heat(rgb, &(float){1}, NULL, 1, 1, 1, 1, colours); /* a threshold of 1 */
    assert_memory_equal(rgb, colours[255], 3);
    /* Windows that lie in the image wholly leave a border without heat. */
    map.computed = NULL;
    map.offset_y = map.offset_x = 6;
    float large[256];
    mm_draw_sample(&map, 0, 16, 16, 16, 16, large);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(isnan(large[i * 16 + 8]), i < 4 || i > 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(uniform), cmocka_unit_test(oklab), cmocka_unit_test(fit),
                                       cmocka_unit_test(window), cmocka_unit_test(outline), cmocka_unit_test(heat), cmocka_unit_test(hidden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
