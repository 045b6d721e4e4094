/* The numbers of a place in one cell, as Python, JSON, WKT and annotation programs write them. */
#ifndef MM_TABLE_PLACE_LIST_H
#define MM_TABLE_PLACE_LIST_H

#include <stddef.h>

#include "common/base/error.h"

/* Reads the numbers of a cell into *value[*n], which the caller frees. Between them are blanks, a comma or a semicolon; they may be in
 * brackets, flat or in pairs, behind the word `name` with or without a colon: "[[1, 2, 3, 4]]", "1,2;3,4", "POLYGON ((1 2, 3 4))".
 * MM_DAMAGED: anything else, or several lists in one cell. */
int mm_place_list(const char *name, const char *cell, double **value, size_t *n, mm_error *error);

#endif
