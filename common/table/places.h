/* Places of lesions in columns of their own, of which a manifest makes its `mask`:
 *
 *   boxes      xmin ymin xmax ymax, x1 y1 x2 y2, x0 y0 x1 y1, left top right bottom (ends exclusive),
 *              x y width height, x y w h, xmin ymin width height, left top width height;
 *              or a column `xyxy` or `xywh` with four numbers
 *   circles    x y radius, x y r, cx cy radius, cx cy r; or a column `circle` with three numbers
 *   polygons   a column `polygon` with x and y in turn
 *
 * Numbers in one cell have commas, semicolons or blanks between them, and may be in brackets. Case does not matter in a name, nor what is
 * neither letter nor digit, nor a word such as bbox or lesion in front (place_names.h): "bbox_x" is x. A line whose cells are all empty
 * has no place there. Columns of width and height without x and y are the image's. */
#ifndef MM_TABLE_PLACES_H
#define MM_TABLE_PLACES_H

#include "common/table/manifest.h"

typedef struct mm_places {
    char *column[4];  /* of the place that was found, owned by the manifest; NULL: none */
    size_t columns;   /* 0: no column has places */
    const char *form; /* how the numbers make a shape: box, size, circle, polygon */
} mm_places;

/* Finds the columns of places. MM_DAMAGED: a cell of a column that means nothing to a manifest says a place, by its column's name or
 * by itself (place_names.h), and is not of the forms above: it is never taken for an attribute. The message names the column. */
int mm_places_find(const mm_manifest *m, mm_places *places, mm_error *error);

/* Writes a row's place into its `mask`. MM_DAMAGED: a cell is missing or not a number, the shape is invalid, or the row has a mask
 * too. The message does not name the line. */
int mm_places_row(mm_manifest *m, size_t row, const mm_places *places, mm_error *error);

/* Removes the columns that were found, and those of other forms, whose cells are empty. */
void mm_places_remove(mm_manifest *m, const mm_places *places);

#endif
