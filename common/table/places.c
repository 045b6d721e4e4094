/* Columns of places: see places.h. */
#include "common/table/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/table/place_list.h"
#include "common/table/place_names.h"
#include "common/table/shape.h"
#include "common/table/vocabulary.h"

static const char BOX[] = "box", SIZE[] = "size", CIRCLE[] = "circle", POLYGON[] = "polygon";

static const struct {
    const char *form, *column[4];
} forms[] = {
    {POLYGON, {"polygon"}}, {CIRCLE, {"circle"}}, {BOX, {"xyxy"}}, {SIZE, {"xywh"}},
    {BOX, {"xmin", "ymin", "xmax", "ymax"}}, {BOX, {"x1", "y1", "x2", "y2"}}, {BOX, {"x0", "y0", "x1", "y1"}},
    {BOX, {"left", "top", "right", "bottom"}},
    {SIZE, {"x", "y", "width", "height"}}, {SIZE, {"x", "y", "w", "h"}}, {SIZE, {"xmin", "ymin", "width", "height"}},
    {SIZE, {"left", "top", "width", "height"}},
    {CIRCLE, {"x", "y", "radius"}}, {CIRCLE, {"x", "y", "r"}}, {CIRCLE, {"cx", "cy", "radius"}}, {CIRCLE, {"cx", "cy", "r"}},
};

static char *find_column(const mm_manifest *m, const char *wanted)
{
    char name[MM_PLACE_NAME];
    for (size_t c = 0; c < m->ncolumns; c++) {
        mm_place_name(m->column[c], name);
        if (!strcmp(name, wanted))
            return m->column[c];
    }
    return NULL;
}

/* An empty cell, or the empty list of programs that write one for an image without lesions. */
static bool says_nothing(const char *cell)
{
    return mm_vocabulary_empty(cell) || cell[strspn(cell, " ,[](){}")] == '\0';
}

/* Number of a row's cells of the place that say nothing. */
static size_t count_empty(const mm_manifest *m, size_t row, const mm_places *places)
{
    size_t empty = 0;
    for (size_t i = 0; i < places->columns; i++)
        empty += says_nothing(mm_manifest_get(m, row, places->column[i]));
    return empty;
}

/* True if the manifest has all columns of form f, which are then in `places`. */
static bool has_form(const mm_manifest *m, size_t f, mm_places *places)
{
    *places = (mm_places){.form = forms[f].form};
    while (places->columns < 4 && forms[f].column[places->columns]) {
        if (!(places->column[places->columns] = find_column(m, forms[f].column[places->columns])))
            return false;
        places->columns++;
    }
    return true;
}

/* Finds the first form that a row uses, else one that none does. */
static void find_form(const mm_manifest *m, mm_places *places)
{
    mm_places unused = {0};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (!has_form(m, f, places))
            continue;
        for (size_t r = 0; r < m->nrows; r++)
            if (count_empty(m, r, places) < places->columns)
                return;
        unused = *places;
    }
    *places = unused;
}

static bool is_used(const mm_places *places, const char *column)
{
    for (size_t i = 0; i < places->columns; i++)
        if (places->column[i] == column)
            return true;
    return false;
}

static bool has_meaning(const char *column)
{
    for (size_t c = 0; c < MM_MANIFEST_COLUMNS; c++)
        if (!strcmp(column, mm_manifest_columns[c]))
            return true;
    return false;
}

int mm_places_find(const mm_manifest *m, mm_places *places, mm_error *error)
{
    find_form(m, places);
    for (size_t c = 0; c < m->ncolumns; c++) {
        if (has_meaning(m->column[c]) || is_used(places, m->column[c]))
            continue;
        mm_place_kind kind = mm_place_kind_of(m->column, m->ncolumns, c);
        for (size_t r = 0; r < m->nrows; r++) {
            const char *cell = m->cell[r * m->ncolumns + c];
            if (mm_place_is_in(kind, cell))
                return mm_fail(error, MM_DAMAGED, "line %zu: column '%.60s' holds '%.40s', a place that is not understood: expected the "
                               "columns xmin, ymin, xmax, ymax, or x, y, width, height, or x, y, radius, or xyxy, xywh, circle or "
                               "polygon, or a shape in the column mask ('mmindex --map' renames a column or leaves it out)", m->line[r],
                               m->column[c], cell);
        }
    }
    return MM_OK;
}

/* The numbers of a row's place, from one cell or several: value[n], which the caller frees. */
static int read_numbers(const mm_manifest *m, size_t row, const mm_places *places, double **value, size_t *n, mm_error *error)
{
    if (places->columns == 1)
        return mm_place_list(places->form, mm_manifest_get(m, row, places->column[0]), value, n, error);
    *n = places->columns;
    if (!(*value = calloc(*n, sizeof **value)))
        return mm_no_memory(error);
    for (size_t i = 0; i < *n; i++) {
        const char *cell = mm_manifest_get(m, row, places->column[i]);
        if (!mm_parse_double(cell, -1e9, 1e9, &(*value)[i]))
            continue;
        free(*value);
        return mm_fail(error, MM_DAMAGED, "'%.40s' in the column '%.60s' is not a number", cell, places->column[i]);
    }
    return MM_OK;
}

/* A shape's words: the form's name and the numbers. */
static char *shape_of(const char *form, double *v, size_t n)
{
    mm_text text = {0};
    char number[40];
    if (form == SIZE && n == 4) {
        v[2] += v[0];
        v[3] += v[1];
    }
    mm_text_puts(&text, form == SIZE ? BOX : form);
    for (size_t i = 0; i < n; i++) {
        snprintf(number, sizeof number, "%c%.10g", i ? ',' : ':', v[i]);
        mm_text_puts(&text, number);
    }
    if (!text.failed)
        return text.data;
    free(text.data);
    return NULL;
}

/* Writes the shape that the numbers make into the row's mask. */
static int put_shape(mm_manifest *m, size_t row, const char *form, double *value, size_t n, mm_error *error)
{
    mm_lesion_shape parsed = {0};
    char *shape = shape_of(form, value, n);
    if (!shape)
        return mm_no_memory(error);
    int code = mm_lesion_shape_parse(shape, &parsed, error);
    if (!code)
        code = mm_manifest_set(m, row, "mask", shape, error);
    mm_lesion_shape_free(&parsed);
    free(shape);
    return code;
}

int mm_places_row(mm_manifest *m, size_t row, const mm_places *places, mm_error *error)
{
    double *value = NULL;
    size_t n = 0;
    if (count_empty(m, row, places) == places->columns)
        return MM_OK;
    if (*mm_manifest_get(m, row, "mask"))
        return mm_fail(error, MM_DAMAGED, "a mask, and a place in the column '%.60s': expected one of them", places->column[0]);
    int code = read_numbers(m, row, places, &value, &n, error);
    if (code)
        return code;
    code = put_shape(m, row, places->form, value, n, error);
    free(value);
    return code;
}

void mm_places_remove(mm_manifest *m, const mm_places *places)
{
    for (mm_places next = *places; next.columns > 0; find_form(m, &next))
        for (size_t i = 0; i < next.columns; i++)
            mm_manifest_remove(m, next.column[i]);
}
