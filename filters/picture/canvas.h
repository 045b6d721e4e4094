/* A surface to draw on with cairo, encoded as PNG or SVG into a stdio stream: what plots and contact sheets share. */
#ifndef MM_FILTERS_PICTURE_CANVAS_H
#define MM_FILTERS_PICTURE_CANVAS_H

#include <cairo.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/error.h"

typedef enum mm_canvas_format { MM_CANVAS_PNG, MM_CANVAS_SVG } mm_canvas_format;

/* Finds the format by the ending of a file name: .png or .svg, in any case. MM_USAGE: any other. */
int mm_canvas_format_of(const char *path, mm_canvas_format *format, mm_error *error);

typedef struct mm_canvas {
    cairo_t *cr; /* units: pixels, origin at the top left */
    cairo_surface_t *surface;
    mm_canvas_format format;
    FILE *out;
    int write_failed;
} mm_canvas;

/* Opens a canvas of 1 to 32767 pixels each way. It must not move in memory until it is finished or aborted. MM_FAILURE: another size,
 * or cairo fails. */
int mm_canvas_open(mm_canvas *canvas, mm_canvas_format format, double width, double height, FILE *out, mm_error *error);

/* Encodes the picture into `out`, which is not flushed, and frees the canvas. MM_FAILURE: cannot write, or cairo fails. */
int mm_canvas_finish(mm_canvas *canvas, mm_error *error);

/* Frees the canvas without finishing the picture; the beginning of an SVG may be written already. */
void mm_canvas_abort(mm_canvas *canvas);

typedef struct mm_ink {
    double r, g, b;
} mm_ink;

/* Sets the colour of what is drawn next. */
void mm_canvas_ink(cairo_t *cr, mm_ink ink);

typedef enum mm_align { MM_LEFT, MM_CENTRE, MM_RIGHT } mm_align;

/* Sets the font, of `size` pixels. */
void mm_canvas_font(cairo_t *cr, double size, int bold);

/* Returns the width of a line of text in the current font, in pixels. */
double mm_canvas_text_width(cairo_t *cr, const char *text);

/* Draws one line of text with its base line at y, starting, centred or ending at x. */
void mm_canvas_text(cairo_t *cr, double x, double y, mm_align align, const char *text);

/* Draws a line of text likewise. If it is wider than `width`, an ellipsis replaces a part of its middle. */
void mm_canvas_text_in(cairo_t *cr, double x, double y, mm_align align, double width, const char *text);

/* Draws the pixels rgb[height][width][3] at (x, y), not scaled. MM_FAILURE: cairo fails. */
int mm_canvas_pixels(mm_canvas *canvas, double x, double y, const uint8_t *rgb, size_t height, size_t width, mm_error *error);

#endif
