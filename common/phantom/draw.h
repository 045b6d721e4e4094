/* Small marks on a layer of numbers: strokes (vessels, ligaments, spicules, letters) and specks (calcifications).
 *
 * A layer is a window of an image: float values, H x W, with the place of its pixels in millimetres. Marks are given
 * in millimetres, and no thinner than about a pixel, so that they show at every image size. */
#ifndef MM_PHANTOM_DRAW_H
#define MM_PHANTOM_DRAW_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mm_tissue_layer {
    float *value;          /* H, W; owned by the caller */
    size_t height, width;
    double scale;          /* pixels per millimetre */
    double x0, y0;         /* mm: position of pixel (0, 0)'s centre */
    bool mirrored;         /* x runs from the last column to the first, and x0 is the last one's centre */
} mm_tissue_layer;

/* Millimetres to pixel coordinates (column, row), pixel centres at whole numbers. */
double mm_tissue_layer_column(const mm_tissue_layer *l, double x);
double mm_tissue_layer_row(const mm_tissue_layer *l, double y);

/* Rows [top, bottom) and columns [left, right) that a square of half width `reach` mm about (x, y) touches. */
typedef struct mm_extent {
    size_t top, bottom, left, right;
} mm_extent;
mm_extent mm_tissue_layer_extent(const mm_tissue_layer *l, double x, double y, double reach);

/* A line through the points, of half width w0 at its start and w1 at its end, brightest in the middle: raises values
 * to `amplitude` times its profile where they are lower (so joints and crossings do not pile up). */
void mm_draw_stroke(mm_tissue_layer *l, const double *x, const double *y, size_t points, double w0, double w1, double amplitude);

/* A grain: raises values to `amplitude` inside radius * (1 + rough * cos(3 phi + a) ...), `stretch` times longer along
 * `angle`. */
void mm_draw_speck(mm_tissue_layer *l, double x, double y, double radius, double stretch, double angle, double rough,
                   double amplitude);

#endif
