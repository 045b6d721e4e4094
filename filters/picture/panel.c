/* Axes, points and legends: see panel.h. */
#include "filters/picture/panel.h"

#include <math.h>
#include <stdbool.h>

const mm_ink mm_inks[MM_INKS] = {{0.00, 0.27, 0.50}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45}, {0.80, 0.47, 0.65},
                                 {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91}, {0.35, 0.35, 0.35}, {0.60, 0.30, 0.10},
                                 {0.45, 0.20, 0.65}, {0.60, 0.60, 0.10}, {0.10, 0.60, 0.70}, {0.80, 0.20, 0.30}};
const mm_ink mm_ink_black = {0.1, 0.1, 0.1}, mm_ink_grey = {0.45, 0.45, 0.45}, mm_ink_faint = {0.88, 0.88, 0.88};

const mm_tick mm_unit_ticks[6] = {{0, "0.0"}, {0.2, "0.2"}, {0.4, "0.4"}, {0.6, "0.6"}, {0.8, "0.8"}, {1, "1.0"}};

double mm_panel_x(const mm_panel *p, double u)
{
    return p->x + p->width * u;
}

double mm_panel_y(const mm_panel *p, double v)
{
    return p->y + p->height * (1 - v);
}

void mm_panel_axes(const mm_panel *p, const char *title, const mm_tick *xtick, size_t nx, const char *xname, const mm_tick *ytick,
                   size_t ny, const char *yname)
{
    cairo_t *cr = p->cr;
    cairo_set_line_width(cr, 1);
    mm_canvas_font(cr, 12, 0);
    for (size_t i = 0; i < nx; i++) {
        mm_canvas_ink(cr, mm_ink_faint);
        cairo_move_to(cr, mm_panel_x(p, xtick[i].at), p->y);
        cairo_rel_line_to(cr, 0, p->height);
        cairo_stroke(cr);
        mm_canvas_ink(cr, mm_ink_grey);
        mm_canvas_text(cr, mm_panel_x(p, xtick[i].at), p->y + p->height + 18, MM_CENTRE, xtick[i].label);
    }
    for (size_t i = 0; i < ny; i++) {
        mm_canvas_ink(cr, mm_ink_faint);
        cairo_move_to(cr, p->x, mm_panel_y(p, ytick[i].at));
        cairo_rel_line_to(cr, p->width, 0);
        cairo_stroke(cr);
        mm_canvas_ink(cr, mm_ink_grey);
        mm_canvas_text(cr, p->x - 8, mm_panel_y(p, ytick[i].at) + 4, MM_RIGHT, ytick[i].label);
    }
    cairo_rectangle(cr, p->x, p->y, p->width, p->height);
    cairo_stroke(cr);
    mm_canvas_ink(cr, mm_ink_black);
    mm_canvas_font(cr, 13, 1);
    mm_canvas_text(cr, p->x, p->y - 12, MM_LEFT, title);
    mm_canvas_font(cr, 13, 0);
    mm_canvas_text(cr, p->x + p->width / 2, p->y + p->height + 44, MM_CENTRE, xname);
    cairo_save(cr);
    cairo_translate(cr, p->x - 44, p->y + p->height / 2);
    cairo_rotate(cr, -3.14159265358979 / 2);
    mm_canvas_text(cr, 0, 0, MM_CENTRE, yname);
    cairo_restore(cr);
}

void mm_panel_diagonal(const mm_panel *p)
{
    static const double dash[2] = {4, 4};
    mm_canvas_ink(p->cr, mm_ink_grey);
    cairo_set_line_width(p->cr, 1);
    cairo_set_dash(p->cr, dash, 2, 0);
    cairo_move_to(p->cr, p->x, p->y + p->height);
    cairo_line_to(p->cr, p->x + p->width, p->y);
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

void mm_panel_point(const mm_panel *p, double u, double v, double low, double high)
{
    double x = mm_panel_x(p, u);
    cairo_set_line_width(p->cr, 1.4);
    if (!isnan(low) && !isnan(high)) {
        cairo_move_to(p->cr, x, mm_panel_y(p, low));
        cairo_line_to(p->cr, x, mm_panel_y(p, high));
        cairo_move_to(p->cr, x - 4, mm_panel_y(p, low));
        cairo_rel_line_to(p->cr, 8, 0);
        cairo_move_to(p->cr, x - 4, mm_panel_y(p, high));
        cairo_rel_line_to(p->cr, 8, 0);
        cairo_stroke(p->cr);
    }
    cairo_arc(p->cr, x, mm_panel_y(p, v), 4, 0, 2 * 3.14159265358979);
    cairo_fill(p->cr);
}

void mm_panel_legend(const mm_panel *p, const mm_legend *legend, size_t n, mm_corner corner)
{
    cairo_t *cr = p->cr;
    double line = 18, width = 0, indent = 8;
    mm_canvas_font(cr, 11.5, 0);
    for (size_t i = 0; i < n; i++) {
        double w = mm_canvas_text_width(cr, legend[i].text);
        width = w > width ? w : width;
        indent = legend[i].line > 0 ? 34 : indent;
    }
    width += indent + 6;
    bool upper = corner == MM_UPPER_LEFT;
    double x = upper ? p->x + 8 : p->x + p->width - width - 8, y = upper ? p->y + 8 : p->y + p->height - line * (double)n - 16;
    cairo_rectangle(cr, x, y, width, line * (double)n + 8);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.88);
    cairo_fill(cr);
    for (size_t i = 0; i < n; i++) {
        double at = y + line * (double)(i + 1);
        if (legend[i].line > 0) {
            mm_canvas_ink(cr, mm_inks[i % MM_INKS]);
            cairo_set_line_width(cr, legend[i].line);
            cairo_move_to(cr, x + 6, at - 4);
            cairo_rel_line_to(cr, 22, 0);
            cairo_stroke(cr);
        }
        mm_canvas_ink(cr, mm_ink_black);
        mm_canvas_text(cr, x + indent, at, MM_LEFT, legend[i].text);
    }
}
