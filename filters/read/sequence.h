/* Records that come one after another and only once: selected, shuffled in a bounded buffer, and shared out. */
#ifndef MM_FILTERS_READ_SEQUENCE_H
#define MM_FILTERS_READ_SEQUENCE_H

#include "filters/read/reading.h"

/* Where the records come from: items as mm_reader_next hands them out. */
typedef struct mm_item_source {
    int (*next)(void *context, mm_item *item, mm_error *error);
    void *context;
    size_t skipped; /* records that `next` left out (--on-error=skip) since the last HEAD */
} mm_item_source;

/* Writes all segments of the source. Of the wanted records, as they come out of the shuffle, number i belongs to shard i mod shards; an
 * incomplete round at the end is left out, unless --uneven. MM_FAILURE if no record of a segment meets the conditions. */
int mm_sequence_write(const mm_reading *reading, mm_item_source *source, mm_error *error);

#endif
