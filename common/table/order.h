/* The order of records: by position or at random, evenly by class, cut into shards.
 *
 * Everything is drawn from (seed, epoch), so one epoch's order can be made without the epochs before it. */
#ifndef MM_TABLE_ORDER_H
#define MM_TABLE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

typedef struct mm_order_options {
    bool shuffle;
    uint64_t seed;
    size_t shard, shards; /* number of this shard, from 0, and of shards; shards 0 or 1: all records */
    bool uneven;          /* the first shards may have one record more than the others, and no record is left out */
    /* Class of each item, to draw classes evenly, or NULL. An epoch then has n picks, the same number of each class (but for a
     * remainder): a random part of a large class, every item of a small class several times. */
    const size_t *class_of;
    size_t classes;
} mm_order_options;

typedef struct mm_pick {
    size_t item;
    size_t repeat; /* 0 for the item's first time in this epoch, 1 for its second, ... */
} mm_pick;

/* Draws the picks of one epoch among n items into an array, which the caller frees. Pick i of the whole order belongs to shard
 * i mod shards. Unless `uneven`, the last picks are left out if they would give some shards one more than others; *left_out
 * counts them. 0, or MM_FAILURE: memory, a class without items. */
int mm_order(const mm_order_options *options, size_t n, long epoch, mm_pick **picks, size_t *npicks, size_t *left_out,
             mm_error *error);

#endif
