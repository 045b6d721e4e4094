/* The border of a film: what lies outside of its exposed field.
 *
 * A border is known by its shape. It follows a side of the film at a constant depth, so its inner edge is a straight line nearly
 * parallel to that side, and it goes on where there is background beside it. A corner of the film that has the grey level of a
 * white border beside it, the same everywhere, is border too. Brightness alone proves nothing: dense tissue, an implant and the
 * pectoral muscle may be as bright and as smooth. */
#ifndef MM_IMAGE_FILM_BORDER_H
#define MM_IMAGE_FILM_BORDER_H

#include "common/base/error.h"
#include "common/image/bitmap.h"
#include "common/image/reduce.h"

#define MM_FILM_WHITE 0.80 /* share of the maximum: brighter may be border or label */

/* Returns a length on the image that is `at1152` where its longer side is 1152, at least 1. */
size_t mm_film_length(const mm_reduced *image, double at1152);

/* Sets the pixels of the border in `border`, an empty map of the image's size. MM_FAILURE: memory. */
int mm_film_border_find(const mm_reduced *image, mm_bitmap *border, mm_error *error);

#endif
