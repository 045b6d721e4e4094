/* The cells of a user's table, as pandas, R and spreadsheets write them. */
#ifndef MM_FORMATS_DATASET_TABLE_CELLS_H
#define MM_FORMATS_DATASET_TABLE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/csv.h"

/* Brings all cells into one form: no white space around them, none of the words that stand for a missing value (nan, NA, <NA>, N/A,
 * #N/A, NaT, NULL), and a decimal point for a comma where semicolons separate the cells. */
void mm_table_clean(mm_csv *table);

/* True if every cell of a row is empty. */
bool mm_table_row_is_empty(const mm_csv *table, size_t row);

/* True if every row below the header has one cell more than it, and the first of each is a whole number: R's names of rows. */
bool mm_table_has_row_names(const mm_csv *table);

#endif
