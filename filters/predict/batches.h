/* Batches of images from a program's input, read by a thread of their own while others compute.
 *
 * Serves mmtrain and mmpredict: it takes records out of the stream, checks what a network needs of them (a grey tensor
 * `image`, a label), and puts consecutive records of equal size together. A few batches at most wait to be taken. */
#ifndef MM_FILTERS_PREDICT_BATCHES_H
#define MM_FILTERS_PREDICT_BATCHES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cli/options.h"
#include "common/stream/stream.h"

enum { MM_BATCH_WAITING = 3 }; /* items that wait to be taken, at most; HEAD and DONE are items too */

typedef enum mm_labels {
    MM_LABELS_WANTED,  /* a record without one, or with one out of range, is an error */
    MM_LABELS_OPTIONAL /* -1 without one; out of range is an error */
} mm_labels;

typedef struct mm_batch_options {
    size_t batch;     /* records of a batch, at most */
    bool one_size;    /* another size, type or scale than the first record's is an error; else it begins a batch */
    mm_labels labels;
    size_t classes;
    const char *const *class_names; /* classes of them, or NULL: a record's attribute `class` must agree with its label */
    bool blocks;      /* hand out blocks that are no records, too, each between batches; else they are left out */
    bool skip;        /* --on-error=skip: bad records are named on stderr, counted and left out */

    const volatile sig_atomic_t *interrupt; /* or NULL: not 0 ends a wait for input with MM_BATCH_INTERRUPTED */

    /* Where to begin: segments before epoch `first_epoch` are read and left out, and `first_record` good records after
     * its HEAD. The stream's first segment is the epoch of its @EP line, 1 without one; it must not come after first_epoch.
     * first_epoch 0: all segments, whatever their @EP. */
    size_t first_epoch, first_record;
} mm_batch_options;

typedef enum mm_batch_kind {
    MM_BATCH_HEAD, MM_BATCH_IMAGES, MM_BATCH_BLOCK, MM_BATCH_DONE, MM_BATCH_END, MM_BATCH_INTERRUPTED
} mm_batch_kind;

typedef struct mm_batch_item {
    mm_batch_kind kind;
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
} mm_batch_item;

typedef struct mm_batches mm_batches;

/* operands as in mm_input_open; they and class_names must outlive the feed. */
int mm_batches_open(mm_batches **feed, char **operands, size_t n, const mm_batch_options *config, mm_error *error);

/* Also in the middle; NULL is fine. A thread that waits for a pipe that says nothing is left alone with the feed until the
 * program ends; it does nothing more but wait. */
void mm_batches_close(mm_batches *feed);

/* The batch that the next mm_batches_next hands out, where it waits already: a view of it, good until then. It differs from what
 * comes in that an interruption may come instead. */
bool mm_batches_peek(mm_batches *feed, mm_batch_item *view);

/* The next item, owned by the caller until mm_batch_item_clear. Errors name the record. */
int mm_batches_next(mm_batches *feed, mm_batch_item *item, mm_error *error);
void mm_batch_item_clear(mm_batch_item *item);

/* The beginning: the head of the first segment that is not left out (the caller's to clear; empty when there is none),
 * and into *item what comes after it: its first batch, MM_BATCH_DONE when it holds none, MM_BATCH_END without a segment. */
int mm_batches_first(mm_batches *feed, mm_head *head, mm_batch_item *item, mm_error *error);

/* Records left out: by the feed, and by programs before (as far as DONE lines were read). */
size_t mm_batches_skipped(const mm_batches *feed, size_t *before);

/* What a network needs of one record. Text without the key. */
typedef struct mm_batch_image {
    const void *data;
    size_t height, width;
    mm_dtype dtype;
    double full_scale;
} mm_batch_image;

/* MM_FAILURE: no tensor `image`, colour, a type that is none of u8, u16, f32. */
int mm_batch_image_of(const mm_record *record, mm_batch_image *image, mm_error *error);

#endif
