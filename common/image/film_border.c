/* Straight borders along the sides of a film, and unexposed corners beside them. See film_border.h. */
#include "common/image/film_border.h"

#include <math.h>
#include <stdlib.h>

#include "common/image/components.h"

/* Grey levels are shares of 65535; lengths are for a longer side of 1152. */
static const double FALL = 0.08;      /* how much darker it gets where a band ends, at least */
static const double BAND_DEPTH = 64;  /* of a band that is found by its fall, at most */
static const double LIGHT = 0.50;     /* a border is brighter, */
static const double THIN = 16;        /* or no deeper */
static const double SLOPE = 0.1;      /* of a border against its side, at most: 6 degrees */
static const double UNEXPOSED = 0.95; /* film that no ray met is brighter */

size_t mm_film_length(const mm_reduced *image, double at1152)
{
    double longer = (double)(image->h > image->w ? image->h : image->w);
    double n = at1152 * longer / 1152 + 0.5;
    return n < 1 ? 1 : (size_t)n;
}

/* ---- sides ---- */

/* One side of the film as lines parallel to it: pixel i of line k (0: outermost) is at origin + i along + k inward. */
typedef struct side {
    const mm_reduced *image;
    ptrdiff_t origin, along, inward;
    size_t length, across;
} side;

static size_t place(const side *s, size_t i, size_t k)
{
    return (size_t)(s->origin + (ptrdiff_t)i * s->along + (ptrdiff_t)k * s->inward);
}

static int grey(const side *s, size_t i, size_t k)
{
    return s->image->grey[place(s, i, k)];
}

/* Finds the last line of a border at position i; -1 if none is seen. */
typedef int edge_finder(const side *s, size_t i);

/* Where it gets darker most steeply within a band's depth. */
static int steepest_fall(const side *s, size_t i)
{
    size_t lag = mm_film_length(s->image, 3), depth = mm_film_length(s->image, BAND_DEPTH);
    int best = -1, fall = (int)(FALL * 65535);
    for (size_t k = 0; k < depth; k++) {
        int d = grey(s, i, k) - grey(s, i, k + lag);
        if (d > fall) {
            fall = d;
            best = (int)k;
        }
    }
    return best;
}

/* Where the white from the side on ends, within a third of the film. */
static int end_of_white(const side *s, size_t i)
{
    size_t k = 0;
    while (3 * k < s->across && grey(s, i, k) > MM_FILM_WHITE * 65535)
        k++;
    return 3 * k < s->across ? (int)k - 1 : -1;
}

/* ---- straight lines ---- */

/* The line k = base + rise i. */
typedef struct line {
    float base, rise;
} line;

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float median(float *v, size_t n)
{
    qsort(v, n, sizeof *v, by_size);
    return n ? v[n / 2] : 0;
}

static float line_at(const line *l, size_t i)
{
    return l->base + l->rise * (float)i;
}

static bool is_near(const side *s, const line *l, size_t i, float edge)
{
    return edge >= 0 && fabsf(edge - line_at(l, i)) <= (float)mm_film_length(s->image, 3);
}

/* The line of least squares through the edges near a line; that line itself if they are fewer than two. */
static line refine(const side *s, const line *near, const float *edge)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < s->length; i++) {
        if (!is_near(s, near, i, edge[i]))
            continue;
        n++;
        x += (double)i;
        y += (double)edge[i];
        xx += (double)i * (double)i;
        xy += (double)i * (double)edge[i];
    }
    double spread = n * xx - x * x;
    if (!(spread > 0))
        return *near;
    double rise = (n * xy - x * y) / spread;
    return (line){(float)((y - rise * x) / n), (float)rise};
}

/* The line through most of the edges: its rise is the median over pairs a quarter and half of the side apart. `work` holds twice
 * as many floats as the side has pixels. */
static line fit(const side *s, const float *edge, float *work)
{
    size_t n = s->length, m = 0;
    line l;
    for (size_t apart = n / 4; apart <= n / 2; apart += n / 4)
        for (size_t i = 0; i + apart < n; i++)
            if (edge[i] >= 0 && edge[i + apart] >= 0)
                work[m++] = (edge[i + apart] - edge[i]) / (float)apart;
    l.rise = median(work, m);
    m = 0;
    for (size_t i = 0; i < n; i++)
        if (edge[i] >= 0)
            work[m++] = edge[i] - l.rise * (float)i;
    l.base = median(work, m);
    for (int i = 0; i < 3; i++) /* edges are whole pixels: the medians are coarse */
        l = refine(s, &l, edge);
    return l;
}

/* True if what lies between the side and the line is light, at the places where the edge is on the line. */
static bool is_light(const side *s, const line *l, const float *edge)
{
    size_t light = 0, all = 0;
    for (size_t i = 0; i < s->length; i++) {
        if (!is_near(s, l, i, edge[i]))
            continue;
        for (size_t k = 0; (float)k <= edge[i]; k++, all++)
            light += grey(s, i, k) > LIGHT * 65535;
    }
    return 2 * light > all;
}

/* True if the side's outermost pixels are light nearly everywhere, also beside the background, which is much darker. Tissue ends
 * there; a border goes on. */
static bool is_whole(const side *s, const line *l, const float *edge, float *work)
{
    size_t m = 0, light = 0, beside = 0, lag = 1 + mm_film_length(s->image, 8);
    for (size_t i = 0; i < s->length; i++)
        if (is_near(s, l, i, edge[i]))
            work[m++] = (float)grey(s, i, 0);
    float level = median(work, m);
    for (size_t i = 0; i < s->length; i++) {
        light += (float)grey(s, i, 0) > (float)LIGHT * level;
        beside += is_near(s, l, i, edge[i]) && (float)grey(s, i, (size_t)edge[i] + lag) < level / 4;
    }
    return 10 * light > 9 * s->length && 20 * beside > s->length;
}

/* True if more than half of the edges that are seen, and those of a quarter of the side, lie on one line nearly parallel to it.
 * Where something as white lies beside the border its edge is hidden. */
static bool is_straight(const side *s, const line *l, const float *edge)
{
    size_t near = 0, hidden = 0;
    for (size_t i = 0; i < s->length; i++) {
        near += is_near(s, l, i, edge[i]);
        hidden += edge[i] < 0 && grey(s, i, 0) > MM_FILM_WHITE * 65535;
    }
    return 2 * near > s->length - hidden && 4 * near > s->length && fabsf(l->rise) <= (float)SLOPE;
}

/* True if most of a side's outermost pixels are as white as an unexposed corner. */
static bool is_unexposed(const side *s)
{
    size_t white = 0;
    for (size_t i = 0; i < s->length; i++)
        white += grey(s, i, 0) > UNEXPOSED * 65535;
    return 2 * white > s->length;
}

/* True if the edges prove a border: straight, whole, and light, or thin. Beside another border of the film it may also be unexposed
 * and have tissue along all of it. */
static bool is_border(const side *s, const line *l, const float *edge, bool another, float *work)
{
    float middle = line_at(l, s->length / 2);
    return is_straight(s, l, edge) && (is_whole(s, l, edge, work) || (another && is_unexposed(s))) &&
           (middle < (float)mm_film_length(s->image, THIN) || is_light(s, l, edge));
}

/* Sets the border's pixels. It follows the edge itself where that is on the line, and the line where tissue hides it. */
static void draw(const side *s, const line *l, const float *edge, mm_bitmap *border)
{
    for (size_t i = 0; i < s->length; i++) {
        float end = is_near(s, l, i, edge[i]) ? edge[i] : line_at(l, i);
        for (size_t k = 0; k < s->across && (float)k <= end; k++)
            mm_bitmap_set(border, place(s, i, k) / s->image->w, place(s, i, k) % s->image->w);
    }
}

static int take_side(const side *s, edge_finder *find, bool another, mm_bitmap *border, mm_error *error)
{
    float *edge = malloc(3 * s->length * sizeof *edge);
    if (!edge)
        return mm_no_memory(error);
    for (size_t i = 0; i < s->length; i++)
        edge[i] = (float)find(s, i);
    line l = fit(s, edge, edge + s->length);
    if (is_border(s, &l, edge, another, edge + s->length))
        draw(s, &l, edge, border);
    free(edge);
    return MM_OK;
}

/* The four sides: left, right, upper, lower. */
static void list_sides(const mm_reduced *image, side sides[4])
{
    ptrdiff_t w = (ptrdiff_t)image->w, h = (ptrdiff_t)image->h;
    sides[0] = (side){image, 0, w, 1, image->h, image->w};
    sides[1] = (side){image, w - 1, w, -1, image->h, image->w};
    sides[2] = (side){image, 0, 1, w, image->w, image->h};
    sides[3] = (side){image, (h - 1) * w, 1, -w, image->w, image->h};
}

/* Takes the borders of all sides; `another`: there is one already. */
static int take_sides(const side sides[4], bool another, mm_bitmap *border, mm_error *error)
{
    for (int i = 0; i < 4; i++)
        if (take_side(&sides[i], steepest_fall, another, border, error) || take_side(&sides[i], end_of_white, another, border, error))
            return error->code;
    return MM_OK;
}

static int straight_borders(const mm_reduced *image, const side sides[4], mm_bitmap *border, mm_error *error)
{
    size_t least = 3 * mm_film_length(image, BAND_DEPTH) + 8;
    if (image->w < least || image->h < least)
        return MM_OK;
    int code = take_sides(sides, false, border, error);
    return code || !mm_bitmap_count(border) ? code : take_sides(sides, true, border, error);
}

/* ---- unexposed corners ---- */

/* True if a component comes to two sides that meet, at least one of them unexposed. */
static bool in_corner(const mm_reduced *image, const side sides[4], const mm_component *p)
{
    size_t margin = mm_film_length(image, BAND_DEPTH);
    bool left = p->x0 < margin, right = p->x1 + margin > image->w, top = p->y0 < margin, bottom = p->y1 + margin > image->h;
    return (left || right) && (top || bottom) &&
           ((left && is_unexposed(&sides[0])) || (right && is_unexposed(&sides[1])) || (top && is_unexposed(&sides[2])) ||
            (bottom && is_unexposed(&sides[3])));
}

/* True if the pixels of `part` have one grey level, as film has that no ray met: four in five within 2 % of the maximum.
 * The muscle, and whatever else is tissue, gets darker from place to place. */
static bool is_plateau(const mm_reduced *image, const mm_bitmap *part)
{
    enum { WINDOW = 5 };
    size_t count[256 + WINDOW] = {0}, all = 0, most = 0;
    for (size_t y = 0; y < image->h; y++) {
        for (size_t x = 0; x < image->w; x++) {
            if (!mm_bitmap_get(part, y, x))
                continue;
            count[image->grey[y * image->w + x] >> 8]++;
            all++;
        }
    }
    for (size_t i = 0; i < 256; i++) {
        size_t sum = 0;
        for (size_t k = 0; k < WINDOW; k++)
            sum += count[i + k];
        most = sum > most ? sum : most;
    }
    return 5 * most > 4 * all;
}

static bool overlaps(const mm_bitmap *a, const mm_bitmap *b)
{
    for (size_t i = 0; i < a->h * a->words; i++)
        if (a->bit[i] & b->bit[i])
            return true;
    return false;
}

/* Adds to the border, with what is as white around it, each component that is an unexposed corner beside it. */
static int take_corners(const mm_reduced *image, const side sides[4], const mm_components *c, const mm_bitmap *beside,
                        const mm_bitmap *white, mm_bitmap *border, mm_error *error)
{
    mm_bitmap part;
    size_t least = mm_film_length(image, 48);
    int code = mm_bitmap_init(&part, image->h, image->w, error);
    for (size_t i = 0; !code && i < c->components; i++) {
        if (c->component[i].area < least * least || !in_corner(image, sides, &c->component[i]))
            continue;
        mm_bitmap_clear(&part);
        mm_component_draw(c, i, &part);
        if (!overlaps(&part, beside) || !is_plateau(image, &part))
            continue;
        code = mm_bitmap_grow(&part, white, mm_film_length(image, 12), error);
        mm_bitmap_or(border, &part);
    }
    mm_bitmap_free(&part);
    return code;
}

static int unexposed_corners(const mm_reduced *image, const side sides[4], mm_bitmap *border, mm_error *error)
{
    mm_bitmap map = {0}, beside = {0};
    mm_components c = {0};
    mm_plane plane = mm_reduced_plane(image);
    int code = mm_bitmap_init(&map, image->h, image->w, error);
    if (!code && !(code = mm_bitmap_above(&map, &plane, UNEXPOSED * 65535, error))) {
        mm_bitmap_minus(&map, border);
        code = mm_components_find(&map, 8, &c, error);
    }
    if (!code && !(code = mm_bitmap_init(&beside, image->h, image->w, error))) {
        mm_bitmap_copy(&beside, border);
        code = mm_bitmap_dilate(&beside, 2, error);
    }
    if (!code && !(code = mm_bitmap_above(&map, &plane, MM_FILM_WHITE * 65535, error)))
        code = take_corners(image, sides, &c, &beside, &map, border, error);
    mm_components_free(&c);
    mm_bitmap_free(&map);
    mm_bitmap_free(&beside);
    return code;
}

int mm_film_border_find(const mm_reduced *image, mm_bitmap *border, mm_error *error)
{
    side sides[4];
    list_sides(image, sides);
    int code = straight_borders(image, sides, border, error);
    return code || !mm_bitmap_count(border) ? code : unexposed_corners(image, sides, border, error);
}
