/* A surface to draw on with cairo, encoded as PNG or SVG into a stdio stream: what plots and contact sheets share. */
#ifndef MM_FILTERS_PICTURE_CANVAS_H
#define MM_FILTERS_PICTURE_CANVAS_H

#include <cairo.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/error.h"

typedef enum mm_canvas_format { MM_CANVAS_PNG, MM_CANVAS_SVG } mm_canvas_format;

/* The format that a file name asks for by its ending, .png or .svg in any case; MM_USAGE for any other. */
int mm_canvas_format_of(const char *path, mm_canvas_format *format, mm_error *error);

typedef struct mm_canvas {
    cairo_t *cr; /* units: pixels, origin at the top left */
    cairo_surface_t *surface;
    mm_canvas_format format;
    FILE *out;
    int write_failed;
} mm_canvas;

/* Width and height in pixels, 1 .. 32767; the canvas must stay where it is until it is finished. */
int mm_canvas_open(mm_canvas *canvas, mm_canvas_format format, double width, double height, FILE *out, mm_error *error);

/* Encodes all into `out` (not flushed) and frees the canvas. */
int mm_canvas_finish(mm_canvas *canvas, mm_error *error);

/* Frees without writing (an SVG may have begun). */
void mm_canvas_abort(mm_canvas *canvas);

typedef struct mm_ink {
    double r, g, b;
} mm_ink;

void mm_canvas_ink(cairo_t *cr, mm_ink ink);

typedef enum mm_align { MM_LEFT, MM_CENTRE, MM_RIGHT } mm_align;

void mm_canvas_font(cairo_t *cr, double size, int bold);
double mm_canvas_text_width(cairo_t *cr, const char *text);

/* One line of text with its base line at y, starting, centred or ending at x. */
void mm_canvas_text(cairo_t *cr, double x, double y, mm_align align, const char *text);

/* The same; when wider than `width`, an ellipsis stands for what is left out of its middle. */
void mm_canvas_text_in(cairo_t *cr, double x, double y, mm_align align, double width, const char *text);

/* Pixels rgb[height][width][3] at (x, y), not scaled. */
int mm_canvas_pixels(mm_canvas *canvas, double x, double y, const uint8_t *rgb, size_t height, size_t width, mm_error *error);

#endif
