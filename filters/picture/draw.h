/* Small pictures of images, as plain arrays: scaled into a cell, windowed to 8 bits, with heat and outlines drawn over them. */
#ifndef MM_FILTERS_PICTURE_DRAW_H
#define MM_FILTERS_PICTURE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/heatmap_record.h"
#include "common/image/resize.h"
#include "filters/picture/colour.h"

/* Finds the size h x w at which an image H x W is shown in a cell of cell_h x cell_w. A larger image is reduced, keeping its aspect. A
 * smaller one is enlarged by a whole factor, at most `most`, so that pixels stay squares. Each side is at least 1. */
void mm_draw_fit(size_t H, size_t W, size_t cell_h, size_t cell_w, size_t most, size_t *h, size_t *w);

/* Finds the ends of an automatic window: the 0.5 % and 99.5 % quantiles of the finite values above 0, or of all finite values if none is
 * above 0. They always differ; without a finite value they are 0 and 1. scratch[n]. */
void mm_draw_window(const float *grey, size_t n, float *scratch, float *low, float *high);

/* Converts grey[n] to rgb[n][3]: low becomes black, high white; NaN becomes black. */
void mm_draw_grey(const float *grey, size_t n, float low, float high, uint8_t *rgb);

/* Samples the heatmap of an image H x W at the h x w pixels of its small picture, bilinearly between the cells that are shown: those
 * that were computed and are at least `low`. A pixel is NaN if the nearest cell is not shown, or if it lies more than half a stride
 * beyond the outermost cells; so each shown cell is seen, however small the picture. out[h][w]. */
void mm_draw_sample(const mm_heatmap *map, double low, size_t H, size_t W, size_t h, size_t w, float *out);

/* Blends heat over rgb[n][3] where `over` (NULL: everywhere) is not 0. The colours range from low to high. Nothing is drawn below
 * low, nor where heat is NaN. Heat covers in proportion to its value: not at 0 (at low if that is negative), with `opacity` 0..1 at
 * high. Where low is high, heat from there on has the last colour. */
void mm_draw_heat(uint8_t *rgb, const float *heat, const uint8_t *over, size_t n, double low, double high, double opacity,
                  uint8_t colours[MM_COLOURS][3]);

/* Draws the outline of mask[h][w] just outside of it, `thick` pixels wide. Where the mask touches the edge of the picture the outline
 * is drawn on the edge pixels. scratch[h * w]. */
void mm_draw_outline(uint8_t *rgb, const uint8_t *mask, size_t h, size_t w, size_t thick, const uint8_t ink[3], uint8_t *scratch);

#endif
