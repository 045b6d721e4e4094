/* Memory that records of many megabytes hand on from one to the next.
 *
 * Freed and allocated anew each time, small things that stay would settle in the gaps that such blocks leave; these are then too
 * small for the next ones, and a program grows with every image. Shared by a reader and the records that it made, which may outlive
 * it and be freed by any thread. */
#ifndef MM_STREAM_SPARE_H
#define MM_STREAM_SPARE_H

#include <stddef.h>

typedef struct mm_spare mm_spare;

mm_spare *mm_spare_new(void);             /* NULL when memory is out */
mm_spare *mm_spare_join(mm_spare *spare); /* one user more; returns it */
void mm_spare_leave(mm_spare *spare);     /* one less: the last frees what is kept; NULL is fine */

/* A block of at least `bytes`, from aligned_alloc, whose size is put into *room; NULL: none is kept. */
void *mm_spare_take(mm_spare *spare, size_t bytes, size_t *room);
void mm_spare_keep(mm_spare *spare, void *block, size_t room);

#endif
