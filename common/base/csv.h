/* Tables in text: comma, semicolon or tab between cells (RFC 4180 and its relatives).
 *
 * Cells may be quoted with ", and then hold separators, line ends and "" for a quote; lines end in LF or CRLF; a byte
 * order mark is passed over, empty lines too. Rows may have any number of cells; the caller checks their number. */
#ifndef MM_BASE_CSV_H
#define MM_BASE_CSV_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_csv {
    size_t nrows;
    size_t *first; /* nrows + 1: row r has the cells first[r] .. first[r + 1] - 1 */
    size_t *line;  /* nrows: where in the text the row begins, from 1 */
    char **cell;   /* 0-ended */
    char *text;    /* what the cells point into */
} mm_csv;

/* Parses text[size]. MM_DAMAGED on a quote that is never closed or has text behind it (the line is named), and on a 0
 * byte; MM_FAILURE when memory is out. */
int mm_csv_parse(const char *text, size_t size, char separator, mm_csv *table, mm_error *error);

/* The separator of a table: the most frequent of tab, comma, semicolon in its first line outside of quotes; comma when
 * there is none. */
char mm_csv_separator(const char *text, size_t size);

void mm_csv_free(mm_csv *table);

/* Cell c of row r, or NULL when the row is shorter. */
const char *mm_csv_cell(const mm_csv *table, size_t r, size_t c);

/* White space at a cell's ends goes, white space and control characters inside of it become blanks; in place. Returns
 * where the cell now begins. */
char *mm_csv_clean(char *cell);

#endif
