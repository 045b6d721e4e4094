/* Affine maps of the plane, and the text of the attribute `to_original` (geometry.h).
 *
 * Coordinates: x is the column, y the row, and pixel centres lie at whole numbers. A map takes a point (x, y) to
 * (a x + b y + c, d x + e y + f). */
#ifndef MM_IMAGE_AFFINE_H
#define MM_IMAGE_AFFINE_H

#include <stddef.h>

#include "common/base/error.h"

enum { MM_AFFINE_TEXT = 192 }; /* bytes that hold any map as text, with its end */

typedef struct mm_affine {
    double a, b, c, d, e, f;
} mm_affine;

mm_affine mm_affine_identity(void);

/* Returns the map p -> p + (x0, y0), from a crop to its source if the crop begins at pixel (x0, y0). */
mm_affine mm_affine_shift(double x0, double y0);

/* Returns the map from a resized image to its source. Each axis was resampled from `from` to `to` pixels, pixel edges at both
 * ends kept, and then moved by `top` or `left` pixels (padding > 0, crop < 0). */
mm_affine mm_affine_resized(size_t from_h, size_t to_h, double top, size_t from_w, size_t to_w, double left);

/* Returns the map p -> outer(inner(p)). If `inner` takes new pixels to old ones and `outer` is the old to_original, the result is
 * the new to_original. */
mm_affine mm_affine_compose(mm_affine outer, mm_affine inner);

/* Applies the map to a point. */
void mm_affine_apply(mm_affine m, double x, double y, double *out_x, double *out_y);

/* Computes the inverse. MM_FAILURE: the map has none. */
int mm_affine_invert(mm_affine m, mm_affine *inverse, mm_error *error);

/* Parses six finite numbers separated by blanks; NULL gives the identity. MM_FAILURE: the text is not six numbers. */
int mm_affine_parse(const char *text, mm_affine *m, mm_error *error);

/* Writes the shortest text that reads back as the same numbers. */
void mm_affine_format(mm_affine m, char text[MM_AFFINE_TEXT]);

#endif
