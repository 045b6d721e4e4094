/* Affine maps of the plane, and the attribute `to_original` that carries one through a pipeline.
 *
 * Coordinates: x is the column, y the row, and pixel centres lie at whole numbers. A map takes a point (x, y) to
 * (a x + b y + c, d x + e y + f). `to_original` = "a b c d e f" takes a point of a record's image to the image as it
 * was read; a record without the attribute has not been moved yet, so its map is the identity. */
#ifndef MM_IMAGE_AFFINE_H
#define MM_IMAGE_AFFINE_H

#include <stddef.h>

#include "common/base/error.h"

enum { MM_AFFINE_TEXT = 192 }; /* bytes that hold any map as text, with its end */

typedef struct mm_affine {
    double a, b, c, d, e, f;
} mm_affine;

mm_affine mm_affine_identity(void);

/* The map p -> (x0, y0) + p: what a crop whose first pixel is (x0, y0) of its source does. */
mm_affine mm_affine_shift(double x0, double y0);

/* Per axis: pixel i of an axis that was resampled from `from` to `to` pixels (both ends kept) and then moved by
 * `offset` pixels (padding > 0, crop < 0) lies at scale * i + shift of its source. */
mm_affine mm_affine_resized(size_t from_h, size_t to_h, double top, size_t from_w, size_t to_w, double left);

/* outer(inner(p)). When `inner` takes new pixels to old ones and `outer` is the old to_original, this is the new. */
mm_affine mm_affine_compose(mm_affine outer, mm_affine inner);

void mm_affine_apply(mm_affine m, double x, double y, double *out_x, double *out_y);

/* Fails when the map has no inverse. */
int mm_affine_invert(mm_affine m, mm_affine *inverse, mm_error *error);

/* Six finite numbers, separated by blanks; NULL is the identity. */
int mm_affine_parse(const char *text, mm_affine *m, mm_error *error);

/* The shortest text that reads back as the same numbers. */
void mm_affine_format(mm_affine m, char text[MM_AFFINE_TEXT]);

#endif
