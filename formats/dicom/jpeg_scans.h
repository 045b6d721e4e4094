/* The scans of a JPEG (ITU-T T.81), which parts of an image may be spread over: components, frequencies and bits of coefficients. */
#ifndef MM_FORMATS_DICOM_JPEG_SCANS_H
#define MM_FORMATS_DICOM_JPEG_SCANS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* True for the marker of a frame header, also JPEG-LS's. */
bool mm_jpeg_is_frame_header(unsigned marker);

/* Checks that the scans hold every component, and all coefficients of a progressive file to their last bit. A file that is cut between
 * two scans and ended there decodes without a warning. MM_DAMAGED: some are missing. Not for JPEG-LS. */
int mm_jpeg_scans_check(const void *bytes, size_t size, mm_error *error);

#endif
