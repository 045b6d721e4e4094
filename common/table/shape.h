/* Lesions given as shapes instead of masks, in pixels of the original image, origin at the top left:
 *
 *   circle:cx,cy,r          pixels whose centres lie within r of (cx, cy)
 *   box:x0,y0,x1,y1         columns x0 .. x1 - 1, rows y0 .. y1 - 1 (ends exclusive)
 *   polygon:x,y,x,y,x,y...  pixels whose centres lie inside; of a box's corners those of the box
 *
 * Pixel centres are at whole numbers. Numbers may have fractions, and blanks before them. Of a polygon that crosses itself, what an
 * odd number of its turns goes round is inside. */
#ifndef MM_TABLE_SHAPE_H
#define MM_TABLE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_lesion_shape {
    bool circle;
    double x0, y0; /* centre of a circle; first corner of a box, or of the box around a polygon */
    double x1, y1; /* radius in x1; second corner */
    double *point; /* a polygon's x and y in turn, owned; NULL: no polygon */
    size_t points;
} mm_lesion_shape;

/* True if the text begins with "circle:", "box:" or "polygon:" in any case. */
bool mm_lesion_shape_is(const char *text);

/* Returns how many numbers there are in a text of numbers, commas, semicolons, blanks and brackets alone; 0 for another text. */
size_t mm_lesion_shape_numbers(const char *text);

/* True if the text reads like a place, be it one of the forms above or not: the name of a shape with ':' or '(' behind it, or four
 * numbers or more in brackets. */
bool mm_lesion_shape_like(const char *text);

/* Parses a shape. MM_DAMAGED: another form, a radius that is not positive, an empty box, or a polygon with fewer than three points or
 * without height or width. */
int mm_lesion_shape_parse(const char *text, mm_lesion_shape *shape, mm_error *error);
void mm_lesion_shape_free(mm_lesion_shape *shape);

/* Returns the area. */
double mm_lesion_shape_area(const mm_lesion_shape *shape);

/* Sets the pixels of a cleared plane[height][width] inside the shape to 1. A shape that lies between pixel centres has the pixel
 * nearest to its own centre. Returns their number; 0: the shape lies outside the image. */
size_t mm_lesion_shape_fill(const mm_lesion_shape *shape, size_t height, size_t width, uint8_t *plane);

#endif
