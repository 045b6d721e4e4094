/* The outline of a breast, and how far a point lies inside it.
 *
 * All of phantom/ measures in millimetres on the film: x from the chest wall (0) towards the nipple, y downwards from
 * the middle of the film. A right breast is the mirror image, drawn so when millimetres become pixels. */
#ifndef MM_PHANTOM_OUTLINE_H
#define MM_PHANTOM_OUTLINE_H

#include "common/base/random.h"

#include <stdbool.h>
#include <stddef.h>

enum { MM_OUTLINE_POINTS = 160, MM_OUTLINE_ROWS = 111, MM_OUTLINE_COLUMNS = 71 };

typedef struct mm_outline {
    float x[MM_OUTLINE_POINTS], y[MM_OUTLINE_POINTS]; /* a closed polygon, far outside the film behind the chest wall */
    size_t points;
    double nipple_x, nipple_y;
    double depth;                                     /* chest wall to nipple */
    double axilla;                                    /* oblique view: width of the breast at the upper film edge */
    float distance[MM_OUTLINE_ROWS][MM_OUTLINE_COLUMNS]; /* to the polygon on a grid, positive inside */
} mm_outline;

/* Draws a breast: a rounded half ellipse (craniocaudal), or one with an axillary tail above and a fold below
 * (oblique). `size` scales it, 0.9 to 1.1 or so. */
void mm_outline_draw(mm_outline *o, bool oblique, double size, mm_random *r);

/* Distance in mm to the skin, positive inside, smooth; the nipple is not in it. Points above and below the grid
 * (+-137 mm) count as its edge. */
double mm_outline_inside(const mm_outline *o, double x, double y);

/* The same for n points of one row, x[i] = x0 + i * step. */
void mm_outline_row(const mm_outline *o, double x0, double step, double y, float *out, size_t n);

#endif
