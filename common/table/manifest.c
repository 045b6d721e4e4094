/* Manifests: parsing, printing, grouping. */
#include "common/table/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/csv.h"
#include "common/base/grow.h"
#include "common/base/plain_text.h"
#include "common/stream/meta.h"
#include "common/table/places.h"
#include "common/table/vocabulary.h"

const char *const mm_manifest_columns[MM_MANIFEST_COLUMNS] = {
    "key", "image", "mask", "patient", "side", "view", "abnormality", "type", "pathology", "label", "class", "split",
};

const char *mm_manifest_spelling(const char *name)
{
    for (size_t c = 0; c < MM_MANIFEST_COLUMNS; c++)
        if (!strcasecmp(name, mm_manifest_columns[c]))
            return mm_manifest_columns[c];
    return name;
}

/* There is no quoting: what would end a cell has no place in one. */
static int copy_cell(char **cell, const char *value, mm_error *error)
{
    if (strpbrk(value, "\t\n\r"))
        return mm_fail(error, MM_DAMAGED, "'%.60s' holds a tab or a line end, which a manifest cannot", value);
    char *copy = strdup(value);
    if (!copy)
        return mm_no_memory(error);
    free(*cell);
    *cell = copy;
    return MM_OK;
}

int mm_manifest_begin(mm_manifest *m, const char *const *columns, size_t n, mm_error *error)
{
    *m = (mm_manifest){0};
    m->column = calloc(n ? n : 1, sizeof *m->column);
    int code = m->column ? MM_OK : mm_no_memory(error);
    for (m->ncolumns = 0; m->ncolumns < n && !code; m->ncolumns++)
        code = copy_cell(&m->column[m->ncolumns], columns[m->ncolumns], error);
    if (code)
        mm_manifest_free(m);
    return code;
}

/* Room for one row more, its cells NULL. */
static int grow(mm_manifest *m, mm_error *error)
{
    size_t rows = m->room, cells = m->room * m->ncolumns, wanted;
    if (mm_grow(&m->line, &rows, m->nrows + 1, sizeof *m->line, error))
        return error->code;
    if (__builtin_mul_overflow(rows, m->ncolumns, &wanted))
        return mm_no_memory(error);
    if (mm_grow(&m->cell, &cells, wanted, sizeof *m->cell, error))
        return error->code;
    m->room = rows;
    memset(m->cell + m->nrows * m->ncolumns, 0, m->ncolumns * sizeof *m->cell);
    return MM_OK;
}

int mm_manifest_add(mm_manifest *m, const char *const *cells, size_t line, mm_error *error)
{
    int code = grow(m, error);
    if (code)
        return code;
    char **row = m->cell + m->nrows * m->ncolumns;
    m->line[m->nrows++] = line;
    for (size_t c = 0; c < m->ncolumns && !code; c++)
        code = copy_cell(&row[c], cells[c], error);
    return code;
}

void mm_manifest_free(mm_manifest *m)
{
    for (size_t c = 0; c < m->ncolumns; c++)
        free(m->column[c]);
    for (size_t i = 0; i < m->nrows * m->ncolumns; i++)
        free(m->cell[i]);
    free(m->column);
    free(m->cell);
    free(m->line);
    *m = (mm_manifest){0};
}

/* True if blanks around a cell of column c belong to it: names of files may have them. */
static bool keeps_blanks(const mm_manifest *m, size_t c)
{
    return m->column && (!strcmp(m->column[c], "key") || !strcmp(m->column[c], "image") || !strcmp(m->column[c], "mask"));
}

/* Takes a line apart at its tabs, in place; returns the number of cells, at most `most` of which are stored. */
static size_t take_apart(const mm_manifest *m, char *text, const char **cells, size_t most)
{
    size_t n = 0;
    for (char *next = text; next; n++) {
        char *cell = next;
        next = strchr(cell, '\t');
        if (next)
            *next++ = '\0';
        if (n < most)
            cells[n] = keeps_blanks(m, n) ? cell : mm_csv_clean(cell);
    }
    return n;
}

static int parse_header(mm_manifest *m, char *text, mm_error *error)
{
    size_t n = 1;
    for (const char *p = text; *p; p++)
        n += *p == '\t';
    const char **names = calloc(n, sizeof *names);
    if (!names)
        return mm_no_memory(error);
    take_apart(m, text, names, n);
    mm_keyset known = {0};
    int code = MM_OK;
    for (size_t i = 0; i < n && !code; i++) {
        if (!names[i][0] || !mm_utf8_valid(names[i], strlen(names[i])))
            code = mm_fail(error, MM_DAMAGED, "line 1: column %zu has %s", i + 1, names[i][0] ? "a name that is not UTF-8" : "no name");
        names[i] = mm_manifest_spelling(names[i]);
        int twice = code ? 0 : mm_keyset_add(&known, names[i]);
        if (twice)
            code = twice < 0 ? mm_no_memory(error)
                             : mm_fail(error, MM_DAMAGED, "line 1: column '%.60s' appears twice", names[i]);
    }
    mm_keyset_clear(&known);
    if (!code)
        code = mm_manifest_begin(m, names, n, error);
    free(names);
    for (size_t i = 0; i < 2 && !code; i++)
        if (mm_manifest_column(m, mm_manifest_columns[i]) < 0)
            code = mm_fail(error, MM_DAMAGED, "line 1: no column '%s': a manifest begins with a line of column names with "
                           "tabs between them", mm_manifest_columns[i]);
    return code;
}

static int parse_row(mm_manifest *m, char *text, size_t line, const char **cells, mm_error *error)
{
    size_t n = take_apart(m, text, cells, m->ncolumns);
    if (n != m->ncolumns)
        return mm_fail(error, MM_DAMAGED, "line %zu: %zu cells where the header names %zu columns", line, n, m->ncolumns);
    const char *key = cells[mm_manifest_column(m, "key")], *image = cells[mm_manifest_column(m, "image")];
    if (!mm_key_valid(key))
        return mm_fail(error, MM_DAMAGED, "line %zu: '%.60s' is not a key: it must not be empty nor hold '/' or control "
                       "characters", line, key);
    if (!*image)
        return mm_fail(error, MM_DAMAGED, "line %zu: key '%.60s' has no image", line, key);
    /* What becomes attributes must be what a stream can hold; paths are the system's. */
    for (size_t c = 0; c < n; c++)
        if (cells[c] != image && strcmp(m->column[c], "mask") != 0 && !mm_utf8_valid(cells[c], strlen(cells[c])))
            return mm_fail(error, MM_DAMAGED, "line %zu: column '%.60s' is not UTF-8", line, m->column[c]);
    return mm_manifest_add(m, cells, line, error);
}

/* Takes the lines of `text` apart, in place. */
static int parse_lines(mm_manifest *m, char *text, mm_error *error)
{
    const char **cells = NULL;
    size_t line = 0;
    int code = MM_OK;
    for (char *next = text; *next && !code;) {
        char *from = next, *end = strchr(from, '\n');
        next = end ? end + 1 : from + strlen(from);
        if (end)
            *end = '\0';
        size_t length = strlen(from);
        if (length && from[length - 1] == '\r')
            from[length - 1] = '\0';
        line++;
        if (!*from)
            continue;
        if (!m->column) {
            code = parse_header(m, from, error);
            if (!code && !(cells = calloc(m->ncolumns, sizeof *cells)))
                code = mm_no_memory(error);
        } else {
            code = parse_row(m, from, line, cells, error);
        }
    }
    free(cells);
    return code || m->column ? code : mm_fail(error, MM_DAMAGED, "empty: a manifest begins with a line of column names");
}

/* Brings words and places into the manifest's form. */
static int settle(mm_manifest *m, mm_error *error)
{
    mm_places places;
    int code = mm_places_find(m, &places, error);
    for (size_t r = 0; r < m->nrows && !code; r++) {
        code = mm_manifest_words(m, r, error);
        if (!code)
            code = mm_places_row(m, r, &places, error);
        if (code)
            mm_fail_in(error, "line %zu", m->line[r]);
    }
    if (!code)
        mm_places_remove(m, &places);
    return code;
}

int mm_manifest_parse(mm_manifest *m, const char *text, size_t size, mm_error *error)
{
    *m = (mm_manifest){0};
    mm_bytes plain = {0};
    int code = mm_plain_text(text, size, &plain, error);
    if (!code)
        code = mm_bytes_add(&plain, "", 1, error);
    if (!code)
        code = parse_lines(m, (char *)plain.data, error);
    if (!code)
        code = settle(m, error);
    mm_bytes_free(&plain);
    if (code)
        mm_manifest_free(m);
    return code;
}

char *mm_manifest_text(const mm_manifest *m, size_t *size)
{
    size_t n = 1;
    for (size_t c = 0; c < m->ncolumns; c++)
        n += strlen(m->column[c]) + 1;
    for (size_t i = 0; i < m->nrows * m->ncolumns; i++)
        n += strlen(m->cell[i]) + 1;
    char *text = malloc(n), *p = text;
    if (!text)
        return NULL;
    for (size_t r = 0; r <= m->nrows; r++)
        for (size_t c = 0; c < m->ncolumns; c++) {
            const char *cell = r ? m->cell[(r - 1) * m->ncolumns + c] : m->column[c];
            size_t length = strlen(cell);
            memcpy(p, cell, length);
            p += length;
            *p++ = c + 1 < m->ncolumns ? '\t' : '\n';
        }
    *p = '\0';
    *size = (size_t)(p - text);
    return text;
}

long mm_manifest_column(const mm_manifest *m, const char *name)
{
    for (size_t c = 0; c < m->ncolumns; c++)
        if (!strcmp(m->column[c], name))
            return (long)c;
    return -1;
}

const char *mm_manifest_get(const mm_manifest *m, size_t row, const char *column)
{
    long c = mm_manifest_column(m, column);
    return c < 0 ? "" : m->cell[row * m->ncolumns + (size_t)c];
}

/* One column more, empty in every row. */
static int add_column(mm_manifest *m, const char *name, mm_error *error)
{
    size_t n = m->ncolumns + 1;
    char **column = realloc(m->column, n * sizeof *column);
    if (!column)
        return mm_no_memory(error);
    m->column = column;
    char **cell = calloc((m->room ? m->room : 1) * n, sizeof *cell), *label = strdup(name);
    bool good = cell && label;
    for (size_t r = 0; good && r < m->nrows; r++)
        good = (cell[r * n + n - 1] = strdup("")) != NULL;
    if (!good) {
        for (size_t r = 0; cell && r < m->nrows; r++)
            free(cell[r * n + n - 1]);
        free(cell);
        free(label);
        return mm_no_memory(error);
    }
    for (size_t r = 0; r < m->nrows; r++)
        memcpy(cell + r * n, m->cell + r * m->ncolumns, m->ncolumns * sizeof *cell);
    free(m->cell);
    m->cell = cell;
    m->column[m->ncolumns++] = label;
    return MM_OK;
}

int mm_manifest_set(mm_manifest *m, size_t row, const char *column, const char *value, mm_error *error)
{
    int code = mm_manifest_column(m, column) < 0 ? add_column(m, column, error) : MM_OK;
    if (code)
        return code;
    return copy_cell(&m->cell[row * m->ncolumns + (size_t)mm_manifest_column(m, column)], value, error);
}

int mm_manifest_words(mm_manifest *m, size_t row, mm_error *error)
{
    int code = MM_OK;
    for (size_t c = 0; c < m->ncolumns && !code; c++) {
        char **cell = &m->cell[row * m->ncolumns + c];
        const char *word;
        if (!**cell || !mm_vocabulary_has(m->column[c]))
            continue;
        code = mm_vocabulary_find(m->column[c], *cell, &word, error);
        if (!code && strcmp(word, *cell) != 0)
            code = copy_cell(cell, word, error);
    }
    return code;
}

void mm_manifest_remove(mm_manifest *m, const char *column)
{
    long found = mm_manifest_column(m, column);
    if (found < 0)
        return;
    size_t gone = (size_t)found, to = 0;
    for (size_t i = 0; i < m->nrows * m->ncolumns; i++) {
        if (i % m->ncolumns == gone)
            free(m->cell[i]);
        else
            m->cell[to++] = m->cell[i];
    }
    free(m->column[gone]);
    m->ncolumns--;
    memmove(m->column + gone, m->column + gone + 1, (m->ncolumns - gone) * sizeof *m->column);
}

void mm_manifest_filter(mm_manifest *m, const bool *keep)
{
    size_t to = 0;
    for (size_t r = 0; r < m->nrows; r++) {
        char **row = m->cell + r * m->ncolumns;
        if (keep[r]) {
            memmove(m->cell + to * m->ncolumns, row, m->ncolumns * sizeof *row);
            m->line[to++] = m->line[r];
        } else {
            for (size_t c = 0; c < m->ncolumns; c++)
                free(row[c]);
        }
    }
    m->nrows = to;
}

struct entry {
    const char *value;
    size_t row;
    size_t group; /* first row of its group, later the group's number */
};

static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->value, y->value);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_group(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

int mm_manifest_group(const mm_manifest *m, const char *column, mm_row_groups *groups, mm_error *error)
{
    size_t n = m->nrows;
    struct entry *entries = calloc(n + 1, sizeof *entries);
    *groups = (mm_row_groups){.first = calloc(n + 1, sizeof *groups->first), .row = calloc(n + 1, sizeof *groups->row)};
    if (!entries || !groups->first || !groups->row) {
        free(entries);
        mm_row_groups_free(groups);
        return mm_no_memory(error);
    }
    for (size_t r = 0; r < n; r++)
        entries[r] = (struct entry){.value = mm_manifest_get(m, r, column), .row = r};
    qsort(entries, n, sizeof *entries, by_value);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && !strcmp(entries[i].value, entries[i - 1].value);
        entries[i].group = same ? entries[i - 1].group : entries[i].row;
    }
    qsort(entries, n, sizeof *entries, by_group);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || entries[i].group != entries[i - 1].group)
            groups->first[groups->n++] = i;
        groups->row[i] = entries[i].row;
    }
    groups->first[groups->n] = n;
    free(entries);
    return MM_OK;
}

void mm_row_groups_free(mm_row_groups *groups)
{
    free(groups->first);
    free(groups->row);
    *groups = (mm_row_groups){0};
}

int mm_manifest_agree(const mm_manifest *m, const mm_row_groups *groups, size_t g, mm_error *error)
{
    static const char *const shared[] = {"image", "patient", "side", "view", "label", "class", "split"};
    size_t head = groups->row[groups->first[g]];
    for (size_t i = groups->first[g] + 1; i < groups->first[g + 1]; i++)
        for (size_t s = 0; s < sizeof shared / sizeof *shared; s++) {
            size_t row = groups->row[i];
            const char *a = mm_manifest_get(m, head, shared[s]), *b = mm_manifest_get(m, row, shared[s]);
            if (strcmp(a, b) != 0)
                return mm_fail(error, MM_DAMAGED, "lines %zu and %zu: key '%.60s' has the %s '%.100s' and '%.100s'", m->line[head],
                               m->line[row], mm_manifest_get(m, row, "key"), shared[s], a, b);
        }
    return MM_OK;
}

int mm_manifest_images(const mm_manifest *m, mm_row_groups *groups, mm_error *error)
{
    int code = mm_manifest_group(m, "key", groups, error);
    for (size_t g = 0; g < groups->n && !code; g++)
        code = mm_manifest_agree(m, groups, g, error);
    if (code)
        mm_row_groups_free(groups);
    return code;
}
