/* Where the pixels of a record lie: its image's size, which tensors move with it, and the attribute `to_original`.
 *
 * `to_original` is six numbers a b c d e f: the point (x, y) of this record's image, pixel centres at whole numbers,
 * lies at (a x + b y + c, d x + e y + f) of the image as it was read. Every spatial filter composes it. */
#ifndef MM_GEOMETRY_H
#define MM_GEOMETRY_H

#include "stream/record.h"

/* (x, y) -> (a x + b y + c, d x + e y + f), in pixels. */
typedef struct mm_affine {
    double a, b, c, d, e, f;
} mm_affine;

mm_affine mm_affine_identity(void);
mm_affine mm_affine_shift(double x, double y); /* (x, y) is added */
mm_affine mm_affine_after(const mm_affine *second, const mm_affine *first); /* p -> second(first(p)) */
void mm_affine_apply(const mm_affine *map, double *x, double *y);
mm_affine mm_affine_inverse(const mm_affine *map); /* of a map that has one: a e != b d */

/* Six finite numbers with blanks between them. 0 or MM_DAMAGED (text that is something else; map unchanged). */
int mm_affine_parse(const char *text, mm_affine *map);

/* The shortest decimals that read back as the same numbers. text: at least MM_AFFINE_TEXT bytes. */
#define MM_AFFINE_TEXT 200
void mm_affine_format(const mm_affine *map, char *text, size_t bytes);

/* The record's `to_original`, the identity when it has none. 0, or MM_DAMAGED with an error. */
int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error);

/* The record's pixels were moved: `map` takes a point of the new image to the old one. Composes `to_original`.
 * 0, MM_DAMAGED (an old value that is no map), MM_FAILURE (memory). */
int mm_geometry_moved(mm_record *record, const mm_affine *map, mm_error *error);

/* The tensor `image` (H,W or C,H,W; not empty) and its extents. 0, or MM_FAILURE with an error that says what is amiss. */
typedef struct mm_image_shape {
    size_t channels, height, width; /* channels 1 for H,W */
} mm_image_shape;

int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error);

/* Does the tensor move with an image of this size: image, masks, breast and all that is ...,H,W. Its planes: the
 * product of the extents before H,W. */
bool mm_geometry_spatial(const mm_tensor *tensor, size_t height, size_t width);
size_t mm_geometry_planes(const mm_tensor *tensor);

#endif
