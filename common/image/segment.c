/* The breast's mask. See segment.h; the film's border and background are film.c's. */
#include "common/image/segment.h"

#include <math.h>
#include <string.h>

#include "common/image/film.h"
#include "common/image/grey.h"
#include "common/image/opened.h"

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

/* ---- the breast ---- */

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

static double chosen_limit(const mm_plane *plane, const mm_segment_options *o, double most)
{
    if (o->level == MM_LEVEL_OTSU)
        return view_limit(plane->dtype, most, otsu(plane, most));
    return view_limit(plane->dtype, most, (unsigned)(255 * (o->level == MM_LEVEL_PERCENT ? o->percent / 100 : MM_PUBLISHED_LEVEL)));
}

/* The breast within a film without a frame, whose maximum is `most`, in `breast`. */
static int find_breast(const mm_plane *plane, double most, const mm_segment_options *o, mm_bitmap *breast, mm_segment_found *found,
                       mm_error *error)
{
    mm_film_plan p = {.limit = chosen_limit(plane, o, most)};
    mm_bitmap tissue = {0};
    bool any;
    int code = MM_OK;
    if (o->method == MM_SEGMENT_FILM)
        code = mm_film_plan_make(plane, most, o->level == MM_LEVEL_AUTO, &p, error);
    if (o->open >= 0)
        p.radius = (size_t)o->open;
    if (!code && !(code = mm_bitmap_init(&tissue, plane->h, plane->w, error)))
        code = mm_bitmap_above(&tissue, plane, p.limit, error);
    if (!code)
        code = mm_film_plan_take(&p, &tissue, error);
    if (!code)
        code = mm_opened_outline(&tissue, p.radius, breast, &any, error);
    found->threshold = p.limit;
    found->loss = p.loss;
    mm_film_plan_free(&p);
    mm_bitmap_free(&tissue);
    return code;
}

/* The breast within `part`, which lies in the image at (y0, x0) and has the maximum `most`. */
static int segment_part(const mm_plane *part, size_t y0, size_t x0, double most, const mm_segment_options *o, uint8_t *mask,
                        size_t stride, mm_segment_found *found, mm_error *error)
{
    mm_bitmap breast = {0};
    int code = mm_bitmap_init(&breast, part->h, part->w, error);
    if (!code)
        code = find_breast(part, most, o, &breast, found, error);
    if (!code) {
        measure(&breast, found);
        mm_bitmap_to_bytes(&breast, mask + y0 * stride + x0, stride);
        found->x0 += x0;
        found->x1 += x0;
        found->y0 += y0;
        found->y1 += y0;
        if (found->area == 0 || found->area * 1000 < part->h * part->w)
            code = mm_fail(error, MM_FAILURE, "no breast found");
    }
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
