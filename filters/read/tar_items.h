/* A tar archive that comes through a pipe, as the items of one segment: the files of each record must lie side by side. */
#ifndef MM_FILTERS_READ_TAR_ITEMS_H
#define MM_FILTERS_READ_TAR_ITEMS_H

#include "common/base/bytes.h"
#include "filters/read/sequence.h"

typedef struct mm_tar_items mm_tar_items;

/* Opens an archive whose `first` bytes were read already; the descriptor stays the caller's. With common->skip a damaged record is named
 * and left out. */
int mm_tar_items_open(mm_tar_items **out, int fd, const char *name, const mm_bytes *first, const mm_read_options *images,
                      const mm_common *common, mm_error *error);
void mm_tar_items_close(mm_tar_items *items); /* NULL is fine */

mm_item_source *mm_tar_items_source(mm_tar_items *items);

#endif
