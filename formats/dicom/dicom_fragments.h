/* The code stream of one frame among the fragments of compressed pixels (PS3.5 A.4). */
#ifndef MM_FORMATS_DICOM_DICOM_FRAGMENTS_H
#define MM_FORMATS_DICOM_DICOM_FRAGMENTS_H

#include "common/base/bytes.h"
#include "formats/dicom/dicom_elements.h"
#include "formats/dicom/dicom_notes.h"

/* Finds frame number `frame`, from 0, of `frames`, and points *bytes and *size at its code stream, in the file or in `joined`, which the
 * caller frees. The fragments of a frame are all of them, or one for each frame, or those that the offset table says, or those that
 * begin like a code stream. Of one frame that has several code streams the first is taken, with a note. MM_DAMAGED: the fragments do not make up the frames. */
int mm_dicom_frame_stream(const mm_element *pixels, size_t frame, size_t frames, mm_bytes *joined, const unsigned char **bytes,
                          size_t *size, mm_dicom_notes *notes, mm_error *error);

#endif
