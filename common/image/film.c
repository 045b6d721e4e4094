/* What belongs to the film and not to the breast. See film.h. */
#include "common/image/film.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"
#include "common/image/components.h"
#include "common/image/film_border.h"

/* Grey levels are shares of 65535; lengths are for a longer side of 1152. */
static const double SURROUNDINGS = 0.50; /* what ends sharply is darker than this close by */
static const double DARK = 0.05;         /* background of a digital image is darker, and so is much of a film's */

/* ---- where the film lies ---- */

/* First and last + 1 of n counts that reach 1/50 of the largest; all when there is none. */
static void extent(const uint32_t *count, size_t n, size_t *from, size_t *to)
{
    size_t a = 0, b = n, most = 0;
    for (size_t i = 0; i < n; i++)
        most = count[i] > most ? count[i] : most;
    while (a < n && count[a] * (size_t)50 <= most)
        a++;
    while (b > a && count[b - 1] * (size_t)50 <= most)
        b--;
    *from = most ? a : 0;
    *to = most ? b : n;
}

/* Adds each pixel of a row to its column's count. */
MM_CLONES static void count_columns(const uint64_t *restrict bits, size_t words, uint32_t *restrict column)
{
    for (size_t i = 0; i < words; i++)
        for (size_t k = 0; k < 64; k++)
            column[64 * i + k] += (uint32_t)(bits[i] >> k & 1);
}

int mm_film_mask_find_box(const mm_plane *plane, double maximum, mm_film_mask_box *box, mm_error *error)
{
    mm_bitmap light = {0};
    size_t step = 1 + plane->h / 1200; /* columns are counted in every step-th row, which is enough */
    uint32_t *row = calloc(plane->h + 64 * (plane->w / 64 + 1), sizeof *row), *column = row + plane->h;
    if (!row)
        return mm_no_memory(error);
    int code = mm_bitmap_init(&light, plane->h, plane->w, error);
    if (!code)
        code = mm_bitmap_above(&light, plane, maximum * 0.5 / 255, error);
    for (size_t y = 0; !code && y < plane->h; y++) {
        const uint64_t *bits = mm_bitmap_row(&light, y);
        for (size_t i = 0; i < light.words; i++)
            row[y] += (uint32_t)__builtin_popcountll(bits[i]);
        if (y % step == 0)
            count_columns(bits, light.words, column);
    }
    if (!code) {
        extent(row, plane->h, &box->y0, &box->y1);
        extent(column, plane->w, &box->x0, &box->x1);
    }
    mm_bitmap_free(&light);
    free(row);
    return code;
}

/* ---- labels ---- */

/* Whether what surrounds a filled shape, some pixels away, is mostly much darker: tissue fades, lead and paper end. The
 * shape lies with `margin` pixels around it at (y0 - margin, x0 - margin) of the image, within it. */
static int ends_sharply(const mm_reduced *image, const mm_bitmap *shape, size_t y0, size_t x0, size_t margin, bool *sharp,
                        mm_error *error)
{
    mm_bitmap near = {0}, far = {0};
    size_t all = 0, dark = 0;
    int code = mm_bitmap_init(&near, shape->h, shape->w, error);
    if (!code)
        code = mm_bitmap_init(&far, shape->h, shape->w, error);
    if (!code) {
        mm_bitmap_copy(&near, shape);
        mm_bitmap_copy(&far, shape);
        code = mm_bitmap_dilate(&near, margin / 2, error);
    }
    if (!code)
        code = mm_bitmap_dilate(&far, margin, error);
    for (size_t y = 0; !code && y < far.h; y++) {
        for (size_t x = 0; x < far.w; x++) {
            if (!mm_bitmap_get(&far, y, x) || mm_bitmap_get(&near, y, x))
                continue;
            all++;
            dark += image->grey[(y + y0 - margin) * image->w + x + x0 - margin] < SURROUNDINGS * 65535;
        }
    }
    *sharp = 4 * dark > 3 * all;
    mm_bitmap_free(&near);
    mm_bitmap_free(&far);
    return code;
}

/* True if a component may be a label: compact, and off the film's edge, where muscle may be as bright, and end as sharply. */
static bool may_be_label(const mm_reduced *image, const mm_component *p, size_t margin)
{
    size_t h = p->y1 - p->y0, w = p->x1 - p->x0, least = mm_film_length(image, 16);
    bool inner = p->x0 >= margin && p->y0 >= margin && p->x1 + margin <= image->w && p->y1 + margin <= image->h;
    return inner && p->area >= least * least && 3 * h <= image->h && 3 * w <= image->w;
}

/* Whether component i, its holes filled, ends sharply. */
static int is_label(const mm_reduced *image, const mm_components *c, size_t i, size_t margin, bool *sharp, mm_error *error)
{
    const mm_component *p = &c->component[i];
    mm_bitmap shape;
    if (mm_bitmap_init(&shape, p->y1 - p->y0 + 2 * margin, p->x1 - p->x0 + 2 * margin, error))
        return error->code;
    for (size_t k = p->first; k < c->runs && c->run[k].y < p->y1; k++) {
        const mm_run *r = &c->run[k];
        if (r->label == i)
            mm_bitmap_set_run(&shape, r->y - p->y0 + margin, r->x0 - p->x0 + margin, r->x1 - p->x0 + margin);
    }
    int code = mm_fill_holes(&shape, error);
    if (!code)
        code = ends_sharply(image, &shape, p->y0, p->x0, margin, sharp, error);
    mm_bitmap_free(&shape);
    return code;
}

/* Finds compact white shapes that end sharply on nearly all sides. What lies within the breast, a clip or a coarse calcification,
 * is no loss: holes are filled later. */
static int find_labels(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    mm_bitmap bright = {0};
    mm_components c = {0};
    mm_plane grey = mm_reduced_plane(image);
    size_t margin = 1 + mm_film_length(image, 6);
    int code = mm_bitmap_init(&bright, image->h, image->w, error);
    if (!code)
        code = mm_bitmap_above(&bright, &grey, MM_FILM_WHITE * 65535, error);
    if (!code)
        code = mm_components_find(&bright, 8, &c, error);
    for (size_t i = 0; !code && i < c.components; i++) {
        bool sharp = false;
        if (may_be_label(image, &c.component[i], margin))
            code = is_label(image, &c, i, margin, &sharp, error);
        if (!code && sharp)
            mm_component_draw(&c, i, &film->label);
    }
    mm_components_free(&c);
    mm_bitmap_free(&bright);
    return code;
}

/* ---- the whole ---- */

/* True for an image without film: what is dark has one grey level, without grain, the lowest of all. */
static bool is_digital(const mm_reduced *image)
{
    size_t n = image->h * image->w, dark = 0, lowest = 0;
    uint16_t least = 65535;
    for (size_t i = 0; i < n; i++)
        least = image->grey[i] < least ? image->grey[i] : least;
    for (size_t i = 0; i < n; i++) {
        dark += image->grey[i] < least + DARK * 65535;
        lowest += image->grey[i] == least;
    }
    return least < DARK * 65535 && 20 * lowest > 19 * dark;
}

/* Scales the grey levels so that all but 1/1000 of the pixels reach at most 65535. `top`: the new maximum as a share of the old. */
static int scale(mm_reduced *image, double *top, mm_error *error)
{
    size_t n = image->h * image->w, *count = calloc(65536, sizeof *count), above = 0, most = 65535;
    if (!count)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        count[image->grey[i]]++;
    while (most > 1 && (above += count[most]) * 1000 <= n)
        most--;
    free(count);
    for (size_t i = 0; i < n; i++)
        image->grey[i] = image->grey[i] < most ? (uint16_t)((image->grey[i] * (size_t)65535 + most / 2) / most) : 65535;
    *top = (double)most / 65535;
    return MM_OK;
}

int mm_film_mask_find(mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    *film = (mm_film_mask){0};
    int code = scale(image, &film->top, error);
    if (!code)
        code = mm_bitmap_init(&film->border, image->h, image->w, error);
    if (!code)
        code = mm_bitmap_init(&film->label, image->h, image->w, error);
    if (!code)
        code = mm_film_border_find(image, &film->border, error);
    film->digital = !code && !mm_bitmap_count(&film->border) && is_digital(image);
    if (!code)
        code = mm_bitmap_dilate(&film->border, mm_film_length(image, 3), error);
    if (!code && !(code = find_labels(image, film, error)))
        code = mm_bitmap_dilate(&film->label, mm_film_length(image, 3), error);
    if (code)
        mm_film_mask_free(film);
    else
        film->background = mm_background_find(image, &film->border);
    return code;
}

void mm_film_mask_free(mm_film_mask *film)
{
    mm_bitmap_free(&film->border);
    mm_bitmap_free(&film->label);
}
