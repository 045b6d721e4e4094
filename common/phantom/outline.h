/* The outline of a breast, and the distance of a point from it.
 *
 * All of phantom/ measures in millimetres on the film: x from the chest wall (0) towards the nipple, y downwards from the middle
 * of the film. A right breast is mirrored when millimetres become pixels. */
#ifndef MM_PHANTOM_OUTLINE_H
#define MM_PHANTOM_OUTLINE_H

#include "common/base/random.h"

#include <stdbool.h>
#include <stddef.h>

enum { MM_OUTLINE_POINTS = 160, MM_OUTLINE_ROWS = 111, MM_OUTLINE_COLUMNS = 71 };

typedef struct mm_outline {
    float x[MM_OUTLINE_POINTS], y[MM_OUTLINE_POINTS]; /* a closed polygon that extends far behind the chest wall */
    size_t points;
    double nipple_x, nipple_y;
    double depth;                                     /* chest wall to nipple */
    double axilla;                                    /* oblique view: width of the breast at the upper film edge */
    float distance[MM_OUTLINE_ROWS][MM_OUTLINE_COLUMNS]; /* distance to the polygon on a grid, positive inside */
} mm_outline;

/* Draws a breast at random: a rounded half ellipse (craniocaudal), or one with an axillary tail above and a fold below (oblique).
 * `size` scales it, about 0.9 to 1.1. */
void mm_outline_draw(mm_outline *o, bool oblique, double size, mm_random *r);

/* Returns the distance to the skin in mm, positive inside, smooth, without the nipple. Points beyond the grid (+-137 mm in y)
 * take the value at its edge. */
double mm_outline_inside(const mm_outline *o, double x, double y);

/* Computes mm_outline_inside for n points of one row, x[i] = x0 + i * step. */
void mm_outline_row(const mm_outline *o, double x0, double step, double y, float *out, size_t n);

#endif
