/* The stored samples of one frame of a DICOM file. */
#ifndef MM_FORMATS_DICOM_DICOM_PIXELS_H
#define MM_FORMATS_DICOM_DICOM_PIXELS_H

#include "formats/dicom/dicom_lookup.h"

typedef struct mm_dicom_samples {
    const unsigned char *data; /* in the file, or owned */
    void *owned;               /* freed by the caller; or NULL */
    unsigned width;            /* bytes of a sample: 1, 2, 4; 0: eight pixels of one bit in a byte */
    size_t first_bit;          /* of one bit: where the frame begins in data[0] */
    bool big;                  /* byte order */
    bool planar;               /* [samples][H][W], else [H][W][samples] */
    bool halved;               /* Y Y Cb Cr for two pixels */
    bool ybr;                  /* the three samples are luminance and chrominance */
    bool grey;                 /* the three samples were decoded to luminance of 8 bits */
} mm_dicom_samples;

/* Finds or decodes the samples of a frame, from 0, which the file must have; `pixels` comes from mm_dicom_info_of. MM_DAMAGED: the
 * frame is damaged, or images of its kind are not read. On failure nothing is left to free. */
int mm_dicom_samples_of(const mm_dicom_file *file, const mm_dicom_info *info, const mm_element *pixels, size_t frame,
                        mm_dicom_samples *samples, mm_error *error);

#endif
