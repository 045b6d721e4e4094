/* Masses and clusters of calcifications: see lesion.h. */
#include "common/phantom/lesion.h"

#include "common/phantom/noise.h"

#include <math.h>

static const double pi = 3.141592653589793;

void mm_lesion_draw(mm_lesion *p, mm_random *r)
{
    p->radius = mm_random_range(r, 5, 10);
    p->oval = mm_random_range(r, 0.68, 1);
    p->angle = mm_random_range(r, 0, pi);
    for (int k = 0; k < MM_LESION_WAVES; k++) {
        p->wave[k] = 0.05 * mm_random_double(r) / (1 + 0.5 * k);
        p->phase[k] = mm_random_range(r, 0, 2 * pi);
    }
    double subtle = mm_random_double(r); /* most are plain, as in collections of films, and some hardly show */
    p->level = 0.24 - 0.18 * subtle * subtle;
}

double mm_lesion_reach(const mm_lesion *p, double phi)
{
    double c = cos(phi - p->angle) * sqrt(p->oval), s = sin(phi - p->angle) / sqrt(p->oval);
    double rough = 1;
    for (int k = 0; k < MM_LESION_WAVES; k++)
        rough += p->wave[k] * cos((k + 2) * phi + p->phase[k]);
    return p->radius * rough / sqrt(c * c + s * s);
}

double mm_lesion_extent(const mm_lesion *p)
{
    return 2.2 * p->radius + 1;
}

/* Place of pixel (i, j) from the lesion's centre, mm. */
static void offset(const mm_lesion *p, const mm_tissue_layer *l, size_t i, size_t j, double *dx, double *dy)
{
    *dx = ((double)j - mm_tissue_layer_column(l, p->x)) / l->scale * (l->mirrored ? -1 : 1);
    *dy = ((double)i - mm_tissue_layer_row(l, p->y)) / l->scale;
}

void mm_lesion_mask(const mm_lesion *p, const mm_tissue_layer *l, uint8_t *mask)
{
    mm_extent e = mm_tissue_layer_extent(l, p->x, p->y, 1.6 * p->radius);
    for (size_t i = e.top; i < e.bottom; i++)
        for (size_t j = e.left; j < e.right; j++) {
            double dx, dy;
            offset(p, l, i, j, &dx, &dy);
            if (hypot(dx, dy) <= mm_lesion_reach(p, atan2(dy, dx)))
                mask[i * l->width + j] = 1;
        }
    double row = mm_tissue_layer_row(l, p->y) + 0.5, column = mm_tissue_layer_column(l, p->x) + 0.5;
    if (row >= 0 && column >= 0 && row < (double)l->height && column < (double)l->width)
        mask[(size_t)row * l->width + (size_t)column] = 1;
}

/* The body of a mass. Its border is `sharp` mm wide and up to `hidden` mm wider on the side where tissue obscures it. */
typedef struct mass_body {
    double part;          /* of the outline that it fills */
    double sharp, hidden;
    double rough;         /* how much the border wavers, part of the radius */
    double dome;          /* how much thinner it is at the border than in its middle */
} mass_body;

static void render_body(const mm_lesion *p, mm_tissue_layer *l, const mass_body *b, mm_random *r)
{
    double phase[4], obscured = mm_random_range(r, 0, 2 * pi), widest = b->sharp + b->hidden;
    for (int k = 0; k < 4; k++)
        phase[k] = mm_random_range(r, 0, 2 * pi);
    mm_extent e = mm_tissue_layer_extent(l, p->x, p->y, 1.6 * p->radius + widest);
    for (size_t i = e.top; i < e.bottom; i++)
        for (size_t j = e.left; j < e.right; j++) {
            double dx, dy;
            offset(p, l, i, j, &dx, &dy);
            double distance = hypot(dx, dy), phi = atan2(dy, dx), waver = 0;
            for (int k = 0; k < 4; k++)
                waver += cos((3 + 2 * k) * phi + phase[k]);
            double edge = b->part * mm_lesion_reach(p, phi) * (1 + b->rough * waver);
            double soft = fmax(b->sharp + b->hidden * 0.5 * (1 + cos(phi - obscured)), 0.9 / l->scale);
            double f = (edge - distance) / soft + 0.5;
            if (f <= 0)
                continue;
            f = f < 1 ? f * f * (3 - 2 * f) : 1;
            double thick = 1 - b->dome * fmin(1, (distance / edge) * (distance / edge));
            float v = (float)(p->level * f * thick), *at = &l->value[i * l->width + j];
            *at = v > *at ? v : *at;
        }
}

static void render_spicules(const mm_lesion *p, mm_tissue_layer *l, mm_random *r)
{
    enum { STEPS = 8 };
    size_t count = 16 + (size_t)mm_random_below(r, 10);
    double turn = mm_random_range(r, 0, 2 * pi);
    for (size_t k = 0; k < count; k++) {
        double phi = turn + 2 * pi * ((double)k + 0.9 * mm_random_double(r)) / (double)count;
        double from = 0.35 * mm_lesion_reach(p, phi), to = mm_lesion_reach(p, phi) * mm_random_range(r, 0.65, 1.6);
        double bend = mm_random_range(r, -0.35, 0.35), px[STEPS], py[STEPS];
        for (int i = 0; i < STEPS; i++) {
            double t = i / (STEPS - 1.0), at = from + t * (to - from);
            px[i] = p->x + at * cos(phi + bend * t);
            py[i] = p->y + at * sin(phi + bend * t);
        }
        double width = p->radius * mm_random_range(r, 0.05, 0.115);
        double level = p->level * mm_random_range(r, 0.42, 0.84);
        mm_draw_stroke(l, px, py, STEPS, width, 0.35 * width, 0.55 * level);
        mm_draw_stroke(l, px, py, STEPS * 3 / 4, width, 0.6 * width, 0.8 * level);
        mm_draw_stroke(l, px, py, STEPS / 2, width, 0.8 * width, level);
    }
}

/* The grains of a cluster: how many, and their mean radius (mm) and level, drawn alike for both kinds. */
typedef struct grains {
    size_t count;
    double radius, level;
} grains;

static grains draw_grains(const mm_lesion *p, mm_random *r)
{
    grains g = {.count = 13 + (size_t)mm_random_below(r, 8)};
    g.radius = mm_random_range(r, 0.38, 0.52);
    g.level = 1.7 * (p->level - 0.04);
    return g;
}

/* Evenly spread within the outline (each new grain the farthest of some tries from those there), all alike. */
static void render_round_grains(const mm_lesion *p, mm_tissue_layer *l, mm_random *r)
{
    enum { MOST = 20 };
    double px[MOST] = {0}, py[MOST] = {0};
    grains g = draw_grains(p, r);
    for (size_t k = 0; k < g.count; k++) {
        double best = -1;
        for (int tries = 0; tries < 8; tries++) {
            double phi = mm_random_range(r, 0, 2 * pi), near = 1e9;
            double reach = 0.88 * sqrt(mm_random_double(r)) * mm_lesion_reach(p, phi);
            double x = p->x + reach * cos(phi), y = p->y + reach * sin(phi);
            for (size_t i = 0; i < k; i++)
                near = fmin(near, hypot(px[i] - x, py[i] - y));
            if (near > best) {
                best = near;
                px[k] = x;
                py[k] = y;
            }
        }
        mm_draw_speck(l, px[k], py[k], g.radius * mm_random_range(r, 1.06, 1.14), 1, 0, 0, g.level * mm_random_range(r, 0.78, 0.98));
    }
}

/* A duct with one or two branches across the outline, strewn with grains and rods of all sizes. */
static void render_branching_grains(const mm_lesion *p, mm_tissue_layer *l, double toward, mm_random *r)
{
    double axis = toward + 0.3 * mm_random_normal(r);
    double fork = (mm_random_double(r) < 0.5 ? -1 : 1) * mm_random_range(r, 0.5, 0.9);
    grains g = draw_grains(p, r);
    for (size_t k = 0; k < g.count; k++) {
        double t = ((double)k + mm_random_double(r)) / (double)g.count, angle, x, y;
        double back = mm_lesion_reach(p, axis + pi), ahead = mm_lesion_reach(p, axis + (k % 3 == 2 ? fork : 0));
        if (k % 3 == 2) { /* the branch leaves at the middle */
            angle = axis + fork;
            x = 0.9 * ahead * t * cos(angle);
            y = 0.9 * ahead * t * sin(angle);
        } else {
            angle = axis;
            x = 0.92 * (t * (back + ahead) - back) * cos(axis);
            y = 0.92 * (t * (back + ahead) - back) * sin(axis);
        }
        double side = 0.03 * p->radius * mm_random_normal(r);
        x -= side * sin(angle);
        y += side * cos(angle);
        double radius = g.radius * mm_random_range(r, 0.45, 1.05);
        double stretch = mm_random_double(r) < 0.8 ? mm_random_range(r, 2, 3.6) : 1;
        mm_draw_speck(l, p->x + x, p->y + y, radius, stretch, angle + 0.25 * mm_random_normal(r), 0.25,
                      g.level * mm_random_range(r, 0.55, 1.1));
    }
}

void mm_lesion_render(const mm_lesion *p, mm_tissue_layer *l, double toward, mm_random *r)
{
    static const mass_body benign = {.part = 0.855, .sharp = 1.3, .hidden = 4.9, .rough = 0.01, .dome = 0.48};
    static const mass_body malignant = {.part = 0.655, .sharp = 2, .hidden = 2.5, .rough = 0.072, .dome = 0.28};
    switch (p->label) {
    case MM_MASS_BEN:
        render_body(p, l, &benign, r);
        break;
    case MM_MASS_MAL:
        render_spicules(p, l, r);
        render_body(p, l, &malignant, r);
        break;
    case MM_CALC_BEN:
        render_round_grains(p, l, r);
        break;
    case MM_CALC_MAL:
        render_branching_grains(p, l, toward, r);
        break;
    default:
        break;
    }
}
