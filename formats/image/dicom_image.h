/* DICOM as a format of images (formats/image/formats.h). */
#ifndef MM_FORMATS_IMAGE_DICOM_IMAGE_H
#define MM_FORMATS_IMAGE_DICOM_IMAGE_H

#include "formats/image/image.h"
#include "formats/image/probe.h"

/* Reads the header into probe->dicom, and checks that the file holds all pixels that it promises, or all pieces of compressed ones.
 * MM_DAMAGED: it does not, or there is no image. */
int mm_dicom_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);

/* Decodes frame options->frame: u8 (up to 8 bits stored), u16 (up to 16) or f32 (more), whatever number of bits holds them. Black is
 * always 0, and white the full scale of the type. They correspond to the bounds of the window; without a window to the smallest and
 * largest value that the stored bits can hold, after rescale or modality LUT. MONOCHROME1 is inverted, as is the presentation shape
 * INVERSE; palettes and colours become luminance. Padding is black. Values beyond the stored bits are clipped. Values of 16 bits that
 * are unsigned, MONOCHROME2 and not windowed stay as they are. Patient, side, view and spacing are filled in; the note says what was
 * converted, completed, clipped or contradicts.
 *
 * MM_DAMAGED: the file is not DICOM, is damaged, or is of a kind that is not read. The message repeats no element's value, except
 * numbers of the pixels' format and the transfer syntax. */
int mm_dicom_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
