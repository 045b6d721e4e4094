/* ROC curves and a confusion matrix drawn with cairo: see plot.h. */
#include "formats/plot.h"

#include <stdio.h>

/* Layout in pixels: two square panels of SIDE with room for axes and names. */
enum { SIDE = 440, LEFT = 70, TOP = 60, BOTTOM = 70, GAP = 150, MARGIN = 40 };

/* Okabe and Ito's colours, which people with colour blindness tell apart; the headline's blue first. */
static const mm_ink inks[] = {{0.00, 0.27, 0.50}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45}, {0.80, 0.47, 0.65},
                              {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91}, {0.35, 0.35, 0.35}, {0.60, 0.30, 0.10},
                              {0.45, 0.20, 0.65}, {0.60, 0.60, 0.10}, {0.10, 0.60, 0.70}, {0.80, 0.20, 0.30}};
static const mm_ink black = {0.1, 0.1, 0.1}, grey = {0.45, 0.45, 0.45}, faint = {0.88, 0.88, 0.88};

static void axes(cairo_t *cr, double x, double y)
{
    cairo_set_line_width(cr, 1);
    for (int i = 0; i <= 5; i++) {
        char text[16];
        double d = SIDE * i / 5.0;
        snprintf(text, sizeof text, "%.1f", i / 5.0);
        mm_canvas_ink(cr, faint);
        cairo_move_to(cr, x + d, y);
        cairo_rel_line_to(cr, 0, SIDE);
        cairo_move_to(cr, x, y + d);
        cairo_rel_line_to(cr, SIDE, 0);
        cairo_stroke(cr);
        mm_canvas_ink(cr, grey);
        mm_canvas_text(cr, x + d, y + SIDE + 18, MM_CENTRE, text);
        mm_canvas_text(cr, x - 8, y + SIDE - d + 4, MM_RIGHT, text);
    }
    cairo_rectangle(cr, x, y, SIDE, SIDE);
    cairo_stroke(cr);
    static const double dash[2] = {4, 4};
    cairo_set_dash(cr, dash, 2, 0);
    cairo_move_to(cr, x, y + SIDE);
    cairo_line_to(cr, x + SIDE, y);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
    mm_canvas_ink(cr, black);
    mm_canvas_font(cr, 13, 0);
    mm_canvas_text(cr, x + SIDE / 2.0, y + SIDE + 44, MM_CENTRE, "1 - specificity");
    cairo_save(cr);
    cairo_translate(cr, x - 44, y + SIDE / 2.0);
    cairo_rotate(cr, -3.14159265358979 / 2);
    mm_canvas_text(cr, 0, 0, MM_CENTRE, "sensitivity");
    cairo_restore(cr);
}

static void curve(cairo_t *cr, double x, double y, const mm_roc *roc)
{
    for (size_t p = 0; p < roc->points; p++) {
        double px = x + SIDE * (1 - mm_roc_specificity(roc, p)), py = y + SIDE * (1 - mm_roc_sensitivity(roc, p));
        if (p == 0)
            cairo_move_to(cr, px, py);
        else
            cairo_line_to(cr, px, py);
    }
    cairo_stroke(cr);
}

static void curves(cairo_t *cr, const mm_plot *plot, double x, double y)
{
    size_t known = sizeof inks / sizeof *inks;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = plot->ncurves; i-- > 0;) { /* the first on top */
        mm_canvas_ink(cr, inks[i % known]);
        cairo_set_line_width(cr, i == 0 ? 2.6 : 1.4);
        curve(cr, x, y, plot->curves[i].roc);
    }
    /* The legend stands in the lower right, where good curves do not go. */
    double line = 18, width = 0;
    mm_canvas_font(cr, 11.5, 0);
    for (size_t i = 0; i < plot->ncurves; i++) {
        double w = mm_canvas_text_width(cr, plot->curves[i].name);
        width = w > width ? w : width;
    }
    width += 40;
    double lx = x + SIDE - width - 8, ly = y + SIDE - line * (double)plot->ncurves - 16;
    cairo_rectangle(cr, lx, ly, width, line * (double)plot->ncurves + 8);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.88);
    cairo_fill(cr);
    for (size_t i = 0; i < plot->ncurves; i++) {
        double at = ly + line * (double)(i + 1);
        mm_canvas_ink(cr, inks[i % known]);
        cairo_set_line_width(cr, i == 0 ? 2.6 : 1.4);
        cairo_move_to(cr, lx + 6, at - 4);
        cairo_rel_line_to(cr, 22, 0);
        cairo_stroke(cr);
        mm_canvas_ink(cr, black);
        mm_canvas_text(cr, lx + 34, at, MM_LEFT, plot->curves[i].name);
    }
}

/* White to the headline's blue. */
static mm_ink shade(double share)
{
    return (mm_ink){1 - share * (1 - inks[0].r), 1 - share * (1 - inks[0].g), 1 - share * (1 - inks[0].b)};
}

static void confusion(cairo_t *cr, const mm_plot *plot, double x, double y)
{
    size_t K = plot->K;
    double cell = (double)SIDE / (double)K, size = cell / 4.5 > 16 ? 16 : cell / 4.5;
    int tilt = K > 3; /* names of columns stand aslant when they have little room */
    for (size_t i = 0; i < K; i++) {
        size_t samples = 0;
        for (size_t j = 0; j < K; j++)
            samples += plot->confusion[i * K + j];
        for (size_t j = 0; j < K; j++) {
            size_t count = plot->confusion[i * K + j];
            double share = samples ? (double)count / (double)samples : 0;
            double left = x + (double)j * cell, top = y + (double)i * cell;
            char text[32];
            mm_canvas_ink(cr, shade(share));
            cairo_rectangle(cr, left, top, cell, cell);
            cairo_fill(cr);
            mm_canvas_ink(cr, share > 0.5 ? (mm_ink){1, 1, 1} : black);
            if (size >= 5) {
                snprintf(text, sizeof text, "%zu", count);
                mm_canvas_font(cr, size, i == j);
                mm_canvas_text(cr, left + cell / 2, top + cell / 2, MM_CENTRE, text);
                snprintf(text, sizeof text, "%.0f %%", 100 * share);
                mm_canvas_font(cr, size * 0.75, 0);
                mm_canvas_text(cr, left + cell / 2, top + cell / 2 + size * 1.1, MM_CENTRE, samples ? text : "-");
            }
        }
        mm_canvas_ink(cr, black);
        mm_canvas_font(cr, size > 12 ? 12 : size < 7 ? 7 : size, 0);
        mm_canvas_text_in(cr, x - 8, y + ((double)i + 0.5) * cell + 4, MM_RIGHT, GAP - 55, plot->class_name[i]);
        cairo_save(cr);
        cairo_translate(cr, x + ((double)i + 0.5) * cell, y + SIDE + 18);
        if (tilt)
            cairo_rotate(cr, -0.35);
        mm_canvas_text_in(cr, tilt ? 10 : 0, 0, tilt ? MM_RIGHT : MM_CENTRE, tilt ? 110 : cell, plot->class_name[i]);
        cairo_restore(cr);
    }
    mm_canvas_ink(cr, grey);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, x, y, SIDE, SIDE);
    cairo_stroke(cr);
    mm_canvas_ink(cr, black);
    mm_canvas_font(cr, 13, 0);
    mm_canvas_text(cr, x + SIDE / 2.0, y + SIDE + 58, MM_CENTRE, "predicted");
    cairo_save(cr);
    cairo_translate(cr, x - GAP + 30, y + SIDE / 2.0);
    cairo_rotate(cr, -3.14159265358979 / 2);
    mm_canvas_text(cr, 0, 0, MM_CENTRE, "truth");
    cairo_restore(cr);
}

int mm_plot_write(const mm_plot *plot, mm_canvas_format format, FILE *out, mm_error *error)
{
    mm_canvas canvas;
    double width = LEFT + SIDE + MARGIN + (plot->confusion ? GAP + SIDE : 0), height = TOP + SIDE + BOTTOM;
    int code = mm_canvas_open(&canvas, format, width, height, out, error);
    if (code)
        return code;
    cairo_t *cr = canvas.cr;
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    mm_canvas_ink(cr, black);
    mm_canvas_font(cr, 15, 1);
    mm_canvas_text_in(cr, LEFT, 32, MM_LEFT, width - LEFT - MARGIN, plot->title);
    mm_canvas_font(cr, 12, 0);
    axes(cr, LEFT, TOP);
    curves(cr, plot, LEFT, TOP);
    if (plot->confusion)
        confusion(cr, plot, LEFT + SIDE + GAP, TOP);
    return mm_canvas_finish(&canvas, error);
}
