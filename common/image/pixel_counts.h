/* Counts of a plane's set pixels in rectangles: sums over all rectangles from a corner, of which a count takes four. */
#ifndef MM_IMAGE_PIXEL_COUNTS_H
#define MM_IMAGE_PIXEL_COUNTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct mm_pixel_counts {
    long x0, y0, x1, y1; /* the box that is counted, half open */
    uint32_t *sum;       /* [height + 1][width + 1] of the box, owned: free it */
} mm_pixel_counts;

/* Counts the pixels of a box of plane[...][width] that are not 0. 0 or MM_FAILURE (memory, or 2^32 pixels). */
int mm_pixel_counts_make(mm_pixel_counts *counts, const uint8_t *plane, size_t width, long x0, long y0, long x1, long y1);

/* Returns the set pixels of a rectangle, which may reach beyond the box. */
uint64_t mm_pixel_counts_in(const mm_pixel_counts *counts, long x0, long y0, long x1, long y1);

#endif
