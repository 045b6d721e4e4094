/* The geometry of a record: its image's size, the tensors that move with it, and the attribute `to_original`.
 *
 * `to_original` is six numbers a b c d e f: the point (x, y) of this record's image, pixel centres at whole numbers,
 * lies at (a x + b y + c, d x + e y + f) of the image as it was read. Without the attribute the map is the identity. Every
 * filter that moves pixels composes it. */
#ifndef MM_IMAGE_GEOMETRY_H
#define MM_IMAGE_GEOMETRY_H

#include "common/image/affine.h"
#include "common/stream/record.h"

/* Reads the record's `to_original`; the identity if it has none. 0 or MM_DAMAGED. */
int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error);

/* Composes `to_original` after the record's pixels were moved; `map` takes a point of the new image to the old one. 0,
 * MM_DAMAGED (the old value is not a map), MM_FAILURE (memory). */
int mm_geometry_moved(mm_record *record, const mm_affine *map, mm_error *error);

/* Extents of an image; channels is 1 for H,W. */
typedef struct mm_image_shape {
    size_t channels, height, width;
} mm_image_shape;

/* Finds the tensor `image` (H,W or C,H,W; not empty) and its extents. Checks that `mask` and `breast` have the same size, because
 * they must move with the image. The tensors may have no data. 0 or MM_FAILURE. */
int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error);

/* Does the same for a program that computes with the pixels: MM_FAILURE also if one is not finite as a grey level (finite.h). */
int mm_geometry_pixels(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error);

/* Finds the value of white: the record's attribute full_scale, else the full scale of the type (grey.h). MM_FAILURE: the
 * attribute is not a number from 1e-6 to 1e9. */
int mm_geometry_full_scale(const mm_record *record, mm_dtype dtype, double *full, mm_error *error);

/* True if the tensor moves with an image of this size: its last extents are H,W, as those of image, mask and breast. */
bool mm_geometry_spatial(const mm_tensor *tensor, size_t height, size_t width);

/* Returns the planes of such a tensor: the product of the extents before H,W. */
size_t mm_geometry_planes(const mm_tensor *tensor);

#endif
