/* JPEG (ITU-T T.81) of 8 bits, baseline and progressive, from memory by libjpeg-turbo. Gives grey values; colour becomes
 * luminance (0.299 R + 0.587 G + 0.114 B, as the files store it). Whatever the library warns of, missing bytes or impossible
 * ones, is an error here: damage never passes for an image. */
#ifndef MM_FORMATS_DICOM_JPEG_H
#define MM_FORMATS_DICOM_JPEG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_jpeg_info {
    size_t height, width;
    unsigned bits;       /* of a sample: 8, 12, ... */
    unsigned components; /* 1 grey, 3 colour, 4 for print */
    unsigned process;    /* the second byte of the frame header's marker: C0 baseline, C1 extended, C2 progressive, C3 lossless, F7 JPEG-LS */
    const char *note;    /* what mm_jpeg_decode converts, or NULL; static text */
} mm_jpeg_info;

/* Reads up to the frame header, of JPEG-LS too. MM_DAMAGED: there is none, it has no pixel, or more pixels than `size` bytes can
 * hold (8 bits, not lossless). */
int mm_jpeg_probe(const void *bytes, size_t size, mm_jpeg_info *info, mm_error *error);

/* The colours of three components. GUESS goes by the file's markers; a DICOM header says which, and its frames have no marker. */
typedef enum mm_jpeg_colour { MM_JPEG_GUESS, MM_JPEG_RGB, MM_JPEG_YBR } mm_jpeg_colour;

/* Checks that mm_jpeg_decode reads this kind: 8 bits, grey or colour, of process C0, C1 or C2. MM_DAMAGED: it does not. */
int mm_jpeg_readable(const mm_jpeg_info *info, mm_error *error);

/* Decodes into pixels[H][W]; `info` comes from mm_jpeg_probe of the same bytes. MM_DAMAGED: a kind that is not read, or a truncated
 * or corrupt file; `pixels` is then undefined. */
int mm_jpeg_decode(const void *bytes, size_t size, const mm_jpeg_info *info, mm_jpeg_colour colour, unsigned char *pixels,
                   mm_error *error);

#endif
