/* DICOM as a format of images (formats/image/formats.h). */
#ifndef MM_FORMATS_IMAGE_DICOM_IMAGE_H
#define MM_FORMATS_IMAGE_DICOM_IMAGE_H

#include "formats/image/image.h"
#include "formats/image/probe.h"

/* Reads the header into probe->dicom, and checks that all pixels are there which it promises; of compressed ones, all pieces.
 * A file without an image is MM_DAMAGED. */
int mm_dicom_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);

/* Decodes frame options->frame: u8 (up to 8 bits stored), u16 (up to 16) or f32 (more). Black is 0 and white the full scale of
 * the type, whatever the file: stored values are taken from 0, or the least that is negative, to 2^bits - 1, behind a rescale or
 * modality LUT, or to the window's bounds. MONOCHROME1 is inverted; palettes and colours become luminance. 16 bits that are
 * unsigned, MONOCHROME2 and not windowed stay as they are, value by value. Note, patient, side, view and spacing are filled in.
 *
 * MM_DAMAGED: no DICOM file, a damaged one, or one of a kind that is not read. The message says which. It repeats no element's
 * value, except numbers of the pixels' format and the transfer syntax. */
int mm_dicom_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
