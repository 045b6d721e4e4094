/* Small marks on a layer of numbers: strokes (vessels, ligaments, spicules, letters) and specks (calcifications).
 *
 * A layer is a window of an image: H x W float values and the position of its pixels in millimetres. Marks are given in
 * millimetres and drawn at least about a pixel wide, so that they are visible at every image size. */
#ifndef MM_PHANTOM_DRAW_H
#define MM_PHANTOM_DRAW_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mm_tissue_layer {
    float *value;          /* H, W; owned by the caller */
    size_t height, width;
    double scale;          /* pixels per millimetre */
    double x0, y0;         /* mm: position of pixel (0, 0)'s centre */
    bool mirrored;         /* x runs from the last column to the first; x0 is the centre of the last column */
} mm_tissue_layer;

/* Convert millimetres to pixel coordinates; pixel centres lie at whole numbers. */
double mm_tissue_layer_column(const mm_tissue_layer *l, double x);
double mm_tissue_layer_row(const mm_tissue_layer *l, double y);

/* Rows [top, bottom) and columns [left, right) of a layer. */
typedef struct mm_extent {
    size_t top, bottom, left, right;
} mm_extent;

/* Returns the rows and columns that a square of half width `reach` mm about (x, y) touches. */
mm_extent mm_tissue_layer_extent(const mm_tissue_layer *l, double x, double y, double reach);

/* Draws a line through the points, of half width w0 at its start and w1 at its end, brightest along its middle. It raises values
 * to `amplitude` times its profile where they are lower, so joints and crossings do not add up. */
void mm_draw_stroke(mm_tissue_layer *l, const double *x, const double *y, size_t points, double w0, double w1, double amplitude);

/* Draws a grain: raises values to `amplitude` inside radius * (1 + rough * cos(3 phi + a) ...), `stretch` times longer along
 * `angle`. */
void mm_draw_speck(mm_tissue_layer *l, double x, double y, double radius, double stretch, double angle, double rough,
                   double amplitude);

#endif
