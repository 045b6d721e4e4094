/* A record: a key, named tensors and named attributes; what one RECD block of a tensor stream carries (mms(5)).
 *
 * Ownership: a record owns its strings and the memory of its tensors, except where a tensor's data lies in the record's
 * payload (the block's data as it was read), which the record owns or borrows from a mapped file, or in a file that was
 * lent to it (mm_record_lend). All tensor data is aligned to 64 bytes and little endian, C order. */
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
    uint32_t crc; /* of the name, as with attributes, of a tensor in a record */
    mm_dtype dtype;
    int ndim; /* 0: a scalar */
    size_t dim[MM_MAX_DIMS];
    size_t count; /* elements */
    size_t bytes; /* count * size of an element, without padding */
    void *data;
    mm_mapped_file *file; /* NULL, or the file whose pages hold the data: read only, aligned to its elements */
} mm_tensor;

typedef struct mm_attribute {
    char *name, *value;
    uint32_t crc; /* of the name: a record with a hundred thousand of them must not take minutes */
} mm_attribute;

typedef struct mm_record {
    char *key;
    mm_tensor *tensors;
    size_t ntensors, tensors_room;
    mm_attribute *attributes;
    size_t nattributes, attributes_room;
    char **lines; /* meta lines of unknown kind, kept and passed on as they are */
    size_t nlines, lines_room;

    /* The block's data as it was read. While no tensor has been added, removed, replaced or edited its checksum stays
     * valid, and the writer passes the payload on without computing it again. */
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

/* Renames. 0 or MM_FAILURE (memory). */
int mm_record_rename(mm_record *record, const char *key);

/* The tensor of that name, or NULL. Read only: see mm_record_edit. Valid until a tensor is added or removed. */
const mm_tensor *mm_record_tensor(const mm_record *record, const char *name);

/* The same for writing into its data; the payload's checksum is then no longer used. */
mm_tensor *mm_record_edit(mm_record *record, const char *name);

/* Adds a tensor of zeros, or puts it in the place of one that has the name (whose data is freed: copy before).
 * dim: ndim extents. Returns it, or NULL with an error (memory, size overflow, bad name). */
mm_tensor *mm_record_add(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);

/* The same, taking over `data`: memory from aligned_alloc(64, ...) of at least count * size bytes. On failure the
 * data stays the caller's. */
mm_tensor *mm_record_give(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, void *data,
                          mm_error *error);

/* The same for data inside a mapped file (little endian, aligned to its elements). The writer passes the file's pages on
 * without a copy. Takes the file over; on failure it stays the caller's. */
mm_tensor *mm_record_lend(mm_record *record, const char *name, mm_dtype dtype, int ndim, const size_t *dim, const void *data,
                          mm_mapped_file *file, mm_error *error);

/* Appends a meta line of unknown kind. 0 or MM_FAILURE (memory). */
int mm_record_add_line(mm_record *record, const char *line, size_t bytes);

void mm_record_remove(mm_record *record, const char *name); /* a tensor; nothing happens when absent */

const char *mm_record_get(const mm_record *record, const char *attribute); /* value or NULL */

/* Sets or replaces an attribute. 0 or MM_FAILURE (memory). */
int mm_record_set(mm_record *record, const char *attribute, const char *value);
int mm_record_setf(mm_record *record, const char *attribute, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mm_record_unset(mm_record *record, const char *attribute);

/* Copies all attributes of `from` that `to` lacks. 0 or MM_FAILURE (memory). */
int mm_record_inherit(mm_record *to, const mm_record *from);

/* count and bytes of a shape, checked against overflow and MM_MAX_DATA; 0 or MM_DAMAGED. */
int mm_shape_size(mm_dtype dtype, int ndim, const size_t *dim, size_t *count, size_t *bytes);

/* Memory aligned to 64 bytes, its size rounded up to 64; NULL when memory is out. free() frees it. */
void *mm_room64(size_t bytes);
void *mm_alloc64(size_t bytes); /* the same, zeroed */

#endif
