/* Images resampled through an affine map: see warp.h. */
#include "common/image/warp.h"

#include <math.h>
#include <string.h>

#include "common/base/clones.h"
#include "common/image/warp_pixel.h"

#define BLOCK 32 /* pixels that go through the steps of warp_row together */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "two neighbours are loaded as one little-endian word");

/* ---- coordinates --------------------------------------------------------------------------------------------- */

static int fix(const mm_affine *m, size_t height, size_t width, mm_warp_plan *out, mm_error *error)
{
    if (height == 0 || width == 0 || height > INT32_MAX / width)
        return mm_fail(error, MM_FAILURE, "an image of %zu x %zu cannot be warped", height, width);
    double far = 0x1p29; /* every sum below stays in 64 bits and every coordinate in 31 */
    if (!(fabs(m->a) * (double)width + fabs(m->b) * (double)height + fabs(m->c) < far) ||
        !(fabs(m->d) * (double)width + fabs(m->e) * (double)height + fabs(m->f) < far))
        return mm_fail(error, MM_FAILURE, "the map leads too far out of the image");
    *out = (mm_warp_plan){llrint(m->a * 0x1p32), llrint(m->b * 0x1p32), llrint(m->c * 0x1p32),
                          llrint(m->d * 0x1p32), llrint(m->e * 0x1p32), llrint(m->f * 0x1p32), 1, 0, 0, MM_FILL_EDGE, 1};
    return 0;
}

int mm_warp_prepare(const mm_warp *warp, mm_dtype dtype, size_t height, size_t width, mm_warp_plan *plan, mm_error *error)
{
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "image is %s: expected u8, u16 or f32", mm_dtype_name(dtype));
    double highest = dtype == MM_U8 ? 255 : dtype == MM_U16 ? 65535 : HUGE_VAL;
    double full = warp->full < highest ? warp->full : highest;
    double fill = warp->fill < 0 ? 0 : warp->fill > highest ? highest : warp->fill;
    if (fix(&warp->map, height, width, plan, error))
        return error ? error->code : MM_FAILURE;
    plan->gain = (float)warp->gain;
    plan->shift = (float)warp->shift;
    plan->full = (float)full;
    plan->gamma = warp->gamma > 0 ? (float)warp->gamma : 1;
    plan->fill = warp->edge ? MM_FILL_EDGE : warp->reflect ? MM_FILL_REFLECT : (float)(dtype == MM_F32 ? fill : floor(fill + 0.5));
    return 0;
}

static int32_t whole(int64_t fixed)
{
    return (int32_t)(fixed >> 32); /* floor: compilers at hand shift signed numbers arithmetically */
}

/* ---- bilinear ------------------------------------------------------------------------------------------------ */

/* One plane on its way. */
typedef struct plane {
    const unsigned char *in;
    unsigned char *out; /* the row that comes next */
    int32_t height, width, first, end; /* rows of the new image */
    mm_warp_plan map;
    bool edge, reflect;
    uint32_t fill; /* whole numbers */
} plane;

/* Moves a point outside to the pixel that is seen there; false: `fill` is. */
static inline bool bring_inside(const plane *p, int64_t *x, int64_t *y)
{
    if (p->reflect) {
        *x = mm_warp_reflect((int32_t)*x, p->width);
        *y = mm_warp_reflect((int32_t)*y, p->height);
    } else if (p->edge) {
        *x = *x < 0 ? 0 : *x >= p->width ? p->width - 1 : *x;
        *y = *y < 0 ? 0 : *y >= p->height ? p->height - 1 : *y;
    }
    return p->reflect || p->edge;
}

static inline uint32_t pixel(const plane *p, size_t size, int64_t x, int64_t y)
{
    if ((x < 0 || y < 0 || x >= p->width || y >= p->height) && !bring_inside(p, &x, &y))
        return p->fill;
    size_t at = (size_t)y * (size_t)p->width + (size_t)x;
    if (size == 1)
        return p->in[at];
    uint16_t value;
    memcpy(&value, p->in + 2 * at, 2);
    return value;
}

/* Two neighbours in a row as one word, the left one low. */
static inline uint32_t pair(const unsigned char *in, size_t size, int32_t at)
{
    if (size == 1)
        return in[at] | (uint32_t)in[at + 1] << 16;
    uint32_t both;
    memcpy(&both, in + 2 * (size_t)at, 4);
    return both;
}

static inline int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline float with_gamma(const plane *p, float v) { return p->map.full * mm_warp_power(v / p->map.full, p->map.gamma); }

/* One row, in blocks of BLOCK pixels through a few steps, so that all but the loads are loops over arrays that
 * compilers turn into vector code. `size`: bytes of a pixel, a constant where this is inlined. */
static inline __attribute__((always_inline)) void warp_row(const plane *p, int32_t row, const size_t size)
{
    const int32_t width = p->width, height = p->height;
    int64_t x0 = p->map.b * row + p->map.c, y0 = p->map.e * row + p->map.f;
    const int64_t dx = p->map.a, dy = p->map.d;
    const bool grid = width > 1 && height > 1;
    for (int32_t at = 0; at < width; at += BLOCK, x0 += BLOCK * dx, y0 += BLOCK * dy) {
        int32_t x[BLOCK], y[BLOCK];
        float fx[BLOCK], fy[BLOCK];
        uint32_t upper[BLOCK], lower[BLOCK];

        for (int i = 0; i < BLOCK; i++) {
            int64_t xi = x0 + i * dx, yi = y0 + i * dy;
            x[i] = whole(xi);
            y[i] = whole(yi);
            fx[i] = (float)(int32_t)((uint32_t)xi >> 8) * 0x1p-24f;
            fy[i] = (float)(int32_t)((uint32_t)yi >> 8) * 0x1p-24f;
        }

        /* a map is monotonous along a row: where both ends lie inside, all do (the last block's end may lie beyond) */
        bool inside = x[0] >= 0 && x[0] < width - 1 && x[BLOCK - 1] >= 0 && x[BLOCK - 1] < width - 1 &&
                      y[0] >= 0 && y[0] < height - 1 && y[BLOCK - 1] >= 0 && y[BLOCK - 1] < height - 1;
        if (inside || (p->edge && grid)) {
            int32_t where[BLOCK];
            for (int i = 0; i < BLOCK; i++) { /* beyond the edge: the edge pixel, with all the weight */
                int32_t column = least(most(x[i], 0), width - 2);
                int32_t line = least(most(y[i], 0), height - 2);
                float u = x[i] < column ? 0.0f : fx[i], v = y[i] < line ? 0.0f : fy[i];
                fx[i] = x[i] > column ? 1.0f : u;
                fy[i] = y[i] > line ? 1.0f : v;
                where[i] = line * width + column;
            }
            for (int i = 0; i < BLOCK; i++) {
                upper[i] = pair(p->in, size, where[i]);
                lower[i] = pair(p->in, size, where[i] + width);
            }
        } else {
            for (int i = 0; i < BLOCK; i++) {
                int64_t xi = x[i], yi = y[i];
                upper[i] = pixel(p, size, xi, yi) | pixel(p, size, xi + 1, yi) << 16;
                lower[i] = pixel(p, size, xi, yi + 1) | pixel(p, size, xi + 1, yi + 1) << 16;
            }
        }

        float clipped[BLOCK];
        uint16_t value[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            float a = (float)(int32_t)(upper[i] & 0xffff), b = (float)(int32_t)(upper[i] >> 16);
            float c = (float)(int32_t)(lower[i] & 0xffff), d = (float)(int32_t)(lower[i] >> 16);
            float top = a + fx[i] * (b - a);
            float bottom = c + fx[i] * (d - c);
            float v = top + fy[i] * (bottom - top);
            v = v * p->map.gain + p->map.shift;
            v = v < 0 ? 0 : v;
            clipped[i] = v > p->map.full ? p->map.full : v;
        }
        for (int i = 0; i < BLOCK && p->map.gamma != 1; i++)
            clipped[i] = with_gamma(p, clipped[i]);
        for (int i = 0; i < BLOCK; i++)
            value[i] = (uint16_t)(int32_t)(clipped[i] + 0.5f);

        size_t n = width - at < BLOCK ? (size_t)(width - at) : BLOCK;
        unsigned char *out = p->out + ((size_t)(row - p->first) * (size_t)width + (size_t)at) * size;
        if (size == 2)
            memcpy(out, value, 2 * n);
        else
            for (size_t i = 0; i < n; i++)
                out[i] = (unsigned char)value[i];
    }
}

MM_CLONES static void warp_plane_u16(const plane *p)
{
    for (int32_t row = p->first; row < p->end; row++)
        warp_row(p, row, 2);
}

MM_CLONES static void warp_plane_u8(const plane *p)
{
    for (int32_t row = p->first; row < p->end; row++)
        warp_row(p, row, 1);
}

/* Pixel (x, y) of an image of floating point, or what lies there instead. */
static float real_pixel(const plane *p, int64_t x, int64_t y)
{
    if ((x < 0 || y < 0 || x >= p->width || y >= p->height) && !bring_inside(p, &x, &y))
        return p->map.fill;
    return ((const float *)(const void *)p->in)[(size_t)y * (size_t)p->width + (size_t)x];
}

static void warp_plane_f32(const plane *p)
{
    float *out = (float *)(void *)p->out;
    for (int32_t row = p->first; row < p->end; row++)
        for (int32_t column = 0; column < p->width; column++) {
            int64_t u = p->map.a * column + p->map.b * row + p->map.c, v = p->map.d * column + p->map.e * row + p->map.f;
            int64_t x = whole(u), y = whole(v);
            float fx = (float)(int32_t)((uint32_t)u >> 8) * 0x1p-24f, fy = (float)(int32_t)((uint32_t)v >> 8) * 0x1p-24f;
            float a = real_pixel(p, x, y), b = real_pixel(p, x + 1, y);
            float c = real_pixel(p, x, y + 1), d = real_pixel(p, x + 1, y + 1);
            float top = a + fx * (b - a), bottom = c + fx * (d - c), value = top + fy * (bottom - top);
            value = value * p->map.gain + p->map.shift;
            value = value < 0 ? 0 : value;
            value = value > p->map.full ? p->map.full : value;
            *out++ = p->map.gamma == 1 ? value : with_gamma(p, value);
        }
}

void mm_warp_rows(const mm_warp_plan *plan, mm_dtype dtype, size_t height, size_t width, const void *in, size_t first,
                  size_t rows, void *out)
{
    const plane p = {.in = in, .out = out, .height = (int32_t)height, .width = (int32_t)width, .first = (int32_t)first,
                     .end = (int32_t)(first + rows), .map = *plan, .edge = plan->fill == MM_FILL_EDGE,
                     .reflect = plan->fill == MM_FILL_REFLECT, .fill = plan->fill < 0 || dtype == MM_F32 ? 0 : (uint32_t)plan->fill};
    if (dtype == MM_F32)
        warp_plane_f32(&p);
    else if (dtype == MM_U16)
        warp_plane_u16(&p);
    else
        warp_plane_u8(&p);
}

int mm_warp_image(const void *in, void *out, mm_dtype dtype, size_t planes, size_t height, size_t width,
                  const mm_warp *warp, mm_error *error)
{
    mm_warp_plan plan;
    if (mm_warp_prepare(warp, dtype, height, width, &plan, error))
        return error ? error->code : MM_FAILURE;
    size_t bytes = height * width * mm_dtype_size(dtype);
    for (size_t i = 0; i < planes; i++)
        mm_warp_rows(&plan, dtype, height, width, (const char *)in + i * bytes, 0, height, (char *)out + i * bytes);
    return 0;
}

/* ---- nearest ------------------------------------------------------------------------------------------------- */

/* Where the nearest pixels of BLOCK new ones lie in the plane, -1 for outside of an image without edge. */
static inline __attribute__((always_inline)) void nearest_block(const plane *p, int64_t x0, int64_t y0, int32_t *where)
{
    const int64_t dx = p->map.a, dy = p->map.d;
    const int32_t right = p->width - 1, bottom = p->height - 1, outside = p->edge || p->reflect ? 0 : -1;
    for (int i = 0; i < BLOCK; i++) {
        int32_t x = whole(x0 + i * dx), y = whole(y0 + i * dy);
        if (p->reflect) {
            x = mm_warp_reflect(x, p->width);
            y = mm_warp_reflect(y, p->height);
        }
        int32_t column = least(most(x, 0), right), line = least(most(y, 0), bottom);
        int32_t at = line * p->width + column;
        where[i] = column == x && line == y ? at : at | outside;
    }
}

MM_CLONES static void nearest_plane(const plane *p, size_t size)
{
    const int64_t half = INT64_C(1) << 31;
    unsigned char *out = p->out;
    for (int32_t row = 0; row < p->height; row++) {
        int64_t x0 = p->map.b * row + p->map.c + half, y0 = p->map.e * row + p->map.f + half;
        for (int32_t at = 0; at < p->width; at += BLOCK, x0 += BLOCK * p->map.a, y0 += BLOCK * p->map.d) {
            int32_t where[BLOCK];
            nearest_block(p, x0, y0, where);
            int n = p->width - at < BLOCK ? p->width - at : BLOCK;
            if (size == 1)
                for (int i = 0; i < n; i++)
                    *out++ = where[i] < 0 ? 0 : p->in[where[i]];
            else
                for (int i = 0; i < n; i++, out += size) {
                    if (where[i] < 0)
                        memset(out, 0, size);
                    else
                        memcpy(out, p->in + (size_t)where[i] * size, size);
                }
        }
    }
}

int mm_warp_nearest(const void *in, void *out, size_t size, size_t planes, size_t height, size_t width,
                    const mm_warp *warp, mm_error *error)
{
    plane p = {.in = in, .out = out, .height = (int32_t)height, .width = (int32_t)width, .edge = warp->edge,
               .reflect = warp->reflect && !warp->edge};
    int code = fix(&warp->map, height, width, &p.map, error);
    if (code != 0)
        return code;
    for (size_t i = 0; i < planes; i++) {
        nearest_plane(&p, size);
        p.in += height * width * size;
        p.out += height * width * size;
    }
    return 0;
}
