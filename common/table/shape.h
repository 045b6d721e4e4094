/* Lesions given as shapes instead of masks, in pixels of the original image, origin at the top left:
 *
 *   circle:cx,cy,r        pixels whose centres lie within r of (cx, cy)
 *   box:x0,y0,x1,y1       columns x0 .. x1 - 1, rows y0 .. y1 - 1 (ends exclusive)
 *
 * Pixel centres are at whole numbers. Numbers may have fractions. */
#ifndef MM_TABLE_SHAPE_H
#define MM_TABLE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_lesion_shape {
    bool circle;
    double x0, y0; /* centre of a circle, first corner of a box */
    double x1, y1; /* radius in x1; second corner */
} mm_lesion_shape;

/* True if the text begins with "circle:" or "box:", false if it is the name of a file. */
bool mm_lesion_shape_is(const char *text);

/* Parses a shape. MM_DAMAGED: another form, a radius that is not positive, or an empty box. */
int mm_lesion_shape_parse(const char *text, mm_lesion_shape *shape, mm_error *error);

/* Sets the pixels of plane[height][width] inside the shape to 1. Returns their number; 0: the shape lies outside the image. */
size_t mm_lesion_shape_fill(const mm_lesion_shape *shape, size_t height, size_t width, uint8_t *plane);

#endif
