/* Batches of images from a program's input, read by a thread of their own while others compute.
 *
 * Serves mmtrain and mmpredict: it takes records out of the stream, checks what a network needs of them (a grey tensor
 * `image`, a label), and puts consecutive records of equal size together. A few batches at most wait to be taken. */
#ifndef MM_FEED_H
#define MM_FEED_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cli/options.h"
#include "common/stream/stream.h"

enum { MM_FEED_WAITING = 3 }; /* items that wait to be taken, at most; HEAD and DONE are items too */

typedef enum mm_labels {
    MM_LABELS_WANTED,  /* a record without one, or with one out of range, is an error */
    MM_LABELS_OPTIONAL /* -1 without one; out of range is an error */
} mm_labels;

typedef struct mm_feed_config {
    size_t batch;     /* records of a batch, at most */
    bool one_size;    /* another size, type or scale than the first record's is an error; else it begins a batch */
    mm_labels labels;
    size_t classes;
    const char *const *class_names; /* classes of them, or NULL: a record's attribute `class` must agree with its label */
    bool blocks;      /* hand out blocks that are no records, too, each between batches; else they are left out */
    bool skip;        /* --on-error=skip: bad records are named on stderr, counted and left out */

    const volatile sig_atomic_t *interrupt; /* or NULL: not 0 ends a wait for input with MM_FEED_INTERRUPTED */

    /* Where to begin: segments before epoch `first_epoch` are read and left out, and `first_record` good records after
     * its HEAD. The stream's first segment is the epoch of its @EP line, 1 without one; it must not come after first_epoch.
     * first_epoch 0: all segments, whatever their @EP. */
    size_t first_epoch, first_record;
} mm_feed_config;

typedef enum mm_feed_kind {
    MM_FEED_HEAD, MM_FEED_BATCH, MM_FEED_BLOCK, MM_FEED_DONE, MM_FEED_END, MM_FEED_INTERRUPTED
} mm_feed_kind;

typedef struct mm_feed_item {
    mm_feed_kind kind;
    mm_head head;       /* HEAD */
    size_t epoch;       /* HEAD, BATCH: of the segment: its @EP, else its place in the stream */
    mm_block block;     /* BLOCK */
    size_t skipped, skipped_before; /* DONE: records of the segment left out by the feed, and by programs before */
    mm_record **record; /* BATCH: n of them */
    const void **image; /* [n] their images */
    int32_t *label;     /* [n] */
    size_t n, height, width;
    mm_dtype dtype;     /* u8, u16, f32 */
    double full_scale;  /* 255, 65535, 1, or the attribute full_scale */
} mm_feed_item;

typedef struct mm_feed mm_feed;

/* operands as in mm_input_open; they and class_names must outlive the feed. */
int mm_feed_open(mm_feed **feed, char **operands, size_t n, const mm_feed_config *config, mm_error *error);

/* Also in the middle; NULL is fine. A thread that waits for a pipe that says nothing is left alone with the feed until the
 * program ends; it does nothing more but wait. */
void mm_feed_close(mm_feed *feed);

/* The batch that the next mm_feed_next hands out, where it waits already: a view of it, good until then. It differs from what
 * comes in that an interruption may come instead. */
bool mm_feed_peek(mm_feed *feed, mm_feed_item *view);

/* The next item, owned by the caller until mm_feed_item_clear. Errors name the record. */
int mm_feed_next(mm_feed *feed, mm_feed_item *item, mm_error *error);
void mm_feed_item_clear(mm_feed_item *item);

/* The beginning: the head of the first segment that is not left out (the caller's to clear; empty when there is none),
 * and into *item what comes after it: its first batch, MM_FEED_DONE when it holds none, MM_FEED_END without a segment. */
int mm_feed_first(mm_feed *feed, mm_head *head, mm_feed_item *item, mm_error *error);

/* Records left out: by the feed, and by programs before (as far as DONE lines were read). */
size_t mm_feed_skipped(const mm_feed *feed, size_t *before);

/* What a network needs of one record. Text without the key. */
typedef struct mm_feed_image {
    const void *data;
    size_t height, width;
    mm_dtype dtype;
    double full_scale;
} mm_feed_image;

/* MM_FAILURE: no tensor `image`, colour, a type that is none of u8, u16, f32. */
int mm_feed_image_of(const mm_record *record, mm_feed_image *image, mm_error *error);

#endif
