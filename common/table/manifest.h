/* A manifest: the table of a data set's images and lesions, with their attributes.
 *
 * Text with tabs between its columns and a header line; one line per lesion, or one for an image without lesions. All
 * lines with the same `key` are one image with all its lesions. Columns with a meaning here:
 *
 *   key  image  mask  patient  side  view  abnormality  type  pathology  label  class  split
 *
 * `key` and `image` are required; columns with other names become attributes. `mask` is a file or a shape (shape.h); the columns of a
 * box, polygon or circle (places.h) become one. The cells of split, side, view, pathology and abnormality are words (vocabulary.h).
 * `label` and `class`, its name, belong to the image (labels.h). Empty cells are unknown. There is no quoting: a cell holds neither
 * tab nor line end. Blanks around a cell are dropped, but for key, image and mask. */
#ifndef MM_TABLE_MANIFEST_H
#define MM_TABLE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_manifest {
    char **column; /* ncolumns names */
    size_t ncolumns;
    char **cell;   /* [nrows][ncolumns], never NULL, each owned */
    size_t *line;  /* nrows: each row's line in the file, from 1 */
    size_t nrows, room;
} mm_manifest;

/* The columns named above, in that order. */
enum { MM_MANIFEST_COLUMNS = 12 };
extern const char *const mm_manifest_columns[MM_MANIFEST_COLUMNS];

/* Returns the manifest's spelling of a column's name: one of the names above if only case differs, else the name itself. */
const char *mm_manifest_spelling(const char *name);

/* Begins a manifest with these columns and no rows. 0 or MM_FAILURE (memory). */
int mm_manifest_begin(mm_manifest *m, const char *const *columns, size_t n, mm_error *error);

/* Appends a row of ncolumns cells from line `line`. MM_DAMAGED: a cell holds a tab or a line end. */
int mm_manifest_add(mm_manifest *m, const char *const *cells, size_t line, mm_error *error);

/* Parses text[size], as programs save it (plain_text.h): names of columns in any case, words by their synonyms, places in columns.
 * MM_DAMAGED, naming the line: a row is not as long as the header, a column occurs twice, the column `key` or `image` is missing, a key is
 * invalid in a stream, an image is empty, a word is not in the vocabulary, a place cannot be understood, or the text is not a manifest. */
int mm_manifest_parse(mm_manifest *m, const char *text, size_t size, mm_error *error);

/* Returns the table as text, which the caller frees. NULL when memory is out. */
char *mm_manifest_text(const mm_manifest *m, size_t *size);

/* Frees the table and leaves it empty. */
void mm_manifest_free(mm_manifest *m);

/* Returns the number of a column, or -1. */
long mm_manifest_column(const mm_manifest *m, const char *name);

/* Returns a cell; "" if the column does not exist. */
const char *mm_manifest_get(const mm_manifest *m, size_t row, const char *column);

/* Sets a cell. Adds the column, empty in other rows, if it is missing. MM_DAMAGED: the value holds a tab or a line end. */
int mm_manifest_set(mm_manifest *m, size_t row, const char *column, const char *value, mm_error *error);

/* Replaces the words of a row by those of the vocabulary. MM_DAMAGED: one is not in it. The message does not name the line. */
int mm_manifest_words(mm_manifest *m, size_t row, mm_error *error);

/* Removes a column; nothing happens if it does not exist. */
void mm_manifest_remove(mm_manifest *m, const char *column);

/* Keeps the rows r with keep[r] and removes the others. */
void mm_manifest_filter(mm_manifest *m, const bool *keep);

/* Rows grouped by the value of one column. Groups are in the order of their first rows; rows keep their order. */
typedef struct mm_row_groups {
    size_t n;
    size_t *first; /* n + 1: group g has row[first[g]] .. row[first[g + 1] - 1] */
    size_t *row;   /* nrows */
} mm_row_groups;

/* Groups the rows by a column. 0 or MM_FAILURE (memory). */
int mm_manifest_group(const mm_manifest *m, const char *column, mm_row_groups *groups, mm_error *error);
void mm_row_groups_free(mm_row_groups *groups);

/* Groups by key, and checks that the rows of a key agree in every column that describes the image: image, patient, side, view,
 * label, class and split. MM_DAMAGED: they do not; the message names key, column and line. */
int mm_manifest_images(const mm_manifest *m, mm_row_groups *groups, mm_error *error);

/* Checks the rows of one group of keys likewise. */
int mm_manifest_agree(const mm_manifest *m, const mm_row_groups *groups, size_t group, mm_error *error);

#endif
