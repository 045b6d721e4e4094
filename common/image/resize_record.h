/* Resizing of every spatial tensor of a record to one size; it composes `to_original`. The record's data is in memory, or arrives
 * row by row and is never held whole. Masks (`mask`, `breast`) are resized by coverage; other tensors do not change. */
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

/* Plans the work on a record, whose tensors need no data yet. MM_FAILURE: a tensor cannot be resized, or memory. */
int mm_record_resize_new(mm_record_resize **out, const mm_record *record, const mm_resize_options *options, mm_error *error);
void mm_record_resize_free(mm_record_resize *resize); /* NULL is fine */

/* Resizes all planes from the record's own data. */
void mm_record_resize_planes(mm_record_resize *resize, const mm_record *record);

/* Makes room, instead, for a record that arrives bit by bit. Its bytes then go, tensor by tensor, through mm_record_resize_buffer
 * and mm_record_resize_filled, as in mm_reader_streaming. 0 or MM_FAILURE (memory). */
int mm_record_resize_stream(mm_record_resize *resize, const mm_record *record, mm_error *error);
void *mm_record_resize_buffer(mm_record_resize *resize, size_t tensor, size_t *bytes);
void mm_record_resize_filled(mm_record_resize *resize, size_t tensor, size_t bytes);

/* Puts the results into the record after all planes are resized. MM_FAILURE: also if a value of them was not finite (finite.h). */
int mm_record_resize_finish(mm_record_resize *resize, mm_record *record, mm_error *error);

/* Returns the fates of the *n lesions, the planes of `mask`. */
const mm_mask_fate *mm_record_resize_lesions(const mm_record_resize *resize, size_t *n);

#endif
