/* Chunks of the operations ADAM and SUM of nn/backend.h; also for C++ and for graphics cards. */
#ifndef MM_NN_CHUNK_H
#define MM_NN_CHUNK_H

#include <stddef.h>

enum { MM_CHUNK = 1 << 14 }; /* largest number of elements: small enough to keep a device evenly busy */

/* Elements at .. at + count - 1 of each of the operation's buffers; both are multiples of 16. bf16: where ADAM also writes the
 * new weights as bf16, or NULL. */
typedef struct mm_chunk {
    size_t at, count;
    void *bf16;
} mm_chunk;

#endif
