/* NPY, numpy's array file (format versions 1 to 3, numpy/lib/format.py's published description).
 *
 * Reads |b1 (as u8) |u1 |i1 u2 i2 u4 i4 i8 f2 f4 f8, either byte order, C or Fortran order, into an mm_tensor in C order and this
 * machine's (little) byte order. Its data is from mm_alloc64, ready for mm_record_give. */
#ifndef MM_FORMATS_IMAGE_NPY_H
#define MM_FORMATS_IMAGE_NPY_H

#include <stddef.h>

#include "common/stream/record.h"
#include "common/base/error.h"
#include "formats/image/image.h"
#include "formats/image/probe.h"

enum { MM_NPY_HEADER_MAX = 384 };

/* Decodes a whole file in memory. tensor->name is NULL, and the caller frees tensor->data. `name` is the subject of messages.
 * MM_DAMAGED: the file is not NPY, is malformed, or has another length than its header says. MM_FAILURE: arrays of its kind are not
 * supported; memory. On failure nothing is left to free. */
int mm_npy_decode(const void *bytes, size_t n, const char *name, mm_tensor *tensor, mm_error *error);

/* Reads a descriptor to its end and decodes it as mm_npy_decode does. */
int mm_npy_read(int fd, const char *name, mm_tensor *tensor, mm_error *error);

/* Writes the header of a little-endian array in C order into `out`, and its length (a multiple of 64) into *length. The data follows it
 * in the file. MM_FAILURE: bf16, which numpy lacks. */
int mm_npy_header(unsigned char out[MM_NPY_HEADER_MAX], size_t *length, mm_dtype dtype, int ndim, const size_t *dim,
                  mm_error *error);

/* Writes a tensor as a whole file. */
int mm_npy_write(int fd, const char *name, const mm_tensor *tensor, mm_error *error);

/* Read NPY as a format of formats/image/formats.h: an array of u8, u16 or f32, (H,W) or (C,H,W), is an image. */
int mm_npy_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error);
int mm_npy_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);

#endif
