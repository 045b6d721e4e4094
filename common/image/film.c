/* What belongs to the film and not to the breast. See film.h. */
#include "common/image/film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"
#include "common/image/components.h"

/* Grey levels of the reduced image, 0 .. 65535, and lengths at a longer side of 1152. */
static const double NEAR_MAXIMUM = 0.80;    /* of the maximum: may be border */
static const double SURROUNDINGS = 0.50;    /* of the maximum: what ends sharply is darker than this close by */
static const double FLAT = 0.25 * 257;      /* roughness of film at most: tissue as bright has 0.3 to 1 level of 255 */

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
    size_t step = 1 + plane->h / MM_FILM_SIDE; /* columns are counted in every step-th row, which is enough */
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

/* A length given for a longer side of 1152, at least 1. */
static size_t length(const mm_reduced *image, double at1152)
{
    double longer = (double)(image->h > image->w ? image->h : image->w);
    double n = at1152 * longer / 1152 + 0.5;
    return n < 1 ? 1 : (size_t)n;
}

/* ---- the white border ---- */

/* A row of the image with `n` copies of its first and last pixel around it. */
static void with_ends(const uint16_t *row, size_t w, size_t n, uint16_t *wide)
{
    for (size_t i = 0; i < n; i++) {
        wide[i] = row[0];
        wide[n + w + i] = row[w - 1];
    }
    memcpy(wide + n, row, w * sizeof *row);
}

/* The mean of three rows and their neighbours: grain goes, tissue's texture stays. `wide` has room for a row and 2. */
MM_CLONES static void smooth_row(const uint16_t *restrict up, const uint16_t *restrict row, const uint16_t *restrict down,
                                 size_t w, uint16_t *restrict wide, uint16_t *restrict out)
{
    for (size_t x = 0; x < w; x++)
        wide[x + 1] = (uint16_t)(((uint32_t)up[x] + row[x] + down[x]) / 3);
    wide[0] = wide[1];
    wide[w + 1] = wide[w];
    for (size_t x = 0; x < w; x++)
        out[x] = (uint16_t)(((uint32_t)wide[x] + wide[x + 1] + wide[x + 2]) / 3);
}

/* How much each pixel of a row differs from the mean of its four neighbours at a distance: `up`, `down`, and in `wide`,
 * the row with `lag` pixels more at its ends. */
MM_CLONES static void rough_row(const uint16_t *restrict up, const uint16_t *restrict wide, const uint16_t *restrict down,
                                size_t w, size_t lag, uint16_t *restrict rough)
{
    for (size_t x = 0; x < w; x++) {
        int32_t apart = (((int32_t)wide[x] + wide[x + 2 * lag] + up[x] + down[x] + 2) >> 2) - wide[x + lag];
        rough[x] = (uint16_t)(apart < 0 ? -apart : apart);
    }
}

static const uint16_t *row_near(const uint16_t *grey, size_t h, size_t w, size_t y, ptrdiff_t by)
{
    ptrdiff_t at = (ptrdiff_t)y + by, end = (ptrdiff_t)h - 1;
    return grey + (size_t)(at < 0 ? 0 : at > end ? end : at) * w;
}

/* `rough` (h, w), with room for another w + 2 lag + 2, by `smooth` (h, w); beyond the film's edge its edge pixels go on. */
static void roughness(const mm_reduced *image, size_t lag, uint16_t *smooth, uint16_t *rough)
{
    size_t h = image->h, w = image->w;
    uint16_t *wide = rough + h * w;
    ptrdiff_t far = (ptrdiff_t)lag;
    for (size_t y = 0; y < h; y++)
        smooth_row(row_near(image->grey, h, w, y, -1), image->grey + y * w, row_near(image->grey, h, w, y, 1), w, wide,
                   smooth + y * w);
    for (size_t y = 0; y < h; y++) {
        with_ends(smooth + y * w, w, lag, wide);
        rough_row(row_near(smooth, h, w, y, -far), wide, row_near(smooth, h, w, y, far), w, lag, rough + y * w);
    }
}

MM_CLONES static void add_sums(uint32_t *restrict sum, const uint16_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += row[x];
}

MM_CLONES static void subtract_sums(uint32_t *restrict sum, const uint16_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] -= row[x];
}

/* Sets `flat` in a row where a bright pixel has a mean roughness below FLAT in the window of columns +- reach over `rows`
 * rows, whose sums per column are given. */
static void flat_in_row(const uint64_t *bright, size_t words, const uint32_t *sum, size_t w, size_t reach, size_t rows,
                        uint64_t *flat)
{
    uint32_t limit = (uint32_t)(FLAT * (double)((2 * reach + 1) * rows));
    for (size_t i = 0; i < words; i++) {
        if (!bright[i])
            continue;
        size_t x0 = 64 * i + (size_t)__builtin_ctzll(bright[i]), x1 = 64 * i + 64 - (size_t)__builtin_clzll(bright[i]);
        size_t from = x0 < reach ? 0 : x0 - reach, to = from;
        uint32_t total = 0; /* a window of 2^16 pixels at most, each below 2^16 */
        for (size_t x = x0; x < x1; x++) {
            size_t a = x < reach ? 0 : x - reach, b = x + reach + 1 < w ? x + reach + 1 : w;
            while (to < b)
                total += sum[to++];
            while (from < a)
                total -= sum[from++];
            if (b - a < 2 * reach + 1 ? (double)total < FLAT * (double)((b - a) * rows) : total < limit)
                flat[i] |= bright[i] & (uint64_t)1 << (x % 64);
        }
    }
}

/* Sets `flat` where a bright pixel lies in surroundings without texture: mean roughness over a square window, which is
 * cut at the film's edge. */
static int find_flat(const mm_reduced *image, const mm_bitmap *bright, mm_bitmap *flat, mm_error *error)
{
    size_t lag = length(image, 3), reach = length(image, 7), w = image->w, h = image->h;
    uint16_t *smooth = malloc(h * w * sizeof *smooth), *rough = malloc((h * w + w + 2 * lag + 2) * sizeof *rough);
    uint32_t *sum = calloc(w, sizeof *sum); /* of the window's rows, per column */
    if (!smooth || !rough || !sum) {
        free(smooth);
        free(rough);
        free(sum);
        return mm_no_memory(error);
    }
    roughness(image, lag, smooth, rough);
    for (size_t y = 0; y < h + reach; y++) { /* row y comes in, row y - reach is the centre, y - 2 reach - 1 goes */
        if (y < h)
            add_sums(sum, rough + y * w, w);
        if (y > 2 * reach)
            subtract_sums(sum, rough + (y - 2 * reach - 1) * w, w);
        if (y < reach)
            continue;
        size_t centre = y - reach, top = centre < reach ? 0 : centre - reach, bottom = y < h ? y + 1 : h;
        flat_in_row(mm_bitmap_row(bright, centre), bright->words, sum, w, reach, bottom - top, mm_bitmap_row(flat, centre));
    }
    free(smooth);
    free(rough);
    free(sum);
    return MM_OK;
}

/* Keeps of `map` the components that come to the film's edge (as near as `margin`). */
static int touching_edge(size_t margin, mm_bitmap *map, mm_error *error)
{
    mm_components c;
    if (mm_components_find(map, 8, &c, error))
        return error->code;
    mm_bitmap_clear(map);
    for (size_t i = 0; i < c.runs; i++) {
        const mm_component *p = &c.component[c.run[i].label];
        if (p->x0 < margin || p->y0 < margin || p->x1 + margin > map->w || p->y1 + margin > map->h)
            mm_bitmap_set_run(map, c.run[i].y, c.run[i].x0, c.run[i].x1);
    }
    mm_components_free(&c);
    return MM_OK;
}

/* Near-maximum pixels that hang together with the film's edge and have no texture, and what is as bright around them as
 * far as the window blurred. */
static int white_border(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    mm_bitmap bright = {0}, *flat = &film->border;
    mm_plane grey = mm_reduced_plane(image);
    size_t speck = length(image, 4);
    int code = mm_bitmap_init(&bright, image->h, image->w, error);
    if (!code)
        code = mm_bitmap_above(&bright, &grey, NEAR_MAXIMUM * 65535, error);
    if (!code)
        code = touching_edge(length(image, 8), &bright, error);
    if (!code && mm_bitmap_count(&bright))
        code = find_flat(image, &bright, flat, error);
    if (!code)
        code = mm_bitmap_erode(flat, speck, error);
    if (!code) /* smooth parts of dense tissue stay, though they may hang together with an edge through the rest */
        code = touching_edge(length(image, 8) + speck, flat, error);
    if (!code)
        code = mm_bitmap_grow(flat, &bright, speck + length(image, 12), error);
    mm_bitmap_free(&bright);
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

/* Compact near-maximum shapes, off the film's edge (there muscle may be as bright, and end as sharply against fat), that
 * end sharply on nearly all sides. (What lies within the breast, a clip or a coarse
 * calcification, is no loss: holes are filled later.) */
static int labels(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    mm_bitmap bright = {0}, shape = {0};
    mm_components c = {0};
    mm_plane grey = mm_reduced_plane(image);
    size_t margin = length(image, 6), least = length(image, 16);
    int code = mm_bitmap_init(&bright, image->h, image->w, error);
    if (!code)
        code = mm_bitmap_above(&bright, &grey, NEAR_MAXIMUM * 65535, error);
    if (!code)
        code = mm_components_find(&bright, 8, &c, error);
    for (size_t i = 0; !code && i < c.components; i++) {
        const mm_component *p = &c.component[i];
        size_t h = p->y1 - p->y0, w = p->x1 - p->x0;
        bool sharp;
        bool inner = p->x0 >= margin && p->y0 >= margin && p->x1 + margin <= image->w && p->y1 + margin <= image->h;
        if (!inner || p->area < least * least || 3 * h > image->h || 3 * w > image->w)
            continue;
        if ((code = mm_bitmap_init(&shape, h + 2 * margin, w + 2 * margin, error)))
            break;
        mm_bitmap_clear(&bright);
        mm_component_draw(&c, i, &bright);
        for (size_t k = p->first; k < c.runs && c.run[k].y < p->y1; k++)
            if (c.run[k].label == i)
                mm_bitmap_set_run(&shape, c.run[k].y - p->y0 + margin, c.run[k].x0 - p->x0 + margin, c.run[k].x1 - p->x0 + margin);
        code = mm_fill_holes(&shape, error);
        if (!code)
            code = ends_sharply(image, &shape, p->y0, p->x0, margin, &sharp, error);
        if (!code && sharp)
            mm_bitmap_or(&film->border, &bright);
        mm_bitmap_free(&shape);
    }
    mm_components_free(&c);
    mm_bitmap_free(&bright);
    return code;
}

/* ---- straight bands ---- */

/* One side of the film as lines parallel to it: pixel i of line k (0: outermost) is at origin + i along + k inward. */
typedef struct side {
    ptrdiff_t origin, along, inward;
    size_t length;
} side;

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Where, going inward from the edge, it gets darker most steeply: k so that lines up to k are the band; -1 when nowhere
 * by at least 8 % of the maximum over 3 pixels. */
static int steepest(const mm_reduced *image, const side *s, size_t i, size_t depth)
{
    int best = -1, fall = (int)(0.08 * 65535);
    const uint16_t *at = image->grey + s->origin + (ptrdiff_t)i * s->along;
    for (size_t k = 0; k < depth; k++) {
        int d = (int)at[(ptrdiff_t)k * s->inward] - (int)at[(ptrdiff_t)(k + 3) * s->inward];
        if (d > fall) {
            fall = d;
            best = (int)k;
        }
    }
    return best;
}

/* A band: along more than half of the side (without what is white border already) the steepest fall lies on one straight
 * line, nearly parallel to the side. */
static int take_band(const mm_reduced *image, const side *s, size_t depth, mm_bitmap *border, mm_error *error)
{
    size_t n = 0, step = s->length / 4, pairs = 0, near = 0, open = 0;
    float *fall = malloc(3 * s->length * sizeof *fall), *place = fall + s->length, *slope = place + s->length;
    if (!fall)
        return mm_no_memory(error);
    for (size_t i = 0; i < s->length; i++) {
        size_t outermost = (size_t)(s->origin + (ptrdiff_t)i * s->along);
        bool taken = mm_bitmap_get(border, outermost / image->w, outermost % image->w);
        int k = taken ? -1 : steepest(image, s, i, depth);
        fall[i] = (float)k;
        n += k >= 0;
        open += !taken;
    }
    if (2 * n > open && 4 * open > s->length) {
        /* Slope: the median over pairs a quarter of the side apart. Place: the median of what is left. */
        for (size_t i = 0; i + step < s->length; i++)
            if (fall[i] >= 0 && fall[i + step] >= 0)
                slope[pairs++] = (fall[i + step] - fall[i]) / (float)step;
        qsort(slope, pairs, sizeof *slope, by_size);
        float rise = pairs ? slope[pairs / 2] : 0;
        n = 0;
        for (size_t i = 0; i < s->length; i++)
            if (fall[i] >= 0)
                place[n++] = fall[i] - rise * (float)i;
        qsort(place, n, sizeof *place, by_size);
        float base = place[n / 2];
        for (size_t i = 0; i < s->length; i++)
            near += fall[i] >= 0 && fabsf(fall[i] - rise * (float)i - base) <= 3;
        for (size_t i = 0; 2 * near > open && i < s->length; i++) {
            float line = base + rise * (float)i;
            /* Follow the fall itself where it is on the line, the line where tissue hides it. */
            float edge = fall[i] >= 0 && fabsf(fall[i] - line) <= 3 ? fall[i] : line;
            for (ptrdiff_t k = 0; (float)k <= edge + 2; k++) {
                size_t at = (size_t)(s->origin + (ptrdiff_t)i * s->along + k * s->inward);
                mm_bitmap_set(border, at / image->w, at % image->w);
            }
        }
    }
    free(fall);
    return MM_OK;
}

static int straight_bands(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    ptrdiff_t w = (ptrdiff_t)image->w, h = (ptrdiff_t)image->h;
    size_t depth = length(image, 64), across = image->w, down = image->h;
    const side sides[4] = {{0, w, 1, down}, {w - 1, w, -1, down}, {0, 1, w, across}, {(h - 1) * w, 1, -w, across}};
    if (across < 3 * depth + 8 || down < 3 * depth + 8)
        return MM_OK;
    for (int i = 0; i < 4; i++)
        if (take_band(image, &sides[i], depth, &film->border, error))
            return error->code;
    return MM_OK;
}

/* ---- the background ---- */

/* Pixels that are not border, by the upper 8 bits of their grey level. */
static void histogram(const mm_reduced *image, const mm_bitmap *border, size_t count[256])
{
    uint32_t dark = 0, part[4][256] = {{0}}; /* neighbours count apart: they are often equal and would wait for each other */
    size_t n = image->h * image->w;
    for (size_t i = 0; i + 4 <= n; i += 4) {
        const uint16_t *v = image->grey + i;
        if ((v[0] | v[1] | v[2] | v[3]) < 256) { /* most of the background */
            dark += 4;
            continue;
        }
        for (size_t k = 0; k < 4; k++)
            part[k][v[k] >> 8]++;
    }
    for (size_t i = n & ~(size_t)3; i < n; i++)
        part[0][image->grey[i] >> 8]++;
    part[0][0] += dark;
    for (size_t i = 0; i < 256; i++)
        count[i] = (size_t)part[0][i] + part[1][i] + part[2][i] + part[3][i];
    for (size_t y = 0; y < image->h; y++) {
        const uint64_t *row = mm_bitmap_row(border, y);
        for (size_t i = 0; i < border->words; i++)
            for (uint64_t bits = row[i]; bits; bits &= bits - 1)
                count[image->grey[y * image->w + 64 * i + (size_t)__builtin_ctzll(bits)] >> 8]--;
    }
}

/* The share of the maximum above which grey levels are nowhere more frequent than twice the skin's, up to 10 %. Levels
 * between 6 and 16 % of the maximum are passed through quickly, at the rim of the breast, and so are rare everywhere;
 * their median frequency is the skin's. Background may be uneven, so it is the last level that counts. */
static double background_level(const mm_reduced *image, const mm_film_mask *film)
{
    enum { RIM = 16, RIMS = 25, TOP = 26 };
    size_t count[256], rim[RIMS], level = TOP;
    histogram(image, &film->border, count);
    for (size_t i = 0; i < RIMS; i++) {
        rim[i] = count[RIM + i];
        for (size_t k = i; k > 0 && rim[k] < rim[k - 1]; k--) {
            size_t swap = rim[k];
            rim[k] = rim[k - 1];
            rim[k - 1] = swap;
        }
    }
    while (level > 0 && count[level] + count[level - 1] <= 4 * rim[RIMS / 2])
        level--;
    double share = (double)(level + 1) / 255;
    return share < MM_LEAST_LEVEL ? MM_LEAST_LEVEL : share;
}

int mm_film_mask_find(const mm_reduced *image, mm_film_mask *film, mm_error *error)
{
    *film = (mm_film_mask){0};
    if (mm_bitmap_init(&film->border, image->h, image->w, error))
        return error->code;
    if (white_border(image, film, error) || straight_bands(image, film, error) ||
        labels(image, film, error) || mm_bitmap_dilate(&film->border, length(image, 3), error)) {
        mm_film_mask_free(film);
        return error->code;
    }
    film->level = background_level(image, film);
    return MM_OK;
}

void mm_film_mask_free(mm_film_mask *film)
{
    mm_bitmap_free(&film->border);
}
