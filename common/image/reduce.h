/* Copies of a plane at a given size, in 16 bits. */
#ifndef MM_IMAGE_REDUCE_H
#define MM_IMAGE_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/plane.h"

/* A reduced plane: the mean over the area of each pixel, scaled so that a given maximum becomes 65535. */
typedef struct mm_reduced {
    size_t h, w;
    uint16_t *grey; /* owned */
} mm_reduced;

/* Reduces a plane whose longer side is above `side` to exactly that side; the other side keeps the ratio. A smaller plane keeps
 * its size. maximum > 0 is the plane's. 0 or MM_FAILURE (memory). */
int mm_reduce(const mm_plane *plane, double maximum, size_t side, mm_reduced *reduced, mm_error *error);
void mm_reduced_free(mm_reduced *reduced);
mm_plane mm_reduced_plane(const mm_reduced *reduced); /* u16; shares the pixels */

#endif
