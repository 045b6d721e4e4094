/* Fat, gland, fibres, muscle: see tissue.h. Lengths in mm; the figures were set by eye beside real films. */
#include "common/phantom/tissue.h"

#include "common/phantom/noise.h"

#include <math.h>

static const double upper_edge = -125, lower_edge = 125;

static inline float clamp(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static inline float smooth(float t)
{
    t = clamp(t);
    return t * t * (3 - 2 * t);
}

void mm_breast_draw(mm_breast *b, mm_random *r)
{
    b->size = mm_random_range(r, 0.95, 1.05);
    b->density = mm_random_double(r);
    b->fat = mm_random_range(r, 0.28, 0.39);
    b->gland = mm_random_range(r, 0.20, 0.35);
    b->fibre = mm_random_range(r, 0.5, 1.2);
    b->strand = mm_random_range(r, 0.35, 1);
    b->grain = mm_random_range(r, 0.7, 1.2);
    b->vessels = mm_random_range(r, 2, 6);
}

/* On some films the belly shows in the lower corner, apart from the breast. */
static void draw_fold(mm_tissue *t, const mm_outline *o, mm_random *r)
{
    double bottom = lower_edge, part = mm_random_double(r);
    double gap = mm_random_range(r, 9, 20), wide = mm_random_range(r, 12, 30);
    while (bottom > 0 && mm_outline_inside(o, 3, bottom) < 0)
        bottom -= 1;
    if (part < 0.3 && bottom + gap + 6 < lower_edge) {
        t->fold_y = bottom + gap;
        t->fold_x = wide;
    }
}

void mm_tissue_draw(mm_tissue *t, const mm_breast *b, const mm_outline *o, bool oblique, mm_random *r)
{
    *t = (mm_tissue){.breast = *b, .seed = mm_random_u32(r), .muscle = oblique};
    t->focus_x = o->nipple_x + mm_random_range(r, 6, 14);
    t->focus_y = o->nipple_y + mm_random_range(r, -4, 4);
    t->gland_x = o->depth * mm_random_range(r, 0.50, 0.62);
    t->gland_y = o->nipple_y * 0.8 + mm_random_range(r, -12, 8);
    t->gland_a = o->depth * (0.36 + 0.22 * b->density) * mm_random_range(r, 0.9, 1.1);
    t->gland_b = o->depth * (0.34 + 0.26 * b->density) * mm_random_range(r, 0.9, 1.1);
    t->threshold = 0.50 - 0.75 * b->density;
    t->margin = mm_random_range(r, 16, 30);
    t->roundness = mm_random_range(r, 0.7, 1.15);
    if (oblique) {
        t->muscle_x = o->axilla * mm_random_range(r, 0.55, 0.82);
        t->muscle_y = mm_random_range(r, -10, 55);
        t->muscle_bend = mm_random_range(r, -4, 9);
        t->muscle_level = mm_random_range(r, 0.26, 0.46);
    }
    draw_fold(t, o, r);
    size_t wanted = 4 + (size_t)mm_random_below(r, MM_TISSUE_ISLANDS - 4);
    for (int tries = 0; tries < 100 && t->islands < wanted; tries++) {
        double x = mm_random_range(r, 0, o->depth), y = mm_random_range(r, -120, 120);
        double angle = mm_random_range(r, 0, 3.14159);
        mm_island *island = &t->island[t->islands];
        *island = (mm_island){
            .x = (float)x, .y = (float)y, .radius = (float)mm_random_range(r, 6, 15),
            .stretch = (float)mm_random_range(r, 0.55, 0.95), .ca = (float)cos(angle), .sa = (float)sin(angle),
            .level = (float)mm_random_range(r, 0.06, 0.15)};
        if (mm_outline_inside(o, x, y) > 8)
            t->islands++;
    }
}

/* A wavering line from (x, y) in direction `angle`, `length` long; stops at the skin. Returns its number of points. */
static size_t wander(const mm_outline *o, double x, double y, double angle, double length, double waver, double *px,
                     double *py, size_t most, mm_random *r)
{
    size_t n = 0;
    double step = length / (double)(most - 1), turn = 0;
    while (n < most && (n < 2 || mm_outline_inside(o, x, y) > 1.2)) {
        px[n] = x;
        py[n] = y;
        n++;
        turn = 0.75 * turn + waver * mm_random_normal(r);
        angle += turn * sqrt(step);
        x += step * cos(angle);
        y += step * sin(angle);
    }
    return n;
}

/* A point at least `deep` inside the breast. */
static bool find_point(const mm_outline *o, double deep, double *x, double *y, mm_random *r)
{
    for (int tries = 0; tries < 50; tries++) {
        *x = mm_random_range(r, 0, o->depth);
        *y = mm_random_range(r, -125, 125);
        if (mm_outline_inside(o, *x, *y) > deep)
            return true;
    }
    return false;
}

static void draw_fibres(const mm_tissue *t, const mm_outline *o, mm_tissue_layer *l, mm_random *r)
{
    enum { MOST = 24 };
    double px[MOST], py[MOST], x, y;
    size_t count = 45 + (size_t)(60 * t->breast.fibre) + (size_t)mm_random_below(r, 40);
    for (size_t k = 0; k < count; k++) {
        if (!find_point(o, 2, &x, &y, r))
            continue;
        double home = atan2(t->focus_y - y, t->focus_x - x);
        bool along = mm_random_double(r) < 0.85; /* ducts and ligaments towards the nipple; some cross */
        double angle = home + (along ? 0.2 : 0.7) * mm_random_normal(r);
        double width = mm_random_range(r, 0.35, 0.9);
        double level = mm_random_range(r, 0.012, 0.05) * t->breast.fibre;
        size_t n = wander(o, x, y, angle, mm_random_range(r, 8, 45), 0.016, px, py, MOST, r);
        mm_draw_stroke(l, px, py, n, width, 0.5 * width, level);
    }
}

static void draw_vessels(const mm_tissue *t, const mm_outline *o, mm_tissue_layer *l, mm_random *r)
{
    enum { MOST = 60 };
    double px[MOST], py[MOST], qx[MOST], qy[MOST], x, y;
    for (size_t k = 0; k < (size_t)t->breast.vessels; k++) {
        if (!find_point(o, 4, &x, &y, r))
            continue;
        x *= 0.4;
        if (mm_outline_inside(o, x, y) < 4)
            continue;
        double angle = atan2(t->focus_y - y, t->focus_x - x) + 0.35 * mm_random_normal(r);
        double width = mm_random_range(r, 0.7, 1.5), level = mm_random_range(r, 0.04, 0.09);
        size_t n = wander(o, x, y, angle, mm_random_range(r, 50, 100), 0.018, px, py, MOST, r);
        mm_draw_stroke(l, px, py, n, width, 0.4 * width, level);
        size_t from = n / 3 + (size_t)mm_random_below(r, n / 3 + 1); /* a branch */
        double fork = angle + (mm_random_double(r) < 0.5 ? -0.6 : 0.6);
        size_t m = wander(o, px[from < n ? from : n - 1], py[from < n ? from : n - 1], fork, 35, 0.04, qx, qy, MOST, r);
        mm_draw_stroke(l, qx, qy, m, 0.6 * width, 0.3 * width, 0.8 * level);
    }
}

/* Single grains, far from one another: harmless calcifications and dust. As bright and as large as a cluster's. */
static void draw_grains(const mm_outline *o, mm_tissue_layer *l, mm_random *r)
{
    enum { MOST = 18 };
    double px[MOST] = {0}, py[MOST] = {0}, x, y;
    size_t count = 0, wanted = 8 + (size_t)mm_random_below(r, MOST - 8);
    for (size_t tries = 0; tries < 60 && count < wanted; tries++) {
        if (!find_point(o, 2, &x, &y, r))
            continue;
        double near = 1e9;
        for (size_t k = 0; k < count; k++)
            near = fmin(near, hypot(px[k] - x, py[k] - y));
        double radius = mm_random_range(r, 0.3, 0.65), angle = mm_random_range(r, 0, 6.28);
        double level = mm_random_range(r, 0.10, 0.44);
        if (near < 12)
            continue;
        px[count] = x;
        py[count] = y;
        count++;
        mm_draw_speck(l, x, y, radius, mm_random_range(r, 1, 1.3), angle, 0.1, level);
    }
}

/* A lymph node in the axilla: an oval that is darker on one side, where its fat lies. */
static void draw_node(const mm_tissue *t, mm_tissue_layer *l, mm_random *r)
{
    double x = t->muscle_x * mm_random_range(r, 0.3, 1.05), y = mm_random_range(r, -112, -70);
    double radius = mm_random_range(r, 3, 5.5), angle = mm_random_range(r, 0, 6.28);
    double level = mm_random_range(r, 0.04, 0.08);
    mm_extent e = mm_tissue_layer_extent(l, x, y, 2 * radius);
    for (size_t i = e.top; i < e.bottom; i++)
        for (size_t j = e.left; j < e.right; j++) {
            double dx = ((double)j - mm_tissue_layer_column(l, x)) / l->scale * (l->mirrored ? -1 : 1);
            double dy = ((double)i - mm_tissue_layer_row(l, y)) / l->scale;
            double u = (dx * cos(angle) + dy * sin(angle)) / radius, v = (dy * cos(angle) - dx * sin(angle)) / radius;
            double body = 1 - (u * u / 2.2 + v * v), hole = 1 - (u * u * 0.9 + (v - 0.55) * (v - 0.55) * 3);
            double f = fmin(1, fmax(0, 2.5 * body)) - 0.8 * fmin(1, fmax(0, 1.5 * hole));
            if (f > 0)
                l->value[i * l->width + j] += (float)(level * f);
        }
}

void mm_tissue_strokes(const mm_tissue *t, const mm_outline *o, mm_tissue_layer *l, mm_random *r)
{
    draw_fibres(t, o, l, r);
    draw_vessels(t, o, l, r);
    draw_grains(o, l, r);
    if (t->muscle)
        for (uint64_t nodes = mm_random_below(r, 3); nodes > 0; nodes--)
            draw_node(t, l, r);
}

/* Soft bright patches; their borders are drawn out by the warped coordinates that they get. */
static void add_islands(const mm_tissue *t, const float *x, const float *y, size_t n, float *out)
{
    for (size_t k = 0; k < t->islands; k++) {
        const mm_island *island = &t->island[k];
        float reach = island->radius;
        for (size_t i = 0; i < n; i++) {
            float dx = x[i] - island->x, dy = y[i] - island->y;
            float u = (dx * island->ca + dy * island->sa) / reach;
            float v = (dy * island->ca - dx * island->sa) / (reach * island->stretch);
            float f = clamp(1 - 0.45f * (u * u + v * v));
            out[i] += island->level * f * f * f;
        }
    }
}

/* The muscle covers what lies behind its edge: mixes it into out. */
static void add_muscle(const mm_tissue *t, const float *x, const float *y, size_t n, const float *rough, float *out)
{
    double rise = t->muscle_y - upper_edge, length = hypot(t->muscle_x, rise);
    float nx = (float)(rise / length), ny = (float)(t->muscle_x / length);
    float u[MM_TISSUE_CHUNK], v[MM_TISSUE_CHUNK], fibre[MM_TISSUE_CHUNK] = {0};
    for (size_t i = 0; i < n; i++) {
        float px = x[i], py = y[i] - (float)t->muscle_y;
        float across = px * nx + py * ny, along = (py * nx - px * ny) / (float)length; /* along: 0 below .. -1 above */
        u[i] = across + (float)t->muscle_bend * 4 * along * (1 + along);
        v[i] = along * 16;
        u[i] *= 0.25f;
    }
    mm_noise_add(fibre, u, v, n, 0.8f, 0.006f, t->seed + 71);
    mm_noise_add(fibre, u, v, n, 2.4f, 0.012f, t->seed + 72);
    for (size_t i = 0; i < n; i++) {
        float depth = -4 * u[i] + 1.3f * rough[i];
        float m = smooth((depth + 1.5f) / 5.5f);
        float level = (float)t->muscle_level * (0.75f + 0.25f * smooth(depth / 35) + 0.2f * v[i] * (-1 / 16.0f));
        float fade = smooth((v[i] + 0.3f) / -4); /* it thins out towards its lower tip */
        out[i] = out[i] * (1 - 0.3f * m * fade) + m * fade * (level + fibre[i]);
    }
}

bool mm_tissue_absent(const mm_tissue *t, double y, double inside)
{
    return inside < -12 && !(t->fold_x > 0 && y > t->fold_y - 2);
}

void mm_tissue_level(const mm_tissue *t, const mm_outline *o, const float *x, const float *y, const float *inside,
                     const float *marks, size_t n, float shortest, float *out)
{
    enum { N = MM_TISSUE_CHUNK };
    float wx[N], wy[N], s[N], radial[N];
    float coarse[N] = {0}, fine[N] = {0}, ridge1[N] = {0}, ridge2[N] = {0}, ridge3[N] = {0}, ax[N] = {0}, ay[N] = {0};
    const mm_breast *b = &t->breast;
    mm_noise_add(ax, x, y, n, 38, 2.6f, t->seed + 1);
    mm_noise_add(ay, x, y, n, 38, 2.6f, t->seed + 2);
    mm_noise_add(ax, x, y, n, 11, 0.4f, t->seed + 3);
    mm_noise_add(ay, x, y, n, 11, 0.4f, t->seed + 4);
    for (size_t i = 0; i < n; i++) {
        wx[i] = x[i] + ax[i];
        wy[i] = y[i] + ay[i];
        float dx = (float)t->focus_x - wx[i], dy = wy[i] - (float)t->focus_y;
        radial[i] = sqrtf(dx * dx + dy * dy);
        s[i] = dy * 75 / (sqrtf(dx * dx + 0.15f * dy * dy) + 22); /* across the fibres */
        radial[i] *= 0.14f;                                       /* along them: features seven times longer */
    }
    mm_noise_power(coarse, wx, wy, n, 48, 10, 3, 1, t->seed + 5);
    mm_noise_power(fine, wx, wy, n, 6, shortest, 3, 1, t->seed + 6);
    mm_noise_add(ridge1, s, radial, n, 5.2f, 1, t->seed + 7);
    mm_noise_add(ridge2, s, radial, n, 2.1f, 1, t->seed + 8);
    if (shortest < 1.4f)
        mm_noise_add(ridge3, s, radial, n, 0.85f, 1, t->seed + 9);

    const float fat = (float)b->fat, gland = (float)b->gland, grain = (float)b->grain;
    const float fibre = 0.05f * (float)b->fibre, strand = 0.26f * (float)b->strand;
    for (size_t i = 0; i < n; i++) {
        float u = (wx[i] - (float)t->gland_x) / (float)t->gland_a, v = (wy[i] - (float)t->gland_y) / (float)t->gland_b;
        float region = 1 - (u * u + v * v);
        region = region < -2 ? -2 : region;
        float r1 = clamp(1 - 1.1f * fabsf(ridge1[i])), r2 = clamp(1 - 1.1f * fabsf(ridge2[i]));
        float r3 = clamp(1 - 1.1f * fabsf(ridge3[i]));
        float strands = r1 * r1 + 0.7f * r2 * r2 + 0.45f * r3 * r3 - 0.55f;
        float likely = 0.9f * region + 0.62f * coarse[i] + 0.2f * fine[i] + strand * strands;
        float g = smooth((likely - (float)t->threshold + 0.6f) / 2.3f);
        g *= g * (1.6f - 0.6f * g);
        out[i] = fat * (1 + 0.055f * coarse[i]) + gland * g * (0.82f + 0.12f * grain * fine[i]) +
                 0.012f * grain * fine[i] + fibre * strands * (0.55f + 0.55f * g);
    }
    add_islands(t, wx, wy, n, out);
    if (t->muscle)
        add_muscle(t, x, y, n, coarse, out);

    const double fold_drop = lower_edge - t->fold_y, fold_length = hypot(t->fold_x, fold_drop);
    const float fold_a = (float)(t->fold_x / fold_length), fold_b = (float)(fold_drop / fold_length);
    const float margin = 1 / (float)t->margin, roundness = (float)t->roundness;
    for (size_t i = 0; i < n; i++) {
        float nx = x[i] - (float)(o->nipple_x - MM_NIPPLE_BACK), ny = y[i] - (float)o->nipple_y;
        float nipple = (float)MM_NIPPLE_RADIUS - sqrtf(nx * nx + ny * ny), d = inside[i];
        float h = clamp(0.5f + 0.1f * (nipple - d)); /* smooth maximum of the two */
        d = d + h * (nipple - d) + 2.5f * h * (1 - h);
        if (t->fold_x > 0) {
            float f = (y[i] - (float)t->fold_y) * fold_a - x[i] * fold_b;
            d = f > d ? f : d;
        }
        float q = clamp(1 - d * margin), thick = 1 - q * q;
        thick = (1 - roundness + roundness * thick) * thick; /* blends linear and steeper fading */
        float skin = clamp(1 - fabsf(d - 1.1f) / 1.2f);
        float edge = clamp((d + 0.1f) / (shortest > 0.4f ? shortest : 0.4f));
        float bright = 0.035f * skin + 0.05f * clamp(nipple / 4);
        out[i] = edge * ((out[i] + marks[i]) * (0.18f + 0.82f * thick) + bright);
        out[i] = out[i] > 0 ? out[i] : 0;
    }
}
