/* A manifest: the table of a data set's images, their lesions and what is known of them.
 *
 * Text with tabs between its columns and a header line; one line per lesion, or per image when it has none. All lines
 * of one `key` are one image with all its lesions. Columns that mean something here:
 *
 *   key  image  mask  patient  side  view  abnormality  type  pathology  label  split
 *
 * `key` and `image` must be there; any others become attributes. `mask` is a file or a shape (shape.h). `label` is the
 * image's. Empty cells are unknown. There is no quoting: a cell holds neither tab nor line end. */
#ifndef MM_TABLE_MANIFEST_H
#define MM_TABLE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_manifest {
    char **column; /* ncolumns names */
    size_t ncolumns;
    char **cell;   /* [nrows][ncolumns], never NULL, each owned */
    size_t *line;  /* nrows: line of the file each row came from, from 1 */
    size_t nrows, room;
} mm_manifest;

/* The columns named above, in that order. */
enum { MM_MANIFEST_COLUMNS = 11 };
extern const char *const mm_manifest_columns[MM_MANIFEST_COLUMNS];

/* An empty one with these columns. 0, or MM_FAILURE when memory is out. */
int mm_manifest_begin(mm_manifest *m, const char *const *columns, size_t n, mm_error *error);

/* MM_DAMAGED: a cell that holds a tab or a line end; so too mm_manifest_set. */
int mm_manifest_add(mm_manifest *m, const char *const *cells, size_t line, mm_error *error);

/* Parses text[size]. MM_DAMAGED, naming the line, on a row of another length than the header, a column twice, a missing
 * column `key` or `image`, a key that a stream could not hold, an empty image, or text that is not a manifest. */
int mm_manifest_parse(mm_manifest *m, const char *text, size_t size, mm_error *error);

/* The table as text; the caller frees it. NULL when memory is out. */
char *mm_manifest_text(const mm_manifest *m, size_t *size);
void mm_manifest_free(mm_manifest *m);

/* Number of a column, or -1. */
long mm_manifest_column(const mm_manifest *m, const char *name);

/* A cell; "" when there is no such column. */
const char *mm_manifest_get(const mm_manifest *m, size_t row, const char *column);

/* Sets a cell, adding the column (empty elsewhere) where there is none. */
int mm_manifest_set(mm_manifest *m, size_t row, const char *column, const char *value, mm_error *error);

/* Keeps the rows whose `keep` is true. */
void mm_manifest_filter(mm_manifest *m, const bool *keep);

/* Rows that share the value of one column, groups in the order of their first rows, rows in theirs. */
typedef struct mm_row_groups {
    size_t n;
    size_t *first; /* n + 1: group g has row[first[g]] .. row[first[g + 1] - 1] */
    size_t *row;   /* nrows */
} mm_row_groups;

int mm_manifest_group(const mm_manifest *m, const char *column, mm_row_groups *groups, mm_error *error);
void mm_row_groups_free(mm_row_groups *groups);

/* Groups by key, and checks that the rows of a key agree in every column that describes the image: all but mask,
 * abnormality, type, pathology and columns of the user's. MM_DAMAGED names key, column and line. */
int mm_manifest_images(const mm_manifest *m, mm_row_groups *groups, mm_error *error);

#endif
