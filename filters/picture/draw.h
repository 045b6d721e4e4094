/* Small pictures of images: scaled into a cell, windowed to 8 bits, heat and outlines drawn over them. Plain arrays. */
#ifndef MM_FILTERS_PICTURE_DRAW_H
#define MM_FILTERS_PICTURE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/heatmap_record.h"
#include "common/image/resize.h"
#include "filters/picture/colour.h"

/* The size at which H x W is shown in a cell of at most cell_h x cell_w: made smaller keeping its aspect, or larger by a
 * whole factor (of at most `most`), so that pixels stay squares. Each side at least 1. */
void mm_draw_fit(size_t H, size_t W, size_t cell_h, size_t cell_w, size_t most, size_t *h, size_t *w);

/* Low and high ends of an automatic window: the 0.5 % and 99.5 % quantiles of the values above 0 (of all when there are
 * none), a little apart. scratch[n]. */
void mm_draw_window(const float *grey, size_t n, float *scratch, float *low, float *high);

/* grey[n] to rgb[n][3]: low becomes black, high white; NaN black. */
void mm_draw_grey(const float *grey, size_t n, float low, float high, uint8_t *rgb);

/* Samples a heatmap of an image H x W at the h x w pixels of the image's small picture: bilinear; beyond the outermost
 * cells their values go on. out[h][w]. */
void mm_draw_sample(const mm_heatmap *map, size_t H, size_t W, size_t h, size_t w, float *out);

/* Blends heat over rgb[n][3] where `over` (NULL: everywhere) is not 0. low..high is the range of the colours; what lies
 * in its lowest third fades out, so that cold tissue stays visible; above, heat covers with `opacity` 0..1. */
void mm_draw_heat(uint8_t *rgb, const float *heat, const uint8_t *over, size_t n, double low, double high, double opacity,
                  uint8_t colours[MM_COLOURS][3]);

/* Draws the outline of mask[h][w] just outside of it, `thick` pixels wide; what lies at the edge of the picture is drawn
 * on its edge pixels. scratch[h * w]. */
void mm_draw_outline(uint8_t *rgb, const uint8_t *mask, size_t h, size_t w, size_t thick, const uint8_t ink[3], uint8_t *scratch);

#endif
