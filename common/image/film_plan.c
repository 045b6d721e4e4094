/* The plan for a film, made on its reduced copy. See film_plan.h. */
#include "common/image/film_plan.h"

#include <math.h>
#include <stdint.h>

#include "common/image/components.h"
#include "common/image/film.h"
#include "common/image/opened.h"

enum { FILM_OPEN = 96 }; /* the longer side divided by this is the radius of the opening */

/* The reduced image of a film, and maps of its size to work with. */
typedef struct survey {
    mm_reduced image;
    mm_film_mask film;
    mm_bitmap tissue, outline, other;
    double level; /* the threshold as a share of the maximum */
} survey;

static void survey_free(survey *s)
{
    mm_reduced_free(&s->image);
    mm_film_mask_free(&s->film);
    mm_bitmap_free(&s->tissue);
    mm_bitmap_free(&s->outline);
    mm_bitmap_free(&s->other);
}

static int survey_make(survey *s, const mm_plane *plane, double maximum, mm_error *error)
{
    int code = mm_reduce(plane, maximum, MM_FILM_SIDE, &s->image, error);
    if (!code)
        code = mm_film_mask_find(&s->image, &s->film, error);
    if (!code)
        code = mm_bitmap_init(&s->tissue, s->image.h, s->image.w, error);
    if (!code)
        code = mm_bitmap_init(&s->outline, s->image.h, s->image.w, error);
    return code ? code : mm_bitmap_init(&s->other, s->image.h, s->image.w, error);
}

static size_t film_radius(size_t h, size_t w)
{
    return ((h > w ? h : w) + FILM_OPEN / 2) / FILM_OPEN;
}

/* The outline, in s->outline, at a share of the maximum. */
static int outline_at(survey *s, double level, bool *found, mm_error *error)
{
    mm_plane grey = mm_reduced_plane(&s->image);
    if (mm_bitmap_above(&s->tissue, &grey, level * 65535, error))
        return error->code;
    mm_bitmap_minus(&s->tissue, &s->film.border);
    mm_bitmap_minus(&s->tissue, &s->film.label);
    return mm_opened_outline(&s->tissue, film_radius(s->image.h, s->image.w), &s->outline, found, error);
}

/* Lowers the level step by step, so that the rim of the breast comes in, until the outline leaks: reaches further in one step
 * than 1/40 of the longer side beyond where it was. Two steps above the leak, but never above the first, is the threshold. */
static int lower_level(survey *s, mm_error *error)
{
    const double step = 1.0 / 255;
    size_t longer = s->image.h > s->image.w ? s->image.h : s->image.w;
    const mm_background *background = &s->film.background;
    bool found = false, leaks = false;
    double level = background->end;
    if (outline_at(s, level, &found, error))
        return error->code;
    while (found && !leaks && level > background->least) {
        level -= step;
        mm_bitmap_copy(&s->other, &s->outline);
        if (mm_bitmap_dilate(&s->other, longer / 40, error) || outline_at(s, level, &found, error))
            return error->code;
        mm_bitmap_copy(&s->tissue, &s->outline);
        mm_bitmap_minus(&s->tissue, &s->other);
        leaks = mm_bitmap_count(&s->tissue) > 0;
    }
    s->level = fmin(fmax(leaks ? level + 2 * step : level, background->least), background->end);
    return MM_OK;
}

/* Sets in s->other what would go of the breast that the published threshold finds beside the border. `all`: that breast's area. */
static int find_loss(survey *s, size_t *all, mm_error *error)
{
    mm_plane grey = mm_reduced_plane(&s->image);
    double area;
    bool found;
    if (outline_at(s, s->level, &found, error) ||
        mm_bitmap_above(&s->tissue, &grey, MM_PUBLISHED_LEVEL / s->film.top * 65535, error))
        return error->code;
    mm_bitmap_minus(&s->tissue, &s->film.border);
    if (mm_largest_outline(&s->tissue, &s->other, &area, &found, error))
        return error->code;
    *all = mm_bitmap_count(&s->other);
    mm_bitmap_minus(&s->other, &s->outline);
    return MM_OK;
}

/* Tells what is to be done about what would go: more than a tenth of the breast is kept if it is not background either. */
static int judge_loss(survey *s, mm_film_loss *loss, mm_error *error)
{
    mm_plane grey = mm_reduced_plane(&s->image);
    size_t all = 0;
    if (find_loss(s, &all, error))
        return error->code;
    size_t gone = mm_bitmap_count(&s->other);
    if (mm_bitmap_above(&s->tissue, &grey, s->film.background.certain * 65535, error))
        return error->code;
    mm_bitmap_and(&s->other, &s->tissue);
    size_t tissue = mm_bitmap_count(&s->other);
    *loss = 10 * tissue > all ? MM_LOSS_KEPT : 10 * gone > all ? MM_LOSS_BACKGROUND : MM_LOSS_NONE;
    return MM_OK;
}

static int plan_by_background(survey *s, double maximum, mm_film_plan *p, mm_error *error)
{
    double published = p->limit;
    if (lower_level(s, error) || judge_loss(s, &p->loss, error))
        return error->code;
    p->limit = s->level * s->film.top * maximum;
    if (p->loss == MM_LOSS_KEPT) {
        p->limit = fmax(published, s->film.background.certain * s->film.top * maximum);
        p->radius = 0;
        mm_bitmap_clear(&s->film.label);
    }
    return MM_OK;
}

int mm_film_plan_make(const mm_plane *plane, double maximum, bool by_background, mm_film_plan *p, mm_error *error)
{
    survey s = {0};
    int code = survey_make(&s, plane, maximum, error);
    if (!code && !s.film.digital) {
        p->radius = film_radius(plane->h, plane->w);
        if (by_background)
            code = plan_by_background(&s, maximum, p, error);
        if (!code && !(code = mm_bitmap_init(&p->taken, s.image.h, s.image.w, error))) {
            mm_bitmap_copy(&p->taken, &s.film.border);
            mm_bitmap_or(&p->taken, &s.film.label);
        }
    }
    survey_free(&s);
    return code;
}

int mm_film_plan_take(const mm_film_plan *p, mm_bitmap *map, mm_error *error)
{
    const mm_bitmap *small = &p->taken;
    mm_bitmap row = {0};
    size_t last = SIZE_MAX;
    if (!small->bit)
        return MM_OK;
    if (mm_bitmap_init(&row, 1, map->w, error))
        return error->code;
    for (size_t y = 0; y < map->h; y++) {
        size_t from = y * small->h / map->h;
        for (size_t x = 0; from != last && x < small->w; x++) {
            if (x == 0)
                mm_bitmap_clear(&row);
            if (mm_bitmap_get(small, from, x))
                mm_bitmap_set_run(&row, 0, (x * map->w + small->w - 1) / small->w, ((x + 1) * map->w + small->w - 1) / small->w);
        }
        last = from;
        for (size_t i = 0; i < map->words; i++)
            mm_bitmap_row(map, y)[i] &= ~row.bit[i];
    }
    mm_bitmap_free(&row);
    return MM_OK;
}

void mm_film_plan_free(mm_film_plan *p)
{
    mm_bitmap_free(&p->taken);
}
