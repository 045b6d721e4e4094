/* Records that arrive one after another and only once: selected, shuffled in a bounded buffer, and divided among shards. */
#ifndef MM_FILTERS_READ_SEQUENCE_H
#define MM_FILTERS_READ_SEQUENCE_H

#include "filters/read/reading.h"

/* A source of records: items as mm_reader_next hands them out. */
typedef struct mm_item_source {
    int (*next)(void *context, mm_item *item, mm_error *error);
    void *context;
    size_t skipped; /* records that `next` left out (--on-error=skip) since the last HEAD */
} mm_item_source;

/* Writes all segments of the source. The wanted records are numbered as they leave the shuffle, and number i belongs to shard i mod
 * shards. An incomplete round at the end is left out, unless --uneven. MM_FAILURE: no record of a segment meets the conditions. */
int mm_sequence_write(const mm_reading *reading, mm_item_source *source, mm_error *error);

#endif
