/* Figures of heatmaps: see heat_set.h. */
#include "filters/evaluate/heat_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/image/geometry.h"
#include "common/image/heatmap_record.h"
#include "common/image/patch.h"
#include "common/image/tissue_windows.h"
#include "common/stats/rank.h"
#include "common/table/groups.h"
#include "common/table/predictions_text.h"

static const char *patient_of(const mm_record *record)
{
    const char *patient = mm_record_get(record, "patient");
    return patient && *patient ? patient : record->key;
}

static bool has_lesion(const mm_tensor *mask)
{
    const uint8_t *m = mask->data;
    for (size_t i = 0; i < mask->count; i++)
        if (m[i])
            return true;
    return false;
}

/* Pixels between marks: half of the window, of METHOD's 224 where it is not known. */
static double marks_apart(const mm_heat_set *s, const mm_heatmap *map)
{
    if (s->min_distance > 0)
        return s->min_distance;
    return map->window > 0 ? map->window / 2 : 112;
}

static int grow_heats(mm_heat_set *s, mm_error *error)
{
    int code = mm_grow(&s->heat, &s->room[0], s->n + 1, sizeof *s->heat, error);
    if (!code)
        code = mm_grow(&s->image, &s->room[1], s->n + 1, sizeof *s->image, error);
    if (!code)
        code = mm_grow(&s->patient, &s->room[2], s->froc.images + 1, sizeof *s->patient, error);
    if (!code)
        code = mm_grow(&s->key, &s->room[3], s->froc.images + 1, sizeof *s->key, error);
    if (!code)
        code = mm_grow(&s->hottest, &s->room[4], s->froc.images + 1, sizeof *s->hottest, error);
    return code ? code : mm_grow(&s->lesion, &s->room[5], s->froc.images + 1, sizeof *s->lesion, error);
}

/* True if several cells share the largest probability because it is 1: which of them is the hottest is lost. */
static bool is_saturated(const mm_heatmap *map, const uint8_t *marked)
{
    size_t n = 0, cells = map->height * map->width;
    double top = -INFINITY;
    for (size_t i = 0; i < cells; i++) {
        if (!marked[i])
            continue;
        n = map->ranks[i] > top ? 1 : n + (map->ranks[i] == top && map->values[i] == 1);
        top = fmax(top, map->ranks[i]);
    }
    return n > 1 && map->scale == MM_HEAT_PROBABILITY;
}

/* The largest rank of the marked cells. */
static double hottest_of(const mm_heatmap *map, const uint8_t *marked)
{
    double top = -INFINITY;
    for (size_t i = 0; i < map->height * map->width; i++)
        if (marked[i])
            top = fmax(top, map->ranks[i]);
    return top;
}

/* The pixel of a cell along one axis. */
static size_t pixel(double offset, double stride, size_t cell)
{
    return (size_t)floor(offset + stride * (double)cell + 0.5);
}

/* Where marks may lie, [height][width]: in computed cells, and within `breast` unless it is NULL. NULL: no memory. */
static uint8_t *marked_cells(const mm_heatmap *map, const uint8_t *breast, size_t W)
{
    uint8_t *marked = malloc(map->height * map->width);
    for (size_t i = 0; marked && i < map->height; i++)
        for (size_t j = 0; j < map->width; j++) {
            size_t cell = i * map->width + j;
            size_t at = pixel(map->offset_y, map->stride_y, i) * W + pixel(map->offset_x, map->stride_x, j);
            marked[cell] = (!map->computed || map->computed[cell]) && (!breast || breast[at]);
        }
    return marked;
}

/* Heat inside and outside where there is a lesion, marks in any case. `mask` may be NULL. */
static int measure_heat(mm_heat_set *s, const mm_record *record, const mm_heatmap *map, const mm_tensor *mask, const uint8_t *tissue,
                        size_t H, size_t W, mm_error *error)
{
    const mm_heat_geometry g = {map->height, map->width, map->stride_y, map->stride_x, map->offset_y, map->offset_x};
    const uint8_t *pixels = mask ? mask->data : NULL;
    size_t lesions = mask ? mm_geometry_planes(mask) : 0;
    bool lesion = mask && has_lesion(mask), bounded = mm_record_tensor(record, "breast") != NULL;
    char *patient = NULL, *key = NULL;
    uint8_t *marked = NULL;
    int code = mm_hit_check(map->values, &g, H, W, error);
    if (!code && (!(marked = marked_cells(map, bounded ? tissue : NULL, W)) || !(patient = strdup(patient_of(record))) ||
                  !(key = strdup(record->key))))
        code = mm_no_memory(error);
    if (!code && lesion)
        code = mm_hit_measure(&s->heat[s->n], map->values, map->ranks, &g, marked, pixels, lesions, tissue, H, W, s->near, error);
    if (!code)
        code = mm_froc_add(&s->froc, map->ranks, &g, marked, pixels, lesions, H, W, marks_apart(s, map), s->near, error);
    if (code) {
        free(patient);
        free(key);
    } else {
        s->saturated += is_saturated(map, marked);
        s->no_breast += !bounded;
        s->patient[s->froc.images - 1] = patient;
        s->key[s->froc.images - 1] = key;
        s->hottest[s->froc.images - 1] = hottest_of(map, marked);
        s->lesion[s->froc.images - 1] = lesion || mm_patch_unplaced(record, 0);
        if (lesion)
            s->image[s->n++] = s->froc.images - 1;
    }
    free(marked);
    return code;
}

/* Maps of one set are in one scale. What made them is noted. */
static int take_mode(mm_heat_set *s, const mm_record *record, const mm_heatmap *map, mm_error *error)
{
    char way[80];
    mm_heatmap_way(record, way, sizeof way);
    const char *mode = *way ? way : NULL;
    static const char *const scales[] = {"probabilities", "log-odds", "activations"};
    if (s->froc.images && s->scale != map->scale)
        return mm_fail(error, MM_FAILURE, "the heatmap holds %s, those of the records before %s", scales[map->scale], scales[s->scale]);
    if (s->froc.images) {
        s->several_modes |= !mode != !s->mode || (mode && strcmp(mode, s->mode));
        return MM_OK;
    }
    free(s->mode);
    s->scale = map->scale;
    s->mode = mode ? strdup(mode) : NULL;
    return mode && !s->mode ? mm_no_memory(error) : MM_OK;
}

int mm_heat_set_add(mm_heat_set *s, const mm_record *record, mm_error *error)
{
    mm_heatmap map;
    const mm_tensor *image = NULL, *mask = mm_record_tensor(record, "mask"); /* mmread gives films without a lesion none */
    mm_image_shape shape = {0};
    uint8_t *tissue = NULL;
    int code = mm_heatmap_read(&map, record, error);
    if (!code)
        code = mm_geometry_pixels(record, &image, &shape, error);
    if (!code && mask && mask->dtype != MM_U8)
        code = mm_fail(error, MM_FAILURE, "tensor 'mask' is of type %s: expected u8", mm_dtype_name(mask->dtype));
    if (!code)
        code = take_mode(s, record, &map, error);
    if (!code)
        code = grow_heats(s, error);
    if (!code)
        code = mm_tissue_of_record(record, image, &shape, &tissue, error);
    if (!code)
        code = measure_heat(s, record, &map, mask, tissue, shape.height, shape.width, error);
    mm_heatmap_free(&map);
    free(tissue);
    return code;
}

void mm_heat_set_free(mm_heat_set *s)
{
    for (size_t i = 0; i < s->froc.images; i++) {
        free(s->patient[i]);
        free(s->key[i]);
    }
    free(s->patient);
    free(s->key);
    free(s->hottest);
    free(s->lesion);
    free(s->heat);
    free(s->image);
    free(s->mode);
    mm_froc_set_free(&s->froc);
    *s = (mm_heat_set){.n = 0};
}

int mm_heat_set_summarise(mm_hit_summary *heat, mm_froc_summary *froc, const mm_heat_set *s, size_t draws, uint64_t seed,
                          mm_error *error)
{
    size_t images = s->froc.images, patients;
    if (s->n == 0)
        return mm_fail(error, MM_FAILURE, "no heatmap with a lesion: %zu images without one", images);
    size_t *number = malloc(images * sizeof *number);
    char **patient = malloc(s->n * sizeof *patient); /* of the images with a lesion */
    int code = number && patient ? mm_number_names(s->patient, images, number, &patients, error) : mm_no_memory(error);
    if (!code) {
        const mm_sample sample = {number, images, patients, draws, seed};
        code = mm_froc_summarise(froc, &s->froc, &sample, error);
    }
    for (size_t i = 0; i < s->n && !code; i++)
        patient[i] = s->patient[s->image[i]];
    if (!code)
        code = mm_number_names(patient, s->n, number, &patients, error);
    if (!code)
        code = mm_hit_summarise(heat, s->heat, number, patients, s->n, s->near, draws, seed, error);
    heat->without_lesion = images - s->n;
    free(number);
    free(patient);
    return code;
}

int mm_heat_set_table(mm_text *table, const mm_heat_set *s, mm_error *error)
{
    char *name[2] = {(char[]){"background"}, (char[]){"lesion"}};
    *table = (mm_text){0};
    if (s->scale == MM_HEAT_ACTIVATION)
        return mm_fail(error, MM_FAILURE, "--predictions needs probabilities: these heatmaps hold activations");
    mm_predictions_text_header(table, name, 2, false);
    for (size_t i = 0; i < s->froc.images; i++) {
        const double v = s->hottest[i];
        if (isinf(v)) {
            free(table->data);
            *table = (mm_text){0};
            return mm_fail(error, MM_FAILURE, "record '%s' has no hottest point: no window within the breast was computed", s->key[i]);
        }
        double prob[2] = {1 - v, v}, log_prob[2] = {log(1 - v), log(v)};
        if (s->scale == MM_HEAT_LOG_ODDS) {
            log_prob[0] = 0;
            log_prob[1] = v;
            mm_softmax(log_prob, 2, 1, prob); /* and log_prob is the logarithm of it */
        }
        mm_predictions_text_row(table, s->key[i], s->patient[i], s->lesion[i] ? "1" : "0", prob, log_prob, 2, -1);
    }
    return table->failed ? mm_no_memory(error) : MM_OK;
}

/* The lesions of each image. NULL: no memory. */
static size_t *count_lesions(const mm_froc_set *s)
{
    size_t *n = calloc(s->images, sizeof *n);
    for (size_t l = 0; n && l < s->lesions; l++)
        n[s->lesion[l].image]++;
    return n;
}

/* Has each image of `a` one of `b`, with as many lesions? */
static int check_same(const mm_heat_set *a, const mm_heat_set *b, mm_error *error)
{
    const size_t n = a->froc.images;
    size_t *at = malloc(n * sizeof *at), *here = count_lesions(&a->froc), *there = count_lesions(&b->froc);
    int code = at && here && there ? mm_find_names(a->key, n, b->key, b->froc.images, at, error) : mm_no_memory(error);
    for (size_t i = 0; i < n && !code; i++)
        if (at[i] == SIZE_MAX)
            code = mm_fail(error, MM_FAILURE, "only one of the streams has record '%s'", a->key[i]);
        else if (here[i] != there[at[i]])
            code = mm_fail(error, MM_FAILURE, "record '%s' has %zu lesions in one stream and %zu in the other", a->key[i], here[i],
                           there[at[i]]);
    free(at);
    free(here);
    free(there);
    return code;
}

/* The hits of the images with a lesion; number[] holds the patients of all images of the first set. */
static int compare_hits(mm_paired *comparison, const mm_heat_set *a, const mm_heat_set *b, const mm_sample *all, mm_error *error)
{
    const size_t n = a->froc.images;
    size_t *at = malloc(n * sizeof *at), *of = malloc(b->froc.images * sizeof *of), *patient = malloc(a->n * sizeof *patient);
    mm_hit *other = malloc(a->n * sizeof *other);
    int code = at && of && patient && other ? mm_find_names(a->key, n, b->key, b->froc.images, at, error) : mm_no_memory(error);
    for (size_t i = 0; i < b->n && !code; i++)
        of[b->image[i]] = i;
    for (size_t i = 0; i < a->n && !code; i++) { /* check_same: it has lesions there too */
        other[i] = b->heat[of[at[a->image[i]]]];
        patient[i] = all->patient[a->image[i]];
    }
    if (!code)
        code = mm_hit_compare(comparison, a->heat, other, a->near, &(mm_sample){patient, a->n, all->patients, all->draws, all->seed}, error);
    free(at);
    free(of);
    free(patient);
    free(other);
    return code;
}

int mm_heat_set_compare(mm_heat_comparison *comparison, const mm_heat_set *first, const mm_heat_set *second, size_t draws, uint64_t seed,
                        mm_error *error)
{
    const size_t n = first->froc.images, all = n + second->froc.images;
    size_t patients, *number = malloc((all + 1) * sizeof *number);
    char **name = malloc((all + 1) * sizeof *name);
    int code = number && name ? check_same(first, second, error) : mm_no_memory(error);
    if (!code)
        code = check_same(second, first, error);
    for (size_t i = 0; i < all && !code; i++)
        name[i] = i < n ? first->patient[i] : second->patient[i - n];
    if (!code)
        code = mm_number_names(name, all, number, &patients, error);
    if (!code)
        code = mm_froc_compare(&comparison->froc, &first->froc, &second->froc, number + n, &(mm_sample){number, n, patients, draws, seed}, error);
    if (!code)
        code = compare_hits(&comparison->hits, first, second, &(mm_sample){number, n, patients, draws, seed}, error);
    free(number);
    free(name);
    return code;
}
