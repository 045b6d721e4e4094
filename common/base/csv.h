/* Tables in text: comma, semicolon or tab between cells (RFC 4180 and its relatives).
 *
 * A cell may be quoted with "; it may then hold separators, line ends, and "" for a quote. Lines end in LF or CRLF. A byte
 * order mark and empty lines are skipped. Rows may have any number of cells; the caller checks their number. */
#ifndef MM_BASE_CSV_H
#define MM_BASE_CSV_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_csv {
    size_t nrows;
    size_t *first; /* nrows + 1: row r has the cells first[r] .. first[r + 1] - 1 */
    size_t *line;  /* nrows: number of the line where the row begins, from 1 */
    char **cell;   /* all cells, each ended by NUL */
    char *text;    /* what the cells point into */
} mm_csv;

/* Parses text[size]. MM_DAMAGED: a quote that is never closed or has text behind it (the message names the line), or a zero
 * byte. MM_FAILURE: memory. */
int mm_csv_parse(const char *text, size_t size, char separator, mm_csv *table, mm_error *error);

/* Returns the separator of a table: the most frequent of tab, comma and semicolon outside of quotes in its first line; comma
 * if that has none of them. */
char mm_csv_separator(const char *text, size_t size);

/* Frees what the table owns. */
void mm_csv_free(mm_csv *table);

/* Returns cell c of row r, or NULL if the row is shorter. */
const char *mm_csv_cell(const mm_csv *table, size_t r, size_t c);

/* Removes white space at both ends of a cell and turns control characters (tabs and line ends too) inside it into blanks, in
 * place. Returns where the cell now begins. */
char *mm_csv_clean(char *cell);

#endif
