/* JPEG (ITU-T T.81) of 8 bits, baseline and progressive, from memory by libjpeg-turbo, as grey values. Colour becomes luminance
 * (0.299 R + 0.587 G + 0.114 B, as the files store it). What is a warning of the library, such as missing or impossible bytes, is an
 * error here, so a damaged file never becomes an image. */
#ifndef MM_FORMATS_DICOM_JPEG_H
#define MM_FORMATS_DICOM_JPEG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_jpeg_info {
    size_t height, width;
    unsigned bits;       /* of a sample: 8, 12, ... */
    unsigned components; /* 1 grey, 3 colour, 4 for print */
    unsigned process;    /* second byte of the frame header's marker: C0 baseline, C1 extended, C2 progressive, C3 lossless, F7 JPEG-LS */
    const char *note;    /* what mm_jpeg_decode converts, or NULL; static text */
} mm_jpeg_info;

enum { MM_JPEG_LS = 0xf7 }; /* its process */

/* Reads up to the frame header, also of JPEG-LS. MM_DAMAGED: there is no frame header, or it has no pixels, or more than `size` bytes
 * can hold (checked for 8 bits, not lossless). */
int mm_jpeg_probe(const void *bytes, size_t size, mm_jpeg_info *info, mm_error *error);

/* The colours of three components. GUESS goes by the file's markers. Frames in DICOM have no markers; their header names the colours. */
typedef enum mm_jpeg_colour { MM_JPEG_GUESS, MM_JPEG_RGB, MM_JPEG_YBR } mm_jpeg_colour;

/* Checks that mm_jpeg_decode reads this kind: 8 bits, grey or colour, of process C0, C1 or C2. MM_DAMAGED: any other. */
int mm_jpeg_readable(const mm_jpeg_info *info, mm_error *error);

/* Decodes into pixels[H][W]; `info` comes from mm_jpeg_probe of the same bytes. MM_DAMAGED: the kind is not read, or the file is
 * truncated or corrupt; `pixels` is then undefined. */
int mm_jpeg_decode(const void *bytes, size_t size, const mm_jpeg_info *info, mm_jpeg_colour colour, unsigned char *pixels,
                   mm_error *error);

#endif
