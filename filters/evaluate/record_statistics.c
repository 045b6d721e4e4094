/* Figures of whole records: see record_figures.h. */
#include "filters/evaluate/record_statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/table/groups.h"
#include "common/image/geometry.h"
#include "common/image/grey.h"

static int label_of(const mm_record *record, long *label, mm_error *error)
{
    const char *text = mm_record_get(record, "label");
    char *end;
    if (!text || !*text)
        return mm_fail(error, MM_FAILURE, "has no label");
    errno = 0;
    *label = strtol(text, &end, 10);
    if (*end || errno || *label < 0)
        return mm_fail(error, MM_FAILURE, "label '%s' is no class", text);
    return 0;
}

static const char *patient_of(const mm_record *record)
{
    const char *patient = mm_record_get(record, "patient");
    return patient && *patient ? patient : record->key;
}

/* Makes room for one more item in an array; returns the array or NULL, the old one then still being good. */
static void *grown(void *array, size_t n, size_t size)
{
    if (n & (n - 1)) /* room is the next power of two */
        return array;
    return n > SIZE_MAX / 2 / size ? NULL : realloc(array, (n ? 2 * n : 1) * size);
}

static int grow_greys(mm_grey_set *s, mm_error *error)
{
    void *key = grown(s->key, s->n, sizeof *s->key);
    if (key)
        s->key = key;
    void *patient = grown(s->patient, s->n, sizeof *s->patient);
    if (patient)
        s->patient = patient;
    void *x = grown(s->x, s->n, MM_GREY_FEATURES * sizeof *s->x);
    if (x)
        s->x = x;
    void *positive = grown(s->positive, s->n, 1);
    if (positive)
        s->positive = positive;
    return key && patient && x && positive ? 0 : mm_no_memory(error);
}

static int grey_features(const mm_tensor *image, size_t pixels, double *features, mm_error *error)
{
    float *grey = malloc(pixels * sizeof *grey);
    double *values = malloc(pixels * sizeof *values);
    int code = grey && values ? 0 : mm_no_memory(error);
    if (!code) {
        mm_grey_values(image->dtype, image->data, 0, pixels, grey);
        for (size_t i = 0; i < pixels; i++)
            values[i] = grey[i];
        mm_grey_statistics(values, pixels, features);
        if (!isfinite(features[0]))
            code = mm_fail(error, MM_FAILURE, "tensor 'image' holds a value that is no finite number");
    }
    free(grey);
    free(values);
    return code;
}

int mm_grey_set_add(mm_grey_set *s, const mm_record *record, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    long label = 0;
    int code = mm_geometry_image(record, &image, &shape, error);
    if (!code)
        code = label_of(record, &label, error);
    if (!code)
        code = grow_greys(s, error);
    if (!code)
        code = grey_features(image, image->count, s->x + s->n * MM_GREY_FEATURES, error);
    if (code)
        return code;
    s->positive[s->n] = label > 0;
    s->key[s->n] = strdup(record->key);
    s->patient[s->n] = strdup(patient_of(record));
    if (!s->key[s->n] || !s->patient[s->n]) {
        free(s->key[s->n]);
        free(s->patient[s->n]);
        return mm_no_memory(error);
    }
    s->n++;
    return 0;
}

void mm_grey_set_free(mm_grey_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->key[i]);
        free(s->patient[i]);
    }
    free(s->key);
    free(s->patient);
    free(s->x);
    free(s->positive);
    *s = (mm_grey_set){.n = 0};
}

/* "A" or "A,B" */
static int two_numbers(const char *text, double *a, double *b)
{
    char *end;
    *a = *b = strtod(text, &end);
    if (end != text && *end == ',') {
        text = end + 1;
        *b = strtod(text, &end);
    }
    return end == text || *end || !isfinite(*a) || !isfinite(*b);
}

int mm_heat_geometry_of(mm_heat_geometry *g, const mm_record *record, mm_error *error)
{
    const mm_tensor *heat = mm_record_tensor(record, "heatmap"), *image;
    mm_image_shape shape;
    if (!heat)
        return mm_fail(error, MM_FAILURE, "has no tensor 'heatmap': use mmheatmap");
    if ((heat->ndim != 2 && heat->ndim != 3) || heat->count == 0)
        return mm_fail(error, MM_FAILURE, "tensor 'heatmap' is empty or not C,H,W");
    *g = (mm_heat_geometry){.height = heat->dim[heat->ndim - 2], .width = heat->dim[heat->ndim - 1], .stride_y = 1, .stride_x = 1};
    int code = mm_geometry_image(record, &image, &shape, error);
    if (code)
        return code;
    if (g->height == shape.height && g->width == shape.width)
        return 0; /* a map at the image's own resolution moves with it, whatever the attributes once said */
    const char *stride = mm_record_get(record, "heatmap.stride"), *offset = mm_record_get(record, "heatmap.offset");
    if (!stride || !offset)
        return mm_fail(error, MM_FAILURE, "the heatmap of %zu x %zu has no attribute '%s' to lay it over the image of %zu x %zu",
                       g->height, g->width, stride ? "heatmap.offset" : "heatmap.stride", shape.height, shape.width);
    if (two_numbers(stride, &g->stride_y, &g->stride_x) || g->stride_y <= 0 || g->stride_x <= 0)
        return mm_fail(error, MM_FAILURE, "attribute 'heatmap.stride' is no stride: '%s'", stride);
    if (two_numbers(offset, &g->offset_y, &g->offset_x))
        return mm_fail(error, MM_FAILURE, "attribute 'heatmap.offset' is no pair of numbers: '%s'", offset);
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

int mm_heat_values(const mm_record *record, double **values, mm_error *error)
{
    const mm_tensor *heat = mm_record_tensor(record, "heatmap");
    size_t planes = mm_geometry_planes(heat), cells = heat->count / planes;
    long background = position(mm_record_get(record, "heatmap.classes"), "background");
    if (planes > 1 && (background < 0 || (size_t)background >= planes))
        return mm_fail(error, MM_FAILURE, "the heatmap has %zu planes and the attribute 'heatmap.classes' names no background", planes);
    size_t first = planes > 1 ? (size_t)background * cells : 0;
    *values = malloc(cells * sizeof **values);
    if (!*values)
        return mm_no_memory(error);
    for (size_t i = 0; i < cells; i++) {
        double v = mm_number(heat->dtype, heat->data, first + i);
        (*values)[i] = planes > 1 ? 1 - v : v;
    }
    return 0;
}

/* The breast's pixels: tensor `breast`, or where the image is not 0. */
static int breast_of(const mm_record *record, const mm_tensor *image, size_t H, size_t W, uint8_t **breast, mm_error *error)
{
    const mm_tensor *given = mm_record_tensor(record, "breast");
    *breast = malloc(H * W);
    float *grey = malloc(H * W * sizeof *grey);
    if (!*breast || !grey) {
        free(*breast);
        free(grey);
        *breast = NULL;
        return mm_no_memory(error);
    }
    if (given && given->count != H * W)
        given = NULL;
    mm_grey_values(given ? given->dtype : image->dtype, given ? given->data : image->data, 0, H * W, grey);
    for (size_t i = 0; i < H * W; i++)
        (*breast)[i] = grey[i] > 0;
    free(grey);
    return 0;
}

static int has_lesion(const mm_tensor *mask)
{
    const uint8_t *m = mask->data;
    for (size_t i = 0; i < mask->count; i++)
        if (m[i])
            return 1;
    return 0;
}

/* Pixels between marks: half of the window that slid over the image, of METHOD's 224 where it is not known. */
static double marks_apart(const mm_heat_set *s, const mm_record *record)
{
    const char *window = mm_record_get(record, "heatmap.window");
    double h, w;
    if (s->min_distance > 0)
        return s->min_distance;
    return window && !two_numbers(window, &h, &w) && h > 0 && w > 0 ? (h < w ? h : w) / 2 : 112;
}

static int grow_heats(mm_heat_set *s, mm_error *error)
{
    void *heat = grown(s->heat, s->n, sizeof *s->heat);
    if (heat)
        s->heat = heat;
    void *image = grown(s->image, s->n, sizeof *s->image);
    if (image)
        s->image = image;
    void *patient = grown(s->patient, s->froc.images, sizeof *s->patient);
    if (patient)
        s->patient = patient;
    return heat && image && patient ? 0 : mm_no_memory(error);
}

/* Heat inside and outside where there is a lesion, marks in any case. lesions: planes of the mask, 0 without one. */
static int measure_heat(mm_heat_set *s, const mm_record *record, const double *values, const mm_heat_geometry *g,
                        const mm_tensor *mask, size_t lesions, const uint8_t *breast, size_t H, size_t W, mm_error *error)
{
    const uint8_t *pixels = mask ? mask->data : NULL;
    bool lesion = mask && has_lesion(mask);
    int code = mm_hit_check(values, g, H, W, error);
    if (!code && lesion)
        code = mm_hit_measure(&s->heat[s->n], values, g, pixels, lesions, breast, H, W, error);
    char *patient = code ? NULL : strdup(patient_of(record));
    if (!code && !patient)
        code = mm_no_memory(error);
    if (!code)
        code = mm_froc_add(&s->froc, values, g, pixels, lesions, H, W, marks_apart(s, record), s->near, error);
    if (code) {
        free(patient);
        return code;
    }
    s->patient[s->froc.images - 1] = patient;
    if (lesion)
        s->image[s->n++] = s->froc.images - 1;
    return 0;
}

int mm_heat_set_add(mm_heat_set *s, const mm_record *record, mm_error *error)
{
    mm_heat_geometry geometry;
    const mm_tensor *image = NULL, *mask = mm_record_tensor(record, "mask"); /* mmread gives films without a lesion none */
    mm_image_shape shape = {0};
    double *values = NULL;
    uint8_t *breast = NULL;
    int code = mm_heat_geometry_of(&geometry, record, error);
    if (!code)
        code = mm_geometry_image(record, &image, &shape, error);
    if (!code && mask && mask->dtype != MM_U8)
        code = mm_fail(error, MM_FAILURE, "tensor 'mask' is of type %s: u8 is wanted", mm_dtype_name(mask->dtype));
    if (!code)
        code = grow_heats(s, error);
    if (!code)
        code = mm_heat_values(record, &values, error);
    if (!code)
        code = breast_of(record, image, shape.height, shape.width, &breast, error);
    if (!code)
        code = measure_heat(s, record, values, &geometry, mask, mask ? mm_geometry_planes(mask) : 0, breast, shape.height,
                            shape.width, error);
    free(values);
    free(breast);
    return code;
}

void mm_heat_set_free(mm_heat_set *s)
{
    for (size_t i = 0; i < s->froc.images; i++)
        free(s->patient[i]);
    free(s->patient);
    free(s->heat);
    free(s->image);
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
