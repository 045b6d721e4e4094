/* Images resampled through an affine map: one bilinear resampling, with gain and shift of the intensities.
 *
 * The result has the same bytes on every machine and on a graphics card (nn/cuda/kernels_input.cu): coordinates are fixed point
 * (32 bits after the point), and the interpolation is in single precision, in one fixed order without contraction. */
#ifndef MM_IMAGE_WARP_H
#define MM_IMAGE_WARP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/dtype.h"
#include "common/base/error.h"
#include "common/image/affine.h"
#include "common/image/warp_plan.h"

/* The parameters of a warp. */
typedef struct mm_warp {
    mm_affine map;     /* new pixel -> old point */
    double gain;       /* value * gain + shift, clipped to 0..full; whole numbers are rounded half up */
    double shift;      /* in units of the pixels */
    double full;       /* full scale: usually 255 for u8, 65535 for u16, 1 for f32 */
    bool edge;         /* outside: the nearest pixel of the edge; else `reflect` or `fill` */
    double fill;       /* in units of the pixels; gain, shift and gamma act on it as well */
    bool reflect;      /* outside: the image mirrored on its edge pixels (OpenCV's BORDER_REFLECT_101) */
    double gamma;      /* clipped values become full * (value / full)^gamma; 0 and 1: they stay */
} mm_warp;

/* Prepares a warp for pixels of a type in an image of a size. 0, or MM_FAILURE: a type other than u8, u16, f32, a map
 * out of range, more than 2^31 pixels. */
int mm_warp_prepare(const mm_warp *warp, mm_dtype dtype, size_t height, size_t width, mm_warp_plan *plan, mm_error *error);

/* Computes rows first .. first + rows - 1 of the new image into `out` from the whole old image `in`, bilinear. `dtype` and the
 * size are as in mm_warp_prepare. */
void mm_warp_rows(const mm_warp_plan *plan, mm_dtype dtype, size_t height, size_t width, const void *in, size_t first,
                  size_t rows, void *out);

/* Warps in[planes][height][width] into `out`, bilinear; they must not overlap. 0, or MM_FAILURE as mm_warp_prepare. */
int mm_warp_image(const void *in, void *out, mm_dtype dtype, size_t planes, size_t height, size_t width,
                  const mm_warp *warp, mm_error *error);

/* Warps by the nearest pixel, for masks. Elements have `size` bytes and any type. Pixels outside are the nearest pixel of the
 * edge (warp->edge), mirrored (warp->reflect) or zero. Only `map`, `edge` and `reflect` of the warp are used. MM_FAILURE as
 * mm_warp_prepare, but for the type. */
int mm_warp_nearest(const void *in, void *out, size_t size, size_t planes, size_t height, size_t width,
                    const mm_warp *warp, mm_error *error);

#endif
