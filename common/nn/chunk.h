/* A chunk of what the operations ADAM and SUM of nn/backend.h do; also for C++ and for graphics cards. */
#ifndef MM_NN_CHUNK_H
#define MM_NN_CHUNK_H

#include <stddef.h>

enum { MM_CHUNK = 1 << 14 }; /* numbers of a chunk at most: enough chunks to keep a device busy evenly */

/* Numbers at .. at + count - 1 of each of the operation's buffers, both multiples of 16. bf16: where ADAM also puts
 * the new weights as bf16, or NULL. */
typedef struct mm_chunk {
    size_t at, count;
    void *bf16;
} mm_chunk;

#endif
