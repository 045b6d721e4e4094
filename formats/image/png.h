/* PNG (ISO/IEC 15948) to and from memory.
 *
 * Reading gives grey values as the file holds them, 8 or 16 bits a pixel: 1, 2 and 4 bits are expanded to 0..255,
 * palettes and colours become luminance (Rec. 601: 0.299 R + 0.587 G + 0.114 B, rounded), transparency is dropped.
 * Nothing is corrected for gamma. Plain grey files that are not interlaced take a fast path on libdeflate. libpng reads all others, and
 * any file in which the fast path finds something unusual, so libpng alone decides what is an error. Both give the same pixels. */
#ifndef MM_FORMATS_IMAGE_PNG_H
#define MM_FORMATS_IMAGE_PNG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "formats/image/image.h"
#include "formats/image/probe.h"

typedef struct mm_png_info {
    size_t height, width;
    unsigned bits;      /* of the grey image that mm_png_decode makes: 8 or 16 */
    unsigned depth;     /* bits per sample in the file: 1, 2, 4, 8, 16 */
    unsigned colour;    /* PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha */
    bool interlaced;
    bool composed;      /* set before mm_png_decode: transparency is not dropped, pixels are laid over black by it */
    bool merged;        /* set by mm_png_decode: different colours of 8 bits became one luminance */
    const char *note;   /* set by mm_png_decode: what was converted or dropped, or NULL; static text */
} mm_png_info;

/* Reads the header. MM_DAMAGED: it is not a PNG header, or it promises more pixels than `size` bytes can hold. */
int mm_png_probe(const void *bytes, size_t size, mm_png_info *info, mm_error *error);

/* Decodes into pixels[H][W] of info->bits, in the machine's byte order; `info` comes from mm_png_probe of the same bytes. MM_DAMAGED:
 * libpng refuses the file, or it is truncated; `pixels` is then undefined. */
int mm_png_decode(const void *bytes, size_t size, mm_png_info *info, void *pixels, mm_error *error);

/* Decodes by libpng alone; the fast path is tested against it. */
int mm_png_decode_libpng(const void *bytes, size_t size, mm_png_info *info, void *pixels, mm_error *error);

/* Decodes by the fast path alone. False if it does not take the file; `pixels` is then undefined. */
bool mm_png_decode_fast(const void *bytes, size_t size, const mm_png_info *info, void *pixels);

/* Encodes pixels[H][W][channels]: channels 1 with bits 8 or 16 (machine's byte order), channels 3 (RGB) or 4 (RGBA)
 * with bits 8. Every row is filtered by the row above it and deflated by libdeflate at its fastest level. ISA-L's level 1 is three
 * times as fast, but in programs with several threads it gave other bytes for the same rows now and then. The same pixels give the
 * same bytes on every processor. *bytes is malloc'ed and belongs to the caller. */
int mm_png_encode(const void *pixels, size_t height, size_t width, unsigned channels, unsigned bits,
                  unsigned char **bytes, size_t *size, mm_error *error);

/* Read PNG as a format of formats/image/formats.h. */
int mm_png_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);
int mm_png_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
