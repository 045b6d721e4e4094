/* A rectangle with axes to draw curves into, with its points and legend. Positions inside are u and v from 0 to 1, v upwards. */
#ifndef MM_FILTERS_PICTURE_PANEL_H
#define MM_FILTERS_PICTURE_PANEL_H

#include <stddef.h>

#include "filters/picture/canvas.h"

typedef struct mm_panel {
    cairo_t *cr;
    double x, y, width, height; /* in pixels, (x, y) the upper left corner */
} mm_panel;

typedef struct mm_tick {
    double at; /* 0..1 */
    const char *label;
} mm_tick;

/* Colours of curves: the headline's blue, then Okabe and Ito's, which people with colour blindness can distinguish, then others. */
enum { MM_INKS = 12 };
extern const mm_ink mm_inks[MM_INKS];
extern const mm_ink mm_ink_black, mm_ink_grey, mm_ink_faint;

extern const mm_tick mm_unit_ticks[6]; /* 0.0, 0.2, ... 1.0 */

/* Draws title, frame, grid, ticks and names of the axes. */
void mm_panel_axes(const mm_panel *panel, const char *title, const mm_tick *xtick, size_t nx, const char *xname, const mm_tick *ytick,
                   size_t ny, const char *yname);

/* Return the pixel coordinates of a position. */
double mm_panel_x(const mm_panel *panel, double u);
double mm_panel_y(const mm_panel *panel, double v);

/* Draws the dashed diagonal from (0, 0) to (1, 1). */
void mm_panel_diagonal(const mm_panel *panel);

/* Draws a dot with an error bar from low to high (NaN: none), in the current ink. */
void mm_panel_point(const mm_panel *panel, double u, double v, double low, double high);

typedef struct mm_legend {
    const char *text;
    double line; /* width of the line in its colour before the text; 0: none */
} mm_legend;

typedef enum mm_corner { MM_LOWER_RIGHT, MM_UPPER_LEFT } mm_corner;

/* Draws n lines of text on a white ground in a corner of the panel; entry i has the colour mm_inks[i]. */
void mm_panel_legend(const mm_panel *panel, const mm_legend *legend, size_t n, mm_corner corner);

#endif
