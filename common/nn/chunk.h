/* A piece of what the operations ADAM and SUM of nn/backend.h do; also for C++ and for graphics cards. */
#ifndef MM_NN_CHUNK_H
#define MM_NN_CHUNK_H

#include <stddef.h>

enum { MM_CHUNK = 1 << 14 }; /* numbers of a piece at most: enough pieces to keep a device busy evenly */

/* Numbers at .. at + count - 1 of each of the operation's buffers, both multiples of 16. narrow: where ADAM puts the new
 * weights as bf16, too, or NULL. */
typedef struct mm_chunk {
    size_t at, count;
    void *narrow;
} mm_chunk;

#endif
