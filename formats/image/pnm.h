/* PNM: grey maps (P2, P5) and colour maps (P3, P6) of netpbm, 8 or 16 bits.
 *
 * The header's maximum is white: values are scaled to the full scale of 8 bits (maximum below 256) or 16 bits, v * full scale /
 * maximum, rounded, so a maximum of 255 or 65535 leaves them unchanged. Colours become luminance as in png.h. A file holds one image;
 * a second one after it is an error. */
#ifndef MM_FORMATS_IMAGE_PNM_H
#define MM_FORMATS_IMAGE_PNM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "formats/image/image.h"
#include "formats/image/probe.h"

typedef struct mm_pnm_info {
    size_t height, width;
    unsigned bits;     /* of the grey image: 8 or 16 */
    unsigned kind;     /* the digit after P: 2, 3, 5, 6 */
    unsigned maximum;  /* the header's */
    size_t raster;     /* offset of the first sample */
    const char *note;  /* what is converted, or NULL; static text */
} mm_pnm_info;

/* Reads the header. MM_DAMAGED: it is not a PNM header, or a raw raster is shorter or longer than it says. */
int mm_pnm_probe(const void *bytes, size_t size, mm_pnm_info *info, mm_error *error);

/* Decodes into pixels[H][W] of info->bits, in the machine's byte order; `info` comes from mm_pnm_probe of the same bytes.
 * MM_DAMAGED: a sample above the maximum, or too few samples. */
int mm_pnm_decode(const void *bytes, size_t size, const mm_pnm_info *info, void *pixels, mm_error *error);

/* Read PNM as a format of formats/image/formats.h. */
int mm_pnm_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);
int mm_pnm_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
