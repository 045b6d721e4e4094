/* A pool that reuses the memory of large records from one record to the next.
 *
 * If each record freed and allocated its own, small allocations would settle in the gaps and the heap would grow with every
 * image. A pool is shared by a reader and the records that it made; these may outlive the reader and be freed by any thread. */
#ifndef MM_STREAM_BUFFER_POOL_H
#define MM_STREAM_BUFFER_POOL_H

#include <stddef.h>

typedef struct mm_buffer_pool mm_buffer_pool;

mm_buffer_pool *mm_buffer_pool_new(void);             /* NULL when memory is out */
mm_buffer_pool *mm_buffer_pool_join(mm_buffer_pool *pool); /* adds a user; returns the pool */
void mm_buffer_pool_leave(mm_buffer_pool *pool); /* removes one; the last user frees the pool; NULL is fine */

/* Takes a block of at least `bytes` out of the pool; *room is its size. NULL: no block is large enough. */
void *mm_buffer_pool_take(mm_buffer_pool *pool, size_t bytes, size_t *room);

/* Keeps a block of `room` bytes from aligned_alloc, or frees it. */
void mm_buffer_pool_keep(mm_buffer_pool *pool, void *block, size_t room);

#endif
