/* What says a place in a table: names of columns, and cells. */
#ifndef MM_TABLE_PLACE_NAMES_H
#define MM_TABLE_PLACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { MM_PLACE_NAME = 32 };

typedef enum mm_place_kind {
    MM_PLACE_NONE,
    MM_PLACE_NUMBER, /* a number in the column is a coordinate or a radius */
    MM_PLACE_LIST,   /* two numbers or more in one cell are a place */
} mm_place_kind;

/* Writes a column's name as it is compared with those of places.h: letters and digits in lower case, without bbox, box, lesion, roi,
 * finding or region in front and px, pixel or pixels behind. "" if that is longer than any name of a place. */
void mm_place_name(const char *column, char name[MM_PLACE_NAME]);

/* Returns what the name of column[c] of n says. x_top says a place beside y_top; bbox-0 says one alone. */
mm_place_kind mm_place_kind_of(char *const *column, size_t n, size_t c);

/* True if a cell of such a column says a place: by what the column is called, or by its own words and brackets (shape.h, JSON). */
bool mm_place_is_in(mm_place_kind kind, const char *cell);

#endif
