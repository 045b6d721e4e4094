/* The film around the breast: its place in the image, its white border, straight bands along its edges, and the grey level where
 * its background ends.
 *
 * The work is done on a reduced copy of the image (longer side at most MM_FILM_SIDE) with grey levels scaled so that the maximum
 * is 65535. Lengths are given for that side and shrink with smaller images. */
#ifndef MM_IMAGE_FILM_H
#define MM_IMAGE_FILM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"
#include "common/image/reduce.h"

enum { MM_FILM_SIDE = 1200 };
#define MM_LEAST_LEVEL 0.025 /* lowest threshold, as a share of the maximum */

/* The film's place in the image, without a black frame. */
typedef struct mm_film_mask_box {
    size_t x0, y0, x1, y1; /* ends exclusive */
} mm_film_mask_box;

/* Finds the box of the rows and columns that hold more than 1/50 as many pixels above half a grey level of 255 as the fullest row
 * or column. The box is the whole image if no pixel is above. MM_FAILURE: memory, or a dtype other than u8, u16, f32. */
int mm_film_mask_find_box(const mm_plane *plane, double maximum, mm_film_mask_box *box, mm_error *error);

typedef struct mm_film_mask {
    mm_bitmap border; /* of the reduced image: border and bands */
    double level;     /* share of the maximum, 0 .. 1; pixels above it are certainly not background */
} mm_film_mask;

/* Finds border and level on the reduced image of a film without a frame. MM_FAILURE: memory. */
int mm_film_mask_find(const mm_reduced *image, mm_film_mask *film, mm_error *error);
void mm_film_mask_free(mm_film_mask *film);

#endif
