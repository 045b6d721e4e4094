/* Tables in text: comma, semicolon or tab between cells (RFC 4180 and its relatives).
 *
 * A cell may be quoted with "; it may then hold separators, line ends, and "" for a quote; blanks before and behind the quotes are
 * passed over. Lines end in LF, CRLF or CR; the text may begin with a byte order mark, as UTF-8 or UTF-16 (plain_text.h), and with
 * Excel's line sep=; for its separator. Empty lines are skipped. Rows may have any number of cells; the caller checks their number. */
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
    char separator;
} mm_csv;

/* Parses text[size]. The separator is the one that a line sep= names, else the most frequent of tab, comma and semicolon outside of
 * quotes in the first line, else a comma. MM_DAMAGED: a quote that is never closed or has text behind it (the message names the line), or
 * what is not text. MM_FAILURE: memory. */
int mm_csv_parse(const char *text, size_t size, mm_csv *table, mm_error *error);

/* Frees what the table owns. */
void mm_csv_free(mm_csv *table);

/* Returns cell c of row r, or NULL if the row is shorter. */
const char *mm_csv_cell(const mm_csv *table, size_t r, size_t c);

/* Removes white space, with no-break spaces, at both ends of a cell and turns control characters (tabs and line ends too) inside it into
 * blanks, in place. Returns where the cell now begins. */
char *mm_csv_clean(char *cell);

#endif
