/* Heatmaps of records: see heatmap_record.h. */
#include "common/image/heatmap_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/finite.h"
#include "common/image/geometry.h"
#include "common/image/tissue_windows.h"

enum { MOST = 1 << 24 }; /* pixels of a window or its place */

/* "A" or "A,B" */
static bool two_numbers(const char *text, double *a, double *b)
{
    char *end;
    *a = *b = strtod(text, &end);
    if (end != text && *end == ',') {
        text = end + 1;
        *b = strtod(text, &end);
    }
    return end != text && !*end && isfinite(*a) && isfinite(*b);
}

/* Where the cells lie. */
static int find_cells(mm_heatmap *g, const mm_record *record, const mm_tensor *heat, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    if ((heat->ndim != 2 && heat->ndim != 3) || heat->count == 0)
        return mm_fail(error, MM_FAILURE, "tensor 'heatmap' is empty or not C,H,W");
    *g = (mm_heatmap){.height = heat->dim[heat->ndim - 2], .width = heat->dim[heat->ndim - 1], .stride_y = 1, .stride_x = 1};
    int code = mm_geometry_image(record, &image, &shape, error);
    if (code)
        return code;
    if (g->height == shape.height && g->width == shape.width)
        return 0; /* a map at the image's own resolution moves with it, whatever the attributes once said */
    const char *stride = mm_record_get(record, "heatmap.stride"), *offset = mm_record_get(record, "heatmap.offset");
    if (!stride || !offset)
        return mm_fail(error, MM_FAILURE, "the heatmap of %zu x %zu has no attribute '%s' to lay it over the image of %zu x %zu",
                       g->height, g->width, stride ? "heatmap.offset" : "heatmap.stride", shape.height, shape.width);
    if (!two_numbers(stride, &g->stride_y, &g->stride_x) || g->stride_y <= 0 || g->stride_x <= 0)
        return mm_fail(error, MM_FAILURE, "attribute 'heatmap.stride' is not a stride: '%s'", stride);
    if (!two_numbers(offset, &g->offset_y, &g->offset_x))
        return mm_fail(error, MM_FAILURE, "attribute 'heatmap.offset' is not a pair of numbers: '%s'", offset);
    return 0;
}

/* Position of `name` in a list "a,b,c", -1 when absent. */
static long position(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (long at = 0; list && *list; at++) {
        size_t length = strcspn(list, ",");
        if (length == n && memcmp(list, name, n) == 0)
            return at;
        list += length + (list[length] == ',');
    }
    return -1;
}

static int read_scale(mm_heatmap *map, const mm_record *record, mm_error *error)
{
    const char *scale = mm_record_get(record, "heatmap.scale");
    if (!scale)
        map->scale = MM_HEAT_PROBABILITY;
    else if (strcmp(scale, "log-odds") == 0)
        map->scale = MM_HEAT_LOG_ODDS;
    else if (strcmp(scale, "activation") == 0)
        map->scale = MM_HEAT_ACTIVATION;
    else
        return mm_fail(error, MM_FAILURE, "attribute 'heatmap.scale' is neither log-odds nor activation: '%s'", scale);
    return MM_OK;
}

/* Ranks: the largest of all planes but that of the background. Values: their shares of the map's largest. */
static void read_activations(mm_heatmap *map, const mm_tensor *heat, size_t planes, size_t background)
{
    const size_t cells = heat->count / planes;
    double top = 0;
    for (size_t i = 0; i < cells; i++) {
        map->ranks[i] = -INFINITY;
        for (size_t k = 0; k < planes; k++)
            if (planes == 1 || k != background)
                map->ranks[i] = fmax(map->ranks[i], mm_number(heat->dtype, heat->data, k * cells + i));
        top = fmax(top, map->ranks[i]);
    }
    for (size_t i = 0; i < cells; i++)
        map->values[i] = top > 0 ? fmax(map->ranks[i], 0) / top : 0;
}

static void read_probabilities(mm_heatmap *map, const mm_tensor *heat, size_t planes, size_t background)
{
    const size_t cells = heat->count / planes, first = planes > 1 ? background * cells : 0;
    for (size_t i = 0; i < cells; i++) {
        double v = mm_number(heat->dtype, heat->data, first + i);
        map->ranks[i] = planes > 1 ? -v : v;
        if (map->scale == MM_HEAT_LOG_ODDS)
            map->values[i] = 1 / (1 + exp(-map->ranks[i]));
        else
            map->values[i] = planes > 1 ? 1 - v : v;
    }
}

static int read_values(mm_heatmap *map, const mm_record *record, const mm_tensor *heat, mm_error *error)
{
    size_t planes = mm_geometry_planes(heat), cells = heat->count / planes;
    if (read_scale(map, record, error))
        return error->code;
    long background = position(mm_record_get(record, "heatmap.classes"), "background");
    if (background < 0 && map->scale == MM_HEAT_ACTIVATION)
        background = 0;
    if (planes > 1 && (background < 0 || (size_t)background >= planes))
        return mm_fail(error, MM_FAILURE, "the heatmap has %zu planes and the attribute 'heatmap.classes' names no background", planes);
    map->values = malloc(cells * sizeof *map->values);
    map->ranks = malloc(cells * sizeof *map->ranks);
    if (!map->values || !map->ranks)
        return mm_no_memory(error);
    if (map->scale == MM_HEAT_ACTIVATION)
        read_activations(map, heat, planes, (size_t)background);
    else
        read_probabilities(map, heat, planes, (size_t)background);
    return 0;
}

/* A share from 0 to 1 in an attribute; NaN without the attribute. */
static int read_share(const mm_record *record, const char *name, double *share, mm_error *error)
{
    const char *text = mm_record_get(record, name);
    char *end = NULL;
    *share = text ? strtod(text, &end) : NAN;
    if (text && (end == text || *end || !(*share >= 0 && *share <= 1)))
        return mm_fail(error, MM_FAILURE, "attribute '%s' is not a number from 0 to 1: '%s'", name, text);
    return MM_OK;
}

static mm_heatmap_axis axis_of(size_t extent, size_t n, double stride, double offset, double size)
{
    const long centre = lround(offset), whole = lround(size);
    return (mm_heatmap_axis){.extent = extent, .size = (size_t)whole, .stride = (size_t)lround(stride), .n = n,
                             .begin = centre - whole / 2, .centre = centre};
}

/* Finds the cells whose windows have tissue enough, and clears the others. */
static int find_computed(mm_heatmap *map, const mm_record *record, double least, double window_h, double window_w, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    const size_t cells = map->height * map->width;
    uint8_t *tissue = NULL;
    double *share = malloc(cells * sizeof *share);
    map->computed = malloc(cells);
    int code = share && map->computed ? mm_geometry_image(record, &image, &shape, error) : mm_no_memory(error);
    if (!code)
        code = mm_tissue_of_record(record, image, &shape, &tissue, error);
    if (!code) {
        const mm_heatmap_axis y = axis_of(shape.height, map->height, map->stride_y, map->offset_y, window_h);
        const mm_heatmap_axis x = axis_of(shape.width, map->width, map->stride_x, map->offset_x, window_w);
        code = mm_tissue_windows(tissue, &y, &x, share, error);
    }
    for (size_t i = 0; i < cells && !code; i++) {
        map->computed[i] = share[i] >= least;
        map->values[i] = map->computed[i] ? map->values[i] : 0;
    }
    free(share);
    free(tissue);
    return code;
}

int mm_heatmap_threshold(const mm_record *record, double *threshold, mm_error *error)
{
    return read_share(record, "heatmap.froc1", threshold, error);
}

int mm_heatmap_read(mm_heatmap *map, const mm_record *record, mm_error *error)
{
    const mm_tensor *heat = mm_record_tensor(record, "heatmap");
    const char *window = mm_record_get(record, "heatmap.window");
    double h = 0, w = 0, least;
    *map = (mm_heatmap){0};
    if (!heat)
        return mm_fail(error, MM_FAILURE, "has no tensor 'heatmap': use mmheatmap");
    int code = mm_check_finite(heat, 1, error);
    if (!code)
        code = find_cells(map, record, heat, error);
    if (!code && window && two_numbers(window, &h, &w) && h > 0 && w > 0)
        map->window = h < w ? h : w;
    if (!code)
        code = read_share(record, "heatmap.min-tissue", &least, error);
    if (!code && least > 0 && !(map->window >= 1 && fmax(h, w) <= MOST && fmax(map->stride_y, map->stride_x) <= MOST &&
                                fabs(map->offset_y) <= MOST && fabs(map->offset_x) <= MOST))
        code = mm_fail(error, MM_FAILURE, "attribute 'heatmap.min-tissue' needs 'heatmap.window', the size of the windows");
    if (!code)
        code = read_values(map, record, heat, error);
    return code || !(least > 0) ? code : find_computed(map, record, least, h, w, error);
}

void mm_heatmap_free(mm_heatmap *map)
{
    free(map->values);
    free(map->ranks);
    free(map->computed);
    map->values = map->ranks = NULL;
    map->computed = NULL;
}

void mm_heatmap_way(const mm_record *record, char *text, size_t size)
{
    const char *mode = mm_record_get(record, "heatmap.mode"), *smooth = mm_record_get(record, "heatmap.smooth");
    snprintf(text, size, "%s%s%s", mode ? mode : "", mode && smooth ? "/" : "", mode && smooth ? smooth : "");
}

void mm_heatmap_forget(mm_record *record)
{
    static const char *const name[] = {"class", "classes", "froc1", "min-tissue", "mode", "offset", "scale", "smooth", "stride", "window"};
    char attribute[32];
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        snprintf(attribute, sizeof attribute, "heatmap.%s", name[i]);
        mm_record_unset(record, attribute);
    }
}
