/* Records that come one after another, through a selection, a shuffle in a bounded buffer, and a cut into shards. */
#ifndef MM_CLI_SELECT_H
#define MM_CLI_SELECT_H

#include "common/cli/options.h"
#include "common/table/where.h"
#include "common/stream/stream.h"

/* Where the records come from: items as mm_reader_next hands them out. */
typedef struct mm_item_source {
    int (*next)(void *context, mm_item *item, mm_error *error);
    void *context;
    size_t skipped; /* records that `next` left out (--on-error=skip) since the last HEAD */
} mm_item_source;

typedef struct mm_selection {
    const mm_where *where;
    bool shuffle;
    uint64_t seed;
    size_t buffer;        /* records held back to shuffle among, at least 1 */
    size_t shard, shards; /* of the records that come out, number i belongs to shard i mod shards; the same number for
                             each, what is left at the end is left out */
    bool uneven;          /* nothing is left out */
    const char *name, *command_line; /* for @PG */
} mm_selection;

/* All segments of the feed. A segment in which nothing meets the conditions is an error. */
int mm_select_run(const mm_selection *sieve, mm_item_source *feed, const mm_common *common, mm_writer *writer, mm_error *error);

#endif
