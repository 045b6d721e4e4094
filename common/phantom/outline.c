/* Breast outlines: see outline.h. */
#include "common/phantom/outline.h"

#include "common/base/clones.h"

#include <math.h>

static const double grid_x = -10, grid_y = -137.5, grid_step = 2.5;

static void append(mm_outline *o, double x, double y)
{
    if (o->points < MM_OUTLINE_POINTS) {
        o->x[o->points] = (float)x;
        o->y[o->points] = (float)y;
        o->points++;
    }
}

/* Catmull-Rom through the inner points of (x, y), n of them, `pieces` steps from each to the next. */
static void append_curve(mm_outline *o, const double *x, const double *y, size_t n, size_t pieces)
{
    for (size_t k = 1; k + 2 < n; k++)
        for (size_t i = 0; i < pieces; i++) {
            double t = (double)i / (double)pieces, t2 = t * t, t3 = t2 * t;
            double a = -t3 + 2 * t2 - t, b = 3 * t3 - 5 * t2 + 2, c = -3 * t3 + 4 * t2 + t, d = t3 - t2;
            append(o, (a * x[k - 1] + b * x[k] + c * x[k + 1] + d * x[k + 2]) / 2,
                   (a * y[k - 1] + b * y[k] + c * y[k + 1] + d * y[k + 2]) / 2);
        }
}

static void draw_craniocaudal(mm_outline *o, double size, mm_random *r)
{
    enum { N = 13 };
    double x[N], y[N];
    double depth = size * mm_random_range(r, 100, 120), half = size * mm_random_range(r, 84, 98);
    double shift = mm_random_range(r, -8, 8), lean = mm_random_range(r, -0.12, 0.12);
    double point = mm_random_range(r, 0.75, 1.15);
    for (int k = 0; k < N; k++) {
        double angle = 3.14159265 * (k - 1 - (N - 3) / 2.0) / (N - 3);
        double rough = 1 + 0.012 * mm_random_normal(r);
        x[k] = rough * depth * copysign(pow(fabs(cos(angle)), point), cos(angle));
        y[k] = shift + rough * half * sin(angle) + lean * x[k];
    }
    x[0] = x[N - 1] = -60; /* beyond the film the outline goes straight back */
    x[1] = x[N - 2] = -8;
    y[0] = y[1] - mm_random_range(r, 5, 25);
    y[N - 1] = y[N - 2] + mm_random_range(r, 5, 25);
    append(o, -300, y[0]);
    append_curve(o, x, y, N, 12);
    append(o, x[N - 2], y[N - 2]);
    append(o, -300, y[N - 1]);
}

static void draw_oblique(mm_outline *o, double size, mm_random *r)
{
    double depth = size * mm_random_range(r, 102, 122);
    double axilla = o->axilla = size * mm_random_range(r, 58, 84);
    double nipple = mm_random_range(r, 8, 30);
    double drop = size * mm_random_range(r, 64, 74);
    double waist = mm_random_range(r, 0.98, 1.1);
    const double px[] = {axilla * 0.96, axilla, axilla * waist, 0.66 * depth + 0.33 * axilla * waist, 0.92 * depth,
                         depth, 0.9 * depth, 0.62 * depth, 0.28 * depth, 4, -20};
    const double py[] = {-200, -142, -85, nipple - 62, nipple - 30,
                         nipple, nipple + 31, nipple + 0.83 * drop, nipple + drop, nipple + 0.93 * drop,
                         nipple + 0.7 * drop};
    enum { N = sizeof px / sizeof *px };
    double x[N], y[N];
    for (int k = 0; k < N; k++) {
        x[k] = px[k] + (k > 1 && k < 9 ? 1.4 * mm_random_normal(r) : 0);
        y[k] = py[k] + (k > 2 && k < 9 ? 1.4 * mm_random_normal(r) : 0);
    }
    append(o, -300, -400);
    append(o, axilla * 0.96, -400);
    append_curve(o, x, y, N, 15);
    append(o, x[N - 2], y[N - 2]);
    append(o, -300, y[N - 1]);
}

/* One row of the grid: distance to the polygon's sides, its sign by how many of them a ray to the right crosses. */
MM_CLONES
static void fill_row(const mm_outline *o, float y, float *restrict out)
{
    enum { N = MM_OUTLINE_COLUMNS };
    float x[N], square[N], sign[N];
    for (size_t j = 0; j < N; j++) {
        x[j] = (float)(grid_x + grid_step * (double)j);
        square[j] = 1e12f;
        sign[j] = -1;
    }
    for (size_t i = 0, before = o->points - 1; i < o->points; before = i++) {
        float ax = o->x[before], ay = o->y[before], bx = o->x[i] - ax, by = o->y[i] - ay;
        float inverse = 1 / (bx * bx + by * by + 1e-9f);
        for (size_t j = 0; j < N; j++) {
            float t = ((x[j] - ax) * bx + (y - ay) * by) * inverse;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            float dx = x[j] - ax - t * bx, dy = y - ay - t * by, d = dx * dx + dy * dy;
            square[j] = d < square[j] ? d : square[j];
        }
        if ((ay > y) == (o->y[i] > y))
            continue;
        float crossing = ax + bx * (y - ay) / by;
        for (size_t j = 0; j < N; j++)
            sign[j] = x[j] < crossing ? -sign[j] : sign[j];
    }
    for (size_t j = 0; j < N; j++)
        out[j] = sign[j] * sqrtf(square[j]);
}

void mm_outline_draw(mm_outline *o, bool oblique, double size, mm_random *r)
{
    o->points = 0;
    o->axilla = 0;
    if (oblique)
        draw_oblique(o, size, r);
    else
        draw_craniocaudal(o, size, r);
    o->nipple_x = o->nipple_y = 0;
    for (size_t i = 0; i < o->points; i++)
        if (o->x[i] > o->nipple_x && o->y[i] > -90) {
            o->nipple_x = o->x[i];
            o->nipple_y = o->y[i];
        }
    o->depth = o->nipple_x;
    for (size_t i = 0; i < MM_OUTLINE_ROWS; i++)
        fill_row(o, (float)(grid_y + grid_step * (double)i), o->distance[i]);
}

/* Cell of a coordinate and the place within it. */
static size_t locate(double at, size_t count, float *part)
{
    double last = (double)(count - 1);
    at = at < 0 ? 0 : at > last ? last : at;
    size_t cell = (size_t)at;
    if (cell > count - 2)
        cell = count - 2;
    *part = (float)(at - (double)cell);
    return cell;
}

void mm_outline_row(const mm_outline *o, double x0, double step, double y, float *out, size_t n)
{
    float v, u;
    size_t i = locate((y - grid_y) / grid_step, MM_OUTLINE_ROWS, &v);
    float line[MM_OUTLINE_COLUMNS];
    for (size_t j = 0; j < MM_OUTLINE_COLUMNS; j++)
        line[j] = o->distance[i][j] + v * (o->distance[i + 1][j] - o->distance[i][j]);
    for (size_t k = 0; k < n; k++) {
        size_t j = locate((x0 + step * (double)k - grid_x) / grid_step, MM_OUTLINE_COLUMNS, &u);
        out[k] = line[j] + u * (line[j + 1] - line[j]);
    }
}

double mm_outline_inside(const mm_outline *o, double x, double y)
{
    float u, v;
    size_t i = locate((y - grid_y) / grid_step, MM_OUTLINE_ROWS, &v);
    size_t j = locate((x - grid_x) / grid_step, MM_OUTLINE_COLUMNS, &u);
    const float *a = &o->distance[i][j], *b = &o->distance[i + 1][j];
    return (1 - v) * (a[0] + u * (a[1] - a[0])) + v * (b[0] + u * (b[1] - b[0]));
}
