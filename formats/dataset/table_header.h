/* The columns of a user's table, as pandas and spreadsheets write them: which are kept, and under which names. */
#ifndef MM_FORMATS_DATASET_TABLE_HEADER_H
#define MM_FORMATS_DATASET_TABLE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/csv.h"

typedef struct mm_table_header {
    const char **name; /* [n], owned, of the table's columns; NULL: the column is left out */
    size_t n;
    size_t before; /* cells of each row before those of the columns: R's names of rows */
} mm_table_header;

/* Names the columns of a table, whose cells are clean: a manifest's spelling, and the names of `map`, "COLUMN=NAME" each ("COLUMN=" leaves
 * the column out). Columns without a name are left out if they are empty, or if they hold whole numbers and no column that is kept precedes
 * them (pandas' index, saved once or more often). MM_DAMAGED: another column without a name, a name that is not UTF-8 or occurs twice, or
 * an empty table. MM_USAGE: `map` has another form or names no column of the table. The strings belong to the table and the map. */
int mm_table_header_find(mm_table_header *header, const mm_csv *table, const char *const *map, size_t nmap, mm_error *error);
void mm_table_header_free(mm_table_header *header);

#endif
