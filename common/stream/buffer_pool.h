/* Memory that records of many megabytes hand on from one to the next.
 *
 * Freed and allocated anew each time, small things that stay would settle in the gaps that such blocks leave; these are then too
 * small for the next ones, and a program grows with every image. Shared by a reader and the records that it made, which may outlive
 * it and be freed by any thread. */
#ifndef MM_STREAM_BUFFER_POOL_H
#define MM_STREAM_BUFFER_POOL_H

#include <stddef.h>

typedef struct mm_buffer_pool mm_buffer_pool;

mm_buffer_pool *mm_buffer_pool_new(void);             /* NULL when memory is out */
mm_buffer_pool *mm_buffer_pool_join(mm_buffer_pool *spare); /* one user more; returns it */
void mm_buffer_pool_leave(mm_buffer_pool *spare);     /* one less: the last frees what is kept; NULL is fine */

/* A block of at least `bytes`, from aligned_alloc, whose size is put into *room; NULL: none is kept. */
void *mm_buffer_pool_take(mm_buffer_pool *spare, size_t bytes, size_t *room);
void mm_buffer_pool_keep(mm_buffer_pool *spare, void *block, size_t room);

#endif
