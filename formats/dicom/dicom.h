/* DICOM files (PS3.3, PS3.5, PS3.10): what their headers say, and one frame of their pixels as an image.
 *
 * Compressed pixels are decoded by libjpeg-turbo (8 bits) and GDCM, behind dicom_codec.h; nothing here prints, exits or
 * lets an exception out. */
#ifndef MM_FORMATS_DICOM_DICOM_H
#define MM_FORMATS_DICOM_DICOM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Room for a text of the header. Longer ones are cut; bytes that are neither printable ASCII nor UTF-8 are written %XX. */
enum { MM_DICOM_TEXT = 256 };

/* "" or 0 is what a file does not say. Plain values: nothing to free. */
typedef struct mm_dicom_info {
    char patient[MM_DICOM_TEXT];            /* Patient ID */
    char side[8];                           /* LEFT, RIGHT or "" */
    char view[8];                           /* CC, MLO, ML, LM, LMO, XCCL, ... of a breast, or "" */
    char modality[17];                      /* MG, ... */
    char study[65], series[65], sop[65];    /* instance UIDs */
    char series_description[MM_DICOM_TEXT]; /* CBIS-DDSM: "full mammogram images", "ROI mask images", "cropped images" */
    char transfer_syntax[65];               /* UID */
    char photometric[17];                   /* MONOCHROME1, MONOCHROME2, RGB, ... */
    size_t rows, columns, frames;           /* frames: 1 where the file does not say; rows 0: no image */
    unsigned samples;                       /* per pixel: 1 grey or palette, 3 colour */
    unsigned bits_allocated, bits_stored, high_bit;
    bool is_signed;
    bool has_pixels;                        /* Pixel Data is there (whole or not) */
    double spacing[2];                      /* mm between rows, between columns: Pixel Spacing, else Imager Pixel Spacing, ... */
} mm_dicom_info;

/* By the first bytes (140 suffice): the preamble's DICM, or elements as they come first in a file without one. */
bool mm_dicom_is(const void *bytes, size_t size);

/* The header of a file in memory, or at a path (which is mapped: its pixels are not read, however long they are).
 * MM_DAMAGED: no DICOM file, or damaged before its pixels; MM_FAILURE (path): cannot be read. The message of the second
 * names the file; none tells the value of an element. A file without an image is none of these: rows are 0. */
int mm_dicom_header(const void *bytes, size_t size, mm_dicom_info *info, mm_error *error);
int mm_dicom_header_read(const char *path, mm_dicom_info *info, mm_error *error);

/* One frame of a file in memory as an image (its data is the caller's to free): u8 (up to 8 bits stored), u16 (up to 16) or f32 (more). Black is 0 and white the full
 * scale of the type, whatever the file: stored values are taken from 0, or the least that is negative, to 2^bits - 1,
 * behind a rescale or modality LUT, or to the window's bounds; MONOCHROME1 is inverted, palettes and colours become
 * luminance. 16 bits that are unsigned, MONOCHROME2 and not windowed stay as they are, value by value.
 * image->note, patient, side, view, spacing are filled in.
 *
 * MM_DAMAGED: no DICOM file, damaged, or none that is read; the message says which and tells no element's value, except
 * numbers of the pixels' format and the transfer syntax. */
struct mm_image;
struct mm_image_options;
int mm_dicom_decode(const void *bytes, size_t size, const struct mm_image_options *rules, struct mm_image *image, mm_error *error);

#endif
