/* The course of a training as a picture: see curves.h. */
#include "filters/picture/curves.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/options.h"
#include "common/base/output.h"
#include "common/cli/text_input.h"
#include "filters/picture/panel.h"

/* ---- the log ---- */

enum { MAX_COLUMNS = 40 };

/* Which columns of the log are which; the names stand in its first line. */
typedef struct columns {
    int kind, stage, epoch, best, value[MM_CURVES];
} columns;

static size_t split(char *line, char *word[MAX_COLUMNS])
{
    size_t n = 0;
    while (line && n < MAX_COLUMNS)
        word[n++] = strsep(&line, "\t");
    return n;
}

static int find_columns(columns *c, char *header)
{
    static const char *const names[MM_CURVES] = {"loss", "accuracy", "val_loss", "val_accuracy", "val_auc"};
    char *word[MAX_COLUMNS];
    size_t n = split(header, word);
    *c = (columns){-1, -1, -1, -1, {-1, -1, -1, -1, -1}};
    for (int i = 0; i < (int)n; i++) {
        c->kind = strcmp(word[i], "kind") ? c->kind : i;
        c->stage = strcmp(word[i], "stage") ? c->stage : i;
        c->epoch = strcmp(word[i], "epoch") ? c->epoch : i;
        c->best = strcmp(word[i], "best") ? c->best : i;
        for (size_t k = 0; k < MM_CURVES; k++)
            c->value[k] = strcmp(word[i], names[k]) ? c->value[k] : i;
    }
    return c->kind < 0 || c->stage < 0 || c->epoch < 0 || c->value[MM_CURVE_LOSS] < 0 ? MM_DAMAGED : MM_OK;
}

static int whole_number(const char *text, size_t *value)
{
    long v;
    if (mm_parse_long(text, 1, 1000000000, &v))
        return MM_DAMAGED;
    *value = (size_t)v;
    return MM_OK;
}

static int take_line(mm_curves *c, const columns *at, char *line, size_t *best)
{
    char *word[MAX_COLUMNS];
    size_t n = split(line, word);
    if (at->kind >= (int)n || strcmp(word[at->kind], "epoch"))
        return MM_OK;
    if (at->stage >= (int)n || at->epoch >= (int)n || whole_number(word[at->stage], &c->stage[c->n]) ||
        whole_number(word[at->epoch], &c->epoch[c->n]))
        return MM_DAMAGED;
    for (size_t k = 0; k < MM_CURVES; k++) {
        bool there = at->value[k] >= 0 && at->value[k] < (int)n && strcmp(word[at->value[k]], "NA");
        c->value[c->n][k] = NAN;
        if (there && mm_parse_double(word[at->value[k]], -1e30, 1e30, &c->value[c->n][k]))
            return MM_DAMAGED;
    }
    if (at->best >= 0 && at->best < (int)n && !strcmp(word[at->best], "1"))
        *best = c->n;
    c->n++;
    return MM_OK;
}

int mm_curves_parse(mm_curves *c, char *text, const char *name, mm_error *error)
{
    columns at;
    size_t lines = 1, number = 1, best = SIZE_MAX;
    *c = (mm_curves){0};
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    c->epoch = calloc(lines, sizeof *c->epoch);
    c->stage = calloc(lines, sizeof *c->stage);
    c->value = calloc(lines, sizeof *c->value);
    if (!c->epoch || !c->stage || !c->value)
        return mm_no_memory(error);
    char *rest = text, *line = strsep(&rest, "\n");
    if (find_columns(&at, line))
        return mm_fail(error, MM_DAMAGED, "'%s' is not a log of mmtrain: its first line does not name the columns", name);
    while ((line = strsep(&rest, "\n")) && rest) { /* a line without an end is being written */
        number++;
        if (take_line(c, &at, line, &best))
            return mm_fail(error, MM_DAMAGED, "'%s', line %zu: expected stage, epoch and figures", name, number);
    }
    c->best = best < c->n ? best : c->n;
    return c->n ? MM_OK : mm_fail(error, MM_FAILURE, "'%s' has no line of kind 'epoch' yet", name);
}

void mm_curves_free(mm_curves *c)
{
    free(c->epoch);
    free(c->stage);
    free(c->value);
    *c = (mm_curves){0};
}

/* ---- the picture ---- */

/* Layout in pixels. */
enum { WIDTH = 380, HEIGHT = 300, LEFT = 80, TOP = 104, KEY = 60, BOTTOM = 66, GAP = 80, MARGIN = 30, TICKS = 8 };

/* What one panel shows: training, validation (either -1) on an axis from low to high. */
typedef struct view {
    const char *title, *axis;
    int curve[2];
    double low, high;
} view;

typedef struct scale {
    mm_tick tick[TICKS];
    char label[TICKS][24];
    size_t n;
} scale;

/* Ticks at multiples of 1, 2 or 5 of a power of ten, at most TICKS - 1 of them. */
static void make_scale(scale *s, double low, double high, double offset, double span, bool whole)
{
    double step = pow(10, floor(log10((high - low) / (TICKS - 2) + 1e-300)));
    const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++)
        if ((high - low) / (step * factors[i]) <= TICKS - 2) {
            step *= factors[i];
            break;
        }
    step = whole && step < 1 ? 1 : step;
    s->n = 0;
    for (double v = ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step && s->n < TICKS; v += step) {
        snprintf(s->label[s->n], sizeof s->label[0], "%.6g", fabs(v) < 1e-9 * step ? 0 : v);
        s->tick[s->n] = (mm_tick){(v - low + offset) / span, s->label[s->n]};
        s->n++;
    }
}

static double smallest(const mm_curves *c, int curve, double sign)
{
    double m = INFINITY;
    for (size_t i = 0; i < c->n && curve >= 0; i++)
        if (!isnan(c->value[i][curve]))
            m = fmin(m, sign * c->value[i][curve]);
    return sign * m;
}

static bool is_there(const mm_curves *c, int curve) { return curve >= 0 && isfinite(smallest(c, curve, 1)); }

/* Epochs are as wide as one another, and their figures stand in their middle. */
static double middle(const mm_curves *c, size_t i) { return ((double)i + 0.5) / (double)c->n; }

static void draw_stages(const mm_panel *p, const mm_curves *c)
{
    const double dashes[] = {4, 3};
    char text[40];
    mm_canvas_font(p->cr, 10.5, 0);
    for (size_t i = 0; i < c->n; i++) {
        if (i && c->stage[i] == c->stage[i - 1])
            continue;
        double x = mm_panel_x(p, (double)i / (double)c->n);
        mm_canvas_ink(p->cr, mm_ink_grey);
        if (i) {
            cairo_set_dash(p->cr, dashes, 2, 0);
            cairo_move_to(p->cr, x, p->y);
            cairo_rel_line_to(p->cr, 0, p->height);
            cairo_stroke(p->cr);
            cairo_set_dash(p->cr, NULL, 0, 0);
        }
        size_t last = i;
        while (last < c->n && c->stage[last] == c->stage[i])
            last++;
        bool room = mm_panel_x(p, (double)last / (double)c->n) - x > 55;
        snprintf(text, sizeof text, "%s%zu", room ? "stage " : "", c->stage[i]);
        mm_canvas_text(p->cr, x + 4, p->y + 13, MM_LEFT, text);
    }
}

static void draw_curve(const mm_panel *p, const mm_curves *c, const view *w, int curve, mm_ink ink)
{
    mm_canvas_ink(p->cr, ink);
    cairo_set_line_width(p->cr, 1.8);
    cairo_new_path(p->cr);
    for (size_t i = 0; i < c->n; i++) {
        double v = (c->value[i][curve] - w->low) / (w->high - w->low);
        if (isnan(v))
            cairo_new_sub_path(p->cr);
        else
            cairo_line_to(p->cr, mm_panel_x(p, middle(c, i)), mm_panel_y(p, v));
    }
    cairo_stroke(p->cr);
    for (size_t i = 0; i < c->n; i++) /* few epochs are dots */
        if (!isnan(c->value[i][curve]) && c->n <= 12)
            mm_panel_point(p, middle(c, i), (c->value[i][curve] - w->low) / (w->high - w->low), NAN, NAN);
}

/* The epoch that was kept for its figures; without a validation none was. */
static bool has_best(const mm_curves *c) { return c->best < c->n && is_there(c, MM_CURVE_VAL_LOSS); }

static void ring(cairo_t *cr, double x, double y)
{
    mm_canvas_ink(cr, mm_ink_black);
    cairo_set_line_width(cr, 1.6);
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, 7, 0, 2 * 3.14159265358979);
    cairo_stroke(cr);
}

static void draw_best(const mm_panel *p, const mm_curves *c, const view *w)
{
    double x = mm_panel_x(p, middle(c, c->best)), v = c->value[c->best][w->curve[1]];
    mm_canvas_ink(p->cr, mm_ink_grey);
    cairo_set_line_width(p->cr, 1);
    cairo_move_to(p->cr, floor(x) + 0.5, p->y);
    cairo_rel_line_to(p->cr, 0, p->height);
    cairo_stroke(p->cr);
    if (!isnan(v))
        ring(p->cr, x, mm_panel_y(p, (v - w->low) / (w->high - w->low)));
}

/* What the lines of all panels mean, above them, where no data is. */
static void draw_key(cairo_t *cr, const mm_curves *c)
{
    static const char *const names[] = {"training", "validation"};
    const bool there[] = {true, is_there(c, MM_CURVE_VAL_LOSS) || is_there(c, MM_CURVE_VAL_ACCURACY) || is_there(c, MM_CURVE_VAL_AUC)};
    double x = LEFT;
    char best[60];
    mm_canvas_font(cr, 12, 0);
    for (size_t k = 0; k < 2; k++)
        if (there[k]) {
            mm_canvas_ink(cr, mm_inks[k]);
            cairo_set_line_width(cr, 1.8);
            cairo_move_to(cr, x, KEY - 4);
            cairo_rel_line_to(cr, 24, 0);
            cairo_stroke(cr);
            mm_canvas_ink(cr, mm_ink_black);
            mm_canvas_text(cr, x + 30, KEY, MM_LEFT, names[k]);
            x += 30 + mm_canvas_text_width(cr, names[k]) + 26;
        }
    if (!has_best(c))
        return;
    ring(cr, x + 8, KEY - 4);
    snprintf(best, sizeof best, "best epoch, %zu", c->epoch[c->best]);
    mm_canvas_text(cr, x + 22, KEY, MM_LEFT, best);
}

static void draw_view(const mm_panel *p, const mm_curves *c, const view *w)
{
    scale x, y;
    double first = (double)c->epoch[0], last = (double)c->epoch[c->n - 1];
    make_scale(&x, first, last > first ? last : first + 1, 0.5, last > first ? last - first + 1 : 1, true);
    make_scale(&y, w->low, w->high, 0, w->high - w->low, false);
    mm_panel_axes(p, w->title, x.tick, last > first ? x.n : 1, "epoch", y.tick, y.n, w->axis);
    draw_stages(p, c);
    for (size_t k = 0; k < 2; k++)
        if (is_there(c, w->curve[k]))
            draw_curve(p, c, w, w->curve[k], mm_inks[k]);
    if (has_best(c))
        draw_best(p, c, w);
}

static void set_limits(const mm_curves *c, view *w, bool loss)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < 2; k++)
        if (is_there(c, w->curve[k])) {
            low = fmin(low, smallest(c, w->curve[k], 1));
            high = fmax(high, smallest(c, w->curve[k], -1));
        }
    w->low = loss ? 0 : fmax(0, floor(low * 10 - 1e-9) / 10);
    w->high = loss ? fmax(high * 1.12, 1e-9) : 1 + 0.09 * (1 - w->low); /* room for the names of stages */
    if (!(w->low < w->high))
        w->low = w->high - 0.1;
}

static int draw(const mm_curves *c, const char *title, mm_canvas_format format, FILE *out, mm_error *error)
{
    view views[] = {{"loss", "mean loss", {MM_CURVE_LOSS, MM_CURVE_VAL_LOSS}, 0, 1},
                    {"accuracy", "accuracy", {MM_CURVE_ACCURACY, MM_CURVE_VAL_ACCURACY}, 0, 1},
                    {"AUC of the validation", "area under the ROC curve", {-1, MM_CURVE_VAL_AUC}, 0, 1}};
    size_t n = is_there(c, MM_CURVE_VAL_AUC) ? 3 : 2;
    double width = LEFT + (double)n * WIDTH + (double)(n - 1) * GAP + MARGIN;
    mm_canvas canvas;
    if (mm_canvas_open(&canvas, format, width, TOP + HEIGHT + BOTTOM, out, error))
        return error->code;
    cairo_set_source_rgb(canvas.cr, 1, 1, 1);
    cairo_paint(canvas.cr);
    mm_canvas_ink(canvas.cr, mm_ink_black);
    mm_canvas_font(canvas.cr, 15, 1);
    mm_canvas_text_in(canvas.cr, LEFT, 34, MM_LEFT, width - LEFT - MARGIN, title);
    draw_key(canvas.cr, c);
    for (size_t i = 0; i < n; i++) {
        mm_panel panel = {canvas.cr, LEFT + (double)i * (WIDTH + GAP), TOP, WIDTH, HEIGHT};
        set_limits(c, &views[i], i == 0);
        draw_view(&panel, c, &views[i]);
    }
    return mm_canvas_finish(&canvas, error);
}

int mm_curves_draw(const char *log, const char *picture, mm_error *error)
{
    mm_canvas_format format;
    mm_curves curves = {0};
    mm_output output = {.fd = -1};
    char *text = NULL, title[300];
    size_t bytes;
    if (!picture)
        return mm_fail(error, MM_USAGE, "--curves needs -o FILE.png or FILE.svg");
    if (mm_canvas_format_of(picture, &format, error))
        return error->code;
    snprintf(title, sizeof title, "training, %s", basename(mm_text_name(log)));
    int code = mm_text_read(log, &text, &bytes, error);
    if (!code)
        code = mm_curves_parse(&curves, text, mm_text_name(log), error);
    if (!code && !(code = mm_output_open(&output, picture, true, error))) {
        FILE *out = mm_output_file(&output, error);
        code = out ? draw(&curves, title, format, out, error) : error->code;
        if (!code)
            code = mm_output_commit(&output, error);
        mm_output_abort(&output);
    }
    mm_curves_free(&curves);
    free(text);
    return code;
}
