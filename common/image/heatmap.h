/* Where the windows of a heatmap lie, and how a dense network's map is put together from passes over shifted images.
 *
 * Along each axis, an image of extent H with `pad` zeros on either side is covered by n windows of `size` pixels at a
 * stride of s. Their centres may lie in a range of L = H + 2 pad - size pixels; n = ceil(L / s), at least one, and what
 * is left over is shared by both ends: window i begins at floor((L - (n - 1) s) / 2) + s i - pad and its centre is half
 * a size further. With pad = size / 2 for an even size that is n = ceil(H / s) and centres at o + s i with
 * o = floor((H - (n - 1) s) / 2).
 *
 * A network with a step of T pixels between neighbours of its last features (T = 32 for ResNets) sees, in one pass over
 * an image that begins where a window begins, every window that lies a multiple of T further. The others come from
 * passes over images that begin s, 2 s, ... later; after P = T / gcd(s, T) of them the windows repeat, so there are
 * P x P passes, of which pass (p, q) gives windows (p + P j, q + P k). */
#ifndef MM_IMAGE_HEATMAP_H
#define MM_IMAGE_HEATMAP_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_heatmap_axis {
    size_t extent, size, stride;
    size_t n;    /* windows */
    long begin;  /* first pixel of window 0 in the image; negative in the padding */
    long centre; /* of window 0 */
} mm_heatmap_axis;

/* All > 0 but pad. MM_FAILURE when a window does not fit into the padded image. */
int mm_heatmap_axis_make(mm_heatmap_axis *axis, size_t extent, size_t size, size_t stride, size_t pad, mm_error *error);

/* The passes along one axis. */
typedef struct mm_heatmap_passes {
    size_t phases;  /* P */
    size_t extent;  /* pixels of a pass; the same for all */
    size_t cells;   /* windows of a pass: window p + P j is its cell j * skip; the last ones may not exist */
    size_t skip;    /* features between two windows */
    size_t window;  /* features that a window covers: ceil(size / T) */
} mm_heatmap_passes;

void mm_heatmap_passes_make(mm_heatmap_passes *passes, const mm_heatmap_axis *axis, size_t step);

/* Cuts rows y .. y + height - 1 and columns x .. x + width - 1 out of image[H][W]; zero where that lies outside.
 * Elements of `size` bytes. */
void mm_heatmap_cut(const void *image, size_t H, size_t W, size_t size, long y, long x, size_t height, size_t width,
                    void *out);

#endif
