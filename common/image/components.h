/* Connected components of binary images, by runs and union-find; outlines, filled.
 *
 * The work is proportional to the number of runs (stretches of set pixels in a row), not of pixels. */
#ifndef MM_IMAGE_COMPONENTS_H
#define MM_IMAGE_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"

/* Pixels x0 .. x1 (exclusive) of row y. */
typedef struct mm_run {
    uint32_t y, x0, x1, label;
} mm_run;

typedef struct mm_component {
    size_t area;              /* pixels */
    size_t x0, y0, x1, y1;    /* bounding box, ends exclusive */
    size_t first;             /* its first run in scan order */
} mm_component;

/* The runs of an image in scan order, and its components. The label of a run is the number of its component. Components are
 * numbered from 0 in the order in which a scan meets them. */
typedef struct mm_components {
    mm_run *run;
    size_t runs;
    mm_component *component;
    size_t components;
} mm_components;

/* Finds the components; connectivity is 8 or 4. 0 or MM_FAILURE (memory). */
int mm_components_find(const mm_bitmap *map, int connectivity, mm_components *found, mm_error *error);
void mm_components_free(mm_components *found);

/* Sets the pixels of one component in `out`, a map of the image's size. */
void mm_component_draw(const mm_components *found, size_t label, mm_bitmap *out);

/* Fills holes: sets every pixel that no 4-connected path of unset pixels joins to the outside. 0 or MM_FAILURE (memory). */
int mm_fill_holes(mm_bitmap *map, mm_error *error);

/* Returns the area of the polygon through the centres of a filled component's outline pixels, as cv2.contourArea does for the
 * outer contour. A 2 x 2 block of pixels counts 1 if all four are set, 1/2 if three are. */
double mm_outline_area(const mm_bitmap *filled);

/* Finds the 8-connected component whose outline encloses the largest area, *area, and overwrites `out`, of the same size, with
 * it, its holes filled. Ties: the larger bounding box wins, then the first in scan order. If no pixel is set, *found is false and
 * `out` is empty. 0 or MM_FAILURE (memory). */
int mm_largest_outline(const mm_bitmap *map, mm_bitmap *out, double *area, bool *found, mm_error *error);

#endif
