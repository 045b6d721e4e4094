/* The order of records: by position or at random, evenly by class, cut into shards.
 *
 * Everything is drawn from (seed, epoch), so the order of any epoch can be made again on its own. */
#ifndef MM_TABLE_ORDER_H
#define MM_TABLE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_order_options {
    bool shuffle;
    uint64_t seed;
    size_t shard, shards; /* this one of so many; shards 0 or 1: all */
    bool uneven;          /* the first shards may have one record more than others, and nothing is left out */
    /* Class of each item, to draw classes evenly, or NULL. An epoch then has as many records as there are items, of each
     * class as many as of any other (but for a remainder): of a large class a random part, of a small one every item
     * several times. */
    const size_t *class_of;
    size_t classes;
} mm_order_options;

typedef struct mm_pick {
    size_t item;
    size_t repeat; /* 0 for the item's first time in this epoch, 1 for its second, ... */
} mm_pick;

/* Draws the picks of one epoch among n items, an array that the caller frees. With shards, pick i of the whole order belongs to
 * shard i mod shards. Unless `uneven`, the last picks that would give some shards one more than others are left out and counted in
 * *left_out. 0 or MM_FAILURE: memory, a class without items. */
int mm_order(const mm_order_options *options, size_t n, long epoch, mm_pick **picks, size_t *npicks, size_t *left_out,
             mm_error *error);

#endif
