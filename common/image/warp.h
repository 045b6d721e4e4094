/* Images seen through an affine map: one bilinear resampling, with gain and shift of the intensities.
 *
 * The same bytes on every machine, and on a graphics card (nn/cuda/kernels_input.cu): coordinates are fixed point (32 bits
 * after the point), the interpolation is single precision in one fixed order without contraction. */
#ifndef MM_IMAGE_WARP_H
#define MM_IMAGE_WARP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/dtype.h"
#include "common/base/error.h"
#include "common/image/affine.h"
#include "common/image/warp_plan.h"

/* How pixels are made. */
typedef struct mm_warp {
    mm_affine map;     /* new pixel -> old point */
    double gain;       /* value * gain + shift, then clipped to 0..full and, whole numbers, rounded, half up */
    double shift;      /* in units of the pixels */
    double full;       /* full scale: as a rule 255 for u8, 65535 for u16, 1 for f32 */
    bool edge;         /* outside: the nearest pixel of the edge; else `fill` */
    double fill;       /* in units of the pixels; gain and shift act on it as well */
} mm_warp;

/* Prepares a warp for pixels of a type in an image of a size. 0, or MM_FAILURE: a type other than u8, u16, f32, a map
 * out of range, more than 2^31 pixels. */
int mm_warp_prepare(const mm_warp *warp, mm_dtype dtype, size_t height, size_t width, mm_warp_plan *plan, mm_error *error);

/* Rows first .. first + rows - 1 of the new image, into out; in: the whole old one. Bilinear. `dtype` as prepared for. */
void mm_warp_rows(const mm_warp_plan *plan, mm_dtype dtype, size_t height, size_t width, const void *in, size_t first,
                  size_t rows, void *out);

/* in, out: planes x height x width, not overlapping. Bilinear. 0, or MM_FAILURE as mm_warp_prepare. */
int mm_warp_image(const void *in, void *out, mm_dtype dtype, size_t planes, size_t height, size_t width,
                  const mm_warp *warp, mm_error *error);

/* The same by the nearest pixel, for masks: elements of `size` bytes of any kind. Outside lies the nearest pixel of the edge
 * (warp->edge) or zero. Only map and edge of `warp` are used. */
int mm_warp_nearest(const void *in, void *out, size_t size, size_t planes, size_t height, size_t width,
                    const mm_warp *warp, mm_error *error);

#endif
