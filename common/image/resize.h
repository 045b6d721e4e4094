/* Resizing: the placement of an image on a canvas of another size, and the resampling of its pixels.
 *
 * Scaling is separable. Output pixel i of an axis covers [i s, (i + 1) s) of the source, with s = source / scaled size. Pixel
 * edges keep their place, so the centres are at x = (i + 1/2) s - 1/2. All sums are taken in float in a fixed order: the same
 * input gives the same bytes on every processor and for any number of threads. Whole numbers are rounded half up and clamped. */
#ifndef MM_IMAGE_RESIZE_H
#define MM_IMAGE_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/affine.h"
#include "common/base/dtype.h"

#define MM_MAX_SIDE ((size_t)1 << 24) /* largest side of an image that is resized */

typedef enum mm_fit { MM_FIT_PAD, MM_FIT_STRETCH } mm_fit;
typedef enum mm_wide { MM_WIDE_SHRINK, MM_WIDE_CROP } mm_wide;

/* Area: the mean over the covered source pixels, weighted by their shares. Bilinear: always two neighbours per axis, so it
 * aliases when shrinking. Cubic (Keys, a = -1/2) and Lanczos-3: the kernels are widened by s when shrinking. Auto, per axis: area
 * when it shrinks, cubic when it grows. Beyond the image its edge pixels are repeated. */
typedef enum mm_interpolation {
    MM_INTERPOLATE_AUTO, MM_INTERPOLATE_AREA, MM_INTERPOLATE_CUBIC, MM_INTERPOLATE_BILINEAR, MM_INTERPOLATE_LANCZOS3
} mm_interpolation;

/* The scaled image lies on the canvas with its upper left pixel at (top, left). The rest of the canvas is 0. Where top or left is
 * negative, the image is cut. */
typedef struct mm_placement {
    size_t source_h, source_w;
    size_t scaled_h, scaled_w;
    size_t canvas_h, canvas_w;
    ptrdiff_t top, left;
} mm_placement;

/* Places an image. MM_FIT_PAD scales by height, canvas_h / source_h, and truncates the width (at least 1). A narrower image is
 * centred, with an odd pixel of padding on the right. A wider one is centred and cut (MM_WIDE_CROP), or scaled by width, its
 * height truncated, and padded above and below, with an odd row below (MM_WIDE_SHRINK). MM_FIT_STRETCH scales each axis to the
 * canvas. Sides are 1 .. MM_MAX_SIDE. */
int mm_place(size_t source_h, size_t source_w, size_t canvas_h, size_t canvas_w, mm_fit fit, mm_wide wide,
             mm_placement *placement, mm_error *error);

/* Returns the map from a pixel of the canvas to the source. */
mm_affine mm_placement_to_source(const mm_placement *placement);

/* One axis of a resampling: output pixel i = sum over k of weight[i * taps + k] * source[start[i] + k], divided by
 * `divisor`. Every start + taps lies within the source. */
typedef struct mm_axis {
    size_t from, to, taps;
    uint32_t *start;
    float *weight;
    float divisor;
} mm_axis;

typedef struct mm_resizer {
    mm_placement placement;
    mm_axis rows, columns;
} mm_resizer;

/* Computes the tables of a placement. They are read only afterwards, so threads may share them. */
int mm_resizer_init(mm_resizer *resizer, const mm_placement *placement, mm_interpolation how, mm_error *error);
void mm_resizer_free(mm_resizer *resizer);

/* Resizes in[source_h][source_w] into out[canvas_h][canvas_w], all of which is written. dtype is MM_U8, MM_U16 or MM_F32. */
int mm_resize(const mm_resizer *resizer, mm_dtype dtype, const void *in, void *out, mm_error *error);

typedef enum mm_mask_fate {
    MM_MASK_MOVED,   /* the usual case; an empty mask stays empty */
    MM_MASK_RESCUED, /* no pixel was covered by half, so the one covered most was set */
    MM_MASK_CUT_OFF  /* the whole mask lies outside of the canvas */
} mm_mask_fate;

/* Resizes a binary mask; not 0 is inside. out is 1 where at least half of the pixel's area is covered, else 0. The resizer must
 * be for MM_INTERPOLATE_AREA. */
int mm_resize_mask(const mm_resizer *resizer, const uint8_t *in, uint8_t *out, mm_mask_fate *fate, mm_error *error);

/* Resizing of planes whose rows arrive one after another. The result is the same to the last bit. */
typedef struct mm_resizing mm_resizing;

/* Make one for pixels of a type, or for masks; `resizer` must outlive it. MM_FAILURE: memory, or another type of pixels. */
int mm_resizing_new(mm_resizing **out, const mm_resizer *resizer, mm_dtype dtype, mm_error *error);
int mm_resizing_new_mask(mm_resizing **out, const mm_resizer *resizer, mm_error *error);
void mm_resizing_free(mm_resizing *resizing); /* NULL is fine */

/* Begins a plane, whose result goes into out[canvas_h][canvas_w]. */
void mm_resizing_start(mm_resizing *resizing, void *out);

/* Takes rows first .. first + n - 1 of the plane, n > 0, and computes the output rows that they complete. Returns the first row
 * that is still needed, at most first + n; the next call must begin with it. */
size_t mm_resizing_rows(mm_resizing *resizing, const void *rows, size_t first, size_t n);

/* Ends a plane after its last row. Returns the mask's fate; MM_MASK_MOVED for pixels. */
mm_mask_fate mm_resizing_finish(mm_resizing *resizing);

#endif
