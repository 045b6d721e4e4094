/* The windows of a heatmap, and the passes over shifted images from which a dense network's map is composed.
 *
 * Along each axis, n windows of `size` pixels at a stride of s cover an image of extent H with `pad` zeros on either side. Their
 * centres may lie in a range of L = H + 2 pad - size pixels. n = ceil(L / s), at least one, and the rest is divided between both
 * ends: window i begins at floor((L - (n - 1) s) / 2) + s i - pad, and its centre is half a size further. For pad = size / 2 and
 * an even size, n = ceil(H / s) and the centres are at o + s i with o = floor((H - (n - 1) s) / 2).
 *
 * A network with T pixels between neighbours of its last features (T = 32 for ResNets) computes, in one pass over an image that
 * begins where a window begins, every window at a multiple of T further on. The other windows need passes over images that begin
 * s, 2 s, ... later. After P = T / gcd(s, T) passes (at most n) the windows repeat. So there are P x P passes, and pass (p, q)
 * gives windows (p + P j, q + P k). */
#ifndef MM_IMAGE_HEATMAP_H
#define MM_IMAGE_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_heatmap_axis {
    size_t extent, size, stride;
    size_t n;    /* windows */
    long begin;  /* first pixel of window 0 in the image; negative in the padding */
    long centre; /* of window 0 */
} mm_heatmap_axis;

/* Computes the windows of an axis; extent, size and stride are above 0. MM_FAILURE: the image is smaller than a window, padded or
 * not: it has another scale than windows have. */
int mm_heatmap_axis_make(mm_heatmap_axis *axis, size_t extent, size_t size, size_t stride, size_t pad, mm_error *error);

/* The passes along one axis. */
typedef struct mm_heatmap_passes {
    size_t phases;  /* P */
    size_t extent;  /* pixels of a pass, the same for all passes */
    size_t cells;   /* windows of a pass; window p + P j is feature j * skip, and the last windows may not exist */
    size_t skip;    /* features between two windows */
    size_t window;  /* features that a window covers: ceil(size / T) */
} mm_heatmap_passes;

/* Computes the passes of an axis for a network with `step` pixels between features. */
void mm_heatmap_passes_make(mm_heatmap_passes *passes, const mm_heatmap_axis *axis, size_t step);

/* Copies rows y .. y + height - 1 and columns x .. x + width - 1 of image[H][W] to out[height][width], with zeros outside of the
 * image. Elements have `size` bytes. */
void mm_heatmap_cut(const void *image, size_t H, size_t W, size_t size, long y, long x, size_t height, size_t width,
                    void *out);

/* Smooths a map[y.n][x.n] in place by a Gaussian whose standard deviation is sd > 0 pixels; it ends at four of them. Each cell becomes the
 * weighted mean of the cells that were computed[y.n][x.n] (NULL: all were); those that were not stay as they are. MM_FAILURE: memory. */
int mm_heatmap_smooth(float *map, const mm_heatmap_axis *y, const mm_heatmap_axis *x, const bool *computed, double sd, mm_error *error);

/* Turns n log-odds into probabilities. */
void mm_heatmap_probabilities(float *map, size_t n);

#endif
