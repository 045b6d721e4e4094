/* Where the pixels of a record lie: its image's size, which tensors move with it, and the attribute `to_original`.
 *
 * `to_original` is six numbers a b c d e f: the point (x, y) of this record's image, pixel centres at whole numbers,
 * lies at (a x + b y + c, d x + e y + f) of the image as it was read. Every spatial filter composes it. */
#ifndef MM_IMAGE_GEOMETRY_H
#define MM_IMAGE_GEOMETRY_H

#include "common/image/affine.h"
#include "common/stream/record.h"

/* The record's `to_original`, the identity when it has none. 0, or MM_DAMAGED with an error. */
int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error);

/* The record's pixels were moved: `map` takes a point of the new image to the old one. Composes `to_original`.
 * 0, MM_DAMAGED (an old value that is no map), MM_FAILURE (memory). */
int mm_geometry_moved(mm_record *record, const mm_affine *map, mm_error *error);

/* The tensor `image` (H,W or C,H,W; not empty) and its extents. Where the record has a mask of lesions or of the breast,
 * that is of the same size: it would be left behind when the image moves. 0, or MM_FAILURE with an error that says what is
 * amiss. */
typedef struct mm_image_shape {
    size_t channels, height, width; /* channels 1 for H,W */
} mm_image_shape;

int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error);

/* The value of an image of that type that is white: the record's attribute full_scale, else that of the type (image/grey.h).
 * 0, or MM_FAILURE: the attribute is no number from 1e-6 to 1e9. */
int mm_geometry_full_scale(const mm_record *record, mm_dtype dtype, double *full, mm_error *error);

/* Does the tensor move with an image of this size: image, masks, breast and all that is ...,H,W. Its planes: the
 * product of the extents before H,W. */
bool mm_geometry_spatial(const mm_tensor *tensor, size_t height, size_t width);
size_t mm_geometry_planes(const mm_tensor *tensor);

#endif
