/* Cells of a user's table: see table_cells.h. */
#include "formats/dataset/table_cells.h"

#include <string.h>
#include <strings.h>

/* A decimal comma, which spreadsheets write where the separator is a semicolon, as a point. */
static void put_point(char *cell)
{
    char *comma = strchr(cell, ',');
    if (comma && !cell[strspn(cell, "+-0123456789,")] && !strchr(comma + 1, ','))
        *comma = '.';
}

static bool is_missing(const char *cell)
{
    static const char *const words[] = {"nan", "na", "<na>", "n/a", "#n/a", "nat", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(cell, words[i]))
            return true;
    return false;
}

void mm_table_clean(mm_csv *table)
{
    size_t header = table->nrows ? table->first[1] : 0;
    for (size_t i = 0; i < table->first[table->nrows]; i++) {
        table->cell[i] = mm_csv_clean(table->cell[i]);
        if (i >= header && is_missing(table->cell[i]))
            *table->cell[i] = '\0';
        if (table->separator == ';')
            put_point(table->cell[i]);
    }
}

bool mm_table_row_is_empty(const mm_csv *table, size_t row)
{
    for (size_t i = table->first[row]; i < table->first[row + 1]; i++)
        if (*table->cell[i])
            return false;
    return true;
}

bool mm_table_has_row_names(const mm_csv *table)
{
    size_t columns = table->nrows ? table->first[1] : 0;
    for (size_t r = 1; r < table->nrows; r++) {
        const char *name = table->cell[table->first[r]];
        if (table->first[r + 1] - table->first[r] != columns + 1 || !*name || name[strspn(name, "0123456789")])
            return false;
    }
    return table->nrows > 1;
}
