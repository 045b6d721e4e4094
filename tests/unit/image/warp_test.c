/* Affine augmentation: ranges and rates of the draws, the map against elementary matrices, pixels against a plain warp
 * in double precision, and records whose tensors must move together. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/image/augment.h"
#include "common/image/warp_pixel.h"

#define PI 3.14159265358979323846
#define GOLDEN 0x67e0f49dec9c6826u

static const mm_augment_ranges usual = {0.5, 0.5, 25, 0.8, 1.2, 12, 20, false, 0, 0};
static const mm_augment still = {false, false, 0, 1, 0, 1, 0};

/* ---- draws --------------------------------------------------------------------------------------------------- */

enum { DRAWS = 10000, PARAMETERS = 4 };

static void draw_many(const mm_augment_ranges *ranges, mm_augment *out)
{
    for (int i = 0; i < DRAWS; i++) {
        char key[32];
        snprintf(key, sizeof key, "record%d", i / 10);
        mm_augment_draw(ranges, 7, key, (uint32_t)(i % 10 + 1), &out[i]);
    }
}

static double parameter(const mm_augment *d, int i)
{
    return i == 0 ? d->rotate : i == 1 ? d->zoom : i == 2 ? d->shear : d->shift;
}

static void draws_keep_ranges_and_rates(void **state)
{
    (void)state;
    static mm_augment d[DRAWS];
    static const double low[] = {-25, 0.8, -12, -20}, high[] = {25, 1.2, 12, 20};
    draw_many(&usual, d);
    int horizontal = 0, vertical = 0, both = 0;
    for (int i = 0; i < DRAWS; i++) {
        horizontal += d[i].flip_horizontal;
        vertical += d[i].flip_vertical;
        both += d[i].flip_horizontal && d[i].flip_vertical;
        assert_true(d[i].gain == 1);
    }
    /* five standard deviations: sqrt(n p q) is 50 and 43 */
    assert_in_range(horizontal, 4750, 5250);
    assert_in_range(vertical, 4750, 5250);
    assert_in_range(both, 2284, 2716);
    for (int k = 0; k < PARAMETERS; k++) {
        int bins[20] = {0};
        for (int i = 0; i < DRAWS; i++) {
            double v = parameter(&d[i], k);
            assert_true(v >= low[k] && v < high[k]);
            bins[(int)((v - low[k]) / (high[k] - low[k]) * 20)]++;
        }
        double chi2 = 0;
        for (int b = 0; b < 20; b++)
            chi2 += (bins[b] - 500.0) * (bins[b] - 500.0) / 500;
        assert_true(chi2 < 50); /* 19 degrees of freedom: mean 19, 1 in 10000 beyond 50 */
    }
    for (int k = 0; k < PARAMETERS; k++) /* no parameter tells of another, nor of the same one an epoch later */
        for (int m = k; m < PARAMETERS; m++) {
            double sum = 0;
            for (int i = 0; i + 1 < DRAWS; i++)
                sum += (parameter(&d[i], k) - (low[k] + high[k]) / 2) / (high[k] - low[k]) *
                       (parameter(&d[i + (k == m)], m) - (low[m] + high[m]) / 2) / (high[m] - low[m]) * 12;
            assert_true(fabs(sum / DRAWS) < 0.05);
        }
}

static void draws_depend_on_seed_key_epoch_alone(void **state)
{
    (void)state;
    mm_augment a, b;
    mm_augment_draw(&usual, 1, "key", 1, &a);
    mm_augment_draw(&usual, 1, "key", 1, &b);
    assert_memory_equal(&a.rotate, &b.rotate, sizeof a.rotate);
    assert_true(a.shift == b.shift && a.zoom == b.zoom);
    mm_augment_draw(&usual, 2, "key", 1, &b);
    assert_true(a.rotate != b.rotate);
    mm_augment_draw(&usual, 1, "kez", 1, &b);
    assert_true(a.rotate != b.rotate);
    mm_augment_draw(&usual, 1, "key", 2, &b);
    assert_true(a.rotate != b.rotate);
}

static void switching_one_off_leaves_the_others(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char key[16];
        mm_augment a, b;
        mm_augment_ranges r = usual;
        snprintf(key, sizeof key, "k%d", i);
        mm_augment_draw(&usual, 1, key, 1, &a);
        r.rotate = 0;
        r.flip_horizontal = 0;
        mm_augment_draw(&r, 1, key, 1, &b);
        assert_true(b.rotate == 0 && !b.flip_horizontal);
        assert_true(a.flip_vertical == b.flip_vertical && a.zoom == b.zoom && a.shear == b.shear && a.shift == b.shift);
        r = usual;
        r.gain = true;
        r.gain_low = 0.8;
        r.gain_high = 1.2;
        mm_augment_draw(&r, 1, key, 1, &b);
        assert_true(a.rotate == b.rotate && b.shift == 0 && b.gain >= 0.8 && b.gain < 1.2);
    }
    mm_augment_ranges off = {0, 0, 0, 1, 1, 0, 0, false, 0, 0}, always = off;
    mm_augment d;
    mm_augment_draw(&off, 1, "k", 1, &d);
    assert_true(!d.flip_horizontal && !d.flip_vertical && d.rotate == 0 && d.zoom == 1 && d.shear == 0 && d.shift == 0);
    always.flip_horizontal = always.flip_vertical = 1;
    mm_augment_draw(&always, 1, "k", 1, &d);
    assert_true(d.flip_horizontal && d.flip_vertical);
}

/* ---- map ----------------------------------------------------------------------------------------------------- */

/* The map from elementary matrices with the C library's sine: old to new, then inverted. */
static mm_affine plain_map(const mm_augment *d, size_t height, size_t width)
{
    double x = ((double)width - 1) / 2, y = ((double)height - 1) / 2;
    double angle = d->rotate * PI / 180;
    mm_affine m = mm_affine_shift(-x, -y), inverse;
    m = mm_affine_compose((mm_affine){d->flip_horizontal ? -1 : 1, 0, 0, 0, d->flip_vertical ? -1 : 1, 0}, m);
    m = mm_affine_compose((mm_affine){d->zoom, 0, 0, 0, d->zoom, 0}, m);
    m = mm_affine_compose((mm_affine){1, tan(d->shear * PI / 180), 0, 0, 1, 0}, m);
    m = mm_affine_compose((mm_affine){cos(angle), sin(angle), 0, -sin(angle), cos(angle), 0}, m);
    m = mm_affine_compose(mm_affine_shift(x, y), m);
    assert_int_equal(mm_affine_invert(m, &inverse, NULL), 0);
    return inverse;
}

static void maps_agree_with_elementary_ones(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    for (int i = 0; i < 1000; i++) {
        mm_augment d = {mm_random_below(&r, 2), mm_random_below(&r, 2), mm_random_range(&r, -360, 360),
                        mm_random_range(&r, 0.3, 3), mm_random_range(&r, -60, 60), 1, 0};
        mm_affine got = mm_augment_map(&d, 300, 200), want = plain_map(&d, 300, 200);
        const double *g = &got.a, *w = &want.a;
        for (int k = 0; k < 6; k++)
            assert_true(fabs(g[k] - w[k]) < 1e-11 * (k % 3 == 2 ? 1000 : 10));
    }
}

static void directions_are_as_documented(void **state)
{
    (void)state;
    mm_augment d = still;
    d.rotate = 90; /* counter-clockwise: what was at the right comes to lie on top */
    mm_affine m = mm_augment_map(&d, 101, 101);
    double x, y;
    mm_affine_apply(m, 50, 0, &x, &y);
    assert_true(x == 100 && y == 50);
    d = still;
    d.zoom = 2; /* larger: the new corner shows a point halfway to the centre */
    m = mm_augment_map(&d, 101, 101);
    mm_affine_apply(m, 0, 0, &x, &y);
    assert_true(x == 25 && y == 25);
    d = still;
    d.shear = 45; /* rows below the centre move right: they show what was left of them */
    m = mm_augment_map(&d, 101, 101);
    mm_affine_apply(m, 50, 60, &x, &y);
    assert_true(fabs(x - 40) < 1e-12 && y == 60);
}

/* ---- pixels -------------------------------------------------------------------------------------------------- */

static double value(const void *data, mm_dtype dtype, size_t i)
{
    return dtype == MM_F32  ? (double)((const float *)data)[i]
           : dtype == MM_U8 ? ((const uint8_t *)data)[i]
                            : ((const uint16_t *)data)[i];
}

static double plain_pixel(const void *in, mm_dtype dtype, long height, long width, long x, long y, const mm_warp *w)
{
    if (x < 0 || y < 0 || x >= width || y >= height) {
        if (!w->edge)
            return w->fill;
        x = x < 0 ? 0 : x >= width ? width - 1 : x;
        y = y < 0 ? 0 : y >= height ? height - 1 : y;
    }
    return value(in, dtype, (size_t)(y * width + x));
}

/* The specification: before rounding. */
static double plain_warp(const void *in, mm_dtype dtype, long height, long width, long x, long y, const mm_warp *w)
{
    double u, v;
    mm_affine_apply(w->map, (double)x, (double)y, &u, &v);
    double fu = u - floor(u), fv = v - floor(v);
    long iu = (long)floor(u), iv = (long)floor(v);
    double top = (1 - fu) * plain_pixel(in, dtype, height, width, iu, iv, w) +
                 fu * plain_pixel(in, dtype, height, width, iu + 1, iv, w);
    double bottom = (1 - fu) * plain_pixel(in, dtype, height, width, iu, iv + 1, w) +
                    fu * plain_pixel(in, dtype, height, width, iu + 1, iv + 1, w);
    double value = ((1 - fv) * top + fv * bottom) * w->gain + w->shift;
    return value < 0 ? 0 : value > w->full ? w->full : value;
}

static void *noise(mm_dtype dtype, size_t n, uint64_t seed)
{
    mm_random r;
    mm_random_init(&r, seed, 0, 0);
    uint8_t *out = mm_alloc64(n * mm_dtype_size(dtype));
    assert_non_null(out);
    for (size_t i = 0; i < n * mm_dtype_size(dtype); i++)
        out[i] = (uint8_t)mm_random_u32(&r);
    for (size_t i = 0; i < n && dtype == MM_F32; i++)
        ((float *)(void *)out)[i] = (float)mm_random_double(&r);
    return out;
}

/* Warps noise, the hardest image there is, and compares every pixel. Returns how many came from outside. */
static size_t compare(mm_dtype dtype, size_t height, size_t width, const mm_augment *d, bool edge, double fill)
{
    size_t n = height * width, outside = 0;
    double scale = dtype == MM_F32 ? 1.0 / 255 : dtype == MM_U8 ? 1 : 257, exact = dtype == MM_F32 ? 1e-6 : 0.6;
    void *in = noise(dtype, n, height * 1000 + width), *out = mm_alloc64(n * mm_dtype_size(dtype));
    mm_warp w = {mm_augment_map(d, height, width), d->gain, d->shift * scale, 255 * scale, edge, fill * scale};
    mm_error error = {0};
    assert_int_equal(mm_warp_image(in, out, dtype, 1, height, width, &w, &error), 0);
    for (size_t i = 0; i < n; i++) {
        double want = plain_warp(in, dtype, (long)height, (long)width, (long)(i % width), (long)(i / width), &w), u, v;
        if (!(fabs(value(out, dtype, i) - want) <= exact))
            fail_msg("pixel %zu of %zux%zu is %g, not %g", i, height, width, value(out, dtype, i), want);
        mm_affine_apply(w.map, (double)(i % width), (double)(i / width), &u, &v);
        outside += u < 0 || v < 0 || u > (double)width - 1 || v > (double)height - 1;
    }
    free(in);
    free(out);
    return outside;
}

static void pixels_agree_with_a_plain_warp(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{224, 224}, {56, 40}, {33, 65}, {1, 70}, {70, 1}, {1, 1}, {2, 2}, {300, 200}};
    size_t outside = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int i = 0; i < 12; i++) {
            mm_augment d;
            char key[32];
            snprintf(key, sizeof key, "%zu-%d", s, i);
            mm_augment_draw(&usual, 3, key, 1, &d);
            if (i % 4 == 3) {
                d.gain = 1.3;
                d.shift = 0;
            }
            outside += compare(i % 5 == 4 ? MM_F32 : i % 2 ? MM_U16 : MM_U8, sizes[s][0], sizes[s][1], &d, i % 3 != 0, 77);
        }
    assert_true(outside > 10000);
    mm_augment wild = {true, false, 137, 0.05, -40, 1, 3};
    compare(MM_U16, 100, 90, &wild, true, 0);
    compare(MM_U16, 100, 90, &wild, false, 255);
    wild.zoom = 30;
    compare(MM_U8, 100, 90, &wild, true, 0);
}

static void large_images_keep_precision(void **state)
{
    (void)state;
    mm_augment d = {false, true, 24.9, 0.81, 3, 1, -4};
    compare(MM_U16, 1152, 896, &d, true, 0);
}

static void exact_maps_are_exact(void **state)
{
    (void)state;
    enum { H = 37, W = 50 };
    uint16_t *in = noise(MM_U16, H * W, 5), out[H * W];
    mm_augment d = still;
    for (int flips = 0; flips < 4; flips++) {
        d.flip_horizontal = flips & 1;
        d.flip_vertical = flips & 2;
        mm_warp w = {mm_augment_map(&d, H, W), 1, 0, 65535, true, 0};
        assert_int_equal(mm_warp_image(in, out, MM_U16, 1, H, W, &w, NULL), 0);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                assert_int_equal(out[y * W + x], in[(flips & 2 ? H - 1 - y : y) * W + (flips & 1 ? W - 1 - x : x)]);
    }
    free(in);
}

/* The same bytes whatever the processor and the compiler: FNV-1a of a warp, as it was first computed. */
static void bytes_are_the_same_everywhere(void **state)
{
    (void)state;
    enum { N = 200 };
    uint16_t *in = noise(MM_U16, N * N, 11), *out = mm_alloc64(N * N * sizeof *out);
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t epoch = 1; epoch <= 4; epoch++) {
        mm_augment d;
        mm_augment_draw(&usual, 42, "golden", epoch, &d);
        mm_warp w = {mm_augment_map(&d, N, N), d.gain, d.shift * 257, 65535, epoch % 2, 1000};
        assert_int_equal(mm_warp_image(in, out, MM_U16, 1, N, N, &w, NULL), 0);
        for (size_t i = 0; i < N * N; i++)
            hash = (hash ^ out[i]) * 0x100000001B3u;
    }
    if (hash != GOLDEN)
        fail_msg("hash is %#llx", (unsigned long long)hash);
    free(in);
    free(out);
}

/* The check itself: a warp that is off by a hundredth of a pixel must not pass for right. */
static void a_wrong_warp_is_seen(void **state)
{
    (void)state;
    enum { N = 64 };
    uint8_t *in = noise(MM_U8, N * N, 1), out[N * N];
    mm_augment d = {false, false, 10, 1, 0, 1, 0};
    mm_warp right = {mm_augment_map(&d, N, N), 1, 0, 255, true, 0}, wrong = right;
    wrong.map.c += 0.01;
    assert_int_equal(mm_warp_image(in, out, MM_U8, 1, N, N, &wrong, NULL), 0);
    int bad = 0;
    for (int i = 0; i < N * N; i++)
        bad += fabs(out[i] - plain_warp(in, MM_U8, N, N, i % N, i / N, &right)) > 0.6;
    assert_true(bad > 100);
    free(in);
}

static void what_cannot_be_warped_is_an_error(void **state)
{
    (void)state;
    double pixel[4] = {0}, out[4];
    mm_error error = {0};
    mm_warp w = {mm_affine_identity(), 1, 0, 255, true, 0};
    assert_int_equal(mm_warp_image(pixel, out, MM_F64, 1, 2, 2, &w, &error), MM_FAILURE);
    assert_non_null(strstr(error.text, "f64"));
    w.map.c = 1e12;
    assert_int_equal(mm_warp_image(pixel, out, MM_U8, 1, 2, 2, &w, &error), MM_FAILURE);
    w.map.c = NAN;
    assert_int_equal(mm_warp_image(pixel, out, MM_U8, 1, 2, 2, &w, &error), MM_FAILURE);
}

/* ---- records ------------------------------------------------------------------------------------------------- */

enum { RH = 90, RW = 70, RN = RH * RW };

/* The image is 200 where plane 0 is, plane 1 its complement, breast the left half. */
static mm_record *make_record(void)
{
    mm_record *r = mm_record_new("film");
    mm_error error;
    assert_non_null(r);
    uint8_t *image = mm_record_add(r, "image", MM_U8, 3, (size_t[]){2, RH, RW}, &error)->data;
    uint8_t *mask = mm_record_add(r, "mask", MM_U8, 3, (size_t[]){2, RH, RW}, &error)->data;
    uint8_t *breast = mm_record_add(r, "breast", MM_U8, 2, (size_t[]){RH, RW}, &error)->data;
    float *prob = mm_record_add(r, "prob", MM_F32, 1, (size_t[]){5}, &error)->data;
    float *field = mm_record_add(r, "field", MM_F32, 2, (size_t[]){RH, RW}, &error)->data;
    prob[2] = 0.5f;
    for (int i = 0; i < RN; i++) {
        int x = i % RW, y = i / RW;
        bool lesion = (x - 30) * (x - 30) + (y - 50) * (y - 50) < 150;
        image[i] = image[RN + i] = lesion ? 200 : 0;
        mask[i] = lesion;
        mask[RN + i] = !lesion;
        breast[i] = x < RW / 2;
        field[i] = (float)i;
    }
    mm_record_set(r, "to_original", "2 0 10 0 2 20");
    return r;
}

static void tensors_of_a_record_move_together(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        mm_record *r = make_record();
        mm_augment d;
        mm_error error = {0};
        mm_augment_ranges ranges = usual;
        ranges.shift = 0;
        mm_augment_draw(&ranges, 1, "film", (uint32_t)i, &d);
        assert_int_equal(mm_augment_record(r, &d, i % 2 ? -1 : 0, &error), 0);
        mm_affine map = mm_augment_map(&d, RH, RW), total;
        assert_int_equal(mm_geometry_get(r, &total, &error), 0);
        const uint8_t *image = mm_record_tensor(r, "image")->data, *mask = mm_record_tensor(r, "mask")->data;
        const uint8_t *breast = mm_record_tensor(r, "breast")->data;
        const float *field = mm_record_tensor(r, "field")->data;
        int lesion = 0, unlike = 0, unlike_shifted = 0;
        for (int p = 0; p < RN; p++) {
            double u, v, ou, ov;
            mm_affine_apply(map, p % RW, p / RW, &u, &v);
            mm_affine_apply(total, p % RW, p / RW, &ou, &ov);
            assert_true(fabs(ou - (2 * u + 10)) < 1e-9 && fabs(ov - (2 * v + 20)) < 1e-9);
            assert_int_equal(image[p], image[RN + p]);
            lesion += mask[p];
            unlike += mask[p] != (image[p] >= 100); /* half of the outline's pixels at most */
            unlike_shifted += mask[p >= 3 ? p - 3 : p] != (image[p] >= 100);
            double nx = floor(u + 0.5), ny = floor(v + 0.5);
            bool inside = nx >= 0 && ny >= 0 && nx < RW && ny < RH;
            if (inside && fabs(u + 0.5 - nx) > 1e-6 && fabs(v + 0.5 - ny) > 1e-6 && fabs(u - 0.5 - nx) > 1e-6) {
                assert_true(field[p] == (float)(ny * RW + nx));
                assert_int_equal(breast[p], nx < RW / 2);
                assert_int_equal(mask[p] + mask[RN + p], 1);
            } else if (!inside && i % 2 == 0) {
                assert_int_equal(mask[p] + mask[RN + p], 0);
            }
        }
        assert_true(lesion > 200 && unlike < 40);
        assert_true(unlike_shifted > 60); /* a mask beside its image would be seen */
        assert_true(((const float *)mm_record_tensor(r, "prob")->data)[2] == 0.5f);
        mm_record_free(r);
    }
}

static void intensity_is_relative_to_full_scale(void **state)
{
    (void)state;
    mm_augment d = still;
    mm_error error = {0};
    d.shift = 10;
    mm_record *r = mm_record_new("k");
    uint16_t *in = mm_record_add(r, "image", MM_U16, 2, (size_t[]){2, 3}, &error)->data;
    in[1] = 1000;
    in[2] = 64000;
    assert_int_equal(mm_augment_record(r, &d, -1, &error), 0);
    const uint16_t *wide = mm_record_tensor(r, "image")->data;
    assert_int_equal(wide[0], 2570);
    assert_int_equal(wide[1], 3570);
    assert_int_equal(wide[2], 65535);
    mm_record_free(r);
    /* white may be told by the record: 10 of 255 are 160.6 of 4095, and what is brighter than white becomes white */
    r = mm_record_new("k");
    in = mm_record_add(r, "image", MM_U16, 2, (size_t[]){1, 3}, &error)->data;
    in[1] = 1000;
    in[2] = 4000;
    mm_record_set(r, "full_scale", "4095");
    assert_int_equal(mm_augment_record(r, &d, -1, &error), 0);
    wide = mm_record_tensor(r, "image")->data;
    assert_int_equal(wide[0], 161);
    assert_int_equal(wide[1], 1161);
    assert_int_equal(wide[2], 4095);
    mm_record_set(r, "full_scale", "-1");
    assert_int_equal(mm_augment_record(r, &d, -1, &error), MM_FAILURE);
    mm_record_free(r);
    d.shift = -300;
    r = make_record();
    assert_int_equal(mm_augment_record(r, &d, -1, &error), 0);
    const uint8_t *out = mm_record_tensor(r, "image")->data;
    for (int i = 0; i < RN; i++)
        assert_int_equal(out[i], 0);
    mm_record_free(r);
}

static void records_without_an_image_are_errors(void **state)
{
    (void)state;
    mm_error error = {0};
    mm_record *r = mm_record_new("k");
    assert_int_equal(mm_augment_record(r, &still, -1, &error), MM_FAILURE);
    assert_non_null(strstr(error.text, "image"));
    mm_record_add(r, "image", MM_F64, 2, (size_t[]){2, 3}, &error);
    assert_int_equal(mm_augment_record(r, &still, -1, &error), MM_FAILURE);
    mm_record_add(r, "image", MM_U8, 2, (size_t[]){2, 3}, &error);
    mm_record_set(r, "to_original", "1 2 3");
    assert_int_equal(mm_augment_record(r, &still, -1, &error), MM_DAMAGED);
    mm_record_free(r);
}

/* The power that every processor computes alike, beside the C library's. */
static void powers_are_near(void **state)
{
    (void)state;
    for (double gamma = 0.1; gamma < 5; gamma *= 1.13)
        for (int v = 0; v <= 65535; v += v < 300 ? 1 : 37) {
            const float x = (float)v / 65535;
            assert_true(fabs((double)mm_warp_power(x, (float)gamma) - pow((double)x, (double)(float)gamma)) < 1e-6);
        }
    assert_true(mm_warp_power(0, 0.5f) == 0 && mm_warp_power(1, 0.3f) == 1 && mm_warp_power(1, 7) == 1);
}

/* A mirror shows the edge pixel once, however far away it is and however small the image. */
static void mirrors_repeat(void **state)
{
    static const int32_t want[] = {1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1};
    (void)state;
    for (int32_t i = -5; i < 8; i++) {
        assert_int_equal(mm_warp_reflect(i, 4), want[i + 5]);
        assert_int_equal(mm_warp_reflect(i - 6000, 4), want[i + 5]);
        assert_int_equal(mm_warp_reflect(i, 1), 0);
        assert_int_equal(mm_warp_reflect(i, 2), (i + 10) % 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_keep_ranges_and_rates),
        cmocka_unit_test(draws_depend_on_seed_key_epoch_alone),
        cmocka_unit_test(switching_one_off_leaves_the_others),
        cmocka_unit_test(maps_agree_with_elementary_ones),
        cmocka_unit_test(directions_are_as_documented),
        cmocka_unit_test(pixels_agree_with_a_plain_warp),
        cmocka_unit_test(large_images_keep_precision),
        cmocka_unit_test(powers_are_near), cmocka_unit_test(mirrors_repeat),
        cmocka_unit_test(exact_maps_are_exact),
        cmocka_unit_test(bytes_are_the_same_everywhere),
        cmocka_unit_test(a_wrong_warp_is_seen),
        cmocka_unit_test(what_cannot_be_warped_is_an_error),
        cmocka_unit_test(tensors_of_a_record_move_together),
        cmocka_unit_test(intensity_is_relative_to_full_scale),
        cmocka_unit_test(records_without_an_image_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
