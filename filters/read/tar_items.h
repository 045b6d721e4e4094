/* A tar archive from a pipe as the items of one segment. The files of each record must follow one another. */
#ifndef MM_FILTERS_READ_TAR_ITEMS_H
#define MM_FILTERS_READ_TAR_ITEMS_H

#include "common/base/bytes.h"
#include "filters/read/sequence.h"

typedef struct mm_tar_items mm_tar_items;

/* Opens an archive of which the bytes in `first` are read already; the caller keeps the descriptor. With common->skip a damaged
 * record is named and left out. */
int mm_tar_items_open(mm_tar_items **out, int fd, const char *name, const mm_bytes *first, const mm_read_options *images,
                      const mm_common *common, mm_error *error);
void mm_tar_items_close(mm_tar_items *items); /* NULL is fine */

/* Returns the source of its items, which belongs to `items`. */
mm_item_source *mm_tar_items_source(mm_tar_items *items);

#endif
