/* Surfaces, text and pixels with cairo: see canvas.h. */
#include "filters/picture/canvas.h"

#include <cairo-svg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int mm_canvas_format_of(const char *path, mm_canvas_format *format, mm_error *error)
{
    const char *dot = strrchr(path, '.');
    if (dot && strcasecmp(dot, ".png") == 0)
        *format = MM_CANVAS_PNG;
    else if (dot && strcasecmp(dot, ".svg") == 0)
        *format = MM_CANVAS_SVG;
    else
        return mm_fail(error, MM_USAGE, "'%s': a plot is written as .png or .svg", path);
    return 0;
}

static cairo_status_t write_bytes(void *context, const unsigned char *bytes, unsigned int n)
{
    mm_canvas *canvas = context;
    if (fwrite(bytes, 1, n, canvas->out) == n)
        return CAIRO_STATUS_SUCCESS;
    canvas->write_failed = 1;
    return CAIRO_STATUS_WRITE_ERROR;
}

static int fail(const mm_canvas *canvas, cairo_status_t status, mm_error *error)
{
    if (canvas->write_failed)
        return mm_fail(error, MM_FAILURE, "cannot write the picture:");
    return mm_fail(error, MM_FAILURE, "cannot draw: %s", cairo_status_to_string(status));
}

int mm_canvas_open(mm_canvas *canvas, mm_canvas_format format, double width, double height, FILE *out, mm_error *error)
{
    *canvas = (mm_canvas){.format = format, .out = out};
    if (!(width >= 1 && width <= 32767 && height >= 1 && height <= 32767))
        return mm_fail(error, MM_FAILURE, "a picture of %.0f x %.0f pixels is not possible", height, width);
    canvas->surface = format == MM_CANVAS_SVG ? cairo_svg_surface_create_for_stream(write_bytes, canvas, width, height)
                                              : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    canvas->cr = cairo_create(canvas->surface);
    cairo_status_t status = cairo_status(canvas->cr);
    if (status) {
        int code = fail(canvas, status, error);
        mm_canvas_abort(canvas);
        return code;
    }
    return 0;
}

int mm_canvas_finish(mm_canvas *canvas, mm_error *error)
{
    cairo_status_t status = cairo_status(canvas->cr);
    if (!status && canvas->format == MM_CANVAS_PNG)
        status = cairo_surface_write_to_png_stream(canvas->surface, write_bytes, canvas);
    if (!status) {
        cairo_surface_finish(canvas->surface);
        status = cairo_surface_status(canvas->surface);
    }
    int code = status || canvas->write_failed ? fail(canvas, status, error) : 0;
    mm_canvas_abort(canvas);
    return code;
}

void mm_canvas_abort(mm_canvas *canvas)
{
    if (canvas->cr)
        cairo_destroy(canvas->cr);
    if (canvas->surface)
        cairo_surface_destroy(canvas->surface);
    canvas->cr = NULL;
    canvas->surface = NULL;
}

void mm_canvas_ink(cairo_t *cr, mm_ink ink)
{
    cairo_set_source_rgb(cr, ink.r, ink.g, ink.b);
}

void mm_canvas_font(cairo_t *cr, double size, int bold)
{
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

double mm_canvas_text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

void mm_canvas_text(cairo_t *cr, double x, double y, mm_align align, const char *text)
{
    if (align != MM_LEFT)
        x -= mm_canvas_text_width(cr, text) * (align == MM_CENTRE ? 0.5 : 1);
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, text);
}

/* Is this byte within a UTF-8 character, not at its start? */
static int within_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void mm_canvas_text_in(cairo_t *cr, double x, double y, mm_align align, double width, const char *text)
{
    size_t n = strlen(text), kept = n;
    char *cut = malloc(n + 4);
    while (cut && kept > 0 && mm_canvas_text_width(cr, kept == n ? text : cut) > width) {
        kept--;
        size_t head = 2 * kept / 5, tail = n - (kept - head); /* the end tells more: keys share their beginnings */
        while (head > 0 && within_character(text[head]))
            head--;
        while (tail < n && within_character(text[tail]))
            tail++;
        memcpy(cut, text, head);
        memcpy(cut + head, "\xe2\x80\xa6", 3);
        memcpy(cut + head + 3, text + tail, n - tail + 1);
    }
    mm_canvas_text(cr, x, y, align, cut && kept < n ? cut : text); /* without memory the whole text is better than none */
    free(cut);
}

int mm_canvas_pixels(mm_canvas *canvas, double x, double y, const uint8_t *rgb, size_t height, size_t width, mm_error *error)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    cairo_status_t status = cairo_surface_status(image);
    if (status)
        return fail(canvas, status, error);
    cairo_surface_flush(image);
    unsigned char *data = cairo_image_surface_get_data(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            const uint8_t *p = rgb + 3 * (i * width + j);
            uint32_t word = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            memcpy(data + i * stride + 4 * j, &word, 4);
        }
    cairo_surface_mark_dirty(image);
    cairo_set_source_surface(canvas->cr, image, x, y);
    cairo_pattern_set_filter(cairo_get_source(canvas->cr), CAIRO_FILTER_NEAREST);
    cairo_paint(canvas->cr);
    cairo_surface_destroy(image);
    return 0;
}
