/* Chunks of the operations on all trained weights of nn/backend.h; also for C++ and for graphics cards. */
#ifndef MM_NN_CHUNK_H
#define MM_NN_CHUNK_H

#include <stddef.h>

enum {
    MM_CHUNK = 1 << 14, /* largest number of elements: small enough to keep a device evenly busy */
    MM_SCALARS = 16     /* distance of the scalars of two parts, in numbers */
};

/* Elements at .. at + count - 1 of each of the operation's buffers; both are multiples of 16. bf16: where ADAM and SGD also write
 * the new weights as bf16, or NULL. part: which scalars of ADAM and SGD apply, those from number part * MM_SCALARS on. */
typedef struct mm_chunk {
    size_t at, count;
    void *bf16;
    size_t part;
} mm_chunk;

#endif
