/* Separable resampling of planes and masks onto a canvas. */
#include "common/image/resize.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"

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

/* sum[x0..x1) = the weighted sum of the source rows that output row y covers; source row `first` lies at `in`. */
static void down(const mm_axis *rows, size_t y, mm_dtype dtype, bool mask, const void *in, size_t first, size_t w, size_t x0,
                 size_t x1, float *sum)
{
    memset(sum + x0, 0, (x1 - x0) * sizeof *sum);
    for (size_t k = 0; k < rows->taps; k++) {
        float weight = rows->weight[y * rows->taps + k];
        size_t at = (rows->start[y] + k - first) * w + x0;
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

/* out[i] for the output columns x0 .. x0 + n, from a row of sums over source columns. With the number of taps known the compiler has
 * no loop to keep for the few that there are. */
__attribute__((always_inline)) static inline void across_taps(const mm_axis *columns, size_t taps, const float *restrict sum, size_t x0,
                                                              size_t n, float *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        const float *from = sum + columns->start[x0 + i];
        const float *weight = columns->weight + (x0 + i) * taps;
        float total = 0;
#pragma GCC unroll 8
        for (size_t k = 0; k < taps; k++)
            total += weight[k] * from[k];
        out[i] = total;
    }
}

static void across(const mm_axis *columns, const float *restrict sum, size_t x0, size_t n, float *restrict out)
{
    switch (columns->taps) {
    case 3: across_taps(columns, 3, sum, x0, n, out); break;
    case 4: across_taps(columns, 4, sum, x0, n, out); break;
    case 5: across_taps(columns, 5, sum, x0, n, out); break;
    case 6: across_taps(columns, 6, sum, x0, n, out); break;
    case 7: across_taps(columns, 7, sum, x0, n, out); break;
    case 8: across_taps(columns, 8, sum, x0, n, out); break;
    default: across_taps(columns, columns->taps, sum, x0, n, out);
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

/* ---- a plane, row by row ---- */

/* The columns of a row of a mask that are not 0 lie in from .. to; from >= to: none is. */
typedef struct extent {
    uint32_t from, to;
} extent;

struct mm_resizing {
    const mm_resizer *r;
    mm_dtype dtype;
    bool mask;
    char *out;
    visible rows, columns;
    size_t x0, x1;    /* source columns that the seen part needs */
    size_t y;         /* the seen row to make next, from 0 */
    float *sum, *line; /* a row of sums over the source, and one of results */

    /* Of masks: */
    extent *extents; /* of the source's rows that have come */
    size_t come;
    bool any, inside;
    float best;
    size_t best_at;
};

static int new_resizing(mm_resizing **out, const mm_resizer *r, mm_dtype dtype, bool mask, mm_error *error)
{
    const mm_placement *p = &r->placement;
    mm_resizing *s = *out = calloc(1, sizeof *s);
    if (!s)
        return mm_no_memory(error);
    *s = (mm_resizing){.r = r, .dtype = dtype, .mask = mask};
    s->sum = malloc((p->source_w + p->canvas_w) * sizeof *s->sum);
    s->line = s->sum ? s->sum + p->source_w : NULL;
    s->extents = mask ? malloc(p->source_h * sizeof *s->extents) : NULL;
    if (!s->sum || (mask && !s->extents)) {
        mm_resizing_free(s);
        *out = NULL;
        return mm_no_memory(error);
    }
    s->rows = seen(p->scaled_h, p->canvas_h, p->top);
    s->columns = seen(p->scaled_w, p->canvas_w, p->left);
    needed(&r->columns, s->columns, &s->x0, &s->x1);
    return MM_OK;
}

int mm_resizing_new(mm_resizing **out, const mm_resizer *r, mm_dtype dtype, mm_error *error)
{
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "cannot resize pixels of type %s (u8, u16, f32)", mm_dtype_name(dtype));
    return new_resizing(out, r, dtype, false, error);
}

int mm_resizing_new_mask(mm_resizing **out, const mm_resizer *r, mm_error *error)
{
    return new_resizing(out, r, MM_U8, true, error);
}

void mm_resizing_free(mm_resizing *s)
{
    if (!s)
        return;
    free(s->extents);
    free(s->sum);
    free(s);
}

void mm_resizing_start(mm_resizing *s, void *out)
{
    const mm_placement *p = &s->r->placement;
    size_t row = p->canvas_w * mm_dtype_size(s->dtype);
    s->out = out;
    s->y = s->come = 0;
    s->any = s->inside = false;
    s->best = 0;
    if (s->mask) {
        memset(s->out, 0, p->canvas_h * row);
    } else {
        size_t below = s->rows.at + s->rows.count;
        memset(s->out, 0, s->rows.at * row);
        memset(s->out + below * row, 0, (p->canvas_h - below) * row);
    }
}

static void make_row(mm_resizing *s, const void *in, size_t first)
{
    const mm_placement *p = &s->r->placement;
    size_t size = mm_dtype_size(s->dtype);
    char *row = s->out + (s->rows.at + s->y) * p->canvas_w * size;
    visible h = s->columns;
    float divisor = s->r->rows.divisor * s->r->columns.divisor;
    down(&s->r->rows, s->rows.first + s->y, s->dtype, false, in, first, p->source_w, s->x0, s->x1, s->sum);
    across(&s->r->columns, s->sum, h.first, h.count, s->line);
    memset(row, 0, h.at * size);
    memset(row + (h.at + h.count) * size, 0, (p->canvas_w - h.at - h.count) * size);
    row += h.at * size;
    if (s->dtype == MM_U8)
        store_u8((uint8_t *)row, s->line, divisor, h.count);
    else if (s->dtype == MM_U16)
        store_u16((uint16_t *)row, s->line, divisor, h.count);
    else
        store_f32((float *)row, s->line, divisor, h.count);
}

/* Whether any of n bytes is set. */
MM_CLONES static int any(const uint8_t *row, size_t n)
{
    uint8_t seen_bits = 0;
    for (size_t x = 0; x < n; x++)
        seen_bits |= row[x];
    return seen_bits;
}

static extent extent_of(const uint8_t *row, size_t n)
{
    extent e = {0, 0};
    if (!any(row, n))
        return e;
    while (!row[e.from])
        e.from++;
    e.to = (uint32_t)n;
    while (!row[e.to - 1])
        e.to--;
    return e;
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

static void make_mask_row(mm_resizing *s, const void *in, size_t first)
{
    const mm_placement *p = &s->r->placement;
    const mm_axis *rows = &s->r->rows, *columns = &s->r->columns;
    size_t y = s->rows.first + s->y, a = p->source_w, b = 0, x0, x1;
    for (size_t k = 0; k < rows->taps; k++) {
        extent e = s->extents[rows->start[y] + k];
        if (e.from < e.to) {
            a = e.from < a ? e.from : a;
            b = e.to > b ? e.to : b;
        }
    }
    if (a >= b)
        return;
    touched(columns, s->columns, a, b, &x0, &x1);
    if (x0 == x1)
        return;
    float half = rows->divisor * columns->divisor * 0.5f;
    size_t at = (s->rows.at + s->y) * p->canvas_w + (x0 - s->columns.first + s->columns.at);
    down(rows, y, MM_U8, true, in, first, p->source_w, columns->start[x0], columns->start[x1 - 1] + columns->taps, s->sum);
    across(columns, s->sum, x0, x1 - x0, s->line);
    for (size_t x = 0; x < x1 - x0; x++) {
        if (s->line[x] >= half) {
            s->out[at + x] = 1;
            s->inside = true;
        } else if (s->line[x] > s->best) {
            s->best = s->line[x];
            s->best_at = at + x;
        }
    }
}

size_t mm_resizing_rows(mm_resizing *s, const void *in, size_t first, size_t n)
{
    const mm_axis *rows = &s->r->rows;
    for (; s->mask && s->come < first + n; s->come++) {
        s->extents[s->come] = extent_of((const uint8_t *)in + (s->come - first) * s->r->placement.source_w, s->r->placement.source_w);
        s->any = s->any || s->extents[s->come].to;
    }
    for (; s->y < s->rows.count; s->y++) {
        size_t start = rows->start[s->rows.first + s->y];
        if (start + rows->taps > first + n)
            return start < first + n ? start : first + n;
        if (s->mask)
            make_mask_row(s, in, first);
        else
            make_row(s, in, first);
    }
    return first + n;
}

mm_mask_fate mm_resizing_finish(mm_resizing *s)
{
    if (!s->any || s->inside)
        return MM_MASK_MOVED;
    if (s->best <= 0)
        return MM_MASK_CUT_OFF;
    s->out[s->best_at] = 1;
    return MM_MASK_RESCUED;
}

/* ---- a plane at once ---- */

static mm_mask_fate at_once(mm_resizing *s, const void *in, void *out)
{
    mm_resizing_start(s, out);
    mm_resizing_rows(s, in, 0, s->r->placement.source_h);
    mm_mask_fate fate = mm_resizing_finish(s);
    mm_resizing_free(s);
    return fate;
}

int mm_resize(const mm_resizer *r, mm_dtype dtype, const void *in, void *out, mm_error *error)
{
    mm_resizing *s;
    int code = mm_resizing_new(&s, r, dtype, error);
    if (!code)
        at_once(s, in, out);
    return code;
}

int mm_resize_mask(const mm_resizer *r, const uint8_t *in, uint8_t *out, mm_mask_fate *fate, mm_error *error)
{
    mm_resizing *s;
    int code = mm_resizing_new_mask(&s, r, error);
    if (!code)
        *fate = at_once(s, in, out);
    return code;
}
