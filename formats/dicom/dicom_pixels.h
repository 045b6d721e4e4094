/* The stored samples of one frame of a DICOM file, and the values in them. */
#ifndef MM_FORMATS_DICOM_DICOM_PIXELS_H
#define MM_FORMATS_DICOM_DICOM_PIXELS_H

#include "common/base/bytes.h"
#include "formats/dicom/dicom_format.h"

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
    unsigned low, bits;        /* the value lies in `bits` bits of a sample, from bit `low` up */
    bool is_signed;
    uint32_t overlays;         /* bits of a sample that hold overlays, outside of the value */
} mm_dicom_samples;

/* Finds or decodes the samples of a frame, from 0, which the file must have; `pixels` comes from mm_dicom_info_of. What the header
 * lacks is completed in `info` (dicom_format.h). What a code stream says of its samples decides. Notes say what was completed or
 * contradicts. MM_DAMAGED: the frame is damaged, or images of its kind are not read. On failure nothing is left to free. */
int mm_dicom_samples_of(const mm_dicom_file *file, mm_dicom_info *info, const mm_element *pixels, size_t frame,
                        mm_dicom_samples *samples, mm_dicom_notes *notes, mm_error *error);

/* Returns sample number i. */
static inline uint32_t mm_dicom_sample(const mm_dicom_samples *s, size_t i)
{
    const unsigned char *p = s->data + i * s->width;
    switch (s->width) {
    case 0: return s->data[(s->first_bit + i) / 8] >> (s->first_bit + i) % 8 & 1;
    case 1: return *p;
    case 2: return s->big ? mm_get16_big(p) : mm_get16(p);
    default: return s->big ? mm_get32_big(p) : mm_get32(p);
    }
}

/* Returns the value in a sample. Bits above the value's, if there are any but overlays and copies of the sign, make it larger than its
 * bits can hold. */
double mm_dicom_value(const mm_dicom_samples *samples, uint32_t sample);

#endif
