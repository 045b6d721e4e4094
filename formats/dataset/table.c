/* Tables to manifests: see table.h. */
#include "formats/dataset/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/table/keys.h"
#include "common/table/labels.h"
#include "common/table/places.h"
#include "common/table/shape.h"
#include "common/stream/meta.h"
#include "common/base/bytes.h"
#include "formats/dataset/manifest_record.h"
#include "formats/dataset/table_cells.h"
#include "formats/dataset/table_header.h"
#include "formats/image/formats.h"
#include "common/base/csv.h"

enum { PATH_ROOM = 4096 };

/* Columns of the manifest: `key` first, then those of the table that are kept. *has_key: the table has one. */
static int begin(const mm_table_header *h, mm_manifest *m, mm_table_report *report, bool *has_key, mm_error *error)
{
    const char **names = calloc(h->n + 1, sizeof *names);
    if (!names)
        return mm_no_memory(error);
    bool has_image = false;
    size_t n = 1;
    for (size_t c = 0; c < h->n; c++) {
        if (!h->name[c])
            continue;
        names[n] = h->name[c];
        *has_key = *has_key || !strcmp(names[n], "key");
        has_image = has_image || !strcmp(names[n], "image");
        report->has_patient = report->has_patient || !strcmp(names[n], "patient");
        n++;
    }
    names[0] = "key";
    int code = has_image ? MM_OK
        : mm_fail(error, MM_DAMAGED, "line 1: no column 'image' among its %zu columns: the header must name key, image, mask, patient, "
                  "side, view, abnormality, type, pathology, label, class, split, as far as they are known", n - 1);
    if (!code)
        code = mm_manifest_begin(m, *has_key ? names + 1 : names, *has_key ? n - 1 : n, error);
    free(names);
    return code;
}

/* Opens a file from here or from the table's folder; found[PATH_ROOM]: its path. */
static int open_from(const char *path, const char *folder, char *found)
{
    snprintf(found, PATH_ROOM, "%s", path);
    int fd = open(found, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 || path[0] == '/' || !folder)
        return fd;
    int n = snprintf(found, PATH_ROOM, "%s/%s", folder, path);
    return n >= 0 && n < PATH_ROOM ? open(found, O_RDONLY | O_CLOEXEC) : fd;
}

/* Opens a file; a path that leads nowhere may be Windows', with backslashes. */
static int open_file(const char *path, const char *folder, char *found)
{
    char turned[PATH_ROOM];
    int fd = open_from(path, folder, found);
    if (fd >= 0 || !strchr(path, '\\'))
        return fd;
    snprintf(turned, sizeof turned, "%s", path);
    for (char *p = turned; *p; p++)
        *p = *p == '\\' ? '/' : *p;
    return open_from(turned, folder, found);
}

/* Finds a file from here or from the table's folder, and looks at what it is. */
static bool find_image(const char *what, const char *path, const char *folder, char *found, size_t line, mm_table_report *report)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    mm_error error;
    int fd = open_file(path, folder, found);
    ssize_t n = fd >= 0 ? read(fd, first, sizeof first) : -1;
    if (fd < 0 || n < 0) {
        mm_fail(&error, MM_FAILURE, "line %zu: cannot read %s '%.300s':", line, what, path);
        mm_notify(&report->listener, true, "%s", error.text);
        if (fd >= 0)
            close(fd);
        return false;
    }
    close(fd);
    if (mm_image_format_of(first, (size_t)n))
        return true;
    mm_image_refuse(first, (size_t)n, &error);
    mm_notify(&report->listener, true, "line %zu: %s '%.300s' %s", line, what, path, error.text);
    return false;
}

/* The manifest's last row while it is checked and brought into its form. */
typedef struct checked_row {
    mm_manifest *m;
    size_t at, line;
    const char *folder;
    mm_table_report *report;
    bool good; /* no problem so far */
} checked_row;

static const char *get(const checked_row *r, const char *column)
{
    return mm_manifest_get(r->m, r->at, column);
}

static int put(checked_row *r, const char *column, const char *value, mm_error *error)
{
    return mm_manifest_set(r->m, r->at, column, value, error);
}

/* The image's path as it is found. */
static int check_image(checked_row *r, mm_error *error)
{
    char found[PATH_ROOM];
    const char *image = get(r, "image");
    if (!*image)
        mm_notify(&r->report->listener, true, "line %zu: no image", r->line);
    r->good = *image && find_image("image", image, r->folder, found, r->line, r->report);
    return r->good ? put(r, "image", found, error) : MM_OK;
}

/* Notes an error of the row as its problem, and passes on what is none of the row's. */
static int settle(checked_row *r, int code, mm_error *error)
{
    if (code != MM_DAMAGED)
        return code;
    mm_notify(&r->report->listener, true, "line %zu: %s", r->line, error->text);
    *error = (mm_error){0};
    r->good = false;
    return MM_OK;
}

/* A mask is a file or the words of a shape. */
static int check_mask(checked_row *r, mm_error *error)
{
    char found[PATH_ROOM];
    mm_lesion_shape shape = {0};
    const char *mask = get(r, "mask");
    if (!*mask)
        return MM_OK;
    if (mm_lesion_shape_like(mask)) {
        int code = settle(r, mm_lesion_shape_parse(mask, &shape, error), error);
        mm_lesion_shape_free(&shape);
        return code;
    }
    if (find_image("mask", mask, r->folder, found, r->line, r->report))
        return put(r, "mask", found, error);
    r->good = false;
    return MM_OK;
}

/* A key that the table gives; an empty one is made of the image's path later. */
static void check_key(checked_row *r)
{
    const char *key = get(r, "key");
    if (!r->good || !*key || mm_key_valid(key))
        return;
    mm_notify(&r->report->listener, true, "line %zu: '%.60s' is not a key: it must not hold '/' or control characters", r->line, key);
    r->good = false;
}

static void check_utf8(checked_row *r)
{
    for (size_t c = 0; c < r->m->ncolumns && r->good; c++) {
        const char *column = r->m->column[c], *cell = r->m->cell[r->at * r->m->ncolumns + c];
        if (!strcmp(column, "image") || !strcmp(column, "mask") || mm_utf8_valid(cell, strlen(cell)))
            continue;
        mm_notify(&r->report->listener, true, "line %zu: column '%.60s' is not UTF-8", r->line, column);
        r->good = false;
    }
}

/* Checks a row of the manifest and brings it into its form. *good: it has no problem. */
static int check_row(mm_manifest *m, size_t at, const mm_places *places, const char *folder, mm_table_report *report, bool *good,
                     mm_error *error)
{
    checked_row r = {m, at, m->line[at], folder, report, true};
    int code = check_image(&r, error);
    if (!code)
        code = settle(&r, mm_places_row(m, at, places, error), error);
    if (!code)
        code = check_mask(&r, error);
    if (code)
        return code;
    check_key(&r);
    code = settle(&r, mm_manifest_words(m, at, error), error);
    if (code)
        return code;
    check_utf8(&r);
    report->has_lesions = report->has_lesions || *get(&r, "mask");
    *good = r.good;
    return MM_OK;
}

static int check_rows(mm_manifest *m, const char *folder, bool *keep, mm_table_report *report, mm_error *error)
{
    mm_places places;
    int code = mm_places_find(m, &places, error);
    for (size_t r = 0; r < m->nrows && !code; r++)
        code = check_row(m, r, &places, folder, report, &keep[r], error);
    if (!code) {
        mm_places_remove(m, &places);
        mm_manifest_filter(m, keep);
    }
    return code;
}

/* Keys of the rows that have none, of their images' paths: lines of one image have one key. */
static int make_keys(mm_manifest *m, mm_error *error)
{
    mm_row_groups images = {0};
    int code = mm_manifest_group(m, "image", &images, error);
    mm_path_key *keys = code ? NULL : calloc(images.n + 1, sizeof *keys);
    if (!code && !keys)
        code = mm_no_memory(error);
    for (size_t g = 0; g < images.n && !code; g++) {
        const char *path = mm_manifest_get(m, images.row[images.first[g]], "image");
        keys[g] = (mm_path_key){.path = path, .stem = mm_image_stem(path)};
    }
    if (!code)
        code = mm_keys_of_paths(keys, images.n, false, error);
    for (size_t g = 0; g < images.n && !code; g++)
        for (size_t i = images.first[g]; i < images.first[g + 1] && !code; i++)
            if (!*mm_manifest_get(m, images.row[i], "key"))
                code = mm_manifest_set(m, images.row[i], "key", keys[g].key, error);
    if (keys)
        mm_keys_free(keys, images.n);
    free(keys);
    mm_row_groups_free(&images);
    return code;
}

/* Writes an image's label as a number, and its class where the label was a word or `named`. */
static int write_label(mm_manifest *m, const mm_row_groups *images, size_t g, bool named, const mm_label *label, mm_error *error)
{
    char number[32];
    int code = MM_OK;
    snprintf(number, sizeof number, "%ld", label->number);
    for (size_t i = images->first[g]; i < images->first[g + 1] && !code; i++) {
        size_t row = images->row[i];
        const char *given = mm_manifest_get(m, row, "label");
        bool by_word = given[strspn(given, "0123456789.")];
        if (label->number >= 0 && *given)
            code = mm_manifest_set(m, row, "label", number, error);
        if (!code && (named || by_word) && label->class && strcmp(mm_manifest_get(m, row, "class"), label->class) != 0)
            code = mm_manifest_set(m, row, "class", label->class, error);
    }
    return code;
}

/* An image's lines, its label, and the words of its lesions, as mmread takes them. */
static int check_image_lines(mm_manifest *m, const mm_row_groups *images, size_t g, const mm_class_names *classes, bool named,
                             mm_error *error)
{
    mm_label label;
    mm_record *record = NULL;
    int code = mm_manifest_agree(m, images, g, error);
    if (!code)
        code = mm_label_of(m, images, g, classes, &label, error);
    if (!code)
        code = mm_manifest_attributes(m, images, g, classes, &record, error);
    mm_record_free(record);
    return code ? code : write_label(m, images, g, named, &label, error);
}

static int check_images(mm_manifest *m, const mm_class_names *classes, mm_table_report *report, mm_error *error)
{
    mm_row_groups images = {0};
    bool *keep = calloc(m->nrows + 1, sizeof *keep), named = (classes && classes->n) || mm_manifest_column(m, "class") >= 0;
    int code = keep ? mm_manifest_group(m, "key", &images, error) : mm_no_memory(error);
    for (size_t g = 0; g < images.n && !code; g++) {
        code = check_image_lines(m, &images, g, classes, named, error);
        for (size_t i = images.first[g]; i < images.first[g + 1]; i++)
            keep[images.row[i]] = code == MM_OK;
        if (code == MM_DAMAGED) {
            mm_notify(&report->listener, true, "%s", error->text);
            *error = (mm_error){0};
            code = MM_OK;
        }
    }
    if (!code)
        code = mm_labels_check(m, &images, classes, error);
    if (!code)
        mm_manifest_filter(m, keep);
    mm_row_groups_free(&images);
    free(keep);
    return code;
}

/* The cells of a line as the manifest's next row. */
static int add_row(const mm_csv *table, size_t r, const mm_table_header *h, bool has_key, mm_manifest *m, const char **cells,
                   mm_error *error)
{
    size_t n = 0;
    if (!has_key)
        cells[n++] = "";
    for (size_t c = 0; c < h->n; c++) {
        if (h->name[c])
            cells[n++] = table->cell[table->first[r] + h->before + c];
    }
    return mm_manifest_add(m, cells, table->line[r], error);
}

/* More cells than columns are fine where they are empty. */
static bool fits_header(const mm_csv *table, size_t r, const mm_table_header *h)
{
    size_t columns = h->before + h->n;
    bool fits = table->first[r + 1] - table->first[r] >= columns;
    for (size_t i = table->first[r] + columns; i < table->first[r + 1]; i++)
        fits = fits && !*table->cell[i];
    return fits;
}

static int add_rows(const mm_csv *table, const mm_table_header *h, mm_manifest *m, mm_table_report *report, mm_error *error)
{
    bool has_key = false;
    const char **cells = calloc(h->n + 1, sizeof *cells);
    int code = cells ? begin(h, m, report, &has_key, error) : mm_no_memory(error);
    for (size_t r = 1; r < table->nrows && !code; r++) {
        if (mm_table_row_is_empty(table, r))
            continue;
        report->lines++;
        if (fits_header(table, r, h))
            code = add_row(table, r, h, has_key, m, cells, error);
        else
            mm_notify(&report->listener, true, "line %zu: %zu cells where the header names %zu columns", table->line[r],
                      table->first[r + 1] - table->first[r], h->n);
    }
    free(cells);
    return code;
}

static int make_manifest(const mm_csv *table, const mm_table_options *o, mm_manifest *m, mm_table_report *report, mm_error *error)
{
    mm_table_header header = {0};
    int code = mm_table_header_find(&header, table, o->map, o->nmap, error);
    if (!code)
        code = add_rows(table, &header, m, report, error);
    mm_table_header_free(&header);
    bool *keep = code ? NULL : calloc(m->nrows + 1, sizeof *keep);
    if (!code)
        code = keep ? check_rows(m, o->folder, keep, report, error) : mm_no_memory(error);
    free(keep);
    if (!code)
        code = make_keys(m, error);
    if (!code)
        code = check_images(m, o->classes, report, error);
    report->bad = code ? 0 : report->lines - m->nrows;
    return code;
}

int mm_table_manifest(const char *text, size_t size, const mm_table_options *options, mm_manifest *m, mm_table_report *report,
                      mm_error *error)
{
    mm_csv table;
    *m = (mm_manifest){0};
    int code = mm_csv_parse(text, size, &table, error);
    if (code)
        return code;
    mm_table_clean(&table);
    code = make_manifest(&table, options, m, report, error);
    mm_csv_free(&table);
    if (code)
        mm_manifest_free(m);
    return code;
}
