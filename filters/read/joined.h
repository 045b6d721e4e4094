/* A source of records whose segments become one, for inputs that arrive one after another and only once. */
#ifndef MM_FILTERS_READ_JOINED_H
#define MM_FILTERS_READ_JOINED_H

#include "common/stream/meta.h"
#include "filters/read/sequence.h"

typedef struct mm_joined {
    mm_item_source source; /* hands out the one segment: give it to mm_sequence_write */
    mm_item_source *from;
    const char *name; /* of the input, for messages */
    bool quiet;
    /* Set by mm_joined_begin. */
    mm_head head; /* of the first segment, which is written before the others are known */
    mm_keyset keys;
    size_t skipped_before;
    bool begun, ended, warned;
} mm_joined;

/* Begins with `from`, `name` and `quiet` set. The segment has the head of the first one, without @EP; a warning says when another came
 * through other programs. Errors of the source: those of `from`, and MM_FAILURE for a key that two segments share. */
void mm_joined_begin(mm_joined *joined);
void mm_joined_clear(mm_joined *joined);

#endif
