/* Columns of a user's table: see table_header.h. */
#include "formats/dataset/table_header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "common/table/manifest.h"
#include "formats/dataset/table_cells.h"

void mm_table_header_free(mm_table_header *header)
{
    free(header->name);
    *header = (mm_table_header){0};
}

/* Without a name, or with the one that pandas gives when it reads such a column. */
static bool is_nameless(const char *name)
{
    return !*name || !strncmp(name, "Unnamed: ", 9);
}

/* True if the column has whole numbers (`digits`) or nothing at all below its name. */
static bool has_only(const mm_table_header *h, const mm_csv *table, size_t column, const char *digits)
{
    for (size_t r = 1; r < table->nrows; r++) {
        const char *cell = mm_csv_cell(table, r, h->before + column);
        if (cell && cell[strspn(cell, digits)])
            return false;
    }
    return true;
}

/* Names one column; NULL leaves it out. *kept: one before it is not left out. */
static int name_column(mm_table_header *h, const mm_csv *table, size_t c, bool *kept, mm_error *error)
{
    const char *name = table->cell[c];
    h->name[c] = NULL;
    if (is_nameless(name) && (has_only(h, table, c, "") || (!*kept && has_only(h, table, c, "0123456789"))))
        return MM_OK;
    *kept = true;
    if (!*name || !mm_utf8_valid(name, strlen(name)))
        return mm_fail(error, MM_DAMAGED, "line 1: column %zu has %s", c + 1, *name ? "a name that is not UTF-8" : "no name");
    h->name[c] = mm_manifest_spelling(name);
    return MM_OK;
}

/* Renames the column that "COLUMN=NAME" names, or leaves it out. */
static int apply(mm_table_header *h, const mm_csv *table, const char *map, mm_error *error)
{
    const char *equals = strrchr(map, '=');
    size_t length = equals ? (size_t)(equals - map) : 0;
    if (!length)
        return mm_fail(error, MM_USAGE, "--map '%.60s': expected COLUMN=NAME", map);
    for (size_t c = 0; c < h->n; c++)
        if (strlen(table->cell[c]) == length && !strncasecmp(table->cell[c], map, length)) {
            h->name[c] = equals[1] ? mm_manifest_spelling(equals + 1) : NULL;
            return MM_OK;
        }
    return mm_fail(error, MM_USAGE, "--map '%.60s': the table has no column '%.*s'", map, (int)length, map);
}

static int check_twice(const mm_table_header *h, mm_error *error)
{
    for (size_t c = 0; c < h->n; c++)
        for (size_t k = 0; k < c && h->name[c]; k++)
            if (h->name[k] && !strcmp(h->name[c], h->name[k]))
                return mm_fail(error, MM_DAMAGED, "line 1: column '%.60s' appears twice", h->name[c]);
    return MM_OK;
}

int mm_table_header_find(mm_table_header *h, const mm_csv *table, const char *const *map, size_t nmap, mm_error *error)
{
    *h = (mm_table_header){.n = table->nrows ? table->first[1] : 0};
    if (h->n == 0)
        return mm_fail(error, MM_DAMAGED, "empty: a table begins with a line of column names");
    if (!(h->name = calloc(h->n, sizeof *h->name)))
        return mm_no_memory(error);
    h->before = mm_table_has_row_names(table);
    bool kept = false;
    int code = MM_OK;
    for (size_t c = 0; c < h->n && !code; c++)
        code = name_column(h, table, c, &kept, error);
    for (size_t i = 0; i < nmap && !code; i++)
        code = apply(h, table, map[i], error);
    if (!code)
        code = check_twice(h, error);
    if (code)
        mm_table_header_free(h);
    return code;
}
