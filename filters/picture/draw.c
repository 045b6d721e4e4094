/* Drawing on plain arrays: see draw.h. */
#include "filters/picture/draw.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t at_least_one(double x)
{
    return x < 1 ? 1 : (size_t)(x + 0.5);
}

void mm_draw_fit(size_t H, size_t W, size_t cell_h, size_t cell_w, size_t most, size_t *h, size_t *w)
{
    if (H <= cell_h && W <= cell_w) {
        size_t k = cell_h / H < cell_w / W ? cell_h / H : cell_w / W;
        k = k > most ? most : k;
        *h = k * H;
        *w = k * W;
        return;
    }
    double s = fmin((double)cell_h / (double)H, (double)cell_w / (double)W);
    *h = at_least_one(s * (double)H);
    *w = at_least_one(s * (double)W);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

void mm_draw_window(const float *grey, size_t n, float *scratch, float *low, float *high)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (grey[i] > 0 && isfinite(grey[i]))
            scratch[k++] = grey[i];
    for (size_t i = 0; i < n && k == 0; i++)
        if (isfinite(grey[i]))
            scratch[k++] = grey[i];
    *low = 0;
    *high = 1;
    if (k == 0)
        return;
    qsort(scratch, k, sizeof *scratch, ascending);
    *low = scratch[(size_t)(0.005 * (double)(k - 1))];
    *high = scratch[(size_t)ceil(0.995 * (double)(k - 1))];
    float least = fmaxf(1e-3f * fabsf(*high), 1e-6f);
    if (*high - *low < least) /* flat: a middle grey */
        *low -= least / 2;
    if (*high - *low < least)
        *high = *low + least;
}

void mm_draw_grey(const float *grey, size_t n, float low, float high, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        float v = (grey[i] - low) / (high - low);
        uint8_t byte = v > 1 ? 255 : v > 0 ? (uint8_t)(255 * v + 0.5f) : 0;
        rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = byte;
    }
}

/* Position of output pixel i along an axis in cells of the map: between a cell and the next, with a share of that. */
typedef struct position {
    size_t cell, next;
    double share;
    bool within; /* not beyond the outermost cells by more than half a stride, to the pixel */
} position;

static position along(size_t i, size_t pixels, size_t full, double offset, double stride, size_t cells)
{
    double x = ((double)i + 0.5) * (double)full / (double)pixels - 0.5, at = (x - offset) / stride, last = (double)(cells - 1);
    double slack = 0.5 + 0.5 / stride, c = fmin(fmax(at, 0), last);
    position p = {.cell = (size_t)c, .within = at >= -slack && at <= last + slack};
    p.share = c - (double)p.cell;
    p.next = p.cell + (p.share > 0);
    return p;
}

static bool is_shown(const mm_heatmap *m, double low, size_t cell)
{
    return (float)m->values[cell] >= (float)low && (!m->computed || m->computed[cell]);
}

/* The value at a position, from those of the four cells around it that are shown; NaN if the nearest is not. */
static double value_at(const mm_heatmap *m, double low, const position *y, const position *x)
{
    const size_t row[2] = {y->cell, y->next}, column[2] = {x->cell, x->next};
    const double down[2] = {1 - y->share, y->share}, right[2] = {1 - x->share, x->share};
    double sum = 0, weight = 0;
    if (!y->within || !x->within || !is_shown(m, low, row[y->share > 0.5] * m->width + column[x->share > 0.5]))
        return NAN;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            size_t cell = row[i] * m->width + column[j];
            double w = is_shown(m, low, cell) ? down[i] * right[j] : 0;
            sum += w * m->values[cell];
            weight += w;
        }
    return sum / weight;
}

void mm_draw_sample(const mm_heatmap *m, double low, size_t H, size_t W, size_t h, size_t w, float *out)
{
    for (size_t i = 0; i < h; i++) {
        const position y = along(i, h, H, m->offset_y, m->stride_y, m->height);
        for (size_t j = 0; j < w; j++) {
            const position x = along(j, w, W, m->offset_x, m->stride_x, m->width);
            out[i * w + j] = (float)value_at(m, low, &y, &x);
        }
    }
}

void mm_draw_heat(uint8_t *rgb, const float *heat, const uint8_t *over, size_t n, double low, double high, double opacity,
                  uint8_t colours[MM_COLOURS][3])
{
    const double bare = fmin(low, 0);
    for (size_t i = 0; i < n; i++) {
        if (!(heat[i] >= (float)low) || (over && !over[i]))
            continue;
        double v = high > low ? fmin(fmax((heat[i] - low) / (high - low), 0), 1) : 1;
        double cover = opacity * fmin(fmax((heat[i] - bare) / (high - bare), 0), 1);
        const uint8_t *ink = colours[(size_t)(v * (MM_COLOURS - 1) + 0.5)];
        for (size_t k = 0; k < 3; k++)
            rgb[3 * i + k] = (uint8_t)((1 - cover) * rgb[3 * i + k] + cover * ink[k] + 0.5);
    }
}

/* Is a neighbour of (y, x), within the picture, set? */
static bool touches(const uint8_t *mask, size_t h, size_t w, size_t y, size_t x)
{
    size_t y0 = y ? y - 1 : 0, y1 = y + 1 < h ? y + 1 : y, x0 = x ? x - 1 : 0, x1 = x + 1 < w ? x + 1 : x;
    for (size_t i = y0; i <= y1; i++)
        for (size_t j = x0; j <= x1; j++)
            if (mask[i * w + j] == 1)
                return true;
    return false;
}

void mm_draw_outline(uint8_t *rgb, const uint8_t *mask, size_t h, size_t w, size_t thick, const uint8_t ink[3], uint8_t *scratch)
{
    for (size_t i = 0; i < h * w; i++)
        scratch[i] = mask[i] != 0;
    for (size_t ring = 0; ring < thick; ring++) { /* 1: inside so far, 2: ring */
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++)
                if (!scratch[y * w + x] && touches(scratch, h, w, y, x))
                    scratch[y * w + x] = 2;
        for (size_t i = 0; i < h * w; i++)
            if (scratch[i] == 2) {
                memcpy(rgb + 3 * i, ink, 3);
                scratch[i] = 1;
            }
    }
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            if (mask[y * w + x] && (y == 0 || x == 0 || y == h - 1 || x == w - 1))
                memcpy(rgb + 3 * (y * w + x), ink, 3);
}
