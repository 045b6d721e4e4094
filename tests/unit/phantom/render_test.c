/* Rendered phantoms: any size, reproducible, masks in the breast, null phantoms the same but for the lesions, lesions
 * no brighter than tissue. */
#include "common/phantom/phantom.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct picture {
    mm_phantom plan;
    uint16_t *image;
    uint8_t *mask;
} picture;

static picture *draw(size_t height, size_t width, uint64_t seed, size_t patient, int view, bool null)
{
    picture *p = malloc(sizeof *p);
    mm_error error = {0};
    assert_non_null(p);
    assert_int_equal(mm_phantom_plan(&p->plan, height, width, seed, patient, view, &error), 0);
    p->image = malloc(height * width * sizeof *p->image);
    p->mask = malloc(height * width * p->plan.lesions);
    assert_non_null(p->image);
    assert_non_null(p->mask);
    assert_int_equal(mm_phantom_render(&p->plan, null, p->image, p->mask, &error), 0);
    return p;
}

static void discard(picture *p)
{
    free(p->image);
    free(p->mask);
    free(p);
}

/* Distance inside the skin of a pixel, mm. */
static double inside(const mm_phantom *p, size_t row, size_t column)
{
    if (!p->left)
        column = p->width - 1 - column;
    return mm_outline_inside(&p->outline, ((double)column + 0.5) / p->scale,
                             ((double)row - (double)(p->height - 1) / 2) / p->scale);
}

static void check_masks(const picture *q)
{
    const mm_phantom *p = &q->plan;
    for (size_t k = 0; k < p->lesions; k++) {
        size_t area = 0;
        double x = 0, y = 0;
        for (size_t i = 0; i < p->height * p->width; i++) {
            uint8_t m = q->mask[k * p->height * p->width + i];
            assert_true(m <= 1);
            if (!m)
                continue;
            assert_true(inside(p, i / p->width, i % p->width) > 0);
            area++;
            x += (double)(i % p->width);
            y += (double)(i / p->width);
        }
        assert_true(area > 0);
        double radius = p->lesion[k].radius * p->scale, ideal = 3.14159 * radius * radius;
        if (ideal > 60 && p->lesion[k].x > p->lesion[k].radius * 1.5) { /* not cut by the chest wall */
            assert_true((double)area > 0.85 * ideal && (double)area < 1.15 * ideal);
            double row = p->lesion[k].y * p->scale + (double)(p->height - 1) / 2;
            double column = p->lesion[k].x * p->scale - 0.5;
            column = p->left ? column : (double)(p->width - 1) - column;
            assert_true(fabs(x / (double)area - column) < 0.12 * radius + 0.5);
            assert_true(fabs(y / (double)area - row) < 0.12 * radius + 0.5);
        }
    }
}

/* Inside the skin of all the image is tissue, beyond it air, border or label. */
static void breast_is_where_tissue_is(void **state)
{
    (void)state;
    enum { H = 288, W = 224 };
    static uint8_t breast[H * W];
    for (size_t patient = 0; patient < 8; patient++) {
        picture *p = draw(H, W, 6, patient, (int)patient % 2, false);
        mm_phantom_breast(&p->plan, breast);
        size_t dark = 0, inner = 0, bright = 0, outer = 0;
        for (size_t i = 0; i < H * W; i++) {
            double d = inside(&p->plan, i / W, i % W);
            bool edge = i % W < 6 || i % W >= W - 6 || i / W < 6;
            assert_true(d <= 0 || breast[i] || edge); /* the film's border may cover it */
            assert_true(!breast[i] || d > -7);
            inner += d > 3;
            dark += d > 3 && p->image[i] < 0.05 * 65535;
            outer += !breast[i];
            bright += !breast[i] && p->image[i] > 0.05 * 65535;
        }
        assert_true(dark * 100 < inner);
        assert_true(bright * 5 < outer);
        discard(p);
    }
}

static void masks_lie_in_the_breast(void **state)
{
    (void)state;
    for (size_t patient = 0; patient < 24; patient++)
        for (int view = 0; view < 2; view++) {
            picture *p = draw(288, 224, 1, patient, view, false);
            check_masks(p);
            discard(p);
        }
}

static void any_size_can_be_drawn(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{64, 48}, {32, 32}, {97, 301}, {301, 97}, {255, 257}, {576, 448}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t patient = 0; patient < 4; patient++) {
            picture *p = draw(sizes[i][0], sizes[i][1], 2, patient, (int)patient % 2, false);
            check_masks(p);
            discard(p);
        }
    picture *p = draw(5300, 3100, 2, 1, 1, false);
    check_masks(p);
    discard(p);
}

static void same_bytes_every_time(void **state)
{
    (void)state;
    picture *a = draw(200, 150, 5, 3, 1, false), *b = draw(200, 150, 5, 3, 1, false), *c = draw(200, 150, 6, 3, 1, false);
    assert_memory_equal(a->image, b->image, 200 * 150 * sizeof *a->image);
    assert_memory_equal(a->mask, b->mask, 200 * 150 * a->plan.lesions);
    assert_true(memcmp(a->image, c->image, 200 * 150 * sizeof *a->image) != 0);
    discard(a);
    discard(b);
    discard(c);
}

/* Another image of the same breast, not another breast: the large one averaged looks like the small one. */
static void sizes_show_the_same_breast(void **state)
{
    (void)state;
    picture *small = draw(128, 96, 5, 2, 0, false), *large = draw(512, 384, 5, 2, 0, false);
    double n = 128 * 96, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < 128; i++)
        for (size_t j = 0; j < 96; j++) {
            double a = small->image[i * 96 + j], b = 0;
            for (size_t k = 0; k < 16; k++)
                b += large->image[(4 * i + k / 4) * 384 + 4 * j + k % 4] / 16.0;
            sa += a;
            sb += b;
            aa += a * a;
            bb += b * b;
            ab += a * b;
        }
    double r = (ab - sa * sb / n) / sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
    assert_true(r > 0.98);
    discard(small);
    discard(large);
}

static void null_phantoms_lack_the_lesions_alone(void **state)
{
    (void)state;
    for (size_t patient = 0; patient < 8; patient++) {
        picture *with = draw(288, 224, 8, patient, 1, false), *without = draw(288, 224, 8, patient, 1, true);
        const mm_phantom *p = &with->plan;
        size_t pixels = p->height * p->width, changed = 0;
        assert_memory_equal(with->mask, without->mask, pixels * p->lesions);
        assert_int_equal(p->label, without->plan.label);
        for (size_t i = 0; i < pixels; i++) {
            if (with->image[i] == without->image[i])
                continue;
            double column = (double)(i % p->width), row = (double)(i / p->width);
            double x = ((p->left ? column : (double)(p->width - 1) - column) + 0.5) / p->scale;
            double y = (row - (double)(p->height - 1) / 2) / p->scale, nearest = 1e9;
            for (size_t k = 0; k < p->lesions; k++)
                nearest = fmin(nearest, hypot(x - p->lesion[k].x, y - p->lesion[k].y) / mm_lesion_extent(&p->lesion[k]));
            assert_true(nearest < 1.5);
            changed++;
        }
        assert_true(changed > 5);
        discard(with);
        discard(without);
    }
}

static int ascending(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Mean level under the mask between the percentiles 5 and 99.8 of the breast, and the whole image film-like. */
static void levels_are_those_of_a_film(void **state)
{
    (void)state;
    enum { H = 288, W = 224 };
    static uint16_t breast[H * W];
    size_t bordered = 0, labelled = 0;
    for (size_t patient = 0; patient < 24; patient++)
        for (int view = 0; view < 2; view++) {
            picture *p = draw(H, W, 12, patient, view, false);
            size_t n = 0, air = 0, white = 0;
            double air_sum = 0;
            for (size_t i = 0; i < H * W; i++) {
                double d = inside(&p->plan, i / W, i % W);
                if (d > 5)
                    breast[n++] = p->image[i];
                if (d < -20 && p->image[i] < 0.1 * 65535) {
                    air_sum += p->image[i];
                    air++;
                }
                white += d < -2 && p->image[i] > 0.9 * 65535;
            }
            qsort(breast, n, sizeof *breast, ascending);
            assert_true(n > H * W / 6);
            assert_true(breast[n / 2] > 0.2 * 65535 && breast[n / 2] < 0.75 * 65535);
            assert_true(air > H * W / 8);
            assert_true(air_sum / (double)air > 0.004 * 65535 && air_sum / (double)air < 0.03 * 65535);
            bordered += white > H;
            labelled += p->plan.film.label != MM_LABEL_NONE;
            for (size_t k = 0; k < p->plan.lesions; k++) {
                double sum = 0, area = 0;
                for (size_t i = 0; i < H * W; i++)
                    if (p->mask[k * H * W + i]) {
                        sum += p->image[i];
                        area++;
                    }
                assert_true(sum / area > breast[n / 20] && sum / area < breast[n - n / 500]);
            }
            discard(p);
        }
    assert_true(bordered > 8 && bordered < 46);
    assert_true(labelled > 24 && labelled < 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breast_is_where_tissue_is),
        cmocka_unit_test(masks_lie_in_the_breast),
        cmocka_unit_test(any_size_can_be_drawn),
        cmocka_unit_test(same_bytes_every_time),
        cmocka_unit_test(sizes_show_the_same_breast),
        cmocka_unit_test(null_phantoms_lack_the_lesions_alone),
        cmocka_unit_test(levels_are_those_of_a_film),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
