/* Heatmaps against lesion masks: see hit.h. */
#include "common/stats/hit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/bootstrap.h"

/* The pixel of a cell along one axis. */
static size_t pixel(double offset, double stride, size_t cell)
{
    return (size_t)floor(offset + stride * (double)cell + 0.5);
}

/* The cell whose pixel is nearest to a position along one axis. */
static size_t nearest_cell(double position, double offset, double stride, size_t cells)
{
    double c = floor((position - offset) / stride + 0.5);
    return c < 0 ? 0 : c > (double)(cells - 1) ? cells - 1 : (size_t)c;
}

int mm_hit_check(const double *heat, const mm_heat_geometry *g, size_t H, size_t W, mm_error *error)
{
    if (!g->height || !g->width || !(g->stride_y > 0) || !(g->stride_x > 0))
        return mm_fail(error, MM_FAILURE, "the heatmap is empty or its stride is not above 0");
    if (!(g->offset_y >= -0.5) || !(g->offset_x >= -0.5)
        || !(g->offset_y + g->stride_y * (double)(g->height - 1) < (double)H - 0.5)
        || !(g->offset_x + g->stride_x * (double)(g->width - 1) < (double)W - 0.5))
        return mm_fail(error, MM_FAILURE, "the heatmap's %zu x %zu positions do not lie in the image of %zu x %zu",
                       g->height, g->width, H, W);
    for (size_t i = 0; i < g->height * g->width; i++)
        if (!isfinite(heat[i]))
            return mm_fail(error, MM_FAILURE, "the heatmap holds a value that is not a finite number");
    return 0;
}

/* Marks the cells inside of lesions; a lesion between the cells marks the one nearest to its centre. */
static size_t mark_inside(uint8_t *inside, const mm_heat_geometry *g, const uint8_t *mask, size_t lesions, size_t H, size_t W)
{
    size_t found = 0;
    for (size_t l = 0; l < lesions; l++) {
        const uint8_t *m = mask + l * H * W;
        double n = 0, sum_y = 0, sum_x = 0;
        for (size_t y = 0; y < H; y++)
            for (size_t x = 0; x < W; x++)
                if (m[y * W + x]) {
                    n++;
                    sum_y += (double)y;
                    sum_x += (double)x;
                }
        if (n == 0)
            continue;
        found++;
        bool hit = false;
        for (size_t i = 0; i < g->height; i++)
            for (size_t j = 0; j < g->width; j++)
                if (m[pixel(g->offset_y, g->stride_y, i) * W + pixel(g->offset_x, g->stride_x, j)]) {
                    inside[i * g->width + j] = 1;
                    hit = true;
                }
        if (!hit)
            inside[nearest_cell(sum_y / n, g->offset_y, g->stride_y, g->height) * g->width
                   + nearest_cell(sum_x / n, g->offset_x, g->stride_x, g->width)] = 1;
    }
    return found;
}

static double distance_to_lesion(size_t py, size_t px, const uint8_t *mask, size_t lesions, size_t H, size_t W)
{
    double best = INFINITY;
    for (size_t l = 0; l < lesions; l++)
        for (size_t y = 0; y < H; y++)
            for (size_t x = 0; x < W; x++)
                if (mask[(l * H + y) * W + x]) {
                    double dy = (double)y - (double)py, dx = (double)x - (double)px;
                    best = fmin(best, dy * dy + dx * dx);
                }
    return sqrt(best);
}

bool mm_hit_within(const uint8_t *plane, size_t H, size_t W, double y, double x, double near)
{
    double top = ceil(y - near), left = ceil(x - near);
    for (size_t i = top > 0 ? (size_t)top : 0; i < H && (double)i <= y + near; i++)
        for (size_t j = left > 0 ? (size_t)left : 0; j < W && (double)j <= x + near; j++) {
            double dy = (double)i - y, dx = (double)j - x;
            if (plane[i * W + j] && dy * dy + dx * dx <= near * near)
                return true;
        }
    return false;
}

/* Share of the marked cells from which a lesion is near. */
static double chance_of(const mm_heat_geometry *g, const uint8_t *marked, const uint8_t *mask, size_t lesions, size_t H, size_t W,
                        double near)
{
    size_t cells = 0, hits = 0;
    for (size_t i = 0; i < g->height; i++)
        for (size_t j = 0; j < g->width; j++) {
            if (marked && !marked[i * g->width + j])
                continue;
            double y = (double)pixel(g->offset_y, g->stride_y, i), x = (double)pixel(g->offset_x, g->stride_x, j);
            bool hit = false;
            for (size_t l = 0; l < lesions && !hit; l++)
                hit = mm_hit_within(mask + l * H * W, H, W, y, x, near);
            cells++;
            hits += hit;
        }
    return cells ? (double)hits / (double)cells : 0;
}

int mm_hit_measure(mm_hit *r, const double *heat, const double *rank, const mm_heat_geometry *g, const uint8_t *marked,
                   const uint8_t *mask, size_t lesions, const uint8_t *breast, size_t H, size_t W, double near,
                   mm_error *error)
{
    *r = (mm_hit){.inside = 0, .outside = 0, .distance = NAN};
    int code = mm_hit_check(heat, g, H, W, error);
    if (code)
        return code;
    uint8_t *inside = calloc(g->height * g->width, 1);
    if (!inside)
        return mm_no_memory(error);
    if (!mark_inside(inside, g, mask, lesions, H, W)) {
        free(inside);
        return mm_fail(error, MM_FAILURE, "no lesion in the mask");
    }
    size_t hottest = SIZE_MAX;
    for (size_t i = 0; i < g->height; i++)
        for (size_t j = 0; j < g->width; j++) {
            size_t cell = i * g->width + j;
            if ((!marked || marked[cell]) && (hottest == SIZE_MAX || rank[cell] > rank[hottest]))
                hottest = cell;
            if (inside[cell]) {
                r->inside_cells++;
                r->inside += heat[cell];
            } else if (!breast || breast[pixel(g->offset_y, g->stride_y, i) * W + pixel(g->offset_x, g->stride_x, j)]) {
                r->outside_cells++;
                r->outside += heat[cell];
            }
        }
    free(inside);
    r->inside /= (double)r->inside_cells;
    r->outside = r->outside_cells ? r->outside / (double)r->outside_cells : NAN;
    r->chance = chance_of(g, marked, mask, lesions, H, W, near);
    if (hottest == SIZE_MAX)
        return MM_OK;
    r->distance = distance_to_lesion(pixel(g->offset_y, g->stride_y, hottest / g->width),
                                     pixel(g->offset_x, g->stride_x, hottest % g->width), mask, lesions, H, W);
    return 0;
}

/* What a draw is computed from. */
typedef struct material {
    const mm_hit *heat;
    const size_t *patient;
    size_t n;
} material;

enum { INSIDE, OUTSIDE, RATIO, DIFFERENCE, FIGURES };

/* mm_figures_of_draw: means over images, NaN without a weight. */
static void means(const void *data, const size_t *times, double *figure)
{
    const material *m = data;
    double in = 0, out = 0, weight = 0;
    for (size_t i = 0; i < m->n; i++) {
        double w = (double)times[m->patient[i]];
        if (isnan(m->heat[i].outside))
            continue;
        in += w * m->heat[i].inside;
        out += w * m->heat[i].outside;
        weight += w;
    }
    figure[INSIDE] = in / weight;
    figure[OUTSIDE] = out / weight;
    figure[RATIO] = figure[INSIDE] / figure[OUTSIDE];
    figure[DIFFERENCE] = figure[INSIDE] - figure[OUTSIDE];
}

int mm_hit_summarise(mm_hit_summary *s, const mm_hit *heat, const size_t *patient, size_t patients, size_t n,
                      double near, size_t draws, uint64_t seed, mm_error *error)
{
    const material m = {heat, patient, n};
    const mm_sample sample = {patient, n, patients, draws, seed};
    mm_estimate e[FIGURES];
    *s = (mm_hit_summary){.images = n, .patients = patients};
    int code = mm_bootstrap(means, &m, FIGURES, &sample, e, error);
    if (code)
        return code;
    s->inside = e[INSIDE].value;
    s->outside = e[OUTSIDE].value;
    s->ratio = e[RATIO];
    s->difference = e[DIFFERENCE];
    for (size_t i = 0; i < n; i++) {
        s->hits += heat[i].distance <= near;
        s->chance += heat[i].chance / (double)n;
        s->hotter += heat[i].inside > heat[i].outside;
    }
    s->hits_wilson = mm_wilson(s->hits, n, MM_Z95);
    return 0;
}

/* What a draw of a comparison is computed from. */
typedef struct pair {
    const mm_hit *heat[2];
    double near;
    const mm_sample *sample;
} pair;

/* mm_figures_of_draw: both shares and their difference. */
static void two_shares(const void *data, const size_t *times, double *figure)
{
    const pair *p = data;
    double hits[2] = {0, 0}, weight = 0;
    for (size_t i = 0; i < p->sample->n; i++) {
        const double w = (double)times[p->sample->patient[i]];
        weight += w;
        for (int k = 0; k < 2; k++)
            hits[k] += p->heat[k][i].distance <= p->near ? w : 0;
    }
    figure[0] = hits[0] / weight;
    figure[1] = hits[1] / weight;
    figure[2] = figure[0] - figure[1];
}

int mm_hit_compare(mm_paired *c, const mm_hit *first, const mm_hit *second, double near, const mm_sample *sample, mm_error *error)
{
    const pair p = {{first, second}, near, sample};
    mm_estimate figure[3];
    int code = mm_bootstrap(two_shares, &p, 3, sample, figure, error);
    if (!code)
        *c = (mm_paired){figure[0], figure[1], figure[2]};
    return code;
}
