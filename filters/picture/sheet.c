/* Contact sheets with cairo: see sheet.h. */
#include "filters/picture/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filters/picture/canvas.h"

enum { GAP = 12, CAPTION = 34, FOOT = 44, MARGIN = 14, LEAST_CELL = 84, BAR = 220, WIDEST = 1800 };

static const mm_ink paper = {0.09, 0.09, 0.10}, text = {0.88, 0.88, 0.88}, dim = {0.60, 0.60, 0.62};

typedef struct layout {
    size_t cell_h, cell_w, columns, rows, gap, caption;
    double margin, width, height;
} layout;

static mm_ink ink_of(const uint8_t rgb[3])
{
    return (mm_ink){rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

static size_t legend_kinds(const mm_sheet *s, bool kind[MM_LESION_KINDS])
{
    size_t n = 0;
    memset(kind, 0, MM_LESION_KINDS * sizeof *kind);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < MM_LESION_KINDS; k++)
            if (s->pictures[i].kind[k] && !kind[k]) {
                kind[k] = true;
                n++;
            }
    return n;
}

static layout lay_out(const mm_sheet *s)
{
    layout l = {.cell_h = LEAST_CELL, .cell_w = LEAST_CELL, .columns = s->columns, .gap = GAP, .caption = CAPTION, .margin = MARGIN};
    bool kind[MM_LESION_KINDS];
    if (s->bare)
        l = (layout){.columns = s->columns};
    for (size_t i = 0; i < s->n; i++) {
        l.cell_h = s->pictures[i].height > l.cell_h ? s->pictures[i].height : l.cell_h;
        l.cell_w = s->pictures[i].width > l.cell_w ? s->pictures[i].width : l.cell_w;
    }
    double h = (double)(l.cell_h + l.caption + l.gap), w = (double)(l.cell_w + l.gap);
    if (!l.columns) {
        double ideal = ceil(sqrt((double)s->n * h / w * 4 / 3)), most = floor((WIDEST - 2 * MARGIN) / w);
        l.columns = (size_t)fmax(1, fmin(ideal, most));
    }
    l.columns = l.columns > s->n ? s->n : l.columns;
    l.rows = (s->n + l.columns - 1) / l.columns;
    if (!s->columns)
        l.columns = (s->n + l.rows - 1) / l.rows; /* rows as even as can be */
    l.width = 2 * l.margin - (double)l.gap + (double)l.columns * w;
    l.height = 2 * l.margin - (double)l.gap + (double)l.rows * h;
    if (s->bare)
        return l;
    if (s->heat || s->note || legend_kinds(s, kind))
        l.height += FOOT;
    double least = 2 * MARGIN + (s->heat ? BAR + 60 : 0) + 90.0 * (double)legend_kinds(s, kind);
    l.width = l.width < least ? least : l.width;
    return l;
}

static int draw_cell(mm_canvas *canvas, const mm_picture *p, const layout *l, size_t i, mm_error *error)
{
    cairo_t *cr = canvas->cr;
    double x = l->margin + (double)((i % l->columns) * (l->cell_w + l->gap));
    double y = l->margin + (double)((i / l->columns) * (l->cell_h + l->caption + l->gap));
    double left = x + floor((double)(l->cell_w - p->width) / 2), top = y + (double)(l->cell_h - p->height);
    int code = mm_canvas_pixels(canvas, left, top, p->rgb, p->height, p->width, error);
    if (!l->caption)
        return code;
    mm_canvas_ink(cr, text);
    mm_canvas_font(cr, 11, 0);
    mm_canvas_text_in(cr, x + (double)l->cell_w / 2, y + (double)l->cell_h + 15, MM_CENTRE, (double)l->cell_w + GAP - 4, p->key);
    mm_canvas_ink(cr, ink_of(p->label_ink));
    mm_canvas_font(cr, 11, 1);
    mm_canvas_text_in(cr, x + (double)l->cell_w / 2, y + (double)l->cell_h + 30, MM_CENTRE, (double)l->cell_w + GAP - 4, p->label);
    return code;
}

static double draw_legend(cairo_t *cr, const mm_sheet *s, double x, double y)
{
    bool kind[MM_LESION_KINDS];
    legend_kinds(s, kind);
    mm_canvas_font(cr, 11, 0);
    for (size_t k = 0; k < MM_LESION_KINDS; k++)
        if (kind[k]) {
            uint8_t rgb[3];
            mm_class_colour(mm_lesion_kinds[k], rgb);
            mm_canvas_ink(cr, ink_of(rgb));
            cairo_set_line_width(cr, 2);
            cairo_rectangle(cr, x + 1, y - 9, 11, 9);
            cairo_stroke(cr);
            mm_canvas_ink(cr, text);
            mm_canvas_text(cr, x + 19, y, MM_LEFT, mm_lesion_kinds[k]);
            x += 19 + mm_canvas_text_width(cr, mm_lesion_kinds[k]) + 18;
        }
    return x;
}

static void draw_scale(cairo_t *cr, const mm_sheet *s, double right, double y)
{
    double left = right - BAR;
    for (int i = 0; i < BAR; i++) {
        mm_canvas_ink(cr, ink_of(s->colours[i * (MM_COLOURS - 1) / (BAR - 1)]));
        cairo_rectangle(cr, left + i, y - 12, 1, 12);
        cairo_fill(cr);
    }
    mm_canvas_ink(cr, dim);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, left - 0.5, y - 12.5, BAR + 1, 13);
    cairo_stroke(cr);
    mm_canvas_font(cr, 10, 0);
    mm_canvas_ink(cr, text);
    for (int i = 0; i <= 4; i++) {
        char number[32];
        snprintf(number, sizeof number, "%.3g", s->heat_low + (s->heat_high - s->heat_low) * i / 4);
        cairo_move_to(cr, left + BAR * i / 4.0, y);
        cairo_rel_line_to(cr, 0, 3);
        cairo_stroke(cr);
        mm_canvas_text(cr, left + BAR * i / 4.0, y + 14, i == 0 ? MM_LEFT : i == 4 ? MM_RIGHT : MM_CENTRE, number);
    }
    mm_canvas_text(cr, left - 8, y - 2, MM_RIGHT, "heat");
}

static void draw_foot(cairo_t *cr, const mm_sheet *s, const layout *l)
{
    double foot = l->height - MARGIN - 14, x = draw_legend(cr, s, MARGIN, foot), right = l->width - MARGIN;
    if (s->heat) {
        draw_scale(cr, s, right, foot);
        right -= BAR + 50;
    }
    if (s->note) {
        mm_canvas_font(cr, 11, 0);
        mm_canvas_ink(cr, dim);
        mm_canvas_text_in(cr, x, foot, MM_LEFT, right - x, s->note);
    }
}

int mm_sheet_write(const mm_sheet *s, FILE *out, mm_error *error)
{
    mm_canvas canvas;
    layout l = lay_out(s);
    int code = mm_canvas_open(&canvas, MM_CANVAS_PNG, l.width, l.height, out, error);
    if (code)
        return code;
    mm_canvas_ink(canvas.cr, paper);
    cairo_paint(canvas.cr);
    for (size_t i = 0; i < s->n && !code; i++)
        code = draw_cell(&canvas, &s->pictures[i], &l, i, error);
    if (!s->bare)
        draw_foot(canvas.cr, s, &l);
    if (code) {
        mm_canvas_abort(&canvas);
        return code;
    }
    return mm_canvas_finish(&canvas, error);
}
