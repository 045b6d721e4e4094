/* Headers of DICOM files (PS3.3, PS3.5, PS3.10). formats/image/dicom_image.h reads their pixels. */
#ifndef MM_FORMATS_DICOM_DICOM_H
#define MM_FORMATS_DICOM_DICOM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Room for a text of the header. Longer ones are cut; bytes that are neither printable ASCII nor UTF-8 are written %XX. */
enum { MM_DICOM_TEXT = 256 };

/* The values of a header; "" or 0 if it lacks one. There is nothing to free. */
typedef struct mm_dicom_info {
    char patient[MM_DICOM_TEXT];            /* Patient ID */
    char side[8];                           /* LEFT, RIGHT or "" */
    char view[8];                           /* CC, MLO, ML, LM, LMO, XCCL, ... of a breast, or "" */
    char modality[17];                      /* MG, ... */
    char sop_class[65];                     /* SOP Class UID, or the one that the meta information has */
    char image_type[MM_DICOM_TEXT];         /* all values, with '\\' between them */
    char study[65], series[65], sop[65];    /* instance UIDs */
    char series_description[MM_DICOM_TEXT]; /* CBIS-DDSM: "full mammogram images", "ROI mask images", "cropped images" */
    char transfer_syntax[65];               /* UID */
    char photometric[17];                   /* MONOCHROME1, MONOCHROME2, RGB, ... */
    size_t rows, columns, frames;           /* frames: 1 where the file does not say; rows 0: no image */
    unsigned samples;                       /* per pixel: 1 grey or palette, 3 colour; 1 where the file does not say */
    unsigned bits_allocated, bits_stored, high_bit;
    bool has_high_bit;                      /* High Bit is there: 0 is a value */
    bool has_samples, has_sign;             /* Samples per Pixel and Pixel Representation are there */
    bool is_signed;
    bool has_pixels;                        /* Pixel Data is there (whole or not) */
    double spacing[2];                      /* mm between rows, between columns: Pixel Spacing, else Imager Pixel Spacing, ... */
} mm_dicom_info;

/* True if a file begins as DICOM does: with a preamble, or with the elements that come first in a file without a preamble. 140 bytes
 * suffice. */
bool mm_dicom_is(const void *bytes, size_t size);

/* Reads the header of a file in memory. MM_DAMAGED: the file is not DICOM, or is damaged before its pixels. A file without an image is
 * not an error: rows are 0. Messages repeat no element's value. */
int mm_dicom_header(const void *bytes, size_t size, mm_dicom_info *info, mm_error *error);

/* Reads the header of the file at `path` likewise. The file is mapped, and its pixels are not read. Messages name the path.
 * MM_FAILURE: it cannot be read. */
int mm_dicom_header_read(const char *path, mm_dicom_info *info, mm_error *error);

#endif
