/* Separable resampling of planes and masks onto a canvas. */
#include "image/resize.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/clones.h"

static const double PI = 3.14159265358979323846;

int mm_place(size_t h, size_t w, size_t canvas_h, size_t canvas_w, mm_fit fit, mm_wide wide, mm_placement *p, mm_error *error)
{
    if (!h || !w || h > MM_MAX_SIDE || w > MM_MAX_SIDE)
        return mm_fail(error, MM_FAILURE, "an image of %zu x %zu pixels cannot be resized", h, w);
    if (!canvas_h || !canvas_w || canvas_h > MM_MAX_SIDE || canvas_w > MM_MAX_SIDE)
        return mm_fail(error, MM_FAILURE, "cannot resize to %zu x %zu pixels", canvas_h, canvas_w);
    *p = (mm_placement){h, w, canvas_h, canvas_w, canvas_h, canvas_w, 0, 0};
    if (fit == MM_FIT_STRETCH)
        return MM_OK;
    /* The products are taken as the reference takes them, so that truncation agrees with it to the last pixel. */
    double width = (double)w * ((double)canvas_h / (double)h);
    if (width < (double)canvas_w + 1 || wide == MM_WIDE_CROP) {
        if (width >= (double)MM_MAX_SIDE)
            return mm_fail(error, MM_FAILURE, "%zu x %zu pixels scaled to %zu rows are too wide", h, w, canvas_h);
        p->scaled_w = width < 1 ? 1 : (size_t)width;
    } else {
        double height = (double)h * ((double)canvas_w / (double)w);
        p->scaled_h = height < 1 ? 1 : (size_t)height;
        p->top = (ptrdiff_t)((canvas_h - p->scaled_h) / 2);
    }
    p->left = p->scaled_w > canvas_w ? -(ptrdiff_t)((p->scaled_w - canvas_w) / 2)
                                     : (ptrdiff_t)((canvas_w - p->scaled_w) / 2);
    return MM_OK;
}

mm_affine mm_placement_to_source(const mm_placement *p)
{
    return mm_affine_resized(p->source_h, p->scaled_h, (double)p->top, p->source_w, p->scaled_w, (double)p->left);
}

/* ---- weights ---- */

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static double keys_cubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double lanczos3(double x)
{
    x = fabs(x);
    if (x < 1e-9)
        return 1;
    return x < 3 ? 3 * sin(PI * x) * sin(PI * x / 3) / (PI * PI * x * x) : 0;
}

static int axis_room(mm_axis *axis, size_t from, size_t to, size_t taps, mm_error *error)
{
    *axis = (mm_axis){.from = from, .to = to, .taps = taps < from ? taps : from, .divisor = 1};
    axis->start = malloc(to * sizeof *axis->start);
    if (axis->taps <= SIZE_MAX / to / sizeof *axis->weight)
        axis->weight = calloc(to * axis->taps, sizeof *axis->weight);
    return axis->start && axis->weight ? MM_OK : mm_no_memory(error);
}

/* Output pixel i covers [i from / to, (i + 1) from / to). Weights are lengths in source pixels, and the division by
 * their sum comes last: where the factor is whole, sums stay whole and the mean is exact. */
static int area_axis(mm_axis *axis, size_t from, size_t to, mm_error *error)
{
    if (axis_room(axis, from, to, from / to + 2, error))
        return error->code;
    axis->divisor = (float)((double)from / (double)to);
    for (size_t i = 0; i < to; i++) {
        uint64_t begin = (uint64_t)i * from, end = begin + from; /* in units of 1 / to */
        size_t first = (size_t)(begin / to);
        size_t start = first + axis->taps <= from ? first : from - axis->taps;
        axis->start[i] = (uint32_t)start;
        for (size_t x = first; x < from && (uint64_t)x * to < end; x++) {
            uint64_t a = (uint64_t)x * to, b = a + to;
            uint64_t overlap = (b < end ? b : end) - (a > begin ? a : begin);
            axis->weight[i * axis->taps + (x - start)] = (float)((double)overlap / (double)to);
        }
    }
    return MM_OK;
}

/* Weights of a kernel of the given radius around the centre of each output pixel, normalised; `widen`: stretch the
 * kernel with the scale when shrinking. Taps beyond the image fall on its edge pixels. */
static int kernel_axis(mm_axis *axis, size_t from, size_t to, double (*kernel)(double), double radius, bool widen,
                       mm_error *error)
{
    double scale = (double)from / (double)to;
    double stretch = widen && scale > 1 ? scale : 1;
    if (axis_room(axis, from, to, (size_t)ceil(2 * radius * stretch) + 1, error))
        return error->code;
    double *sum = malloc(axis->taps * sizeof *sum);
    if (!sum)
        return mm_no_memory(error);
    for (size_t i = 0; i < to; i++) {
        double centre = ((double)i + 0.5) * scale - 0.5, total = 0;
        double first = ceil(centre - radius * stretch), last = floor(centre + radius * stretch);
        double start = fmax(0, fmin(first, (double)(from - axis->taps)));
        memset(sum, 0, axis->taps * sizeof *sum);
        for (double x = first; x <= last; x++) {
            double weight = kernel((x - centre) / stretch);
            double at = fmax(0, fmin(x, (double)(from - 1)));
            sum[(size_t)(at - start)] += weight;
            total += weight;
        }
        axis->start[i] = (uint32_t)start;
        for (size_t k = 0; k < axis->taps; k++)
            axis->weight[i * axis->taps + k] = (float)(sum[k] / total);
    }
    free(sum);
    return MM_OK;
}

static int make_axis(mm_axis *axis, size_t from, size_t to, mm_interpolation how, mm_error *error)
{
    if (how == MM_INTERPOLATE_AUTO)
        how = to <= from ? MM_INTERPOLATE_AREA : MM_INTERPOLATE_CUBIC;
    switch (how) {
    case MM_INTERPOLATE_BILINEAR: return kernel_axis(axis, from, to, triangle, 1, false, error);
    case MM_INTERPOLATE_CUBIC: return kernel_axis(axis, from, to, keys_cubic, 2, true, error);
    case MM_INTERPOLATE_LANCZOS3: return kernel_axis(axis, from, to, lanczos3, 3, true, error);
    default: return area_axis(axis, from, to, error);
    }
}

int mm_resizer_init(mm_resizer *r, const mm_placement *p, mm_interpolation how, mm_error *error)
{
    *r = (mm_resizer){.placement = *p};
    if (make_axis(&r->rows, p->source_h, p->scaled_h, how, error) ||
        make_axis(&r->columns, p->source_w, p->scaled_w, how, error)) {
        mm_resizer_free(r);
        return error->code;
    }
    return MM_OK;
}

void mm_resizer_free(mm_resizer *r)
{
    free(r->rows.start);
    free(r->rows.weight);
    free(r->columns.start);
    free(r->columns.weight);
    r->rows = r->columns = (mm_axis){0};
}

/* ---- one pass down, one across ---- */

MM_CLONES static void add_u8(float *restrict sum, const uint8_t *restrict row, float weight, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += weight * (float)row[x];
}

MM_CLONES static void add_u16(float *restrict sum, const uint16_t *restrict row, float weight, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += weight * (float)row[x];
}

MM_CLONES static void add_f32(float *restrict sum, const float *restrict row, float weight, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += weight * row[x];
}

MM_CLONES static void add_mask(float *restrict sum, const uint8_t *restrict row, float weight, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += row[x] ? weight : 0;
}

/* sum[x0..x1) = the weighted sum of the source rows that output row y covers. */
static void down(const mm_axis *rows, size_t y, mm_dtype dtype, bool mask, const void *in, size_t w, size_t x0, size_t x1,
                 float *sum)
{
    memset(sum + x0, 0, (x1 - x0) * sizeof *sum);
    for (size_t k = 0; k < rows->taps; k++) {
        float weight = rows->weight[y * rows->taps + k];
        size_t at = (rows->start[y] + k) * w + x0;
        if (weight == 0)
            continue;
        if (mask)
            add_mask(sum + x0, (const uint8_t *)in + at, weight, x1 - x0);
        else if (dtype == MM_U8)
            add_u8(sum + x0, (const uint8_t *)in + at, weight, x1 - x0);
        else if (dtype == MM_U16)
            add_u16(sum + x0, (const uint16_t *)in + at, weight, x1 - x0);
        else
            add_f32(sum + x0, (const float *)in + at, weight, x1 - x0);
    }
}

/* out[i] for the output columns x0 .. x0 + n, from a row of sums over source columns. */
static void across(const mm_axis *columns, const float *restrict sum, size_t x0, size_t n, float *restrict out)
{
    size_t taps = columns->taps;
    for (size_t i = 0; i < n; i++) {
        const float *from = sum + columns->start[x0 + i];
        const float *weight = columns->weight + (x0 + i) * taps;
        float total = 0;
        for (size_t k = 0; k < taps; k++)
            total += weight[k] * from[k];
        out[i] = total;
    }
}

MM_CLONES static void store_u8(uint8_t *restrict out, const float *restrict v, float divisor, size_t n)
{
    for (size_t x = 0; x < n; x++) {
        float r = v[x] / divisor + 0.5f;
        out[x] = (uint8_t)(int)(r < 0 ? 0 : r > 255 ? 255 : r);
    }
}

MM_CLONES static void store_u16(uint16_t *restrict out, const float *restrict v, float divisor, size_t n)
{
    for (size_t x = 0; x < n; x++) {
        float r = v[x] / divisor + 0.5f;
        out[x] = (uint16_t)(int)(r < 0 ? 0 : r > 65535 ? 65535 : r);
    }
}

MM_CLONES static void store_f32(float *restrict out, const float *restrict v, float divisor, size_t n)
{
    for (size_t x = 0; x < n; x++)
        out[x] = v[x] / divisor;
}

/* The part of an axis that is seen: pixels first .. first + count of the scaled image, at `at` on the canvas. */
typedef struct visible {
    size_t first, count, at;
} visible;

static visible seen(size_t scaled, size_t canvas, ptrdiff_t offset)
{
    visible v = {offset < 0 ? (size_t)-offset : 0, scaled, offset > 0 ? (size_t)offset : 0};
    v.count = scaled - v.first;
    if (v.count > canvas - v.at)
        v.count = canvas - v.at;
    return v;
}

/* Source pixels x0 .. x1 that the seen part needs. */
static void needed(const mm_axis *axis, visible v, size_t *x0, size_t *x1)
{
    *x0 = axis->start[v.first];
    *x1 = axis->start[v.first + v.count - 1] + axis->taps;
}

/* Room for one row of sums over the source and one of results: source_w + canvas_w floats. */
static float *row_room(const mm_placement *p)
{
    return malloc((p->source_w + p->canvas_w) * sizeof(float));
}

int mm_resize(const mm_resizer *r, mm_dtype dtype, const void *in, void *out, mm_error *error)
{
    const mm_placement *p = &r->placement;
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "cannot resize pixels of type %s (u8, u16, f32)", mm_dtype_name(dtype));
    size_t size = mm_dtype_size(dtype), x0, x1;
    visible v = seen(p->scaled_h, p->canvas_h, p->top), h = seen(p->scaled_w, p->canvas_w, p->left);
    float divisor = r->rows.divisor * r->columns.divisor;
    float *sum = row_room(p), *line = sum ? sum + p->source_w : NULL;
    if (!sum)
        return mm_no_memory(error);
    needed(&r->columns, h, &x0, &x1);
    for (size_t y = 0; y < p->canvas_h; y++) {
        char *row = (char *)out + y * p->canvas_w * size;
        if (y < v.at || y >= v.at + v.count) {
            memset(row, 0, p->canvas_w * size);
            continue;
        }
        down(&r->rows, v.first + y - v.at, dtype, false, in, p->source_w, x0, x1, sum);
        across(&r->columns, sum, h.first, h.count, line);
        memset(row, 0, h.at * size);
        memset(row + (h.at + h.count) * size, 0, (p->canvas_w - h.at - h.count) * size);
        row += h.at * size;
        if (dtype == MM_U8)
            store_u8((uint8_t *)row, line, divisor, h.count);
        else if (dtype == MM_U16)
            store_u16((uint16_t *)row, line, divisor, h.count);
        else
            store_f32((float *)row, line, divisor, h.count);
    }
    free(sum);
    return MM_OK;
}

/* ---- masks ---- */

typedef struct box {
    size_t x0, y0, x1, y1; /* ends exclusive */
} box;

/* Whether any of n bytes is set. */
MM_CLONES static int any(const uint8_t *row, size_t n)
{
    uint8_t seen_bits = 0;
    for (size_t x = 0; x < n; x++)
        seen_bits |= row[x];
    return seen_bits;
}

/* The bounding box of what is not 0; false when there is nothing. */
static bool bounds(const uint8_t *mask, size_t h, size_t w, box *b)
{
    *b = (box){w, 0, 0, 0};
    bool found = false;
    for (size_t y = 0; y < h; y++) {
        const uint8_t *row = mask + y * w;
        if (!any(row, w))
            continue;
        if (!found)
            b->y0 = y;
        found = true;
        b->y1 = y + 1;
        size_t x = 0;
        while (x < b->x0 && !row[x])
            x++;
        b->x0 = x;
        x = w;
        while (x > b->x1 && !row[x - 1])
            x--;
        b->x1 = x;
    }
    return found;
}

/* Output pixels from .. to of the seen part that can touch source pixels a .. b. */
static void touched(const mm_axis *axis, visible v, size_t a, size_t b, size_t *from, size_t *to)
{
    *from = v.first;
    *to = v.first + v.count;
    while (*from < *to && axis->start[*from] + axis->taps <= a)
        ++*from;
    while (*to > *from && axis->start[*to - 1] >= b)
        --*to;
}

int mm_resize_mask(const mm_resizer *r, const uint8_t *in, uint8_t *out, mm_mask_fate *fate, mm_error *error)
{
    const mm_placement *p = &r->placement;
    visible v = seen(p->scaled_h, p->canvas_h, p->top), h = seen(p->scaled_w, p->canvas_w, p->left);
    float half = r->rows.divisor * r->columns.divisor * 0.5f, best = 0;
    size_t best_at = 0, inside = 0, y0, y1, x0, x1;
    box b;
    memset(out, 0, p->canvas_h * p->canvas_w);
    *fate = MM_MASK_MOVED;
    if (!bounds(in, p->source_h, p->source_w, &b))
        return MM_OK;
    touched(&r->rows, v, b.y0, b.y1, &y0, &y1);
    touched(&r->columns, h, b.x0, b.x1, &x0, &x1);
    *fate = MM_MASK_CUT_OFF;
    if (y0 == y1 || x0 == x1)
        return MM_OK;
    float *sum = row_room(p), *line = sum ? sum + p->source_w : NULL;
    if (!sum)
        return mm_no_memory(error);
    size_t from = r->columns.start[x0], to = r->columns.start[x1 - 1] + r->columns.taps;
    for (size_t y = y0; y < y1; y++) {
        size_t row = (y - v.first + v.at) * p->canvas_w + (x0 - h.first + h.at);
        down(&r->rows, y, MM_U8, true, in, p->source_w, from, to, sum);
        across(&r->columns, sum, x0, x1 - x0, line);
        for (size_t x = 0; x < x1 - x0; x++) {
            if (line[x] >= half) {
                out[row + x] = 1;
                inside++;
            } else if (line[x] > best) {
                best = line[x];
                best_at = row + x;
            }
        }
    }
    free(sum);
    if (inside)
        *fate = MM_MASK_MOVED;
    else if (best > 0) {
        out[best_at] = 1;
        *fate = MM_MASK_RESCUED;
    }
    return MM_OK;
}
