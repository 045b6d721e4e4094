/* Columns of places: see places.h. */
#include "common/table/places.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/table/shape.h"
#include "common/table/vocabulary.h"

enum { NAME = 24 };
static const char BOX[] = "box", SIZE[] = "size", CIRCLE[] = "circle", POLYGON[] = "polygon";

static const struct {
    const char *form, *column[4];
} forms[] = {
    {POLYGON, {"polygon"}}, {CIRCLE, {"circle"}},
    {BOX, {"xmin", "ymin", "xmax", "ymax"}}, {BOX, {"x1", "y1", "x2", "y2"}}, {BOX, {"x0", "y0", "x1", "y1"}},
    {BOX, {"left", "top", "right", "bottom"}},
    {SIZE, {"x", "y", "width", "height"}}, {SIZE, {"x", "y", "w", "h"}}, {SIZE, {"xmin", "ymin", "width", "height"}},
    {SIZE, {"left", "top", "width", "height"}},
    {CIRCLE, {"x", "y", "radius"}}, {CIRCLE, {"x", "y", "r"}}, {CIRCLE, {"cx", "cy", "radius"}}, {CIRCLE, {"cx", "cy", "r"}},
};

/* Names that say a place, alone or in a form that is not understood. */
static const char *const spatial[] = {
    "x", "y", "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4", "xmin", "ymin", "xmax", "ymax", "minx", "miny", "maxx", "maxy",
    "cx", "cy", "xc", "yc", "xcenter", "ycenter", "xcentre", "ycentre", "centerx", "centery", "centrex", "centrey", "left", "top",
    "right", "bottom", "radius", "bbox", "box", "boxes", "bboxes", "boundingbox", "polygon", "polygons", "points", "contour", "contours",
    "roi", "rois", "roicoords", "coords", "coordinates", "segmentation", "vertices", "center", "centre", "circle", "ellipse",
};

/* A column's name as it is compared. */
static void squeeze(const char *name, char to[NAME])
{
    size_t n = 0;
    for (; *name && n + 1 < NAME; name++)
        if (isalnum((unsigned char)*name))
            to[n++] = (char)tolower((unsigned char)*name);
    to[*name ? 0 : n] = '\0';
    size_t front = !strncmp(to, "bbox", 4) ? 4 : !strncmp(to, "box", 3) ? 3 : 0;
    if (to[front] && strcmp(to + front, "es") != 0)
        memmove(to, to + front, strlen(to + front) + 1);
}

static char *find_column(const mm_manifest *m, const char *wanted)
{
    char name[NAME];
    for (size_t c = 0; c < m->ncolumns; c++) {
        squeeze(m->column[c], name);
        if (!strcmp(name, wanted))
            return m->column[c];
    }
    return NULL;
}

static void find_form(const mm_manifest *m, mm_places *places)
{
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        *places = (mm_places){.form = forms[f].form};
        while (places->columns < 4 && forms[f].column[places->columns] &&
               (places->column[places->columns] = find_column(m, forms[f].column[places->columns])))
            places->columns++;
        if (places->columns == 4 || !forms[f].column[places->columns])
            return;
    }
    *places = (mm_places){0};
}

static bool is_spatial(const char *column)
{
    char name[NAME];
    squeeze(column, name);
    for (size_t i = 0; i < sizeof spatial / sizeof *spatial; i++)
        if (!strcmp(name, spatial[i]))
            return true;
    return false;
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

static bool is_number(const char *cell)
{
    double value;
    return !mm_parse_double(cell, -1e12, 1e12, &value);
}

int mm_places_find(const mm_manifest *m, mm_places *places, mm_error *error)
{
    find_form(m, places);
    for (size_t c = 0; c < m->ncolumns; c++) {
        if (has_meaning(m->column[c]) || is_used(places, m->column[c]))
            continue;
        bool named = is_spatial(m->column[c]);
        for (size_t r = 0; r < m->nrows; r++) {
            const char *cell = m->cell[r * m->ncolumns + c];
            if ((named && is_number(cell)) || mm_lesion_shape_like(cell))
                return mm_fail(error, MM_DAMAGED, "line %zu: column '%.60s' holds '%.40s', a place that is not understood: expected the "
                               "columns xmin, ymin, xmax, ymax, or x, y, width, height, or x, y, radius, or a shape in the column mask",
                               m->line[r], m->column[c], cell);
        }
    }
    return MM_OK;
}

/* The numbers of a row's box or circle. */
static int read_numbers(const mm_manifest *m, size_t row, const mm_places *places, double value[4], mm_error *error)
{
    for (size_t i = 0; i < places->columns; i++) {
        const char *cell = mm_manifest_get(m, row, places->column[i]);
        if (mm_parse_double(cell, -1e9, 1e9, &value[i]))
            return mm_fail(error, MM_DAMAGED, "'%.40s' in the column '%.60s' is not a number", cell, places->column[i]);
    }
    return MM_OK;
}

/* A list of numbers, in brackets or not, as a shape. */
static int shape_of_list(const char *form, const char *cell, char **shape, mm_error *error)
{
    mm_text text = {0};
    if (!mm_lesion_shape_is(cell)) {
        mm_text_puts(&text, form);
        mm_text_puts(&text, ":");
    }
    for (; *cell; cell++)
        if (!strchr("[](){}", *cell))
            mm_text_add(&text, cell, 1);
    if (text.failed) {
        free(text.data);
        return mm_no_memory(error);
    }
    *shape = text.data;
    return MM_OK;
}

static int shape_of_numbers(const char *form, const double v[4], char **shape, mm_error *error)
{
    char text[160];
    bool circle = form == CIRCLE, size = form == SIZE;
    if (circle)
        snprintf(text, sizeof text, "circle:%.10g,%.10g,%.10g", v[0], v[1], v[2]);
    else
        snprintf(text, sizeof text, "box:%.10g,%.10g,%.10g,%.10g", v[0], v[1], size ? v[0] + v[2] : v[2], size ? v[1] + v[3] : v[3]);
    *shape = strdup(text);
    return *shape ? MM_OK : mm_no_memory(error);
}

int mm_places_row(mm_manifest *m, size_t row, const mm_places *places, mm_error *error)
{
    double value[4];
    char *shape = NULL;
    mm_lesion_shape parsed = {0};
    size_t empty = 0;
    for (size_t i = 0; i < places->columns; i++)
        empty += mm_vocabulary_empty(mm_manifest_get(m, row, places->column[i]));
    if (empty == places->columns)
        return MM_OK;
    if (*mm_manifest_get(m, row, "mask"))
        return mm_fail(error, MM_DAMAGED, "a mask, and a place in the column '%.60s': expected one of them", places->column[0]);
    int code = places->columns == 1 ? MM_OK : read_numbers(m, row, places, value, error);
    if (!code)
        code = places->columns == 1 ? shape_of_list(places->form, mm_manifest_get(m, row, places->column[0]), &shape, error)
                                    : shape_of_numbers(places->form, value, &shape, error);
    if (!code)
        code = mm_lesion_shape_parse(shape, &parsed, error);
    if (!code)
        code = mm_manifest_set(m, row, "mask", shape, error);
    mm_lesion_shape_free(&parsed);
    free(shape);
    return code;
}

void mm_places_remove(mm_manifest *m, const mm_places *places)
{
    for (size_t i = 0; i < places->columns; i++)
        mm_manifest_remove(m, places->column[i]);
}
