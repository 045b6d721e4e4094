/* ROC curves, reliability and a confusion matrix beside each other, drawn with cairo: see plot.h. */
#include "filters/picture/plot.h"

#include <math.h>
#include <stdio.h>

#include "filters/picture/panel.h"

/* Layout in pixels: square panels of SIDE with room for axes and names. */
enum { SIDE = 440, LEFT = 70, TOP = 84, BOTTOM = 74, GAP = 100, NAMES = 150, MARGIN = 40 };

static void curve(const mm_panel *p, const mm_roc *roc)
{
    for (size_t i = 0; i < roc->points; i++) {
        double x = mm_panel_x(p, 1 - mm_roc_specificity(roc, i)), y = mm_panel_y(p, mm_roc_sensitivity(roc, i));
        if (i == 0)
            cairo_move_to(p->cr, x, y);
        else
            cairo_line_to(p->cr, x, y);
    }
    cairo_stroke(p->cr);
}

/* The side of the diagonal where most of the curves are not. */
static mm_corner free_corner(const mm_plot *plot)
{
    double above = 0;
    for (size_t c = 0; c < plot->ncurves; c++)
        for (size_t i = 0; i < plot->curves[c].roc->points; i++)
            above += (mm_roc_sensitivity(plot->curves[c].roc, i) + mm_roc_specificity(plot->curves[c].roc, i) - 1) /
                     (double)plot->curves[c].roc->points;
    return above < 0 ? MM_UPPER_LEFT : MM_LOWER_RIGHT;
}

static void curves(const mm_panel *p, const mm_plot *plot)
{
    mm_legend legend[MM_INKS];
    size_t lines = plot->ncurves < MM_INKS ? plot->ncurves : MM_INKS;
    mm_panel_axes(p, "ROC, area under the curve (95 % interval)", mm_unit_ticks, 6, "1 - specificity", mm_unit_ticks, 6, "sensitivity");
    mm_panel_diagonal(p);
    cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = plot->ncurves; i-- > 0;) { /* the first on top */
        mm_canvas_ink(p->cr, mm_inks[i % MM_INKS]);
        cairo_set_line_width(p->cr, i == 0 ? 2.6 : 1.4);
        curve(p, plot->curves[i].roc);
        if (i < lines)
            legend[i] = (mm_legend){plot->curves[i].name, i == 0 ? 2.6 : 1.4};
    }
    mm_panel_legend(p, legend, lines, free_corner(plot));
}

/* How many records each bin holds, as bars that the fullest takes a fifth of the height for. */
static void bars(const mm_panel *p, const mm_reliability *r)
{
    size_t most = 1;
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++)
        most = r->records[b] > most ? r->records[b] : most;
    cairo_set_source_rgb(p->cr, 0.78, 0.86, 0.93);
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        double height = 0.2 * p->height * (double)r->records[b] / (double)most, width = p->width / MM_RELIABILITY_BINS;
        cairo_rectangle(p->cr, p->x + width * (double)b + 2, p->y + p->height - height, width - 4, height);
        cairo_fill(p->cr);
    }
}

enum { FIGURE = 80 };

static void print_figure(char text[FIGURE], const char *name, const mm_estimate *e)
{
    int n = snprintf(text, FIGURE, "%s %.3f", name, e->value);
    if (!isnan(e->bootstrap.low))
        snprintf(text + n, FIGURE - (size_t)n, " (%.3f to %.3f)", e->bootstrap.low, e->bootstrap.high);
}

static void reliability(const mm_panel *p, const mm_plot *plot)
{
    const mm_reliability *r = plot->reliability;
    char name[120];
    snprintf(name, sizeof name, "predicted P(%.60s)", plot->positive);
    mm_panel_axes(p, "reliability (bars: number of records)", mm_unit_ticks, 6, name, mm_unit_ticks, 6, "share that came true");
    bars(p, r);
    mm_panel_diagonal(p);
    mm_canvas_ink(p->cr, mm_inks[0]);
    cairo_set_line_width(p->cr, 1.4);
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++)
        if (r->records[b])
            cairo_line_to(p->cr, mm_panel_x(p, r->mean[b]), mm_panel_y(p, (double)r->positives[b] / (double)r->records[b]));
    cairo_stroke(p->cr);
    for (size_t b = 0; b < MM_RELIABILITY_BINS; b++) {
        mm_interval i = mm_wilson(r->positives[b], r->records[b], MM_Z95);
        if (r->records[b])
            mm_panel_point(p, r->mean[b], (double)r->positives[b] / (double)r->records[b], i.low, i.high);
    }
    char error[FIGURE], brier[FIGURE], both[2 * FIGURE + 2];
    print_figure(error, "calibration error", &r->error);
    print_figure(brier, "Brier score", &r->brier);
    snprintf(both, sizeof both, "%s, %s", error, brier);
    mm_canvas_ink(p->cr, mm_ink_black);
    mm_canvas_font(p->cr, 11.5, 0);
    mm_canvas_text(p->cr, p->x + p->width / 2, p->y + p->height + 64, MM_CENTRE, both);
}

/* White to the headline's blue. */
static mm_ink shade(double share)
{
    return (mm_ink){1 - share * (1 - mm_inks[0].r), 1 - share * (1 - mm_inks[0].g), 1 - share * (1 - mm_inks[0].b)};
}

/* One cell: its colour is the share of the true class, its texts are count and share. */
static void confusion_cell(cairo_t *cr, double left, double top, double cell, double size, size_t count, size_t samples, int diagonal)
{
    double share = samples ? (double)count / (double)samples : 0;
    char text[32];
    mm_canvas_ink(cr, shade(share));
    cairo_rectangle(cr, left, top, cell, cell);
    cairo_fill(cr);
    mm_canvas_ink(cr, share > 0.5 ? (mm_ink){1, 1, 1} : mm_ink_black);
    if (size < 5)
        return;
    snprintf(text, sizeof text, "%zu", count);
    mm_canvas_font(cr, size, diagonal);
    mm_canvas_text(cr, left + cell / 2, top + cell / 2, MM_CENTRE, text);
    snprintf(text, sizeof text, "%.0f %%", 100 * share);
    mm_canvas_font(cr, size * 0.75, 0);
    mm_canvas_text(cr, left + cell / 2, top + cell / 2 + size * 1.1, MM_CENTRE, samples ? text : "-");
}

static void confusion_names(cairo_t *cr, const mm_plot *plot, size_t i, double x, double y, double cell, double size)
{
    int tilt = plot->K > 3; /* names of columns stand aslant when they have little room */
    mm_canvas_ink(cr, mm_ink_black);
    mm_canvas_font(cr, size > 12 ? 12 : size < 7 ? 7 : size, 0);
    mm_canvas_text_in(cr, x - 8, y + ((double)i + 0.5) * cell + 4, MM_RIGHT, NAMES - 55, plot->class_name[i]);
    cairo_save(cr);
    cairo_translate(cr, x + ((double)i + 0.5) * cell, y + SIDE + 18);
    if (tilt)
        cairo_rotate(cr, -0.35);
    mm_canvas_text_in(cr, tilt ? 10 : 0, 0, tilt ? MM_RIGHT : MM_CENTRE, tilt ? 110 : cell, plot->class_name[i]);
    cairo_restore(cr);
}

static void confusion(cairo_t *cr, const mm_plot *plot, double x, double y)
{
    size_t K = plot->K;
    double cell = (double)SIDE / (double)K, size = cell / 4.5 > 16 ? 16 : cell / 4.5;
    for (size_t i = 0; i < K; i++) {
        size_t samples = 0;
        for (size_t j = 0; j < K; j++)
            samples += plot->confusion[i * K + j];
        for (size_t j = 0; j < K; j++)
            confusion_cell(cr, x + (double)j * cell, y + (double)i * cell, cell, size, plot->confusion[i * K + j], samples, i == j);
        confusion_names(cr, plot, i, x, y, cell, size);
    }
    mm_canvas_ink(cr, mm_ink_grey);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, x, y, SIDE, SIDE);
    cairo_stroke(cr);
    mm_canvas_ink(cr, mm_ink_black);
    mm_canvas_font(cr, 13, 1);
    mm_canvas_text(cr, x, y - 12, MM_LEFT, "confusion (share of the true class)");
    mm_canvas_font(cr, 13, 0);
    mm_canvas_text(cr, x + SIDE / 2.0, y + SIDE + 60, MM_CENTRE, "predicted class");
    cairo_save(cr);
    cairo_translate(cr, x - NAMES + 30, y + SIDE / 2.0);
    cairo_rotate(cr, -3.14159265358979 / 2);
    mm_canvas_text(cr, 0, 0, MM_CENTRE, "true class");
    cairo_restore(cr);
}

/* White ground and a title. */
static int open_picture(mm_canvas *canvas, mm_canvas_format format, double width, const char *title, FILE *out, mm_error *error)
{
    int code = mm_canvas_open(canvas, format, width, TOP + SIDE + BOTTOM, out, error);
    if (code)
        return code;
    cairo_set_source_rgb(canvas->cr, 1, 1, 1);
    cairo_paint(canvas->cr);
    mm_canvas_ink(canvas->cr, mm_ink_black);
    mm_canvas_font(canvas->cr, 15, 1);
    mm_canvas_text_in(canvas->cr, LEFT, 34, MM_LEFT, width - LEFT - MARGIN, title);
    return 0;
}

int mm_plot_write(const mm_plot *plot, mm_canvas_format format, FILE *out, mm_error *error)
{
    mm_canvas canvas;
    double width = LEFT + SIDE + MARGIN + (plot->reliability ? GAP + SIDE : 0) + (plot->confusion ? NAMES + SIDE : 0);
    int code = open_picture(&canvas, format, width, plot->title, out, error);
    if (code)
        return code;
    mm_panel panel = {canvas.cr, LEFT, TOP, SIDE, SIDE};
    curves(&panel, plot);
    if (plot->reliability) {
        panel.x += SIDE + GAP;
        reliability(&panel, plot);
    }
    if (plot->confusion)
        confusion(canvas.cr, plot, panel.x + SIDE + NAMES, TOP);
    return mm_canvas_finish(&canvas, error);
}

/* ---- free response ---- */

/* False marks per image on the axis, from 1/8 to 16. */
static double rate_position(double rate)
{
    double u = (log2(rate) + 3) / 7;
    return u < 0 ? 0 : u > 1 ? 1 : u;
}

static void froc_steps(const mm_panel *p, const mm_froc *f)
{
    mm_canvas_ink(p->cr, mm_inks[0]);
    cairo_set_line_width(p->cr, 2.2);
    cairo_move_to(p->cr, mm_panel_x(p, 0), mm_panel_y(p, 0));
    for (size_t i = 0; i < f->points; i++) { /* between thresholds nothing is known: steps */
        double x, y;
        cairo_get_current_point(p->cr, &x, &y);
        cairo_line_to(p->cr, mm_panel_x(p, rate_position(f->false_marks[i])), y);
        cairo_line_to(p->cr, mm_panel_x(p, rate_position(f->false_marks[i])), mm_panel_y(p, f->sensitivity[i]));
    }
    cairo_stroke(p->cr);
}

int mm_plot_froc(const mm_froc *f, const mm_froc_summary *s, mm_canvas_format format, FILE *out, mm_error *error)
{
    static const mm_tick rates[8] = {{0, "1/8"}, {1 / 7.0, "1/4"}, {2 / 7.0, "1/2"}, {3 / 7.0, "1"},
                                     {4 / 7.0, "2"}, {5 / 7.0, "4"}, {6 / 7.0, "8"}, {1, "16"}};
    mm_canvas canvas;
    char title[120];
    snprintf(title, sizeof title, "%zu lesions in %zu images of %zu patients", s->lesions, s->images, s->patients);
    int code = open_picture(&canvas, format, LEFT + 1.4 * SIDE + MARGIN, title, out, error);
    if (code)
        return code;
    const mm_panel panel = {canvas.cr, LEFT, TOP, 1.4 * SIDE, SIDE};
    char text[120];
    if (isnan(s->mean.bootstrap.low))
        snprintf(text, sizeof text, "free-response ROC, mean sensitivity of the six points %.3f", s->mean.value);
    else
        snprintf(text, sizeof text, "free-response ROC, mean sensitivity of the six points %.3f (%.3f to %.3f)", s->mean.value,
                 s->mean.bootstrap.low, s->mean.bootstrap.high);
    mm_panel_axes(&panel, text, rates, 8, "false marks per image", mm_unit_ticks, 6, "lesions found (sensitivity)");
    froc_steps(&panel, f);
    mm_canvas_ink(canvas.cr, mm_inks[1]);
    for (size_t r = 0; r < MM_FROC_RATES; r++)
        mm_panel_point(&panel, rate_position(mm_froc_rates[r]), s->sensitivity[r].value, s->sensitivity[r].bootstrap.low,
                       s->sensitivity[r].bootstrap.high);
    return mm_canvas_finish(&canvas, error);
}
