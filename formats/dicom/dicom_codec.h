/* Decoding of one compressed frame of a DICOM file by GDCM, which is C++ (dicom_codec.cc). The isolated program (filters/isolated.c)
 * calls it, and dicom_pixels.c starts that program (common/base/isolated.h says why). */
#ifndef MM_FORMATS_DICOM_DICOM_CODEC_H
#define MM_FORMATS_DICOM_DICOM_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "common/base/error.h"

#define MM_DICOM_JOB "dicom-frame"

/* A frame's format. It has no pointers, since it goes to another process. */
typedef struct mm_dicom_frame {
    char transfer_syntax[65], photometric[17]; /* as in the header */
    size_t rows, columns;
    unsigned samples, bits_allocated, bits_stored, high_bit;
    bool is_signed;
} mm_dicom_frame;

/* Decodes the frame's code stream bytes[size] into to[rows][columns][samples] of bits_allocated (8, 16 or 32) in the machine's byte
 * order; `room` must be its size in bytes. Three samples of YBR_FULL are luminance and chrominance; all others are red, green and
 * blue. It throws no exception and keeps no memory. What is
 * printed meanwhile is not seen. MM_DAMAGED: a damaged stream, or one of another size than the frame. */
int mm_dicom_codec_decode(const mm_dicom_frame *frame, const unsigned char *bytes, size_t size, void *to, size_t room,
                          mm_error *error);

#ifdef __cplusplus
}
#endif
#endif
