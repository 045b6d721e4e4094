/* The geometry of a record: its image's size, the tensors that move with it, and the attribute `to_original`.
 *
 * `to_original` is six numbers a b c d e f: the point (x, y) of this record's image, pixel centres at whole numbers,
 * lies at (a x + b y + c, d x + e y + f) of the image as it was read. Every spatial filter composes it. */
#ifndef MM_IMAGE_GEOMETRY_H
#define MM_IMAGE_GEOMETRY_H

#include "common/image/affine.h"
#include "common/stream/record.h"

/* Reads the record's `to_original`; the identity when it has none. 0 or MM_DAMAGED. */
int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error);

/* Composes `to_original` after the record's pixels were moved; `map` takes a point of the new image to the old one. 0,
 * MM_DAMAGED (the old value is not a map), MM_FAILURE (memory). */
int mm_geometry_moved(mm_record *record, const mm_affine *map, mm_error *error);

/* Finds the tensor `image` (H,W or C,H,W; not empty) and its extents. Checks that masks of lesions and of the breast have the
 * same size, since they must move with the image. 0 or MM_FAILURE. */
typedef struct mm_image_shape {
    size_t channels, height, width; /* channels 1 for H,W */
} mm_image_shape;

int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error);

/* Finds the value that is white: the record's attribute full_scale, else the full scale of the type (common/image/grey.h).
 * 0, or MM_FAILURE: the attribute is not a number from 1e-6 to 1e9. */
int mm_geometry_full_scale(const mm_record *record, mm_dtype dtype, double *full, mm_error *error);

/* True if the tensor moves with an image of this size: image, masks, breast and every tensor ...,H,W. Its planes are the
 * product of the extents before H,W. */
bool mm_geometry_spatial(const mm_tensor *tensor, size_t height, size_t width);
size_t mm_geometry_planes(const mm_tensor *tensor);

#endif
