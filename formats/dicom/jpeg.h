/* JPEG (ITU-T T.81) of 8 bits by libjpeg-turbo, baseline and progressive, from memory: grey values; colour becomes
 * luminance (0.299 R + 0.587 G + 0.114 B, which is what the files store). What the library warns of, bytes that are
 * missing or cannot be, is an error here: damage never passes for an image. */
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

/* Reads up to the frame header, of JPEG-LS too. MM_DAMAGED when there is none, or no pixel in it, or more of them than so
 * few bytes can hold (8 bits, not lossless). */
int mm_jpeg_probe(const void *bytes, size_t size, mm_jpeg_info *info, mm_error *error);

/* What a file says that it is, where it says so: a DICOM file of colours stored as such, which no marker tells. */
typedef enum mm_jpeg_colour { MM_JPEG_GUESS, MM_JPEG_RGB, MM_JPEG_YBR } mm_jpeg_colour;

/* Whether mm_jpeg_decode reads its kind: 8 bits, grey or colour, of process C0, C1 or C2. MM_DAMAGED: another. */
int mm_jpeg_readable(const mm_jpeg_info *info, mm_error *error);

/* Decodes what is readable into pixels[H][W]; `info` comes from mm_jpeg_probe of the same bytes. MM_DAMAGED: not readable, truncated,
 * corrupt; `pixels` is then undefined. */
int mm_jpeg_decode(const void *bytes, size_t size, const mm_jpeg_info *info, mm_jpeg_colour colour, unsigned char *pixels,
                   mm_error *error);

#endif
