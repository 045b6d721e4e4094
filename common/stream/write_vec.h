/* Writing of pieces of memory to a descriptor. A pipe receives pages instead of copies where possible: pages of mapped files,
 * and pages of zeros, since most of a lesion's mask is zero. */
#ifndef MM_STREAM_WRITE_VEC_H
#define MM_STREAM_WRITE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/stream/mapped_file.h"

typedef struct mm_piece {
    const char *bytes;
    size_t n;
    const mm_mapped_file *file; /* NULL, or the mapped file that holds the bytes */
} mm_piece;

typedef struct mm_write_vec {
    int fd;
    bool takes_pages; /* the descriptor is a pipe */
    int zeros;        /* descriptor of a file of zeros, made when first needed; -1 before */
} mm_write_vec;

void mm_write_vec_begin(mm_write_vec *drain, int fd); /* the caller keeps the descriptor */
void mm_write_vec_end(mm_write_vec *drain);

/* Writes all pieces and uses their array as working space. 0, MM_FAILURE with errno set, or MM_DAMAGED: a piece's file became
 * shorter. */
int mm_write_vec_write(mm_write_vec *drain, mm_piece *pieces, size_t n);

#endif
