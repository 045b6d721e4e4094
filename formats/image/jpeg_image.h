/* JPEG as a format of images (formats/image/formats.h); the decoder is formats/dicom/jpeg.h. */
#ifndef MM_FORMATS_IMAGE_JPEG_IMAGE_H
#define MM_FORMATS_IMAGE_JPEG_IMAGE_H

#include "formats/image/image.h"
#include "formats/image/probe.h"

/* Read JPEG as a format of formats/image/formats.h. */
int mm_jpeg_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);
int mm_jpeg_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
