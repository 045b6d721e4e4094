/* A source of records whose segments become one, for inputs that arrive one after another and only once. */
#ifndef MM_FILTERS_READ_ONE_SEGMENT_H
#define MM_FILTERS_READ_ONE_SEGMENT_H

#include "common/stream/meta.h"
#include "filters/read/sequence.h"

typedef struct mm_one_segment {
    mm_item_source source; /* hands out the one segment: give it to mm_sequence_write */
    mm_item_source *from;
    const char *name; /* of the input, for messages */
    bool quiet;
    /* Set by mm_one_segment_begin. */
    mm_head head; /* of the first segment, which is written before the others are known */
    mm_keyset keys;
    size_t skipped_before;
    bool begun, ended, warned;
} mm_one_segment;

/* Begins with `from`, `name` and `quiet` set. The segment has the head of the first one, without @EP; a warning says when another came
 * through other programs. Errors of the source: those of `from`, and MM_FAILURE for a key that two segments share. */
void mm_one_segment_begin(mm_one_segment *all);
void mm_one_segment_clear(mm_one_segment *all);

#endif
