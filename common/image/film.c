/* What belongs to the film and not to the breast. See film.h. */
#include "image/film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/clones.h"
#include "image/components.h"

/* Grey levels of the reduced image, 0 .. 65535, and lengths at a longer side of 1152. */
static const double NEAR_MAXIMUM = 0.80;    /* of the maximum: may be border */
static const double FLAT = 0.40 * 257;      /* texture below: film; tissue that is as bright has 0.5 and more */

/* ---- where the film lies ---- */

/* First and last + 1 of n counts that reach 1/50 of the largest; all when there is none. */
static void extent(const size_t *count, size_t n, size_t *from, size_t *to)
{
    size_t a = 0, b = n, most = 0;
    for (size_t i = 0; i < n; i++)
        most = count[i] > most ? count[i] : most;
    while (a < n && count[a] * 50 <= most)
        a++;
    while (b > a && count[b - 1] * 50 <= most)
        b--;
    *from = most ? a : 0;
    *to = most ? b : n;
}

int mm_film_find_box(const mm_plane *plane, double maximum, mm_film_box *box, mm_error *error)
{
    mm_bitmap light = {0};
    size_t step = 1 + plane->h / MM_FILM_SIDE; /* columns are counted in so many rows: that is enough */
    size_t *row = calloc(plane->h + 64 * (plane->w / 64 + 1), sizeof *row), *column = row + plane->h;
    if (!row)
        return mm_fail(error, MM_FAILURE, "out of memory");
    int code = mm_bitmap_init(&light, plane->h, plane->w, error);
    if (!code)
        code = mm_bitmap_above(&light, plane, maximum * 0.5 / 255, error);
    for (size_t y = 0; !code && y < plane->h; y++) {
        const uint64_t *bits = mm_bitmap_row(&light, y);
        for (size_t i = 0; i < light.words; i++) {
            if (!bits[i])
                continue;
            row[y] += (size_t)__builtin_popcountll(bits[i]);
            for (size_t k = 0; y % step == 0 && k < 64; k++)
                column[64 * i + k] += bits[i] >> k & 1;
        }
    }
    if (!code) {
        extent(row, plane->h, &box->y0, &box->y1);
        extent(column, plane->w, &box->x0, &box->x1);
    }
    mm_bitmap_free(&light);
    free(row);
    return code;
}

/* ---- the reduced copy ---- */

MM_CLONES static void add_u8(float *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += (float)row[x];
}

MM_CLONES static void add_u16(float *restrict sum, const uint16_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += (float)row[x];
}

MM_CLONES static void add_f32(float *restrict sum, const float *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += row[x];
}

/* Sums of `factor` neighbours each, in place; the last of what is left. */
static void join_columns(float *sum, size_t n, size_t factor)
{
    for (size_t x = 0, i = 0; factor > 1 && x < n; x += factor, i++) {
        size_t end = x + factor < n ? x + factor : n;
        float s = 0;
        for (size_t k = x; k < end; k++)
            s += sum[k];
        sum[i] = s;
    }
}

MM_CLONES static void scale_row(uint16_t *restrict out, const float *restrict v, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float s = v[i] * scale + 0.5f;
        out[i] = (uint16_t)(int)(s < 0 ? 0 : s > 65535 ? 65535 : s);
    }
}

int mm_reduce(const mm_plane *plane, double maximum, size_t side, mm_reduced *r, mm_error *error)
{
    size_t h = plane->h, w = plane->w, factor = ((h > w ? h : w) + side - 1) / side;
    *r = (mm_reduced){(h + factor - 1) / factor, (w + factor - 1) / factor, factor, NULL};
    r->grey = malloc(r->h * r->w * sizeof *r->grey);
    float *sum = malloc(w * sizeof *sum);
    if (!r->grey || !sum) {
        free(sum);
        mm_reduced_free(r);
        return mm_fail(error, MM_FAILURE, "out of memory");
    }
    for (size_t y = 0; y < r->h; y++) {
        size_t first = y * factor, rows = h - first < factor ? h - first : factor;
        memset(sum, 0, w * sizeof *sum);
        for (size_t k = first; k < first + rows; k++) {
            if (plane->dtype == MM_U8)
                add_u8(sum, mm_plane_row(plane, k), w);
            else if (plane->dtype == MM_U16)
                add_u16(sum, mm_plane_row(plane, k), w);
            else
                add_f32(sum, mm_plane_row(plane, k), w);
        }
        join_columns(sum, w, factor);
        size_t last = w - (r->w - 1) * factor; /* columns in the last pixel */
        sum[r->w - 1] *= (float)factor / (float)last;
        scale_row(r->grey + y * r->w, sum, (float)(65535 / (maximum * (double)(factor * rows))), r->w);
    }
    free(sum);
    return MM_OK;
}

void mm_reduced_free(mm_reduced *r)
{
    free(r->grey);
    r->grey = NULL;
}

mm_plane mm_reduced_plane(const mm_reduced *r)
{
    return (mm_plane){MM_U16, r->grey, r->h, r->w, r->w};
}

/* A length given for a longer side of 1152, at least 1. */
static size_t length(const mm_reduced *image, double at1152)
{
    double longer = (double)(image->h > image->w ? image->h : image->w);
    double n = at1152 * longer / 1152 + 0.5;
    return n < 1 ? 1 : (size_t)n;
}

/* ---- the white border ---- */

/* How much each pixel of a row differs from the mean of its four neighbours at distance `lag`, those beyond the film's
 * edge being the edge's. `wide` has room for the row and 2 lag more. */
MM_CLONES static void roughness(const mm_reduced *image, size_t y, size_t lag, uint16_t *restrict wide, uint16_t *restrict rough)
{
    size_t w = image->w;
    const uint16_t *row = image->grey + y * w;
    const uint16_t *up = image->grey + (y < lag ? 0 : y - lag) * w;
    const uint16_t *down = image->grey + (y + lag < image->h ? y + lag : image->h - 1) * w;
    for (size_t i = 0; i < lag; i++) {
        wide[i] = row[0];
        wide[lag + w + i] = row[w - 1];
    }
    memcpy(wide + lag, row, w * sizeof *row);
    for (size_t x = 0; x < w; x++) {
        int32_t mean = (wide[x] + wide[x + 2 * lag] + up[x] + down[x] + 2) >> 2;
        int32_t apart = mean - row[x];
        rough[x] = (uint16_t)(apart < 0 ? -apart : apart);
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
    size_t first = 0, last = words;
    while (first < last && !bright[first])
        first++;
    while (last > first && !bright[last - 1])
        last--;
    size_t x0 = first * 64, x1 = last * 64 < w ? last * 64 : w;
    size_t from = x0 < reach ? 0 : x0 - reach, to = from;
    uint32_t total = 0; /* a window of 2^16 pixels at most, each below 2^16 */
    uint32_t limit = (uint32_t)(FLAT * (double)((2 * reach + 1) * rows));
    for (size_t x = x0; x < x1; x++) {
        size_t a = x < reach ? 0 : x - reach, b = x + reach + 1 < w ? x + reach + 1 : w;
        while (to < b)
            total += sum[to++];
        while (from < a)
            total -= sum[from++];
        if (b - a < 2 * reach + 1 ? (double)total < FLAT * (double)((b - a) * rows) : total < limit)
            flat[x / 64] |= bright[x / 64] & (uint64_t)1 << (x % 64);
    }
}

/* Sets `flat` where a bright pixel lies in surroundings without texture: mean roughness over a square window, which is
 * cut at the film's edge. */
static int find_flat(const mm_reduced *image, const mm_bitmap *bright, mm_bitmap *flat, mm_error *error)
{
    size_t lag = length(image, 3), reach = length(image, 7), w = image->w, h = image->h;
    uint16_t *rough = malloc((h * w + w + 2 * lag) * sizeof *rough);
    uint32_t *sum = calloc(w, sizeof *sum); /* of the window's rows, per column */
    if (!rough || !sum) {
        free(rough);
        free(sum);
        return mm_fail(error, MM_FAILURE, "out of memory");
    }
    for (size_t y = 0; y < h + reach; y++) { /* row y comes in, row y - reach is the centre, y - 2 reach - 1 goes */
        if (y < h) {
            roughness(image, y, lag, rough + h * w, rough + y * w);
            add_sums(sum, rough + y * w, w);
        }
        if (y > 2 * reach)
            subtract_sums(sum, rough + (y - 2 * reach - 1) * w, w);
        if (y < reach)
            continue;
        size_t centre = y - reach, top = centre < reach ? 0 : centre - reach, bottom = y < h ? y + 1 : h;
        flat_in_row(mm_bitmap_row(bright, centre), bright->words, sum, w, reach, bottom - top, mm_bitmap_row(flat, centre));
    }
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
static int white_border(const mm_reduced *image, mm_film *film, mm_error *error)
{
    mm_bitmap bright = {0}, *flat = &film->border;
    mm_plane grey = mm_reduced_plane(image);
    size_t speck = length(image, 2);
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
        return mm_fail(error, MM_FAILURE, "out of memory");
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

static int straight_bands(const mm_reduced *image, mm_film *film, mm_error *error)
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
    uint32_t part[4][256] = {{0}}; /* neighbours count apart: they are often equal and would wait for each other */
    size_t n = image->h * image->w;
    for (size_t i = 0; i < n; i++)
        part[i % 4][image->grey[i] >> 8]++;
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
static double background_level(const mm_reduced *image, const mm_film *film)
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

int mm_film_find(const mm_reduced *image, mm_film *film, mm_error *error)
{
    *film = (mm_film){0};
    if (mm_bitmap_init(&film->border, image->h, image->w, error))
        return error->code;
    if (white_border(image, film, error) || straight_bands(image, film, error) ||
        mm_bitmap_dilate(&film->border, length(image, 3), error)) {
        mm_film_free(film);
        return error->code;
    }
    film->level = background_level(image, film);
    return MM_OK;
}

void mm_film_free(mm_film *film)
{
    mm_bitmap_free(&film->border);
}
