/* Affine augmentation of images: what to draw, the map it makes, and one bilinear resampling.
 *
 * The three are apart on purpose: mm_augment_draw (random numbers -> parameters), mm_augment_map (parameters -> the 2x3
 * matrix from a new pixel to the old image), mm_warp_image (matrix + intensities -> pixels). Another processor can take
 * the first two as they are and replace the third.
 *
 * Same bytes on every machine: coordinates are fixed point (32 bits after the point), the interpolation is single
 * precision in one fixed order without contraction, sine and cosine are computed here and not by the C library. */
#ifndef MM_WARP_H
#define MM_WARP_H

#include "image/geometry.h"

/* What may happen, and how often. */
typedef struct mm_augment_ranges {
    double flip_horizontal, flip_vertical; /* probabilities */
    double rotate;                         /* degrees: U(-rotate, rotate) */
    double zoom_low, zoom_high;            /* magnification, the same in x and y: U(low, high), low > 0 */
    double shear;                          /* degrees: U(-shear, shear), below 90 */
    double shift;                          /* on the 0..255 scale: U(-shift, shift) is added to every pixel */
    bool gain;                             /* multiply by U(low, high) instead of adding */
    double gain_low, gain_high;
} mm_augment_ranges;

/* One draw. */
typedef struct mm_augment {
    bool flip_horizontal, flip_vertical;
    double rotate; /* degrees, counter-clockwise as the image is seen */
    double zoom;
    double shear;  /* degrees: rows below the centre move right */
    double gain;   /* 1 when off */
    double shift;  /* on the 0..255 scale, 0 when off */
} mm_augment;

/* Drawn from (seed, key, epoch) alone. Every parameter has its own place in the sequence: switching one off leaves the
 * others as they were. The sequence is mm_random of (seed, hash of key and then "augment", epoch); its doubles are, in
 * order: horizontal flip, vertical flip, rotation, zoom, shear, intensity. */
void mm_augment_draw(const mm_augment_ranges *ranges, uint64_t seed, const char *key, uint32_t epoch, mm_augment *draw);

/* The map from a pixel of the new image to the point of the old one that it shows; both H x W. About the image's centre,
 * old to new: flip, zoom, shear, rotate. */
mm_affine mm_augment_map(const mm_augment *draw, size_t height, size_t width);

/* How pixels are made. */
typedef struct mm_warp {
    mm_affine map;     /* new pixel -> old point */
    double gain;       /* value * gain + shift, then clipped to 0..full and rounded, half up */
    double shift;      /* in units of the pixels */
    double full;       /* full scale: 255 for u8, 65535 for u16 */
    bool edge;         /* outside: the nearest pixel of the edge; else `fill` */
    double fill;       /* in units of the pixels; gain and shift act on it as well */
} mm_warp;

/* in, out: planes x height x width of dtype MM_U8 or MM_U16, not overlapping. Bilinear. 0, or MM_FAILURE (another dtype,
 * a map that leads too far, more than 2^31 pixels in a plane). */
int mm_warp_image(const void *in, void *out, mm_dtype dtype, size_t planes, size_t height, size_t width,
                  const mm_warp *warp, mm_error *error);

/* The same for what has no values in between (masks): nearest pixel, elements of `size` bytes of any kind; outside the
 * nearest pixel of the edge when warp->edge, else zeros. Only map and edge of `warp` count. */
int mm_warp_nearest(const void *in, void *out, size_t size, size_t planes, size_t height, size_t width,
                    const mm_warp *warp, mm_error *error);

/* The whole record: image by mm_warp_image, every other spatial tensor by mm_warp_nearest with the same map,
 * `to_original` composed. `draw` as drawn; full scale is 255 or 65535. fill on the 0..255 scale, below 0: edge pixels. 0, or MM_FAILURE/MM_DAMAGED with an error; the record is then good for nothing. */
int mm_augment_record(mm_record *record, const mm_augment *draw, double fill, mm_error *error);

#endif
