/* The film around the breast: its place in the image, its border, its labels, and its background.
 *
 * The work is done on a reduced copy, whose longer side is MM_FILM_SIDE whatever the image's size, so that one film is judged
 * alike at any size. Lengths shrink with smaller images. */
#ifndef MM_IMAGE_FILM_H
#define MM_IMAGE_FILM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"
#include "common/image/film_background.h"
#include "common/image/reduce.h"

enum { MM_FILM_SIDE = 224 };

/* The film's place in the image, without a black frame. */
typedef struct mm_film_mask_box {
    size_t x0, y0, x1, y1; /* ends exclusive */
} mm_film_mask_box;

/* Finds the box of the rows and columns that hold more than 1/50 as many pixels above half a grey level of 255 as the fullest row
 * or column. The box is the whole image if no pixel is above. MM_FAILURE: memory, or a dtype other than u8, u16, f32. */
int mm_film_mask_find_box(const mm_plane *plane, double maximum, mm_film_mask_box *box, mm_error *error);

/* What is known of a film. The maps have the size of the reduced image. */
typedef struct mm_film_mask {
    bool digital;     /* no film: no border, and a background of one grey level */
    mm_bitmap border; /* film_border.h, and a few pixels more */
    mm_bitmap label;  /* labels that lie off the border */
    mm_background background;
    double top;       /* the maximum as a share of the plane's: a few pixels may be brighter */
} mm_film_mask;

/* Examines the reduced image of a film without a frame, and scales its grey levels so that `top` becomes 65535. MM_FAILURE:
 * memory. */
int mm_film_mask_find(mm_reduced *image, mm_film_mask *film, mm_error *error);
void mm_film_mask_free(mm_film_mask *film);

#endif
