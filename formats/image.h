/* One image in memory, from PNG, PNM or NPY: recognised by content, decoded to a tensor. */
#ifndef MM_FORMATS_IMAGE_H
#define MM_FORMATS_IMAGE_H

#include "common/stream/record.h"

typedef struct mm_image mm_image;
struct mm_image {
    mm_dtype dtype;   /* PNG, PNM: u8 or u16; NPY: u8, u16 or f32 */
    int ndim;         /* 2: (H, W); 3: (C, H, W), NPY alone */
    size_t dim[3];
    void *data;       /* from mm_alloc64 or of its kind: padded with zeros to 64 bytes */
    const char *note; /* what was converted on the way ("alpha dropped"), or NULL; static */
};

/* Decodes bytes[size]. MM_DAMAGED: no image, a damaged one, or of a format that is named ("is a DICOM file: ...");
 * MM_FAILURE: memory. The subject is left to the caller to add (mm_fail_in). */
int mm_image_decode(const void *bytes, size_t size, mm_image *image, mm_error *error);
void mm_image_free(mm_image *image);

/* Reads a whole file and decodes it; messages name the file. MM_FAILURE when it cannot be read. */
int mm_image_read(const char *path, mm_image *image, mm_error *error);

/* Full scale of the type: 255, 65535, and for f32 1. */
double mm_full_scale(mm_dtype dtype);

/* v -> v * full scale / white, rounded and clipped (f32: v * 1 / white): what an image is that was said to have its
 * white at `white` (12 bits in a 16-bit file: 4095). */
void mm_image_rescale(mm_image *image, double white);

/* The largest value. */
double mm_image_maximum(const mm_image *image);

#endif
