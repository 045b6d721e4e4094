/* The breast's mask. See segment.h; the film's border and background are film.c's. */
#include "common/image/segment.h"

#include <math.h>
#include <string.h>

#include "common/image/components.h"
#include "common/image/film.h"
#include "common/image/grey.h"

enum { FILM_OPEN = 96 }; /* the opening of film: its longer side divided by this is the radius */

/* ---- grey levels ---- */

/* The largest grey value whose 8-bit view, (int)(v / maximum * 255) in single precision, is not above `level`: what is
 * strictly above the one is strictly above the other. For f32 the same up to rounding. */
static double view_limit(mm_dtype dtype, double most, unsigned level)
{
    if (dtype == MM_F32)
        return most * (level + 1) / 255 * (1 - 1e-7);
    unsigned low = 0, high = (unsigned)most; /* the view of low is not above level; looks for the last such */
    while (low < high) {
        unsigned v = low + (high - low + 1) / 2;
        if ((unsigned)((float)v / (float)most * 255) > level)
            high = v - 1;
        else
            low = v;
    }
    return low;
}

static double value_at(mm_dtype dtype, const void *row, size_t x)
{
    if (dtype == MM_F32)
        return (double)((const float *)row)[x];
    return dtype == MM_U8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
}

/* Otsu's level of the 8-bit view: the split of the histogram with the largest variance between its two parts. */
static unsigned otsu(const mm_plane *plane, double most)
{
    double count[256] = {0}, all = 0, below = 0, below_sum = 0, best = -1;
    unsigned level = 0;
    for (size_t y = 0; y < plane->h; y++) {
        const void *row = mm_plane_row(plane, y);
        for (size_t x = 0; x < plane->w; x++) {
            double v = value_at(plane->dtype, row, x) / most * 255;
            count[v > 0 ? (unsigned)v : 0]++;
        }
    }
    for (unsigned i = 0; i < 256; i++)
        all += i * count[i];
    for (unsigned i = 0; i < 255; i++) {
        below += count[i];
        below_sum += i * count[i];
        double above = (double)(plane->h * plane->w) - below;
        if (below == 0 || above == 0)
            continue;
        double apart = below_sum / below - (all - below_sum) / above;
        if (below * above * apart * apart > best) {
            best = below * above * apart * apart;
            level = i;
        }
    }
    return level;
}

/* ---- steps ---- */

/* Takes away the film's border, which is known on a reduced copy. */
static void minus_enlarged(mm_bitmap *map, const mm_bitmap *border, size_t factor)
{
    if (factor == 1) {
        mm_bitmap_minus(map, border);
        return;
    }
    for (size_t y = 0; y < map->h; y++) {
        const uint64_t *from = mm_bitmap_row(border, y / factor);
        uint64_t *row = mm_bitmap_row(map, y);
        for (size_t i = 0; i < border->words; i++) {
            for (uint64_t bits = from[i]; bits; bits &= bits - 1) {
                size_t x = (64 * i + (size_t)__builtin_ctzll(bits)) * factor;
                for (size_t k = x; k < x + factor && k < map->w; k++)
                    row[k / 64] &= ~((uint64_t)1 << (k % 64));
            }
        }
    }
}

/* Clears what lies within `margin` of the image's edge. */
static int clear_margin(mm_bitmap *map, size_t margin, mm_error *error)
{
    mm_bitmap middle;
    if (mm_bitmap_init(&middle, map->h, map->w, error))
        return error->code;
    for (size_t y = margin; y + margin < map->h && 2 * margin < map->w; y++)
        mm_bitmap_set_run(&middle, y, margin, map->w - margin);
    mm_bitmap_and(map, &middle);
    mm_bitmap_free(&middle);
    return MM_OK;
}

/* The largest outline after an opening: what hangs on by less than twice the radius is parted. The part that stays gets
 * its corners back, as far as half a radius from the opened outline. */
static int opened_outline(const mm_bitmap *tissue, size_t radius, mm_bitmap *out, bool *found, mm_error *error)
{
    mm_bitmap core = {0};
    double area;
    if (radius == 0)
        return mm_largest_outline(tissue, out, &area, found, error);
    int code = mm_bitmap_init(&core, tissue->h, tissue->w, error);
    if (!code) {
        mm_bitmap_copy(&core, tissue);
        code = mm_fill_holes(&core, error);
    }
    if (!code)
        code = mm_bitmap_erode(&core, radius, error);
    if (!code) /* outside of the image there is no tissue */
        code = clear_margin(&core, radius, error);
    if (!code)
        code = mm_largest_outline(&core, out, &area, found, error);
    if (!code)
        code = mm_bitmap_dilate(out, radius + radius / 2, error);
    if (!code) {
        mm_bitmap_and(out, tissue);
        mm_bitmap_copy(&core, out);
        code = mm_largest_outline(&core, out, &area, found, error);
    }
    mm_bitmap_free(&core);
    return code;
}

static void measure(const mm_bitmap *map, mm_segment_found *found)
{
    found->area = mm_bitmap_count(map);
    found->x0 = map->w;
    found->y0 = map->h;
    found->x1 = found->y1 = 0;
    for (size_t y = 0; y < map->h; y++) {
        const uint64_t *row = mm_bitmap_row(map, y);
        for (size_t i = 0; i < map->words; i++) {
            if (!row[i])
                continue;
            size_t first = 64 * i + (size_t)__builtin_ctzll(row[i]), end = 64 * i + 64 - (size_t)__builtin_clzll(row[i]);
            found->x0 = first < found->x0 ? first : found->x0;
            found->x1 = end > found->x1 ? end : found->x1;
            found->y0 = y < found->y0 ? y : found->y0;
            found->y1 = y + 1;
        }
    }
}

/* ---- the threshold of film ---- */

/* The outline at a share of the maximum, on a reduced copy. */
static int outline_at(const mm_reduced *image, const mm_bitmap *border, double level, mm_bitmap *tissue, mm_bitmap *out,
                      bool *found, mm_error *error)
{
    mm_plane grey = mm_reduced_plane(image);
    if (mm_bitmap_above(tissue, &grey, level * 65535, error))
        return error->code;
    mm_bitmap_minus(tissue, border);
    return opened_outline(tissue, (image->h > image->w ? image->h : image->w) / FILM_OPEN, out, found, error);
}

/* Sets every pixel of `small` that holds one of `border`. */
static void reduce_border(const mm_bitmap *border, size_t factor, mm_bitmap *small)
{
    for (size_t y = 0; y < border->h; y++) {
        const uint64_t *row = mm_bitmap_row(border, y);
        for (size_t i = 0; i < border->words; i++) {
            uint64_t bits = row[i];
            while (bits) { /* run by run */
                size_t from = (size_t)__builtin_ctzll(bits);
                uint64_t gap = ~(bits >> from);
                size_t n = gap ? (size_t)__builtin_ctzll(gap) : 64;
                size_t end = from + n < 64 ? from + n : 64;
                mm_bitmap_set_run(small, y / factor, (64 * i + from) / factor, (64 * i + end - 1) / factor + 1);
                bits = end < 64 ? bits & ~(uint64_t)0 << end : 0;
            }
        }
    }
}

/* Lowers film->level step by step, so that the rim of the breast comes in, until the outline leaks: reaches further in
 * one step than 1/40 of the longer side beyond where it was. Two steps above the leak, but never above the first, is the threshold.
 * Works on a copy of a quarter of the reduced image's resolution, which also calms its noise. */
static int lower_level(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    enum { SIDE = MM_FILM_SIDE / 4 };
    const double step = 1.0 / 255;
    mm_reduced small = {0};
    mm_bitmap border = {0}, tissue = {0}, outline = {0}, reach = {0};
    bool found = false, leaks = false;
    double level = film->level;
    size_t longer;
    mm_plane grey = mm_reduced_plane(image);
    int code = mm_reduce(&grey, 65535, SIDE, &small, error);
    if (code || (code = mm_bitmap_init(&border, small.h, small.w, error)) ||
        (code = mm_bitmap_init(&tissue, small.h, small.w, error)) ||
        (code = mm_bitmap_init(&outline, small.h, small.w, error)) || (code = mm_bitmap_init(&reach, small.h, small.w, error)))
        goto out;
    longer = small.h > small.w ? small.h : small.w;
    reduce_border(&film->border, small.factor, &border);
    if ((code = outline_at(&small, &border, level, &tissue, &outline, &found, error)) || !found)
        goto out;
    while (!leaks && level > MM_LEAST_LEVEL) {
        level -= step;
        mm_bitmap_copy(&reach, &outline);
        if ((code = mm_bitmap_dilate(&reach, longer / 40, error)) ||
            (code = outline_at(&small, &border, level, &tissue, &outline, &found, error)))
            goto out;
        mm_bitmap_copy(&tissue, &outline);
        mm_bitmap_minus(&tissue, &reach);
        leaks = mm_bitmap_count(&tissue) > 0;
    }
    level = leaks ? level + 2 * step : level;
    level = level < MM_LEAST_LEVEL ? MM_LEAST_LEVEL : level;
    film->level = level < film->level ? level : film->level;
out:
    mm_reduced_free(&small);
    mm_bitmap_free(&border);
    mm_bitmap_free(&tissue);
    mm_bitmap_free(&outline);
    mm_bitmap_free(&reach);
    return code;
}

/* Everything above the limit that is not film, in `tissue`. */
static int find_tissue(const mm_plane *plane, const mm_segment_options *o, double most, mm_bitmap *tissue, double *limit,
                       mm_error *error)
{
    mm_reduced reduced = {0};
    mm_film_mask film = {0};
    int code = MM_OK;
    if (o->method == MM_SEGMENT_FILM) {
        code = mm_reduce(plane, most, MM_FILM_SIDE, &reduced, error);
        if (!code)
            code = mm_film_mask_find(&reduced, &film, error);
        if (!code && o->level == MM_LEVEL_AUTO)
            code = lower_level(&reduced, &film, error);
    }
    if (!code) {
        if (o->level == MM_LEVEL_OTSU)
            *limit = view_limit(plane->dtype, most, otsu(plane, most));
        else if (o->level == MM_LEVEL_PERCENT)
            *limit = view_limit(plane->dtype, most, (unsigned)(255 * o->percent / 100));
        else if (o->method == MM_SEGMENT_FILM)
            *limit = film.level * most;
        else
            *limit = view_limit(plane->dtype, most, (unsigned)(255 * 0.05));
        code = mm_bitmap_above(tissue, plane, *limit, error);
    }
    if (!code && film.border.bit)
        minus_enlarged(tissue, &film.border, reduced.factor);
    mm_film_mask_free(&film);
    mm_reduced_free(&reduced);
    return code;
}

/* The breast within `part`, which lies in the image at (y0, x0) and has the maximum `most`. */
static int segment_part(const mm_plane *part, size_t y0, size_t x0, double most, const mm_segment_options *o, uint8_t *mask,
                        size_t stride, mm_segment_found *found, mm_error *error)
{
    mm_bitmap tissue = {0}, breast = {0};
    bool any = false;
    size_t longer = part->h > part->w ? part->h : part->w;
    size_t radius = o->open >= 0 ? (size_t)o->open : o->method == MM_SEGMENT_FILM ? longer / FILM_OPEN : 0;
    int code = mm_bitmap_init(&tissue, part->h, part->w, error);
    if (!code)
        code = mm_bitmap_init(&breast, part->h, part->w, error);
    if (!code)
        code = find_tissue(part, o, most, &tissue, &found->threshold, error);
    if (!code)
        code = opened_outline(&tissue, radius, &breast, &any, error);
    if (!code) {
        measure(&breast, found);
        mm_bitmap_to_bytes(&breast, mask + y0 * stride + x0, stride);
        found->x0 += x0;
        found->x1 += x0;
        found->y0 += y0;
        found->y1 += y0;
        if (!any || found->area * 1000 < part->h * part->w)
            code = mm_fail(error, MM_FAILURE, "no breast found");
    }
    mm_bitmap_free(&tissue);
    mm_bitmap_free(&breast);
    return code;
}

int mm_segment(mm_dtype dtype, const void *pixels, size_t h, size_t w, const mm_segment_options *o, uint8_t *mask,
               mm_segment_found *found, mm_error *error)
{
    const mm_plane plane = {dtype, pixels, h, w, w};
    mm_film_mask_box box = {0, 0, w, h};
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "cannot segment pixels of type %s (u8, u16, f32)", mm_dtype_name(dtype));
    double most = fmax(mm_maximum(dtype, pixels, h * w), 0);
    if (!(most > 0))
        return mm_fail(error, MM_FAILURE, "no breast found: the image is empty");
    if (o->method == MM_SEGMENT_FILM && mm_film_mask_find_box(&plane, most, &box, error))
        return error->code;
    memset(mask, 0, h * w);
    const mm_plane part = mm_plane_part(&plane, box.y0, box.x0, box.y1 - box.y0, box.x1 - box.x0);
    return segment_part(&part, box.y0, box.x0, most, o, mask, w, found, error);
}
