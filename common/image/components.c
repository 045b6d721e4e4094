/* Connected components by runs and union-find, and filled outlines. */
#include "common/image/components.h"

#include <stdlib.h>

#include "common/base/clones.h"

/* Appends the runs of row y. The array has room for all of them. */
static size_t row_runs(const uint64_t *row, size_t words, size_t w, uint32_t y, mm_run *run)
{
    size_t n = 0;
    bool open = false; /* a run is open that began before this word */
    for (size_t i = 0; i < words; i++) {
        uint64_t bits = row[i];
        size_t at = 0;
        while (at < 64) {
            uint64_t rest = (open ? ~bits : bits) >> at;
            if (!rest)
                break;
            at += (size_t)__builtin_ctzll(rest);
            if (!open)
                run[n] = (mm_run){y, (uint32_t)(64 * i + at), 0, 0};
            else
                run[n++].x1 = (uint32_t)(64 * i + at);
            open = !open;
        }
    }
    if (open)
        run[n++].x1 = (uint32_t)w;
    return n;
}

/* Runs begin where a bit is set and the one before is not. */
MM_CLONES static size_t count_runs(const mm_bitmap *map)
{
    size_t n = 0;
    for (size_t y = 0; y < map->h; y++) {
        const uint64_t *row = mm_bitmap_row(map, y);
        uint64_t before = 0;
        for (size_t i = 0; i < map->words; i++) {
            n += (size_t)__builtin_popcountll(row[i] & ~(row[i] << 1 | before));
            before = row[i] >> 63;
        }
    }
    return n;
}

/* The root of a label, halving the path on the way. Roots are the smallest of their set. */
static uint32_t root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = root(parent, a);
    b = root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Unites runs of two neighbouring rows that touch; `reach` 1 lets corners touch. */
static void join_rows(const mm_run *run, size_t above, size_t here, size_t end, uint32_t reach, uint32_t *parent)
{
    size_t a = above, b = here;
    while (a < here && b < end) {
        if (run[a].x0 < run[b].x1 + reach && run[b].x0 < run[a].x1 + reach)
            join(parent, (uint32_t)a, (uint32_t)b);
        if (run[a].x1 < run[b].x1)
            a++;
        else
            b++;
    }
}

/* Gives the runs the numbers of their components and measures these. */
static void measure(mm_components *c, uint32_t *parent)
{
    uint32_t next = 0;
    for (size_t i = 0; i < c->runs; i++) {
        mm_run *r = &c->run[i];
        uint32_t first = root(parent, (uint32_t)i);
        if (first == i) {
            r->label = next++;
            c->component[r->label] = (mm_component){0, r->x0, r->y, 0, 0, i};
        } else {
            r->label = c->run[first].label;
        }
        mm_component *p = &c->component[r->label];
        p->area += r->x1 - r->x0;
        if (r->x0 < p->x0)
            p->x0 = r->x0;
        if (r->x1 > p->x1)
            p->x1 = r->x1;
        p->y1 = (size_t)r->y + 1;
    }
    c->components = next;
}

int mm_components_find(const mm_bitmap *map, int connectivity, mm_components *found, mm_error *error)
{
    size_t room = count_runs(map);
    *found = (mm_components){0};
    if (room >= UINT32_MAX)
        return mm_fail(error, MM_FAILURE, "the image is too large");
    uint32_t *parent = malloc((room + 1) * sizeof *parent);
    found->run = malloc((room + 1) * sizeof *found->run);
    found->component = malloc((room + 1) * sizeof *found->component);
    if (!parent || !found->run || !found->component) {
        free(parent);
        mm_components_free(found);
        return mm_no_memory(error);
    }
    size_t above = 0, here = 0;
    for (size_t y = 0; y < map->h; y++) {
        size_t end = here + row_runs(mm_bitmap_row(map, y), map->words, map->w, (uint32_t)y, found->run + here);
        for (size_t i = here; i < end; i++)
            parent[i] = (uint32_t)i;
        join_rows(found->run, above, here, end, connectivity == 8, parent);
        above = here;
        here = end;
    }
    found->runs = here;
    measure(found, parent);
    free(parent);
    return MM_OK;
}

void mm_components_free(mm_components *found)
{
    free(found->run);
    free(found->component);
    *found = (mm_components){0};
}

void mm_component_draw(const mm_components *found, size_t label, mm_bitmap *out)
{
    const mm_component *p = &found->component[label];
    for (size_t i = p->first; i < found->runs && found->run[i].y < p->y1; i++)
        if (found->run[i].label == label)
            mm_bitmap_set_run(out, found->run[i].y, found->run[i].x0, found->run[i].x1);
}

int mm_fill_holes(mm_bitmap *map, mm_error *error)
{
    mm_components outside;
    mm_bitmap_invert(map);
    if (mm_components_find(map, 4, &outside, error)) {
        mm_bitmap_invert(map);
        return error->code;
    }
    mm_bitmap_invert(map);
    for (size_t i = 0; i < outside.runs; i++) {
        const mm_run *r = &outside.run[i];
        const mm_component *p = &outside.component[r->label];
        if (p->x0 > 0 && p->y0 > 0 && p->x1 < map->w && p->y1 < map->h)
            mm_bitmap_set_run(map, r->y, r->x0, r->x1);
    }
    mm_components_free(&outside);
    return MM_OK;
}

MM_CLONES double mm_outline_area(const mm_bitmap *map)
{
    size_t halves = 0;
    for (size_t y = 0; y + 1 < map->h; y++) {
        const uint64_t *upper = mm_bitmap_row(map, y), *lower = mm_bitmap_row(map, y + 1);
        for (size_t i = 0; i < map->words; i++) {
            bool more = i + 1 < map->words;
            uint64_t a = upper[i], c = lower[i];
            uint64_t b = a >> 1 | (more ? upper[i + 1] << 63 : 0), d = c >> 1 | (more ? lower[i + 1] << 63 : 0);
            halves += (size_t)__builtin_popcountll(((a & b) & (c | d)) | ((c & d) & (a | b)));
            halves += (size_t)__builtin_popcountll(a & b & c & d);
        }
    }
    return (double)halves / 2;
}

/* What an outline in this box can enclose at most. */
static double bound(const mm_component *p)
{
    return (double)(p->x1 - p->x0 - 1) * (double)(p->y1 - p->y0 - 1);
}

/* The component alone, filled, on a map of its own box. */
static int fill_component(const mm_components *c, size_t label, mm_bitmap *box, mm_error *error)
{
    const mm_component *p = &c->component[label];
    if (mm_bitmap_init(box, p->y1 - p->y0, p->x1 - p->x0, error))
        return error->code;
    for (size_t i = p->first; i < c->runs && c->run[i].y < p->y1; i++)
        if (c->run[i].label == label)
            mm_bitmap_set_run(box, c->run[i].y - p->y0, c->run[i].x0 - p->x0, c->run[i].x1 - p->x0);
    if (mm_fill_holes(box, error))
        mm_bitmap_free(box);
    return box->bit ? MM_OK : error->code;
}

/* Draws a map with its upper left pixel at (y0, x0) of `out`. */
static int draw_at(const mm_bitmap *box, size_t y0, size_t x0, mm_bitmap *out, mm_error *error)
{
    mm_components c;
    if (mm_components_find(box, 8, &c, error))
        return error->code;
    for (size_t i = 0; i < c.runs; i++)
        mm_bitmap_set_run(out, y0 + c.run[i].y, x0 + c.run[i].x0, x0 + c.run[i].x1);
    mm_components_free(&c);
    return MM_OK;
}

int mm_largest_outline(const mm_bitmap *map, mm_bitmap *out, double *area, bool *found, mm_error *error)
{
    mm_components c;
    mm_bitmap best = {0}, box;
    mm_bitmap_clear(out);
    *found = false;
    *area = 0;
    if (mm_components_find(map, 8, &c, error))
        return error->code;
    /* Candidates in the order of what their box allows, until none of the rest can win. */
    size_t chosen = 0;
    bool *done = calloc(c.components + 1, sizeof *done);
    int code = done ? MM_OK : mm_no_memory(error);
    while (code == MM_OK) {
        size_t next = c.components;
        for (size_t i = 0; i < c.components; i++)
            if (!done[i] && (next == c.components || bound(&c.component[i]) > bound(&c.component[next])))
                next = i;
        if (next == c.components || (*found && bound(&c.component[next]) <= *area))
            break;
        done[next] = true;
        if ((code = fill_component(&c, next, &box, error)))
            break;
        double enclosed = mm_outline_area(&box);
        if (!*found || enclosed > *area) {
            mm_bitmap_free(&best);
            best = box;
            chosen = next;
            *area = enclosed;
            *found = true;
        } else {
            mm_bitmap_free(&box);
        }
    }
    if (code == MM_OK && *found)
        code = draw_at(&best, c.component[chosen].y0, c.component[chosen].x0, out, error);
    mm_bitmap_free(&best);
    free(done);
    mm_components_free(&c);
    return code;
}
