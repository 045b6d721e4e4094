/* Brings every spatial tensor of a record to one size, and composes `to_original`. The record's rows lie in memory, or stream in and are
 * never held whole. Masks (`mask`, `breast`) move by coverage; tensors that are not spatial stay as they are. */
#ifndef MM_IMAGE_RESIZE_RECORD_H
#define MM_IMAGE_RESIZE_RECORD_H

#include "common/base/text.h"
#include "common/image/resize.h"
#include "common/stream/record.h"

typedef struct mm_resize_options {
    mm_size size;
    mm_fit fit;
    mm_wide wide;
    mm_interpolation filter;
} mm_resize_options;

typedef struct mm_record_resize mm_record_resize;

/* Plans the work on a record, whose tensors need no data yet. MM_FAILURE: a tensor that cannot be resized, memory. */
int mm_record_resize_new(mm_record_resize **out, const mm_record *record, const mm_resize_options *options, mm_error *error);
void mm_record_resize_free(mm_record_resize *resize); /* NULL is fine */

/* Resizes all planes from the record's own data. */
void mm_record_resize_planes(mm_record_resize *resize, const mm_record *record);

/* Instead: makes room for a record that streams in. Then its bytes go, tensor by tensor, into the buffers that are handed out, as in
 * mm_reader_streaming. */
int mm_record_resize_stream(mm_record_resize *resize, const mm_record *record, mm_error *error);
void *mm_record_resize_buffer(mm_record_resize *resize, size_t tensor, size_t *bytes);
void mm_record_resize_filled(mm_record_resize *resize, size_t tensor, size_t bytes);

/* Puts the results into the record, when all planes are resized. */
int mm_record_resize_finish(mm_record_resize *resize, mm_record *record, mm_error *error);

/* Returns what became of each of the *n lesions, the planes of `mask`. */
const mm_mask_fate *mm_record_resize_lesions(const mm_record_resize *resize, size_t *n);

#endif
