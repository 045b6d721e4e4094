/* Segmentation of drawn films: border in a black frame, label on the skin line, uneven background; implant, dense tissue and
 * muscle at the edge, on film and without; mirrored, transposed, shifted and smaller films; what would be lost; images without a
 * breast. And a mask that is wrong on purpose, which the same check refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/image/segment.h"

enum { H = 600, W = 400, FRAME = 12, BORDER = 18 };

static const mm_segment_options FILM = {MM_SEGMENT_FILM, MM_LEVEL_AUTO, 0, -1};
static const mm_segment_options PUBLISHED = {MM_SEGMENT_THRESHOLD, MM_LEVEL_AUTO, 0, -1};

static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1u << 24) - 0.5f;
}

/* A half ellipse at the left edge of the film, dark at its rim, rough inside; pectoral muscle as bright as the border. */
static void draw(uint16_t *image, uint8_t *truth, bool border, bool label)
{
    uint32_t seed = 11;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            bool film = y >= FRAME && y < H - FRAME && x >= FRAME && x < W - FRAME;
            bool edge = y < FRAME + BORDER || y >= H - FRAME - BORDER || x < FRAME + 6 || x >= W - FRAME - BORDER;
            double r = hypot((x - FRAME) / 270.0, (y - 290) / 215.0), v = 5 + 4.0 * y / H + 1.5 * (double)noise(&seed);
            bool inside = film && r < 1;
            if (inside) {
                double depth = fmin(1, (1 - r) * 6);
                v += depth * (110 + 8 * (double)noise(&seed));
                if (x - FRAME < (260 - y) * 0.45)
                    v = 225 + 8 * (double)noise(&seed);
            }
            if (label && y > 250 && y < 320 && x > 255 && x < 310)
                v = 250 + (double)noise(&seed);
            if (border && film && edge) {
                v = 244 + (double)noise(&seed);
                inside = false;
            }
            image[y * W + x] = film ? (uint16_t)(v * 257) : 0;
            truth[y * W + x] = inside && !(label && y > 250 && y < 320 && x > 255 && x < 310);
        }
    }
}

static double overlap(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t both = 0, either = 0;
    for (size_t i = 0; i < n; i++) {
        both += a[i] && b[i];
        either += a[i] || b[i];
    }
    return (double)both / (double)either;
}

static mm_segment_found segment(const uint16_t *image, size_t h, size_t w, const mm_segment_options *o, uint8_t *mask)
{
    mm_segment_found found;
    mm_error e;
    assert_int_equal(mm_segment(MM_U16, image, h, w, o, mask, &found, &e), MM_OK);
    return found;
}

static uint16_t image[H * W], other[(H + 50) * (W + 50)];
static uint8_t truth[H * W], mask[H * W], moved[(H + 50) * (W + 50)], back[H * W];

static void films_lose_border_and_label(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        draw(image, truth, kind & 1, kind & 2);
        segment(image, H, W, &FILM, mask);
        assert_true(overlap(mask, truth, H * W) > 0.96);
        size_t outside = 0;
        for (size_t i = 0; i < H * W; i++)
            outside += mask[i] && !truth[i];
        assert_true(outside < 400); /* a pixel here and there along the rim */
    }
    /* The border is what the published method keeps. */
    draw(image, truth, true, false);
    segment(image, H, W, &PUBLISHED, mask);
    assert_true(overlap(mask, truth, H * W) < 0.7);
}

static void wrong_masks_are_seen(void **state)
{
    (void)state;
    draw(image, truth, true, false);
    segment(image, H, W, &FILM, mask);
    memmove(mask + 12 * W, mask, (H - 12) * W); /* 12 rows down */
    assert_false(overlap(mask, truth, H * W) > 0.96);
}

static void moved_films_have_moved_masks(void **state)
{
    (void)state;
    draw(image, truth, true, true);
    segment(image, H, W, &FILM, mask);
    for (size_t y = 0; y < H; y++)
        for (size_t x = 0; x < W; x++)
            other[y * W + x] = image[y * W + (W - 1 - x)];
    segment(other, H, W, &FILM, moved);
    for (size_t i = 0; i < H * W; i++)
        back[i] = moved[i / W * W + (W - 1 - i % W)];
    assert_true(overlap(mask, back, H * W) >= 0.98);
    for (size_t y = 0; y < H; y++)
        for (size_t x = 0; x < W; x++)
            other[x * H + y] = image[y * W + x];
    segment(other, W, H, &FILM, moved);
    for (size_t i = 0; i < H * W; i++)
        back[i] = moved[i % W * H + i / W];
    assert_true(overlap(mask, back, H * W) >= 0.98);
    memset(other, 0, sizeof other);
    for (size_t y = 0; y < H; y++)
        memcpy(other + (y + 37) * (W + 50) + 21, image + y * W, W * sizeof *image);
    segment(other, H + 50, W + 50, &FILM, moved);
    for (size_t i = 0; i < H * W; i++)
        back[i] = moved[(i / W + 37) * (W + 50) + i % W + 21];
    assert_true(overlap(mask, back, H * W) >= 0.98);
}

/* ---- tissue at the edge ---- */

enum { NOTHING, IMPLANT, DENSE, MUSCLE, BAND, CORNER };

/* Half an ellipse at the left edge of the image, with something bright in it. Background: 0 or grain around a level of 255. */
static void draw_tissue(uint16_t *out, uint8_t *breast, int what, double background, bool grain)
{
    uint32_t seed = 5;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            double r = hypot(x / 280.0, (y - 300) / 250.0), v = background + grain * 2 * (double)noise(&seed);
            bool inside = r < 1, bright = (what == IMPLANT && hypot(x / 150.0, (y - 300) / 130.0) < 1) ||
                                          (what == DENSE && hypot(x / 150.0, (y - 300) / 130.0) < 1) ||
                                          (what == MUSCLE && x + 0.5 * y < 200) || (what == BAND && x < 40) ||
                                          (what == CORNER && x + y < 250);
            if (inside)
                v = 60 + 80 * sqrt(1 - r) + 8 * (double)noise(&seed) + background;
            if (bright && (inside || what == CORNER))
                v = what == DENSE ? 230 + 6 * (double)noise(&seed) : 248;
            out[y * W + x] = (uint16_t)(fmax(v, 0) * 257);
            breast[y * W + x] = inside;
        }
    }
}

/* Shares of the true breast that the mask keeps, and of the mask that is outside of it. */
static double kept(const uint8_t *found, const uint8_t *breast, size_t n, double *outside)
{
    size_t all = 0, both = 0, set = 0;
    for (size_t i = 0; i < n; i++) {
        all += breast[i];
        set += found[i];
        both += breast[i] && found[i];
    }
    *outside = (double)(set - both) / (double)set;
    return (double)both / (double)all;
}

/* The mean of 2 x 2 pixels, and where at least half of them are set. */
static void halve(const uint16_t *in, const uint8_t *set, uint16_t *out, uint8_t *out_set)
{
    for (size_t y = 0; y < H / 2; y++) {
        for (size_t x = 0; x < W / 2; x++) {
            size_t i = 2 * y * W + 2 * x;
            out[y * (W / 2) + x] = (uint16_t)((in[i] + in[i + 1] + in[i + W] + in[i + W + 1]) / 4);
            out_set[y * (W / 2) + x] = set[i] + set[i + 1] + set[i + W] + set[i + W + 1] >= 2;
        }
    }
}

static void tissue_at_the_edge_stays(void **state)
{
    (void)state;
    for (int what = NOTHING; what <= BAND; what++) {
        for (int film = 0; film < 2; film++) {
            double outside;
            draw_tissue(image, truth, what, film ? 5 : 0, film);
            mm_segment_found found = segment(image, H, W, &FILM, mask);
            assert_int_equal(found.loss, MM_LOSS_NONE);
            assert_true(kept(mask, truth, H * W, &outside) > 0.99 && outside < 0.01);
            halve(image, truth, other, back);
            found = segment(other, H / 2, W / 2, &FILM, moved);
            assert_int_equal(found.loss, MM_LOSS_NONE);
            assert_true(kept(moved, back, H / 2 * (W / 2), &outside) > 0.99 && outside < 0.02);
        }
    }
}

static void digital_images_are_left_to_the_threshold(void **state)
{
    (void)state;
    draw_tissue(image, truth, IMPLANT, 0, false);
    segment(image, H, W, &FILM, mask);
    segment(image, H, W, &PUBLISHED, back);
    assert_memory_equal(mask, back, H * W);
}

/* White on all four sides, on the left tilted by 2 degrees and hidden behind an implant that is nearly as white. */
static void borders_go_and_the_implant_beside_them_stays(void **state)
{
    (void)state;
    double outside;
    draw_tissue(image, truth, IMPLANT, 5, true);
    for (size_t y = 0; y < H; y++) {
        for (size_t x = 0; x < W; x++) {
            if (x >= 8 + y * 3 / 100 && x < W - 12 && y >= 10 && y < H - 20)
                continue;
            image[y * W + x] = 65535;
            truth[y * W + x] = 0;
        }
    }
    mm_segment_found found = segment(image, H, W, &FILM, mask);
    assert_int_equal(found.loss, MM_LOSS_NONE);
    assert_true(kept(mask, truth, H * W, &outside) > 0.97 && outside < 0.01);
    halve(image, truth, other, back);
    segment(other, H / 2, W / 2, &FILM, moved);
    assert_true(kept(moved, back, H / 2 * (W / 2), &outside) > 0.97 && outside < 0.01);
}

static void corners_go_beside_a_white_border_only(void **state)
{
    (void)state;
    for (int border = 0; border < 2; border++) {
        size_t n = 0;
        draw_tissue(image, truth, CORNER, 5, true);
        for (size_t i = 0; border && i < H * W; i++)
            if (i % W < 6)
                image[i] = 65535;
        segment(image, H, W, &FILM, mask);
        for (size_t y = 60; y < 100; y++)
            for (size_t x = 20; x < 60; x++)
                n += mask[y * W + x];
        assert_int_equal(n, border ? 0 : 40 * 40);
    }
}

/* Background above 5 % goes, and fat that is as dark as that stays; both are reported. */
static void losses_are_judged(void **state)
{
    (void)state;
    double outside;
    uint32_t seed = 9;
    draw_tissue(image, truth, NOTHING, 20, true);
    mm_segment_found found = segment(image, H, W, &FILM, mask);
    assert_int_equal(found.loss, MM_LOSS_BACKGROUND);
    assert_true(kept(mask, truth, H * W, &outside) > 0.99 && outside < 0.01);
    draw_tissue(image, truth, NOTHING, 3, true);
    for (size_t i = 0; i < H * W; i++) {
        bool core = hypot((double)(i % W) - 100, (double)(i / W) - 300) < 60;
        if (truth[i])
            image[i] = (uint16_t)(257 * (core ? 240 : 22 + 2 * (double)noise(&seed)));
    }
    found = segment(image, H, W, &FILM, mask);
    assert_int_equal(found.loss, MM_LOSS_KEPT);
    assert_true(kept(mask, truth, H * W, &outside) > 0.99 && outside < 0.01);
}

static void types_agree(void **state)
{
    (void)state;
    static uint8_t shallow[H * W];
    static float real[H * W];
    mm_segment_found found;
    mm_error e;
    draw(image, truth, true, false);
    for (size_t i = 0; i < H * W; i++) {
        shallow[i] = (uint8_t)(image[i] / 257);
        real[i] = (float)image[i] / 65535;
    }
    segment(image, H, W, &FILM, mask);
    assert_int_equal(mm_segment(MM_U8, shallow, H, W, &FILM, back, &found, &e), MM_OK);
    assert_true(overlap(mask, back, H * W) > 0.98);
    assert_int_equal(mm_segment(MM_F32, real, H, W, &FILM, back, &found, &e), MM_OK);
    assert_true(overlap(mask, back, H * W) > 0.999);
    assert_int_equal(mm_segment(MM_I32, real, H, W, &FILM, back, &found, &e), MM_FAILURE);
}

static void published_threshold_is_strict(void **state)
{
    (void)state;
    /* Maximum 1000: the 8-bit view is above 12 from 13 * 1000 / 255 = 50.98 on. */
    static uint16_t plain[20 * 20];
    mm_segment_found f;
    plain[0] = 1000;
    for (size_t y = 5; y < 15; y++)
        for (size_t x = 5; x < 15; x++)
            plain[y * 20 + x] = x < 10 ? 51 : 50;
    plain[8 * 20 + 7] = 0; /* a hole */
    f = segment(plain, 20, 20, &PUBLISHED, mask);
    assert_int_equal(f.area, 50);
    assert_true(f.x0 == 5 && f.x1 == 10 && f.y0 == 5 && f.y1 == 15);
    assert_int_equal(mask[8 * 20 + 7], 1);
    mm_segment_options ten = {MM_SEGMENT_THRESHOLD, MM_LEVEL_PERCENT, 10, 0};
    f = segment(plain, 20, 20, &ten, mask);
    assert_int_equal(f.area, 1);
}

static void otsu_parts_two_levels(void **state)
{
    (void)state;
    uint32_t seed = 3;
    mm_segment_options o = {MM_SEGMENT_THRESHOLD, MM_LEVEL_OTSU, 0, 0};
    for (size_t i = 0; i < 100 * 100; i++)
        image[i] = (uint16_t)((i / 100 >= 20 && i / 100 < 80 && i % 100 < 50 ? 40000 : 12000) + 8000 * (double)noise(&seed));
    mm_segment_found f = segment(image, 100, 100, &o, mask);
    assert_int_equal(f.area, 60 * 50);
}

static void opening_parts_threads(void **state)
{
    (void)state;
    static uint16_t plain[100 * 100];
    mm_segment_options o = {MM_SEGMENT_THRESHOLD, MM_LEVEL_AUTO, 0, 0};
    for (size_t y = 0; y < 100; y++)
        for (size_t x = 0; x < 100; x++)
            plain[y * 100 + x] = (x < 60 && y > 20 && y < 80) || (x > 75 && y > 40 && y < 60) || (x >= 60 && y > 48 && y < 52) ? 900 : 0;
    segment(plain, 100, 100, &o, mask);
    assert_int_equal(mask[50 * 100 + 90], 1);
    o.open = 4;
    segment(plain, 100, 100, &o, mask);
    assert_int_equal(mask[50 * 100 + 90], 0);
    assert_int_equal(mask[21 * 100 + 59], 1); /* corners come back */
    assert_int_equal(mask[21 * 100 + 0], 1);
}

static void no_breast_is_an_error(void **state)
{
    (void)state;
    mm_segment_found found;
    mm_error e;
    memset(image, 0, sizeof image);
    assert_int_equal(mm_segment(MM_U16, image, H, W, &FILM, mask, &found, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "no breast"));
    image[H * W / 2] = 9;
    assert_int_equal(mm_segment(MM_U16, image, H, W, &FILM, mask, &found, &e), MM_FAILURE);
    assert_int_equal(mm_segment(MM_U16, image, H, W, &PUBLISHED, mask, &found, &e), MM_FAILURE);
    for (size_t i = 0; i < H * W; i++)
        image[i] = 60000; /* an empty, white film */
    assert_int_equal(mm_segment(MM_U16, image, H, W, &FILM, mask, &found, &e), MM_FAILURE);
}

static void any_size_is_survived(void **state)
{
    (void)state;
    mm_segment_found found;
    mm_error e;
    uint32_t seed = 1;
    for (size_t i = 0; i < H * W; i++)
        image[i] = (uint16_t)(60000 * fabs((double)noise(&seed)));
    for (size_t h = 1; h < 90; h += h < 8 ? 1 : 27)
        for (size_t w = 1; w < 200; w += w < 8 ? 1 : 61)
            for (int m = 0; m < 2; m++)
                if (mm_segment(MM_U16, image, h, w, m ? &FILM : &PUBLISHED, mask, &found, &e) == MM_OK)
                    assert_true(found.area > 0 && found.x1 <= w && found.y1 <= h && found.x0 < found.x1 && found.y0 < found.y1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_lose_border_and_label),
        cmocka_unit_test(wrong_masks_are_seen),
        cmocka_unit_test(moved_films_have_moved_masks),
        cmocka_unit_test(tissue_at_the_edge_stays),
        cmocka_unit_test(digital_images_are_left_to_the_threshold),
        cmocka_unit_test(borders_go_and_the_implant_beside_them_stays),
        cmocka_unit_test(corners_go_beside_a_white_border_only),
        cmocka_unit_test(losses_are_judged),
        cmocka_unit_test(types_agree),
        cmocka_unit_test(published_threshold_is_strict),
        cmocka_unit_test(otsu_parts_two_levels),
        cmocka_unit_test(opening_parts_threads),
        cmocka_unit_test(no_breast_is_an_error),
        cmocka_unit_test(any_size_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
