/* Fog, border, label, noise: see film.h. */
#include "common/phantom/film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHEST, FRONT, TOP, BOTTOM };

/* Places a label of about `size` mm letters so that a disc around it stays on the film and off the breast. */
static bool place_label(mm_film *f, const mm_outline *o, double height, double width, mm_random *r)
{
    double reach = f->label_size * (f->label == MM_LABEL_BOX ? 2.1 : 2.3);
    for (int tries = 0; tries < 60; tries++) {
        f->label_x = width - reach - f->border[FRONT] - mm_random_range(r, 0, 0.25 * width);
        f->label_y = -height / 2 + f->border[TOP] + reach + mm_random_range(r, 0, 0.2 * height);
        double room = 1e9;
        for (int k = 0; k < 8; k++)
            room = fmin(room, -mm_outline_inside(o, f->label_x + reach * cos(k * 0.7854),
                                                 f->label_y + reach * sin(k * 0.7854)));
        if (room > 4)
            return true;
    }
    return false;
}

void mm_film_draw(mm_film *f, const mm_outline *o, double height, double width, mm_random *r)
{
    *f = (mm_film){.seed = mm_random_u32(r)};
    f->fog = mm_random_range(r, 0.006, 0.024);
    f->exposure = mm_random_range(r, 0.9, 1.25);
    f->grain = mm_random_range(r, 0.0015, 0.0035);
    f->white = mm_random_range(r, 0.93, 1);
    double kind = mm_random_double(r);
    if (kind < 0.35) { /* a field with rounded corners, as from a cassette */
        for (int side = 0; side < 4; side++)
            f->border[side] = mm_random_range(r, 1, 4) * (side == CHEST ? 0.2 : 1);
        f->corner = mm_random_range(r, 6, 13);
    } else if (kind < 0.6) { /* strips along some sides */
        for (int side = FRONT; side < 4; side++)
            if (mm_random_double(r) < 0.5)
                f->border[side] = mm_random_range(r, 1, 5);
    }
    double which = mm_random_double(r);
    f->label = which < 0.2 ? MM_LABEL_NONE : which < 0.7 ? MM_LABEL_LETTERS : MM_LABEL_BOX;
    f->label_size = mm_random_range(r, 6, 8.5);
    f->label_level = mm_random_range(r, 0.55, 0.95);
    f->label_mirrored = mm_random_double(r) < 0.2;
    f->label_turn = f->label == MM_LABEL_BOX ? 0.06 * mm_random_normal(r) : mm_random_range(r, -0.8, 0.8);
    if (f->label != MM_LABEL_NONE && !place_label(f, o, height, width, r))
        f->label = MM_LABEL_NONE;
}

static inline uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7FEB352Du;
    h ^= h >> 15;
    h *= 0x846CA68Bu;
    return h ^ h >> 16;
}

/* About normal, variance 1: the four bytes of a hash of the pixel, added. */
static inline float grain_at(uint32_t seed, uint32_t row, uint32_t column)
{
    uint32_t h = mix(mix(seed + row * 0x9E3779B1u) ^ column * 0x85EBCA77u);
    uint32_t sum = (h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24);
    return ((float)(int32_t)sum - 510) * (1 / 147.8f);
}

/* How far (x, y) lies outside the exposed field, mm, before its edge wavers. */
static float beyond(const mm_film *f, float x, float y, float height, float width)
{
    float left = (float)f->border[CHEST] - x, right = x - (width - (float)f->border[FRONT]);
    float top = -height / 2 + (float)f->border[TOP] - y, bottom = y - (height / 2 - (float)f->border[BOTTOM]);
    float c = (float)f->corner;
    float across = right + c, down = (top > bottom ? top : bottom) + c;
    float out = left > right ? left : right;
    if (f->border[CHEST] <= 0 && f->border[FRONT] <= 0)
        out = -1e3f;
    else if (f->border[FRONT] <= 0)
        out = left;
    else if (f->border[CHEST] <= 0)
        out = right;
    if (f->border[TOP] > 0 && top > out)
        out = top;
    if (f->border[BOTTOM] > 0 && bottom > out)
        out = bottom;
    if (c > 0 && across > 0 && down > 0) {
        float round = sqrtf(across * across + down * down) - c;
        out = round > out ? round : out;
    }
    return out;
}

static float covered(const mm_film *f, float x, float y, float height, float width)
{
    return beyond(f, x, y, height, width) + 0.12f * sinf(0.09f * y + 0.05f * x);
}

double mm_film_covered(const mm_film *f, double x, double y, double height, double width)
{
    return (double)covered(f, (float)x, (float)y, (float)height, (float)width);
}

void mm_film_expose(const mm_film *f, const float *level, const float *x, double y, size_t row, size_t column, size_t n,
                    double height, double width, uint16_t *out)
{
    bool bordered = f->corner > 0;
    for (int side = 0; side < 4; side++)
        bordered = bordered || f->border[side] > 0;
    const float exposure = (float)f->exposure, fog = (float)f->fog, grain = (float)f->grain;
    for (size_t i = 0; i < n; i++) {
        float v = exposure * level[i], over = v > 0.55f ? v - 0.55f : 0;
        v -= over - over / (1 + 2 * over); /* the film's shoulder: bright tissue is compressed */
        float noise = grain_at(f->seed, (uint32_t)row, (uint32_t)(column + i));
        v = fog + (1 - fog) * v + noise * grain * (1 + 1.6f * (v < 0.5f ? v : 0.5f));
        out[i] = (uint16_t)(65535 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5f);
    }
    if (!bordered)
        return;
    for (size_t i = 0; i < n; i++) {
        float part = covered(f, x[i], (float)y, (float)height, (float)width) / 0.35f + 0.5f;
        if (part > 0) {
            float white = (float)f->white * 65535 + 250 * grain_at(f->seed + 1, (uint32_t)row, (uint32_t)(column + i));
            part = part > 1 ? 1 : part;
            float v = (float)out[i] + part * (white - (float)out[i]);
            out[i] = (uint16_t)(v > 65535 ? 65535 : v);
        }
    }
}

/* Letters as polylines on a grid 4 wide and 6 high, y downwards; pairs of digits "xy", strokes parted by a blank. */
static const char *letter_strokes(char c)
{
    switch (c) {
    case 'R': return "06 00 30 41 42 33 03|23 46";
    case 'L': return "00 06 46";
    case 'C': return "41 30 10 01 05 16 36 45";
    case 'M': return "06 00 23 40 46";
    case 'O': return "10 30 41 45 36 16 05 01 10";
    default: return "";
    }
}

/* Draws text in the label's frame: (left, top) of the first letter, letters `size` high. */
static void draw_text(const mm_film *f, mm_tissue_layer *l, const char *text, double left, double top, double size, double level)
{
    double unit = size / 6, ca = cos(f->label_turn), sa = sin(f->label_turn);
    bool flip = l->mirrored != f->label_mirrored; /* text reads from left to right on the image, not on the breast */
    for (; *text; text++, left += 5.5 * unit) {
        double px[10], py[10];
        size_t n = 0;
        for (const char *s = letter_strokes(*text);; s++) {
            if (*s == '|' || *s == '\0') {
                mm_draw_stroke(l, px, py, n, 0.75 * unit, 0.75 * unit, level);
                n = 0;
                if (!*s)
                    break;
            } else if (*s != ' ' && n < 10) {
                double u = left + unit * (s[0] - '0'), v = top + unit * (s[1] - '0');
                u = flip ? -u : u;
                px[n] = f->label_x + u * ca - v * sa;
                py[n] = f->label_y + u * sa + v * ca;
                n++;
                s++;
            }
        }
    }
}

int mm_film_label(const mm_film *f, const mm_tissue_layer *l, bool oblique, uint16_t *image, mm_error *error)
{
    if (f->label == MM_LABEL_NONE)
        return 0;
    double size = f->label_size, reach = 3 * size;
    mm_extent e = mm_tissue_layer_extent(l, f->label_x, f->label_y, reach);
    size_t height = e.bottom - e.top, width = e.right - e.left;
    if (height == 0 || width == 0)
        return 0;
    mm_tissue_layer tile = *l;
    tile.height = height;
    tile.width = width;
    tile.x0 += (double)(l->mirrored ? l->width - e.right : e.left) / l->scale;
    tile.y0 += (double)e.top / l->scale;
    tile.value = calloc(height * width, sizeof *tile.value);
    if (!tile.value)
        return mm_fail(error, MM_FAILURE, "out of memory for a film label of %zu x %zu pixels", height, width);
    const char *side = l->mirrored ? "R" : "L", *view = oblique ? "MLO" : "CC";
    bool box = f->label == MM_LABEL_BOX;
    if (box) {
        draw_text(f, &tile, side, -0.33 * size, -1.2 * size, 0.9 * size, 1);
        draw_text(f, &tile, view, -0.46 * size * (double)strlen(view) + 0.1 * size, 0.2 * size, 0.9 * size, 1);
    } else {
        draw_text(f, &tile, side, -1.9 * size, -0.6 * size, 1.15 * size, 1);
        draw_text(f, &tile, view, -0.6 * size, -0.4 * size, 0.75 * size, 1);
    }
    double ca = cos(f->label_turn), sa = sin(f->label_turn);
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            uint16_t *at = image + (e.top + i) * l->width + e.left + j;
            double ink = fmin(1, 1.6 * tile.value[i * width + j]), v = *at;
            if (box) {
                double dx = ((double)j - mm_tissue_layer_column(&tile, f->label_x)) / l->scale * (l->mirrored ? -1 : 1);
                double dy = ((double)i - mm_tissue_layer_row(&tile, f->label_y)) / l->scale;
                double u = fabs(dx * ca + dy * sa) / 1.65, w = fabs(dy * ca - dx * sa) / 1.6;
                double paper = fmin(1, fmax(0, (size - fmax(u, w)) * fmax(l->scale, 0.5) + 0.5));
                v += paper * (65535 * (0.97 - 0.9 * ink) - v);
            } else {
                v += ink * (65535 * f->label_level - v);
            }
            *at = (uint16_t)(v < *at && !box ? *at : v);
        }
    free(tile.value);
    return 0;
}
