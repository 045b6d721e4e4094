/* Augmentation of images: parameters drawn at random, their map, and the changed record.
 *
 * There are three separate steps: mm_augment_draw (random numbers -> parameters), mm_augment_map (parameters -> the 2x3 matrix
 * from a new pixel to the old image), and the resampling (image/warp.h). mmaugment does all of them; mmtrain --augment leaves the
 * resampling to the computing device.
 *
 * The result has the same bytes on every machine: sine and cosine are computed here and not by the C library. */
#ifndef MM_IMAGE_AUGMENT_H
#define MM_IMAGE_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/image/geometry.h"
#include "common/image/warp.h"

/* The ranges of the parameters. */
typedef struct mm_augment_ranges {
    double flip_horizontal, flip_vertical; /* probabilities */
    double rotate;                         /* degrees: U(-rotate, rotate) */
    double zoom_low, zoom_high;            /* magnification, the same in x and y: U(low, high), low > 0 */
    double shear;                          /* degrees: U(-shear, shear), below 90 */
    double shift;                          /* on the 0..255 scale: U(-shift, shift) is added to every pixel */
    bool gain;                             /* multiply by U(low, high) instead of adding */
    double gain_low, gain_high;
    double gamma_low, gamma_high, contrast_low, contrast_high; /* U(low, high); 0, 0 and 1, 1: off */
} mm_augment_ranges;

/* The parameters of one draw. */
typedef struct mm_augment {
    bool flip_horizontal, flip_vertical;
    double rotate; /* degrees, counter-clockwise as the image is seen */
    double zoom;
    double shear;  /* degrees: rows below the centre move right */
    double gain;   /* 1 when off */
    double shift;  /* on the 0..255 scale, 0 when off */
    double gamma, contrast; /* 0 or 1 when off */
} mm_augment;

/* Draws the parameters, which depend on the ranges and (seed, key, epoch) alone. Every parameter has a fixed position in the
 * sequence, so switching one off does not change the others. The sequence is mm_random of (seed, hash of key and then "augment",
 * epoch); its doubles are, in order: horizontal flip, vertical flip, rotation, zoom, shear, intensity, gamma,
 * contrast. */
void mm_augment_draw(const mm_augment_ranges *ranges, uint64_t seed, const char *key, uint32_t epoch, mm_augment *draw);

/* Returns the map from a pixel of the new image to the point of the old image that it shows; both are H x W. From old to new the
 * operations about the centre are: flip, zoom, shear, rotate. */
mm_affine mm_augment_map(const mm_augment *draw, size_t height, size_t width);

/* Returns the warp of an H x W image whose white is `full`. fill is on the 0..255 scale, MM_FILL_EDGE or MM_FILL_REFLECT. Contrast acts
 * about `mean`, the image's mean (unused when off), before gain and shift, gamma after them. */
mm_warp mm_augment_warp(const mm_augment *draw, double fill, double full, double mean, size_t height, size_t width);

/* Returns the mean of n pixels if the draw needs it for mm_augment_warp, else 0. */
double mm_augment_mean(const mm_augment *draw, mm_dtype dtype, const void *pixels, size_t n);

/* Changes a whole record: the image by mm_warp_image, every other spatial tensor by mm_warp_nearest with the same map. Composes
 * `to_original`. fill is as in mm_augment_warp. 0, MM_FAILURE or MM_DAMAGED; after a failure the record's pixels are
 * undefined. */
int mm_augment_record(mm_record *record, const mm_augment *draw, double fill, mm_error *error);

#endif
