/* Plans and renders synthetic mammograms: see phantom.h. */
#include "common/phantom/phantom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 8 };

bool mm_phantom_malignant(int label)
{
    return label == MM_CALC_MAL || label == MM_MASS_MAL;
}

bool mm_phantom_calcified(int label)
{
    return label == MM_CALC_MAL || label == MM_CALC_BEN;
}

/* The random numbers of one purpose, of the patient or of one view. */
static mm_random numbers(const mm_phantom *p, bool of_view, const char *purpose)
{
    uint64_t hash = mm_hash_string(of_view ? p->key : p->patient);
    mm_random r;
    mm_random_init(&r, p->seed, mm_hash_more(mm_hash_more(hash, "/"), purpose), 0);
    return r;
}

/* Class of the patient's first lesion: the four of a block of four patients are a permutation. */
static int first_class(uint64_t seed, size_t patient)
{
    char block[40];
    snprintf(block, sizeof block, "block %zu", patient / 4);
    mm_random r;
    mm_random_init(&r, seed, mm_hash_string(block), 0);
    size_t label[4] = {MM_CALC_MAL, MM_CALC_BEN, MM_MASS_MAL, MM_MASS_BEN};
    mm_random_shuffle(&r, label, 4);
    return (int)label[patient % 4];
}

/* Part of the patch around (x, y) that shows breast: on the film, inside the skin, clear of the film's border. */
static double tissue_around(const mm_phantom *p, double x, double y)
{
    enum { STEPS = 12 };
    double width = (double)p->width / p->scale, half = (double)p->height / p->scale / 2;
    int inside = 0;
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) {
            double px = x + MM_PHANTOM_PATCH * ((j + 0.5) / STEPS - 0.5);
            double py = y + MM_PHANTOM_PATCH * ((i + 0.5) / STEPS - 0.5);
            if (px >= 0 && px < width && fabs(py) < half && mm_outline_inside(&p->outline, px, py) > 0 &&
                mm_film_covered(&p->film, px, py, 2 * half, width) < -0.5)
                inside++;
        }
    return (double)inside / (STEPS * STEPS);
}

static bool draw_place(const mm_phantom *p, double *x, double *y, mm_random *r)
{
    double half = fmin(125, (double)p->height / p->scale / 2);
    for (int tries = 0; tries < 200; tries++) {
        *x = mm_random_range(r, 0, p->outline.depth);
        *y = mm_random_range(r, -half, half);
        if (tissue_around(p, *x, *y) >= MM_PHANTOM_TISSUE)
            return true;
    }
    return false;
}

/* Would a patch at (x, y) hold so much of the lesion that it is no background? About 35 % of its area. */
static bool holds(const mm_lesion *lesion, double x, double y)
{
    double reach = MM_PHANTOM_PATCH / 2 + 0.25 * lesion->radius;
    return fabs(lesion->x - x) < reach && fabs(lesion->y - y) < reach;
}

/* Places lesion k. A place is drawn together with that of a background patch that is free of lesions, so that both
 * have the same distribution; of several such draws the one at the patient's quantile of distance from the nipple is
 * taken, which brings the lesion to about the same depth in both views and leaves the distribution as it is. */
static bool place_lesion(mm_phantom *p, size_t k, double quantile, mm_random *r)
{
    double x[CANDIDATES], y[CANDIDATES], depth[CANDIDATES];
    size_t found = 0;
    mm_lesion *lesion = &p->lesion[k];
    for (int tries = 0; tries < 300 && found < CANDIDATES; tries++) {
        double bx, by;
        if (!draw_place(p, &lesion->x, &lesion->y, r) || !draw_place(p, &bx, &by, r))
            return false;
        bool clash = holds(lesion, bx, by);
        for (size_t i = 0; i < k; i++) {
            double apart = hypot(lesion->x - p->lesion[i].x, lesion->y - p->lesion[i].y);
            clash = clash || holds(&p->lesion[i], bx, by) || apart < 1.4 * (lesion->radius + p->lesion[i].radius) + 4;
        }
        if (clash)
            continue;
        double d = hypot(lesion->x - p->outline.nipple_x, lesion->y - p->outline.nipple_y);
        size_t at = found++;
        for (; at > 0 && depth[at - 1] > d; at--) {
            x[at] = x[at - 1];
            y[at] = y[at - 1];
            depth[at] = depth[at - 1];
        }
        x[at] = lesion->x;
        y[at] = lesion->y;
        depth[at] = d;
    }
    if (found == 0)
        return false;
    size_t chosen = (size_t)(quantile * (double)found);
    lesion->x = x[chosen];
    lesion->y = y[chosen];
    return true;
}

static void plan_lesions(mm_phantom *p, size_t patient)
{
    mm_random both = numbers(p, false, "lesions"), view = numbers(p, true, "places");
    size_t wanted = mm_random_double(&both) < 0.3 ? 2 : 1;
    p->lesions = 0;
    p->label = 0;
    for (size_t k = 0; k < wanted; k++) {
        mm_lesion *lesion = &p->lesion[k];
        double quantile = mm_random_double(&both);
        mm_lesion_draw(lesion, &both);
        lesion->label = first_class(p->seed, patient);
        if (k > 0 && mm_random_double(&both) < 0.5) /* calcifications beside a mass, or the other way round */
            lesion->label = lesion->label > 2 ? lesion->label - 2 : lesion->label + 2;
        lesion->angle += 0.5 * mm_random_normal(&view); /* seen from elsewhere */
        if (!place_lesion(p, k, quantile, &view))
            break;
        p->lesions++;
        if (mm_phantom_malignant(lesion->label))
            p->label = 1;
    }
}

int mm_phantom_plan(mm_phantom *p, size_t height, size_t width, uint64_t seed, size_t patient, int view, mm_error *error)
{
    const size_t least = MM_PHANTOM_SMALLEST, most = MM_PHANTOM_LARGEST;
    if (height < least || width < least || height > most || width > most)
        return mm_fail(error, MM_USAGE, "size %zux%zu is not between %zux%zu and %zux%zu", height, width, least, least,
                       most, most);
    memset(p, 0, sizeof *p);
    p->height = height;
    p->width = width;
    p->scale = fmin((double)height / 250, (double)width / 140);
    p->seed = seed;
    p->oblique = view != 0;
    snprintf(p->patient, sizeof p->patient, "P_%05zu", patient + 1);
    mm_random r = numbers(p, false, "breast");
    p->left = mm_random_double(&r) < 0.5;
    snprintf(p->key, sizeof p->key, "%s_%s_%s", p->patient, p->left ? "LEFT" : "RIGHT", p->oblique ? "MLO" : "CC");

    mm_breast breast;
    mm_breast_draw(&breast, &r);
    r = numbers(p, true, "outline");
    mm_outline_draw(&p->outline, p->oblique, breast.size, &r);
    r = numbers(p, true, "tissue");
    mm_tissue_draw(&p->tissue, &breast, &p->outline, p->oblique, &r);
    r = numbers(p, true, "film");
    mm_film_draw(&p->film, &p->outline, (double)height / p->scale, (double)width / p->scale, &r);
    plan_lesions(p, patient);
    return 0;
}

/* Draws a lesion on a window of its own and adds that to the layer. */
static int add_lesion(const mm_phantom *p, size_t k, mm_tissue_layer *l, mm_error *error)
{
    const mm_lesion *lesion = &p->lesion[k];
    mm_extent e = mm_tissue_layer_extent(l, lesion->x, lesion->y, mm_lesion_extent(lesion));
    mm_tissue_layer tile = *l;
    tile.height = e.bottom - e.top;
    tile.width = e.right - e.left;
    tile.x0 += (double)(l->mirrored ? l->width - e.right : e.left) / l->scale;
    tile.y0 += (double)e.top / l->scale;
    if (tile.height == 0 || tile.width == 0)
        return 0;
    tile.value = calloc(tile.height * tile.width, sizeof *tile.value);
    if (!tile.value)
        return mm_fail(error, MM_FAILURE, "out of memory for a lesion of %zu x %zu pixels", tile.height, tile.width);
    mm_random r = numbers(p, true, k == 0 ? "lesion 0" : "lesion 1");
    double toward = atan2(p->outline.nipple_y - lesion->y, p->outline.nipple_x - lesion->x);
    mm_lesion_render(lesion, &tile, toward, &r);
    for (size_t i = 0; i < tile.height; i++)
        for (size_t j = 0; j < tile.width; j++)
            l->value[(e.top + i) * l->width + e.left + j] += tile.value[i * tile.width + j];
    free(tile.value);
    return 0;
}

static void render_row(const mm_phantom *p, const mm_tissue_layer *l, size_t row, uint16_t *image)
{
    enum { N = MM_TISSUE_CHUNK };
    float x[N], y[N], inside[N], level[N];
    double step = 1 / p->scale, at = ((double)row - (double)(p->height - 1) / 2) * step;
    for (size_t first = 0; first < p->width; first += N) {
        size_t n = p->width - first < N ? p->width - first : N;
        double x0 = ((double)first + 0.5) * step;
        if (l->mirrored)
            x0 = ((double)(p->width - 1 - first) + 0.5) * step;
        double along = l->mirrored ? -step : step;
        for (size_t i = 0; i < n; i++) {
            x[i] = (float)(x0 + along * (double)i);
            y[i] = (float)at;
        }
        mm_outline_row(&p->outline, x0, along, at, inside, n);
        float most = inside[0];
        for (size_t i = 1; i < n; i++)
            most = inside[i] > most ? inside[i] : most;
        if (!mm_tissue_absent(&p->tissue, at, most))
            mm_tissue_level(&p->tissue, &p->outline, x, y, inside, l->value + row * p->width + first, n,
                            (float)(2 * step), level);
        else
            memset(level, 0, sizeof level);
        mm_film_expose(&p->film, level, x, at, row, first, n, (double)p->height / p->scale,
                       (double)p->width / p->scale, image + row * p->width + first);
    }
}

int mm_phantom_render(const mm_phantom *p, bool null, uint16_t *image, uint8_t *mask, mm_error *error)
{
    size_t pixels = p->height * p->width;
    mm_tissue_layer l = {.height = p->height, .width = p->width, .scale = p->scale, .mirrored = !p->left};
    l.x0 = 0.5 / p->scale;
    l.y0 = -(double)(p->height - 1) / 2 / p->scale;
    l.value = calloc(pixels, sizeof *l.value);
    if (!l.value)
        return mm_fail(error, MM_FAILURE, "out of memory for a phantom of %zu x %zu pixels", p->height, p->width);
    mm_random r = numbers(p, true, "strokes");
    mm_tissue_strokes(&p->tissue, &p->outline, &l, &r);
    memset(mask, 0, p->lesions * pixels);
    int status = 0;
    for (size_t k = 0; k < p->lesions && status == 0; k++) {
        mm_lesion_mask(&p->lesion[k], &l, mask + k * pixels);
        if (!null)
            status = add_lesion(p, k, &l, error);
    }
    for (size_t row = 0; row < p->height && status == 0; row++)
        render_row(p, &l, row, image);
    if (status == 0)
        status = mm_film_label(&p->film, &l, p->oblique, image, error);
    free(l.value);
    return status;
}

void mm_phantom_breast(const mm_phantom *p, uint8_t *breast)
{
    const mm_outline *o = &p->outline;
    double step = 1 / p->scale;
    for (size_t row = 0; row < p->height; row++)
        for (size_t column = 0; column < p->width; column++) {
            double x = ((double)(p->left ? column : p->width - 1 - column) + 0.5) * step;
            double y = ((double)row - (double)(p->height - 1) / 2) * step;
            bool nipple = hypot(x - o->nipple_x + MM_NIPPLE_BACK, y - o->nipple_y) < MM_NIPPLE_RADIUS;
            bool covered = mm_film_covered(&p->film, x, y, (double)p->height * step, (double)p->width * step) > 0;
            breast[row * p->width + column] = (nipple || mm_outline_inside(o, x, y) > 0) && !covered;
        }
}
