/* What mmread was asked for, and where it writes. Its two ways share this: items that can be read at random positions (epochs.h), and
 * records that arrive one after another (sequence.h). */
#ifndef MM_FILTERS_READ_READING_H
#define MM_FILTERS_READ_READING_H

#include "common/cli/options.h"
#include "common/stream/stream.h"
#include "common/table/order.h"
#include "common/table/where.h"
#include "formats/dataset/manifest_record.h"

typedef struct mm_reading {
    const char *manifest;   /* path, or NULL */
    bool interleave;        /* the inputs' items in turn */
    bool join;              /* all segments become one */
    mm_where where;         /* which records are wanted */
    mm_order_options order; /* how they are shuffled and divided among shards; class_of and classes are not used */
    const char *balance;    /* attribute whose values are drawn evenly, or NULL */
    size_t buffer;          /* records of a pipe that wait to be shuffled, at least 1 */
    long first, last;       /* epochs; both 0: one segment that is not an epoch */
    mm_read_options images; /* how image files are read; warn is not used */
    const char *name, *command_line; /* for @PG */
    const mm_common *common;
    mm_writer *writer;
} mm_reading;

/* Adds the program's @PG line, unless --no-pg forbids it. MM_FAILURE (memory). */
int mm_reading_program(const mm_reading *reading, mm_head *head, mm_error *error);

/* Checks that this shard gets a record. MM_FAILURE: its share of the `wanted` records is 0, and --uneven does not allow that. */
int mm_reading_check_share(const mm_reading *reading, size_t wanted, size_t share, mm_error *error);

/* Prints how many records were left out so that all shards have as many. */
void mm_reading_say_left_out(const mm_reading *reading, size_t left_out, size_t wanted);

/* Warns of n files KEY.NAME.png, of which `first` is one, that are records of their own beside a file KEY.png. */
void mm_reading_warn_apart(size_t n, const char *first);

/* Refuses (MM_USAGE) pseudonyms for a tensor stream, whose records stay as they are. */
int mm_reading_no_pseudonyms(mm_error *error);

#endif
