/* Marks of heatmaps and the curve that they make: see froc.h. */
#include "common/stats/froc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stats/bootstrap.h"

const double mm_froc_rates[MM_FROC_RATES] = {0.25, 0.5, 1, 2, 4, 8};

/* ---- marks ---- */

typedef struct cell {
    double value;
    size_t at;
} cell;

/* Hottest first, equal ones in the order of the map. */
static int hottest_first(const void *a, const void *b)
{
    const cell *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Takes away all cells nearer than `min_distance` pixels to cell `at`. */
static void take_away(uint8_t *gone, const mm_heat_geometry *g, size_t at, double min_distance)
{
    size_t row = at / g->width, column = at % g->width;
    double rows = min_distance / g->stride_y, columns = min_distance / g->stride_x;
    size_t up = rows < (double)row ? row - (size_t)rows : 0, left = columns < (double)column ? column - (size_t)columns : 0;
    for (size_t i = up; i < g->height && (double)i <= (double)row + rows; i++)
        for (size_t j = left; j < g->width && (double)j <= (double)column + columns; j++) {
            double dy = ((double)i - (double)row) * g->stride_y, dx = ((double)j - (double)column) * g->stride_x;
            if (dy * dy + dx * dx < min_distance * min_distance)
                gone[i * g->width + j] = 1;
        }
    gone[at] = 1;
}

static int add_mark(mm_mark **marks, size_t *n, size_t *room, mm_mark mark, mm_error *error)
{
    int code = mm_grow(marks, room, *n + 1, sizeof **marks, error);
    if (!code)
        (*marks)[(*n)++] = mark;
    return code;
}

/* Rates the image's lesions (from number `first` of the set on, one for each plane with a pixel) by one mark, or adds it
 * to the false ones. plane[lesions of the image] points into the mask. */
static int judge(mm_froc_set *s, size_t first, const uint8_t *const *plane, double y, double x, double rating, size_t H, size_t W,
                 double near, mm_error *error)
{
    bool hit = false;
    for (size_t l = first; l < s->lesions; l++)
        if (mm_hit_within(plane[l - first], H, W, y, x, near)) {
            s->lesion[l].rating = fmax(s->lesion[l].rating, rating);
            hit = true;
        }
    return hit ? 0 : add_mark(&s->wrong, &s->falses, &s->false_room, (mm_mark){rating, s->images}, error);
}

static int add_lesions(mm_froc_set *s, const uint8_t *mask, size_t lesions, size_t pixels, const uint8_t **plane, mm_error *error)
{
    int code = 0;
    for (size_t l = 0, n = 0; l < lesions && !code; l++) {
        const uint8_t *m = mask + l * pixels;
        size_t i = 0;
        while (i < pixels && !m[i])
            i++;
        if (i < pixels) {
            plane[n++] = m;
            code = add_mark(&s->lesion, &s->lesions, &s->lesion_room, (mm_mark){-INFINITY, s->images}, error);
        }
    }
    return code;
}

int mm_froc_add(mm_froc_set *s, const double *heat, const mm_heat_geometry *g, const uint8_t *marked, const uint8_t *mask,
                size_t lesions, size_t H, size_t W, double min_distance, double near, mm_error *error)
{
    size_t cells = g->height * g->width, first = s->lesions, falses = s->falses;
    cell *order = malloc(cells * sizeof *order);
    uint8_t *gone = calloc(cells, 1);
    const uint8_t **plane = calloc(lesions + 1, sizeof *plane);
    int code = order && gone && plane ? add_lesions(s, mask, lesions, H * W, plane, error) : mm_no_memory(error);
    if (!code) {
        for (size_t i = 0; i < cells; i++) {
            order[i] = (cell){heat[i], i};
            gone[i] = marked && !marked[i];
        }
        qsort(order, cells, sizeof *order, hottest_first);
    }
    for (size_t i = 0; i < cells && !code; i++) {
        size_t at = order[i].at;
        if (gone[at])
            continue;
        double y = floor(g->offset_y + g->stride_y * (double)(at / g->width) + 0.5);
        double x = floor(g->offset_x + g->stride_x * (double)(at % g->width) + 0.5);
        code = judge(s, first, plane, y, x, order[i].value, H, W, near, error);
        take_away(gone, g, at, min_distance);
    }
    if (code) { /* as before the image */
        s->lesions = first;
        s->falses = falses;
    } else {
        s->images++;
    }
    free(order);
    free(gone);
    free((void *)plane);
    return code;
}

void mm_froc_set_free(mm_froc_set *s)
{
    free(s->lesion);
    free(s->wrong);
    *s = (mm_froc_set){0};
}

/* ---- curve ---- */

/* A lesion found or a false mark. */
typedef struct event {
    double rating;
    size_t image;
    uint8_t lesion;
} event;

static int best_first(const void *a, const void *b)
{
    double x = ((const event *)a)->rating, y = ((const event *)b)->rating;
    return (x < y) - (x > y);
}

/* All events, best first; lesions that nothing finds make none. */
static int sort_events(const mm_froc_set *s, event **events, size_t *n, mm_error *error)
{
    *n = 0;
    if (!s->lesions)
        return mm_fail(error, MM_FAILURE, "no lesion to find in %zu images", s->images);
    *events = malloc((s->lesions + s->falses + 1) * sizeof **events);
    if (!*events)
        return mm_no_memory(error);
    for (size_t i = 0; i < s->lesions; i++)
        if (s->lesion[i].rating > -INFINITY)
            (*events)[(*n)++] = (event){s->lesion[i].rating, s->lesion[i].image, 1};
    for (size_t i = 0; i < s->falses; i++)
        (*events)[(*n)++] = (event){s->wrong[i].rating, s->wrong[i].image, 0};
    qsort(*events, *n, sizeof **events, best_first);
    return 0;
}

void mm_froc_free(mm_froc *f)
{
    free(f->threshold);
    free(f->sensitivity);
    free(f->false_marks);
    *f = (mm_froc){0};
}

int mm_froc_make(mm_froc *f, const mm_froc_set *s, mm_error *error)
{
    event *e;
    size_t n;
    *f = (mm_froc){0};
    int code = sort_events(s, &e, &n, error);
    if (code)
        return code;
    f->threshold = malloc((n + 1) * sizeof *f->threshold);
    f->sensitivity = malloc((n + 1) * sizeof *f->sensitivity);
    f->false_marks = malloc((n + 1) * sizeof *f->false_marks);
    if (!f->threshold || !f->sensitivity || !f->false_marks) {
        free(e);
        mm_froc_free(f);
        return mm_no_memory(error);
    }
    f->threshold[0] = INFINITY;
    f->sensitivity[0] = f->false_marks[0] = 0;
    f->points = 1;
    for (size_t i = 0, found = 0, wrong = 0; i < n; i++) {
        found += e[i].lesion;
        wrong += !e[i].lesion;
        if (i + 1 < n && e[i + 1].rating == e[i].rating)
            continue;
        f->threshold[f->points] = e[i].rating;
        f->sensitivity[f->points] = (double)found / (double)s->lesions;
        f->false_marks[f->points++] = (double)wrong / (double)s->images;
    }
    free(e);
    return 0;
}

double mm_froc_threshold(const mm_froc *f, double rate)
{
    size_t i = 0;
    while (i + 1 < f->points && f->false_marks[i + 1] <= rate)
        i++;
    return f->threshold[i];
}

/* What a draw is computed from: events by falling rating. */
typedef struct material {
    const mm_froc_set *set;
    const event *e;
    size_t n;
    const size_t *patient; /* of each image */
} material;

/* mm_figures_of_draw: sensitivities at the rates, then their mean; NaN without a lesion. */
static void at_rates(const void *data, const size_t *times, double *figure)
{
    const material *m = data;
    double images = 0, lesions = 0, found = 0, wrong = 0, sum = 0;
    for (size_t i = 0; i < m->set->images; i++)
        images += (double)times[m->patient[i]];
    for (size_t l = 0; l < m->set->lesions; l++)
        lesions += (double)times[m->patient[m->set->lesion[l].image]];
    for (size_t r = 0; r < MM_FROC_RATES; r++)
        figure[r] = lesions > 0 ? 0 : NAN;
    for (size_t i = 0; i < m->n && lesions > 0; i++) {
        double w = (double)times[m->patient[m->e[i].image]];
        found += m->e[i].lesion ? w : 0;
        wrong += m->e[i].lesion ? 0 : w;
        if (i + 1 < m->n && m->e[i + 1].rating == m->e[i].rating)
            continue;
        for (size_t r = 0; r < MM_FROC_RATES; r++)
            if (wrong <= mm_froc_rates[r] * images)
                figure[r] = found / lesions;
    }
    for (size_t r = 0; r < MM_FROC_RATES; r++)
        sum += figure[r];
    figure[MM_FROC_RATES] = sum / MM_FROC_RATES;
}

int mm_froc_summarise(mm_froc_summary *r, const mm_froc_set *s, const mm_sample *sample, mm_error *error)
{
    event *e = NULL;
    size_t n;
    *r = (mm_froc_summary){.images = s->images, .patients = sample->patients, .lesions = s->lesions, .falses = s->falses};
    int code = sort_events(s, &e, &n, error);
    if (code)
        return code;
    for (size_t l = 0; l < s->lesions; l++)
        r->found += s->lesion[l].rating > -INFINITY;
    mm_estimate at[MM_FROC_RATES + 1];
    const material m = {s, e, n, sample->patient};
    code = mm_bootstrap(at_rates, &m, MM_FROC_RATES + 1, sample, at, error);
    if (!code) {
        memcpy(r->sensitivity, at, sizeof r->sensitivity);
        r->mean = at[MM_FROC_RATES];
    }
    free(e);
    return code;
}

/* mm_figures_of_draw: the mean sensitivities of two materials, and their difference. */
static void two_means(const void *data, const size_t *times, double *figure)
{
    const material *m = data;
    double at[MM_FROC_RATES + 1];
    for (int k = 0; k < 2; k++) {
        at_rates(&m[k], times, at);
        figure[k] = at[MM_FROC_RATES];
    }
    figure[2] = figure[0] - figure[1];
}

int mm_froc_compare(mm_paired *c, const mm_froc_set *first, const mm_froc_set *second, const size_t *second_patient,
                    const mm_sample *sample, mm_error *error)
{
    event *e[2] = {NULL, NULL};
    size_t n[2];
    mm_estimate figure[3];
    int code = sort_events(first, &e[0], &n[0], error);
    if (!code)
        code = sort_events(second, &e[1], &n[1], error);
    if (!code) {
        const material m[2] = {{first, e[0], n[0], sample->patient}, {second, e[1], n[1], second_patient}};
        code = mm_bootstrap(two_means, m, 3, sample, figure, error);
    }
    if (!code)
        *c = (mm_paired){figure[0], figure[1], figure[2]};
    free(e[0]);
    free(e[1]);
    return code;
}
