/* Strokes and specks: see draw.h. */
#include "common/phantom/draw.h"

#include <math.h>

double mm_tissue_layer_column(const mm_tissue_layer *l, double x)
{
    double column = (x - l->x0) * l->scale;
    return l->mirrored ? (double)(l->width - 1) - column : column;
}

double mm_tissue_layer_row(const mm_tissue_layer *l, double y)
{
    return (y - l->y0) * l->scale;
}

static void range(double centre, double reach, size_t size, size_t *first, size_t *end)
{
    double low = ceil(centre - reach), high = floor(centre + reach) + 1, limit = (double)size;
    *first = low <= 0 ? 0 : low >= limit ? size : (size_t)low;
    *end = high <= 0 ? 0 : high >= limit ? size : (size_t)high;
    if (*end < *first)
        *end = *first;
}

mm_extent mm_tissue_layer_extent(const mm_tissue_layer *l, double x, double y, double reach)
{
    mm_extent e;
    range(mm_tissue_layer_row(l, y), reach * l->scale, l->height, &e.top, &e.bottom);
    range(mm_tissue_layer_column(l, x), reach * l->scale, l->width, &e.left, &e.right);
    return e;
}

/* One piece of a stroke, in pixels: from (ax, ay) with half width wa to (bx, by) with wb. */
static void draw_piece(mm_tissue_layer *l, double ax, double ay, double wa, double bx, double by, double wb, double amplitude)
{
    double wide = fmax(wa, wb), dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
    size_t top, bottom, left, right;
    range((ay + by) / 2, fabs(dy) / 2 + wide, l->height, &top, &bottom);
    range((ax + bx) / 2, fabs(dx) / 2 + wide, l->width, &left, &right);
    float inverse = square > 0 ? (float)(1 / square) : 0, level = (float)amplitude;
    for (size_t i = top; i < bottom; i++) {
        float *row = l->value + i * l->width;
        float py = (float)((double)i - ay);
        for (size_t j = left; j < right; j++) {
            float px = (float)((double)j - ax);
            float t = (px * (float)dx + py * (float)dy) * inverse;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            float ex = px - t * (float)dx, ey = py - t * (float)dy;
            float w = (float)wa + t * (float)(wb - wa);
            float f = 1 - (ex * ex + ey * ey) / (w * w);
            float v = level * f * f;
            if (f > 0 && v > row[j])
                row[j] = v;
        }
    }
}

void mm_draw_stroke(mm_tissue_layer *l, const double *x, const double *y, size_t points, double w0, double w1, double amplitude)
{
    for (size_t k = 1; k < points; k++) {
        double a = (double)(k - 1) / (double)(points - 1), b = (double)k / (double)(points - 1);
        double wa = fmax((w0 + a * (w1 - w0)) * l->scale, 0.85), wb = fmax((w0 + b * (w1 - w0)) * l->scale, 0.85);
        draw_piece(l, mm_tissue_layer_column(l, x[k - 1]), mm_tissue_layer_row(l, y[k - 1]), wa, mm_tissue_layer_column(l, x[k]),
                   mm_tissue_layer_row(l, y[k]), wb, amplitude);
    }
}

void mm_draw_speck(mm_tissue_layer *l, double x, double y, double radius, double stretch, double angle, double rough,
                   double amplitude)
{
    double size = fmax(radius * l->scale, 0.62), soft = fmax(0.45 * size, 0.6);
    double cx = mm_tissue_layer_column(l, x), cy = mm_tissue_layer_row(l, y);
    double ca = cos(angle), sa = sin(angle) * (l->mirrored ? -1 : 1);
    double reach = size * stretch * (1 + rough) + soft;
    size_t top, bottom, left, right;
    range(cy, reach, l->height, &top, &bottom);
    range(cx, reach, l->width, &left, &right);
    for (size_t i = top; i < bottom; i++)
        for (size_t j = left; j < right; j++) {
            double dx = (double)j - cx, dy = (double)i - cy;
            double u = (dx * ca + dy * sa) / stretch, v = dy * ca - dx * sa;
            double edge = size;
            if (rough > 0) {
                double phi = atan2(v, u);
                edge *= 1 + rough * (0.6 * cos(3 * phi + 7 * angle) + 0.4 * cos(5 * phi + 3 * angle));
            }
            double f = 0.5 + (edge - sqrt(u * u + v * v)) / soft;
            float level = (float)(amplitude * (f < 1 ? f : 1)), *at = &l->value[i * l->width + j];
            *at = level > *at ? level : *at;
        }
}
