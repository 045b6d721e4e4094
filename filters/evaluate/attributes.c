/* Attributes by key: see attributes.h. */
#include "filters/evaluate/attributes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/image/geometry.h"
#include "common/table/groups.h"
#include "common/table/shape.h"

static const double PI = 3.14159265358979323846;

int mm_attributes_begin(mm_attributes *a, const char *const *name, size_t names, mm_error *error)
{
    *a = (mm_attributes){.name = calloc(names ? names : 1, sizeof *a->name)};
    if (!a->name)
        return mm_no_memory(error);
    for (; a->names < names; a->names++)
        if (!(a->name[a->names] = strdup(name[a->names])))
            return mm_no_memory(error);
    return 0;
}

void mm_attributes_free(mm_attributes *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->key[i]);
    for (size_t i = 0; i < a->n * a->names; i++)
        free(a->value[i]);
    for (size_t i = 0; i < a->names; i++)
        free(a->name[i]);
    free(a->name);
    free(a->key);
    free(a->value);
    *a = (mm_attributes){0};
}

/* A new row of unknown values. */
static int add_row(mm_attributes *a, const char *key, mm_error *error)
{
    int code = mm_grow(&a->key, &a->room, a->n + 1, sizeof *a->key, error);
    if (!code)
        code = mm_grow(&a->value, &a->value_room, (a->n + 1) * a->names, sizeof *a->value, error);
    if (code)
        return code;
    if (!(a->key[a->n] = strdup(key)))
        return mm_no_memory(error);
    for (size_t i = 0; i < a->names; i++)
        a->value[a->n * a->names + i] = NULL;
    a->n++;
    return 0;
}

/* Joins one more value to those of an image's lesions. */
static const char *join(const char *so_far, const char *value)
{
    if (!value || !*value)
        return so_far;
    return !so_far || strcmp(so_far, value) == 0 ? value : "mixed";
}

static int set(char **value, const char *text, mm_error *error)
{
    if (!text || !*text)
        return 0;
    *value = strdup(text);
    return *value ? 0 : mm_no_memory(error);
}

static int set_diameter(char **value, double area, mm_error *error)
{
    char text[32];
    if (!(area > 0))
        return 0;
    snprintf(text, sizeof text, "%.1f", 2 * sqrt(area / PI));
    return set(value, text, error);
}

/* ---- records ---- */

/* Pixels of the largest lesion, or of lesion `only` where it is not negative, on the original image. */
static double lesion_area(const mm_record *record, long only)
{
    const mm_tensor *mask = mm_record_tensor(record, "mask");
    double largest = 0;
    mm_affine m;
    if (!mask || mask->dtype != MM_U8 || mask->ndim < 2 || mask->count == 0 || mm_geometry_get(record, &m, NULL))
        return 0;
    size_t planes = mm_geometry_planes(mask), size = mask->count / planes;
    for (size_t p = 0; p < planes; p++) {
        const uint8_t *plane = (const uint8_t *)mask->data + p * size;
        size_t area = 0;
        for (size_t i = 0; i < size && (only < 0 || (size_t)only == p); i++)
            area += plane[i] != 0;
        largest = fmax(largest, (double)area);
    }
    return largest * fabs(m.a * m.e - m.b * m.d);
}

/* The attribute's value of lesion N, or what the lesions share. */
static const char *of_lesions(const mm_record *record, const char *name, long only)
{
    const char *value = NULL;
    for (size_t i = 0; i < record->nattributes; i++) {
        unsigned long lesion;
        int used = 0;
        const mm_attribute *a = &record->attributes[i];
        if (sscanf(a->name, "lesion.%lu.%n", &lesion, &used) == 1 && used && strcmp(a->name + used, name) == 0
            && (only < 0 || lesion == (unsigned long)only))
            value = join(value, a->value);
    }
    return value;
}

int mm_attributes_add_record(mm_attributes *a, const mm_record *record, mm_error *error)
{
    const char *lesion = mm_record_get(record, "lesion"), *class = mm_record_get(record, "class");
    long only = lesion ? strtol(lesion, NULL, 10) : -1;
    bool background = mm_record_get(record, "source") && class && strcmp(class, "background") == 0;
    int code = add_row(a, record->key, error);
    for (size_t i = 0; i < a->names && !code; i++) {
        char **value = &a->value[(a->n - 1) * a->names + i];
        const char *own = mm_record_get(record, a->name[i]);
        if (own || background)
            code = set(value, own, error);
        else if (strcmp(a->name[i], "lesion_size") == 0)
            code = set_diameter(value, lesion_area(record, only), error);
        else
            code = set(value, of_lesions(record, a->name[i], only), error);
    }
    return code;
}

/* ---- manifests ---- */

static double shape_area(const char *text)
{
    mm_lesion_shape shape;
    if (!mm_lesion_shape_is(text) || mm_lesion_shape_parse(text, &shape, NULL))
        return 0;
    double area = mm_lesion_shape_area(&shape);
    mm_lesion_shape_free(&shape);
    return area;
}

static int set_from_rows(char **value, const mm_manifest *m, const size_t *row, size_t n, const char *name, mm_error *error)
{
    const char *joined = NULL;
    double area = 0;
    bool size = strcmp(name, "lesion_size") == 0 && mm_manifest_column(m, name) < 0;
    for (size_t i = 0; i < n; i++) {
        if (size)
            area = fmax(area, shape_area(mm_manifest_get(m, row[i], "mask")));
        else
            joined = join(joined, mm_manifest_get(m, row[i], name));
    }
    return size ? set_diameter(value, area, error) : set(value, joined, error);
}

int mm_attributes_add_manifest(mm_attributes *a, const mm_manifest *m, mm_error *error)
{
    mm_row_groups groups = {0};
    int code = mm_manifest_group(m, "key", &groups, error);
    for (size_t g = 0; g < groups.n && !code; g++) {
        const size_t *row = groups.row + groups.first[g], rows = groups.first[g + 1] - groups.first[g];
        code = add_row(a, mm_manifest_get(m, row[0], "key"), error);
        for (size_t i = 0; i < a->names && !code; i++)
            code = set_from_rows(&a->value[(a->n - 1) * a->names + i], m, row, rows, a->name[i], error);
    }
    mm_row_groups_free(&groups);
    return code;
}

/* ---- by key ---- */

size_t mm_attributes_column(const mm_attributes *a, const char *name)
{
    size_t column = 0;
    while (column < a->names && strcmp(a->name[column], name) != 0)
        column++;
    return column;
}

int mm_attributes_of(const mm_attributes *a, const char *name, char *const *key, size_t n, char ***value, size_t *found,
                     mm_error *error)
{
    size_t column = mm_attributes_column(a, name), *position = malloc((n ? n : 1) * sizeof *position);
    *value = calloc(n ? n : 1, sizeof **value);
    int code = position && *value ? mm_find_names(key, n, a->key, a->n, position, error) : mm_no_memory(error);
    size_t known = 0;
    for (size_t i = 0; i < n && !code; i++)
        if (position[i] != SIZE_MAX) {
            known++;
            if (column < a->names)
                (*value)[i] = a->value[position[i] * a->names + column];
        }
    if (found)
        *found = known;
    if (code) {
        free(*value);
        *value = NULL;
    }
    free(position);
    return code;
}
