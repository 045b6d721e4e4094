/* The format of a DICOM image's stored values: completed where the header lacks something, and checked. */
#ifndef MM_FORMATS_DICOM_DICOM_FORMAT_H
#define MM_FORMATS_DICOM_DICOM_FORMAT_H

#include "formats/dicom/dicom_lookup.h"
#include "formats/dicom/dicom_notes.h"

/* Checks size, samples, bits allocated and photometric interpretation. Missing samples become those of the photometric interpretation,
 * missing bits allocated those of the pixels' size, or that hold the bits stored; a missing sign is none. A missing photometric
 * interpretation becomes the only one that the standard leaves for the samples, palette, presentation shape and transfer syntax. Each is
 * noted. MM_DAMAGED: images of the kind are not read; the message is in our own words and repeats none of the file's. */
int mm_dicom_complete_kind(const mm_dicom_file *file, mm_dicom_info *info, const mm_element *pixels, mm_dicom_notes *notes,
                           mm_error *error);

/* Checks bits stored and high bit. A missing high bit becomes bits stored - 1; missing bits stored become high bit + 1, or `bits` (of
 * a sample in the pixels) if both are missing. Each is noted. MM_DAMAGED: the three do not fit together. */
int mm_dicom_complete_bits(mm_dicom_info *info, unsigned bits, mm_dicom_notes *notes, mm_error *error);

/* Returns the bits of one uncompressed frame, which colours of YBR_FULL_422 share between two pixels. */
uint64_t mm_dicom_frame_bits(const mm_dicom_info *info);

#endif
