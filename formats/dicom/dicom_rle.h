/* DICOM's run lengths (PS3.5 annex G). Not left to GDCM, for 3.0.21 gives wrong values for colours of 16 bits without an error. */
#ifndef MM_FORMATS_DICOM_DICOM_RLE_H
#define MM_FORMATS_DICOM_DICOM_RLE_H

#include <stddef.h>

#include "common/base/error.h"

/* Decodes one frame into to[pixels][samples] of `width` bytes (1, 2, 4), little endian. MM_DAMAGED: another number of segments, or
 * one that does not fill its plane. */
int mm_dicom_rle(const unsigned char *bytes, size_t size, size_t pixels, unsigned samples, unsigned width, unsigned char *to,
                 mm_error *error);

#endif
