/* Tables to manifests: see table.h. */
#include "formats/dataset/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/table/classes.h"
#include "common/table/shape.h"
#include "common/stream/meta.h"
#include "common/base/bytes.h"
#include "formats/dataset/manifest_record.h"
#include "formats/image/formats.h"
#include "common/base/csv.h"

enum { PATH_ROOM = 4096 };

/* The manifest's spelling of a column: ours in lower case. */
static const char *spelling(const char *name)
{
    for (size_t c = 0; c < MM_MANIFEST_COLUMNS; c++)
        if (!strcasecmp(name, mm_manifest_columns[c]))
            return mm_manifest_columns[c];
    return name;
}

/* Column names of the manifest: `key` first, then the table's. *has_key: the table has one. */
static int begin(mm_csv *table, mm_manifest *m, mm_table_report *report, bool *has_key, mm_error *error)
{
    size_t n = table->nrows ? table->first[1] : 0;
    const char **names = calloc(n + 1, sizeof *names);
    if (!names)
        return mm_no_memory(error);
    bool has_image = false;
    int code = n ? MM_OK : mm_fail(error, MM_DAMAGED, "empty: a table begins with a line of column names");
    *has_key = false;
    for (size_t c = 0; c < n && !code; c++) {
        names[c + 1] = spelling(mm_csv_clean(table->cell[c]));
        *has_key = *has_key || !strcmp(names[c + 1], "key");
        has_image = has_image || !strcmp(names[c + 1], "image");
        report->has_patient = report->has_patient || !strcmp(names[c + 1], "patient");
        report->has_lesions = report->has_lesions || !strcmp(names[c + 1], "mask");
        if (!*names[c + 1] || !mm_utf8_valid(names[c + 1], strlen(names[c + 1])))
            code = mm_fail(error, MM_DAMAGED, "line 1: column %zu has %s", c + 1,
                           *names[c + 1] ? "a name that is not UTF-8" : "no name");
        for (size_t k = 1; k <= c && !code; k++)
            if (!strcmp(names[c + 1], names[k]))
                code = mm_fail(error, MM_DAMAGED, "line 1: column '%.60s' stands there twice", names[k]);
    }
    if (!code && !has_image)
        code = mm_fail(error, MM_DAMAGED, "line 1: no column 'image' among its %zu columns: the header must name key, image, "
                       "mask, patient, side, view, abnormality, type, pathology, label, split, as far as they are known", n);
    names[0] = "key";
    if (!code)
        code = mm_manifest_begin(m, *has_key ? names + 1 : names, *has_key ? n : n + 1, error);
    free(names);
    return code;
}

/* Finds a file from here or from the table's folder, and looks at what it is. */
static bool find_image(const char *what, const char *path, const char *folder, char *found, size_t line, mm_table_report *report)
{
    unsigned char first[MM_SIGNATURE_BYTES];
    mm_error error;
    snprintf(found, PATH_ROOM, "%s", path);
    int fd = open(found, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && path[0] != '/' && folder) {
        snprintf(found, PATH_ROOM, "%s/%s", folder, path);
        fd = open(found, O_RDONLY | O_CLOEXEC);
    }
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

static int put(mm_manifest *m, const char *column, const char *value, mm_error *error)
{
    return mm_manifest_set(m, m->nrows - 1, column, value, error);
}

/* Checks the last row of the manifest and brings it into its form; *good turns false on a problem. */
static int check_row(mm_manifest *m, const char *folder, mm_table_report *report, bool *good, mm_error *error)
{
    size_t row = m->nrows - 1, line = m->line[row];
    char found[PATH_ROOM];
    int code = MM_OK;
    const char *image = mm_manifest_get(m, row, "image"), *mask = mm_manifest_get(m, row, "mask");
    if (!*image) {
        mm_notify(&report->listener, true, "line %zu: no image", line);
        *good = false;
    } else if (!find_image("image", image, folder, found, line, report)) {
        *good = false;
    } else {
        if (!*mm_manifest_get(m, row, "key")) {
            const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image, *dot = strrchr(base, '.');
            char *key = mm_key_of_path(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
            code = key ? put(m, "key", key, error) : mm_no_memory(error);
            free(key);
        }
        if (!code)
            code = put(m, "image", found, error);
    }
    mm_lesion_shape shape;
    mm_error what;
    if (!code && *mask && mm_lesion_shape_is(mask)) {
        if (mm_lesion_shape_parse(mask, &shape, &what)) {
            mm_notify(&report->listener, true, "line %zu: %s", line, what.text);
            *good = false;
        }
    } else if (!code && *mask) {
        if (find_image("mask", mask, folder, found, line, report))
            code = put(m, "mask", found, error);
        else
            *good = false;
    }
    if (!code && *good && !mm_key_valid(mm_manifest_get(m, row, "key"))) {
        mm_notify(&report->listener, true, "line %zu: '%.60s' is no key: it must not be empty nor hold '/' or control characters", line,
                mm_manifest_get(m, row, "key"));
        *good = false;
    }
    static const struct {
        const char *column, *word, *is;
    } words[] = {{"side", "l", "LEFT"}, {"side", "left", "LEFT"}, {"side", "r", "RIGHT"}, {"side", "right", "RIGHT"},
                 {"label", "benign", "0"}, {"label", "malignant", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof *words && !code; i++)
        if (!strcasecmp(mm_manifest_get(m, row, words[i].column), words[i].word))
            code = put(m, words[i].column, words[i].is, error);
    for (size_t c = 0; c < m->ncolumns && !code && *good; c++) {
        const char *cell = m->cell[row * m->ncolumns + c];
        if (strcmp(m->column[c], "image") && strcmp(m->column[c], "mask") && !mm_utf8_valid(cell, strlen(cell))) {
            mm_notify(&report->listener, true, "line %zu: column '%.60s' is not UTF-8", line, m->column[c]);
            *good = false;
        }
    }
    const char *side = mm_manifest_get(m, row, "side");
    if (!code && *side && strcmp(side, "LEFT") && strcmp(side, "RIGHT")) {
        mm_notify(&report->listener, true, "line %zu: '%.40s' is no side: LEFT and RIGHT are", line, side);
        *good = false;
    }
    return code;
}

/* Whole images: labels and words of lesions by the rules that mmread has, lines of a key that contradict each other. */
static int check_images(const mm_manifest *m, bool *keep, mm_table_report *report, mm_error *error)
{
    mm_row_groups images = {0};
    mm_error what = {0};
    int code = mm_manifest_group(m, "key", &images, error);
    for (size_t g = 0; g < images.n && !code; g++) {
        static const char *const shared[] = {"image", "patient", "side", "view", "label", "split"};
        size_t head = images.row[images.first[g]];
        mm_record *record = NULL;
        bool good = true;
        for (size_t i = images.first[g] + 1; i < images.first[g + 1]; i++)
            for (size_t s = 0; s < sizeof shared / sizeof *shared; s++)
                if (good && strcmp(mm_manifest_get(m, head, shared[s]), mm_manifest_get(m, images.row[i], shared[s])) != 0) {
                    mm_notify(&report->listener, true, "lines %zu and %zu: key '%.60s' has the %s '%.100s' and '%.100s'", m->line[head],
                            m->line[images.row[i]], mm_manifest_get(m, head, "key"), shared[s],
                            mm_manifest_get(m, head, shared[s]), mm_manifest_get(m, images.row[i], shared[s]));
                    good = false;
                }
        if (good) {
            int bad = mm_manifest_attributes(m, &images, g, &record, &what);
            if (bad == MM_DAMAGED) {
                mm_notify(&report->listener, true, "%s", what.text);
                good = false;
            } else if (bad) {
                *error = what;
                code = bad;
            }
            mm_record_free(record);
        }
        for (size_t i = images.first[g]; i < images.first[g + 1]; i++)
            keep[images.row[i]] = keep[images.row[i]] && good;
    }
    mm_row_groups_free(&images);
    return code;
}

/* One line of the table as the manifest's next row. */
static int add_row(mm_csv *table, size_t r, bool has_key, mm_manifest *m, const char **cells, mm_error *error)
{
    size_t n = table->first[r + 1] - table->first[r], shift = has_key ? 0 : 1;
    cells[0] = "";
    for (size_t c = 0; c < n; c++)
        cells[c + shift] = mm_csv_clean(table->cell[table->first[r] + c]);
    return mm_manifest_add(m, cells, table->line[r], error);
}

int mm_table_manifest(const char *text, size_t size, const char *folder, mm_manifest *m, mm_table_report *report,
                      mm_error *error)
{
    mm_csv table;
    bool has_key = false;
    *m = (mm_manifest){0};
    int code = mm_csv_parse(text, size, mm_csv_separator(text, size), &table, error);
    if (code)
        return code;
    const char **cells = NULL;
    bool *keep = NULL;
    if (!code)
        code = begin(&table, m, report, &has_key, error);
    if (!code) {
        cells = calloc(m->ncolumns + 1, sizeof *cells);
        keep = calloc(table.nrows, sizeof *keep);
        if (!cells || !keep)
            code = mm_no_memory(error);
    }
    for (size_t r = 1; r < table.nrows && !code; r++) {
        size_t n = table.first[r + 1] - table.first[r], wanted = table.first[1];
        report->lines++;
        if (n != wanted) {
            mm_notify(&report->listener, true, "line %zu: %zu cells where the header names %zu columns", table.line[r], n, wanted);
            continue;
        }
        code = add_row(&table, r, has_key, m, cells, error);
        if (!code) {
            keep[m->nrows - 1] = true;
            code = check_row(m, folder, report, &keep[m->nrows - 1], error);
        }
    }
    if (!code) {
        mm_manifest_filter(m, keep);
        for (size_t r = 0; r < m->nrows; r++)
            keep[r] = true;
        code = check_images(m, keep, report, error);
    }
    if (!code) {
        mm_manifest_filter(m, keep);
        report->bad = report->lines - m->nrows;
    }
    free(cells);
    free(keep);
    mm_csv_free(&table);
    if (code)
        mm_manifest_free(m);
    return code;
}
