/* DICOM's run lengths (PS3.5 annex G). GDCM is not used, since 3.0.21 gives wrong values for colours of 16 bits without an error. */
#ifndef MM_FORMATS_DICOM_DICOM_RLE_H
#define MM_FORMATS_DICOM_DICOM_RLE_H

#include <stddef.h>

#include "common/base/error.h"

/* Decodes one frame into to[pixels][samples] of `width` bytes (1, 2, 4), little endian. MM_DAMAGED: the number of segments is not
 * samples x width, or a segment lies outside or does not fill its plane. */
int mm_dicom_rle(const unsigned char *bytes, size_t size, size_t pixels, unsigned samples, unsigned width, unsigned char *to,
                 mm_error *error);

#endif
