/* Tissue in the windows of a heatmap.
 *
 * Tissue is where the record's tensor `breast` is not 0, or without that tensor where the image is not 0 in any channel, as the rules
 * of patches have it (patch.h). A share counts all pixels of a window, of which those outside of the image hold no tissue. A program
 * that leaves out windows of little tissue computes those whose share is at least its limit. */
#ifndef MM_IMAGE_TISSUE_WINDOWS_H
#define MM_IMAGE_TISSUE_WINDOWS_H

#include "common/image/geometry.h"
#include "common/image/heatmap.h"

/* Makes a plane[height][width] of bytes that are not 0 where a tensor of that size is not 0 in any of its planes; the caller frees it.
 * 0 or MM_FAILURE (memory). */
int mm_tissue_plane(const mm_tensor *tensor, const mm_image_shape *shape, uint8_t **plane, mm_error *error);

/* Makes the plane of a record's tissue; `image` and `shape` are those of mm_geometry_image. 0 or MM_FAILURE (memory). */
int mm_tissue_of_record(const mm_record *record, const mm_tensor *image, const mm_image_shape *shape, uint8_t **plane, mm_error *error);

/* Computes the share of tissue in each window: share[y->n][x->n] of plane[y->extent][x->extent]. 0 or MM_FAILURE (memory). */
int mm_tissue_windows(const uint8_t *plane, const mm_heatmap_axis *y, const mm_heatmap_axis *x, double *share, mm_error *error);

#endif
