/* A record: a key, named tensors and named attributes, the content of one RECD block of a tensor stream (mms(5)).
 *
 * Ownership: a record owns its strings and its tensors' memory, with two exceptions. A tensor's data may lie in the record's
 * payload (the block's data as it was read), which the record owns or borrows from a mapped file. Or it lies in a file that the
 * record holds (mm_record_lend). Tensor data is little endian, in C order, and aligned to 64 bytes unless it lies in a file. */
#ifndef MM_STREAM_RECORD_H
#define MM_STREAM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/dtype.h"
#include "common/base/error.h"
#include "common/stream/mapped_file.h"
#include "common/stream/buffer_pool.h"

#define MM_MAX_DIMS 8
#define MM_MAX_DATA ((size_t)16 << 30) /* bytes of one block's data at most */
#define MM_MAX_META ((size_t)1 << 20)  /* bytes of one block's meta at most */

typedef struct mm_tensor {
    char *name;
    uint32_t crc; /* CRC of the name, to find it fast; set for tensors of a record */
    mm_dtype dtype;
    int ndim; /* 0: a scalar */
    size_t dim[MM_MAX_DIMS];
    size_t count; /* elements */
    size_t bytes; /* count * size of an element, without padding */
    void *data;
    mm_mapped_file *file; /* NULL, or the file that holds the data: read only, aligned to the size of an element */
} mm_tensor;

typedef struct mm_attribute {
    char *name, *value;
    uint32_t crc; /* CRC of the name, so that a record with a hundred thousand attributes does not take minutes */
} mm_attribute;

typedef struct mm_record {
    char *key;
    mm_tensor *tensors;
    size_t ntensors, tensors_room;
    mm_attribute *attributes;
    size_t nattributes, attributes_room;
    char **lines; /* meta lines of unknown kind, passed on unchanged */
    size_t nlines, lines_room;

    /* The block's data as it was read. Its checksum stays valid until a tensor is added, removed, replaced or edited; until
     * then the writer passes the payload on without computing the checksum again. */
    void *payload;
    size_t payload_bytes;
    mm_buffer_pool *pool; /* receives the payload's memory when the record is freed; NULL: free() does */
    size_t payload_room;  /* bytes of that memory */
    uint32_t payload_crc;
    bool payload_intact, payload_borrowed;
} mm_record;

/* Makes a record without tensors. NULL when memory is out. */
mm_record *mm_record_new(const char *key);
void mm_record_free(mm_record *record); /* NULL is fine */

/* Copies everything; the copy owns its data. NULL when memory is out. */
mm_record *mm_record_copy(const mm_record *record);

/* Changes the key. 0 or MM_FAILURE (memory). */
int mm_record_rename(mm_record *record, const char *key);

/* Returns the tensor of that name, or NULL. It is read only (see mm_record_edit) and valid until a tensor is added or removed. */
const mm_tensor *mm_record_tensor(const mm_record *record, const char *name);

/* Returns the tensor of that name for writing to its data, or NULL. The payload's checksum is not used any more. */
mm_tensor *mm_record_edit(mm_record *record, const char *name);

/* Adds a tensor of zeros. It replaces a tensor of the same name, whose data is freed. dim: ndim extents. Returns it, or NULL
 * with an error (memory, size overflow, invalid name). */
mm_tensor *mm_record_add(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);

/* Adds a tensor as mm_record_add does and takes over `data`: memory from aligned_alloc(64, ...) of at least count * size bytes.
 * On failure the caller keeps the data. */
mm_tensor *mm_record_give(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, void *data,
                          mm_error *error);

/* Adds a tensor whose data lies in a mapped file, little endian and aligned to the size of an element. The writer passes the
 * file's pages on without a copy. Takes the file over; on failure the caller keeps it. */
mm_tensor *mm_record_lend(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, const void *data,
                          mm_mapped_file *file, mm_error *error);

/* Appends a meta line of unknown kind. 0 or MM_FAILURE (memory). */
int mm_record_add_line(mm_record *record, const char *line, size_t bytes);

void mm_record_remove(mm_record *record, const char *name); /* removes a tensor, if present */

const char *mm_record_get(const mm_record *record, const char *attribute); /* the value, or NULL */

/* Sets or replaces an attribute. 0 or MM_FAILURE (memory). */
int mm_record_set(mm_record *record, const char *attribute, const char *value);
int mm_record_setf(mm_record *record, const char *attribute, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mm_record_unset(mm_record *record, const char *attribute); /* removes an attribute, if present */

/* Copies all attributes of `from` that `to` lacks. 0 or MM_FAILURE (memory). */
int mm_record_inherit(mm_record *to, const mm_record *from);

/* Computes the elements and bytes of a shape. MM_DAMAGED: they overflow or exceed MM_MAX_DATA. */
int mm_shape_size(mm_dtype dtype, int ndim, const size_t *dim, size_t *count, size_t *bytes);

/* Return memory aligned to 64 bytes, its size rounded up to a multiple of 64; mm_alloc64 clears it. Free it with free(). NULL
 * when memory is out. */
void *mm_room64(size_t bytes);
void *mm_alloc64(size_t bytes);

#endif
