/* Memory to a descriptor. What a pipe can take as pages it is given as pages, not as a copy: pieces that lie in a file, and stretches
 * of zeros, which are most of a lesion's mask. */
#ifndef MM_STREAM_WRITE_VEC_H
#define MM_STREAM_WRITE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/stream/mapped_file.h"

typedef struct mm_piece {
    const char *bytes;
    size_t n;
    const mm_mapped_file *file; /* that they lie in, if any */
} mm_piece;

typedef struct mm_write_vec {
    int fd;
    bool takes_pages; /* a pipe */
    int zeros;        /* a file of nothing else, as long as one is of use; else -1 */
} mm_write_vec;

void mm_write_vec_begin(mm_write_vec *drain, int fd); /* the descriptor stays the caller's */
void mm_write_vec_end(mm_write_vec *drain);

/* Writes all of the pieces, which are changed meanwhile. 0, MM_FAILURE with errno, or MM_DAMAGED: a piece's file became shorter. */
int mm_write_vec_write(mm_write_vec *drain, mm_piece *pieces, size_t n);

#endif
