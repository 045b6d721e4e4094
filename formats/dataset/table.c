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
                code = mm_fail(error, MM_DAMAGED, "line 1: column '%.60s' appears twice", names[k]);
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

/* The manifest's last row while it is checked and brought into its form. */
typedef struct row {
    mm_manifest *m;
    size_t at, line;
    const char *folder;
    mm_table_report *report;
    bool good; /* no problem so far */
} row;

static const char *get(const row *r, const char *column)
{
    return mm_manifest_get(r->m, r->at, column);
}

static int put(row *r, const char *column, const char *value, mm_error *error)
{
    return mm_manifest_set(r->m, r->at, column, value, error);
}

/* The image's path as it is found, and a key made of it where there is none. */
static int check_image(row *r, mm_error *error)
{
    char found[PATH_ROOM];
    const char *image = get(r, "image");
    int code = MM_OK;
    if (!*image)
        mm_notify(&r->report->listener, true, "line %zu: no image", r->line);
    r->good = *image && find_image("image", image, r->folder, found, r->line, r->report);
    if (!r->good)
        return MM_OK;
    if (!*get(r, "key")) {
        const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image;
        char *key = mm_key_of_path(base, mm_image_stem(base));
        code = key ? put(r, "key", key, error) : mm_no_memory(error);
        free(key);
    }
    return code ? code : put(r, "image", found, error);
}

/* A mask is a file or the words of a shape. */
static int check_mask(row *r, mm_error *error)
{
    char found[PATH_ROOM];
    mm_lesion_shape shape;
    mm_error what;
    const char *mask = get(r, "mask");
    if (!*mask)
        return MM_OK;
    if (!mm_lesion_shape_is(mask)) {
        if (find_image("mask", mask, r->folder, found, r->line, r->report))
            return put(r, "mask", found, error);
        r->good = false;
    } else if (mm_lesion_shape_parse(mask, &shape, &what)) {
        mm_notify(&r->report->listener, true, "line %zu: %s", r->line, what.text);
        r->good = false;
    }
    return MM_OK;
}

static void check_key(row *r)
{
    const char *key = get(r, "key");
    if (!r->good || mm_key_valid(key))
        return;
    mm_notify(&r->report->listener, true, "line %zu: '%.60s' is not a key: it must not be empty nor hold '/' or control characters", r->line,
              key);
    r->good = false;
}

/* What may be written in several ways. */
static int spell_words(row *r, mm_error *error)
{
    static const struct {
        const char *column, *word, *is;
    } words[] = {{"side", "l", "LEFT"}, {"side", "left", "LEFT"}, {"side", "r", "RIGHT"}, {"side", "right", "RIGHT"},
                 {"label", "benign", "0"}, {"label", "malignant", "1"}};
    int code = MM_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words && !code; i++)
        if (!strcasecmp(get(r, words[i].column), words[i].word))
            code = put(r, words[i].column, words[i].is, error);
    return code;
}

static void check_utf8(row *r)
{
    for (size_t c = 0; c < r->m->ncolumns && r->good; c++) {
        const char *column = r->m->column[c], *cell = r->m->cell[r->at * r->m->ncolumns + c];
        if (!strcmp(column, "image") || !strcmp(column, "mask") || mm_utf8_valid(cell, strlen(cell)))
            continue;
        mm_notify(&r->report->listener, true, "line %zu: column '%.60s' is not UTF-8", r->line, column);
        r->good = false;
    }
}

static void check_side(row *r)
{
    const char *side = get(r, "side");
    if (!*side || !strcmp(side, "LEFT") || !strcmp(side, "RIGHT"))
        return;
    mm_notify(&r->report->listener, true, "line %zu: '%.40s' is not a side: expected LEFT or RIGHT", r->line, side);
    r->good = false;
}

/* Checks the last row of the manifest and brings it into its form. *good: it has no problem. */
static int check_row(mm_manifest *m, const char *folder, mm_table_report *report, bool *good, mm_error *error)
{
    row r = {m, m->nrows - 1, m->line[m->nrows - 1], folder, report, true};
    int code = check_image(&r, error);
    if (!code)
        code = check_mask(&r, error);
    if (code)
        return code;
    check_key(&r);
    code = spell_words(&r, error);
    if (code)
        return code;
    check_utf8(&r);
    check_side(&r);
    *good = r.good;
    return MM_OK;
}

/* The lines of an image say the same of it. */
static bool lines_agree(const mm_manifest *m, const mm_row_groups *images, size_t g, mm_table_report *report)
{
    static const char *const shared[] = {"image", "patient", "side", "view", "label", "split"};
    size_t first = images->row[images->first[g]];
    for (size_t i = images->first[g] + 1; i < images->first[g + 1]; i++)
        for (size_t s = 0; s < sizeof shared / sizeof *shared; s++) {
            size_t other = images->row[i];
            const char *a = mm_manifest_get(m, first, shared[s]), *b = mm_manifest_get(m, other, shared[s]);
            if (!strcmp(a, b))
                continue;
            mm_notify(&report->listener, true, "lines %zu and %zu: key '%.60s' has the %s '%.100s' and '%.100s'", m->line[first],
                      m->line[other], mm_manifest_get(m, first, "key"), shared[s], a, b);
            return false;
        }
    return true;
}

/* Whole images: lines of a key that contradict each other, labels and words of lesions as mmread takes them. */
static int check_images(const mm_manifest *m, bool *keep, mm_table_report *report, mm_error *error)
{
    mm_row_groups images = {0};
    int code = mm_manifest_group(m, "key", &images, error);
    for (size_t g = 0; g < images.n && !code; g++) {
        mm_error what = {0};
        mm_record *record = NULL;
        bool good = lines_agree(m, &images, g, report);
        int bad = good ? mm_manifest_attributes(m, &images, g, &record, &what) : MM_OK;
        mm_record_free(record);
        if (bad == MM_DAMAGED) {
            mm_notify(&report->listener, true, "%s", what.text);
            good = false;
        } else if (bad) {
            *error = what;
            code = bad;
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
