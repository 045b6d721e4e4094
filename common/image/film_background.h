/* The grey levels of a film's background, from their own distribution. */
#ifndef MM_IMAGE_FILM_BACKGROUND_H
#define MM_IMAGE_FILM_BACKGROUND_H

#include "common/image/bitmap.h"
#include "common/image/reduce.h"

/* Shares of the maximum, 0 .. 1. */
typedef struct mm_background {
    double end;     /* pixels above it are not background, at least where it is even */
    double least;   /* a lower threshold would lie within the background */
    double certain; /* pixels up to it are background and nothing else: it has a mode of its own. 0: that cannot be said */
} mm_background;

/* Finds the background of a film beside its border. Where there is none the figures are those of the darkest tissue, and
 * `certain` is 0: fat passes into other tissue gradually. */
mm_background mm_background_find(const mm_reduced *image, const mm_bitmap *border);

#endif
