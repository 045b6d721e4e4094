/* Where patches lie: see patch.h. */
#include "common/image/patch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/random.h"
#include "common/image/pixel_counts.h"

/* ---- sums over rectangles ---------------------------------------------------------------------------------- */

/* Sums of grey values over all rectangles from the corner; whole numbers up to 2^53 stay exact. */
static double *grey_sums(const float *grey, size_t height, size_t width)
{
    size_t stride = width + 1;
    double *sum = calloc((height + 1) * stride, sizeof *sum);
    if (!sum)
        return NULL;
    for (size_t y = 0; y < height; y++) {
        double row = 0;
        for (size_t x = 0; x < width; x++) {
            row += grey[y * width + x];
            sum[(y + 1) * stride + x + 1] = sum[y * stride + x + 1] + row;
        }
    }
    return sum;
}

/* ---- lesions ------------------------------------------------------------------------------------------------- */

typedef struct lesion {
    mm_pixel_counts area; /* of its bounding box */
    uint64_t pixels;
    long x, y;       /* centre of mass, rounded half up */
} lesion;

static int lesion_make(lesion *l, const uint8_t *plane, size_t height, size_t width)
{
    uint64_t n = 0, sum_x = 0, sum_y = 0;
    size_t x0 = width, x1 = 0, y0 = height, y1 = 0;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = plane + y * width;
        uint64_t before = n;
        if (width == 0 || (row[0] == 0 && memcmp(row, row + 1, width - 1) == 0)) /* most rows have nothing of it */
            continue;
        for (size_t x = 0; x < width; x++)
            if (row[x]) {
                n++;
                sum_x += x;
                x0 = x < x0 ? x : x0;
                x1 = x + 1 > x1 ? x + 1 : x1;
            }
        if (n > before) {
            sum_y += (n - before) * y;
            y0 = y < y0 ? y : y0;
            y1 = y + 1;
        }
    }
    *l = (lesion){.pixels = n};
    if (n == 0)
        return 0;
    l->x = (long)((2 * sum_x + n) / (2 * n));
    l->y = (long)((2 * sum_y + n) / (2 * n));
    return mm_pixel_counts_make(&l->area, plane, width, (long)x0, (long)y0, (long)x1, (long)y1);
}

/* ---- the plan ------------------------------------------------------------------------------------------------ */

typedef struct planner {
    const mm_patch_planes *planes;
    const mm_patch_options *rules;
    const char *key;
    mm_patch_list *list;
    lesion *lesions;
    mm_pixel_counts tissue;
    double *grey; /* sums */
} planner;

static uint64_t patch_pixels(const planner *p)
{
    return (uint64_t)p->rules->height * p->rules->width;
}

static uint64_t pixels_in_patch(const planner *p, const mm_pixel_counts *a, long x, long y)
{
    long left = x - (long)(p->rules->width / 2), top = y - (long)(p->rules->height / 2);
    return mm_pixel_counts_in(a, left, top, left + (long)p->rules->width, top + (long)p->rules->height);
}

/* The smaller of R and A: the overlap's denominator. */
static uint64_t overlap_base(const planner *p, const lesion *l)
{
    return l->pixels < patch_pixels(p) ? l->pixels : patch_pixels(p);
}

static bool overlaps(const planner *p, const lesion *l, long x, long y, int c)
{
    return pixels_in_patch(p, &l->area, x, y) * 100 > overlap_base(p, l) * (uint64_t)c;
}

static double overlap(const planner *p, const lesion *l, long x, long y)
{
    return (double)pixels_in_patch(p, &l->area, x, y) / (double)overlap_base(p, l);
}

static double mean_grey(const planner *p, long x, long y)
{
    long width = (long)p->planes->width, height = (long)p->planes->height;
    long x0 = x - (long)(p->rules->width / 2), y0 = y - (long)(p->rules->height / 2);
    long x1 = x0 + (long)p->rules->width, y1 = y0 + (long)p->rules->height;
    x0 = x0 > 0 ? x0 : 0;
    y0 = y0 > 0 ? y0 : 0;
    x1 = x1 < width ? x1 : width;
    y1 = y1 < height ? y1 : height;
    const double *top = p->grey + y0 * (width + 1), *bottom = p->grey + y1 * (width + 1);
    return (bottom[x1] - bottom[x0] - top[x1] + top[x0]) / (double)patch_pixels(p);
}

static int add(mm_patch_list *list, mm_patch patch, mm_error *error)
{
    if (mm_grow(&list->patches, &list->room, list->n + 1, sizeof *list->patches, error))
        return error->code;
    list->patches[list->n++] = patch;
    return 0;
}

static mm_random sequence(const planner *p, char kind, long lesion_number, long draw)
{
    char use[48];
    if (lesion_number < 0)
        snprintf(use, sizeof use, "patch.%c", kind);
    else
        snprintf(use, sizeof use, "patch.%c%ld", kind, lesion_number);
    mm_random r;
    mm_random_init(&r, p->rules->seed, mm_hash_more(mm_hash_string(p->key), use), (uint32_t)draw);
    return r;
}

static long below(mm_random *r, long n)
{
    return (long)mm_random_below(r, (uint64_t)n);
}

static int plan_centre(planner *p, long number, mm_error *error)
{
    const lesion *l = &p->lesions[number];
    return add(p->list, (mm_patch){MM_PATCH_S, false, number, -1, l->x, l->y, overlap(p, l, l->x, l->y), -1}, error);
}

/* Finds a place over a lesion: false when no patch centred in its bounding box shows any of it in 1000 tries. */
static bool find_lesion(const planner *p, long number, long draw, mm_patch *patch)
{
    const lesion *l = &p->lesions[number];
    mm_random r = sequence(p, 'l', number, draw);
    for (int c = MM_PATCH_ACCEPT; c >= 0; c -= MM_PATCH_STEP)
        for (int i = 0; i < MM_PATCH_TRIES; i++) {
            long x = l->area.x0 + below(&r, l->area.x1 - l->area.x0);
            long y = l->area.y0 + below(&r, l->area.y1 - l->area.y0);
            if (overlaps(p, l, x, y, c)) {
                *patch = (mm_patch){MM_PATCH_S10, false, number, draw, x, y, overlap(p, l, x, y), c};
                return true;
            }
        }
    return false;
}

static bool is_background(const planner *p, long own, long x, long y)
{
    for (size_t i = 0; i < p->planes->lesions; i++)
        if ((!p->rules->own_only || (long)i == own) && overlaps(p, &p->lesions[i], x, y, MM_PATCH_BACKGROUND))
            return false;
    return p->rules->min_tissue <= 0 ||
           (double)pixels_in_patch(p, &p->tissue, x, y) >= p->rules->min_tissue * (double)patch_pixels(p);
}

/* Finds a place for background. `own` -1: the image has no lesions. */
static bool find_background(const planner *p, long own, long draw, mm_patch *patch)
{
    mm_random r = sequence(p, 'b', own, draw);
    double target = 0, best = INFINITY;
    bool matched = p->rules->matched && own >= 0;
    if (matched) {
        mm_patch like;
        if (find_lesion(p, own, draw, &like))
            target = mean_grey(p, like.x, like.y);
        else
            target = mean_grey(p, p->lesions[own].x, p->lesions[own].y);
    }
    int found = 0, wanted = matched ? MM_PATCH_CANDIDATES : 1;
    for (int i = 0; i < MM_PATCH_TRIES && found < wanted; i++) {
        long x = below(&r, (long)p->planes->width), y = below(&r, (long)p->planes->height);
        if (!is_background(p, own, x, y))
            continue;
        double distance = matched ? fabs(mean_grey(p, x, y) - target) : 0;
        if (found++ == 0 || distance < best) {
            best = distance;
            *patch = (mm_patch){.background = true, .lesion = own, .x = x, .y = y, .c = MM_PATCH_BACKGROUND};
        }
    }
    if (found == 0)
        return false;
    for (size_t i = 0; i < p->planes->lesions; i++)
        patch->overlap = fmax(patch->overlap, overlap(p, &p->lesions[i], patch->x, patch->y));
    return true;
}

/* Patches of the lesions. Per image, draw i of the ten goes to lesion i mod n. */
static int plan_lesions(planner *p, mm_error *error)
{
    unsigned sets = p->rules->sets;
    long n = (long)p->planes->lesions, draws = MM_PATCH_DRAWS;
    for (long number = 0; number < n; number++) {
        if (sets & MM_PATCH_S && plan_centre(p, number, error))
            return error->code;
        long own = p->rules->per_image ? (draws - number + n - 1) / n : draws;
        for (long draw = 0; sets & MM_PATCH_S10 && draw < own; draw++) {
            mm_patch patch = {0};
            if (!find_lesion(p, number, draw, &patch))
                p->list->missing_lesion++;
            else if (add(p->list, patch, error))
                return error->code;
        }
    }
    return MM_OK;
}

/* Draw i of the background that belongs to one lesion or, per image, to all of them in turn. */
static int plan_background(planner *p, long unit, long i, mm_error *error)
{
    long n = (long)p->planes->lesions;
    bool shared = p->rules->per_image && n > 0;
    unsigned belongs = p->rules->sets & (i == 0 ? MM_PATCH_S | MM_PATCH_S10 : MM_PATCH_S10);
    mm_patch patch = {0};
    if (!belongs)
        return MM_OK;
    if (!find_background(p, n == 0 ? -1 : shared ? i % n : unit, shared ? i / n : i, &patch)) {
        p->list->missing_background++;
        return MM_OK;
    }
    patch.sets = belongs;
    patch.number = unit * MM_PATCH_DRAWS + i;
    return add(p->list, patch, error);
}

static int plan_all(planner *p, mm_error *error)
{
    long n = (long)p->planes->lesions, units = p->rules->per_image || n == 0 ? 1 : n;
    if (plan_lesions(p, error))
        return error->code;
    for (long unit = 0; unit < units; unit++)
        for (long i = 0; i < MM_PATCH_DRAWS; i++)
            if (plan_background(p, unit, i, error))
                return error->code;
    return MM_OK;
}

/* Sums over the lesions, the tissue and the grey values, as far as the rules need them. */
static int prepare(planner *p, mm_error *error)
{
    const mm_patch_planes *planes = p->planes;
    size_t height = planes->height, width = planes->width, n = planes->lesions;
    if (n && !(p->lesions = calloc(n, sizeof *p->lesions)))
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (lesion_make(&p->lesions[i], planes->masks + i * height * width, height, width))
            return mm_no_memory(error);
        if (p->lesions[i].pixels == 0)
            return mm_fail(error, MM_FAILURE, "lesion %zu has no pixels in its mask", i);
    }
    if (p->rules->min_tissue > 0 && mm_pixel_counts_make(&p->tissue, planes->tissue, width, 0, 0, (long)width, (long)height))
        return mm_no_memory(error);
    if (p->rules->matched && n && !(p->grey = grey_sums(planes->grey, height, width)))
        return mm_no_memory(error);
    return MM_OK;
}

int mm_patch_plan(const mm_patch_planes *planes, const mm_patch_options *rules, const char *key, mm_patch_list *list,
                  mm_error *error)
{
    planner p = {.planes = planes, .rules = rules, .key = key, .list = list};
    int code = prepare(&p, error);
    if (!code)
        code = plan_all(&p, error);
    for (size_t i = 0; p.lesions && i < planes->lesions; i++)
        free(p.lesions[i].area.sum);
    free(p.lesions);
    free(p.tissue.sum);
    free(p.grey);
    return code;
}

void mm_patch_list_clear(mm_patch_list *list)
{
    free(list->patches);
    *list = (mm_patch_list){0};
}
