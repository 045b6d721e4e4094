/* Batches of images for mmtrain and mmpredict, read from their input by a separate thread while others compute.
 *
 * The thread checks what a network needs of each record (a grey tensor `image`, a label) and joins consecutive records of equal size.
 * At most MM_BATCH_WAITING items wait to be taken. */
#ifndef MM_FILTERS_PREDICT_BATCHES_H
#define MM_FILTERS_PREDICT_BATCHES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cli/options.h"
#include "common/stream/stream.h"

enum { MM_BATCH_WAITING = 3 }; /* HEAD and DONE are items too */

typedef enum mm_labels {
    MM_LABELS_WANTED, /* a missing label is an error, as is one out of range */
    MM_LABELS_UNUSED  /* labels are not looked at; all are -1 */
} mm_labels;

typedef struct mm_batch_options {
    size_t batch;     /* records of a batch, at most */
    bool one_size;    /* a size, type or scale other than the first record's is an error; if false it begins a new batch */
    mm_labels labels;
    size_t classes;
    const char *const *class_names; /* [classes] or NULL: a record's attribute `class` must agree with its label, if that is wanted */
    bool blocks;      /* hand out blocks that are not records, between batches; if false they are dropped */
    bool skip;        /* --on-error=skip: bad records are named on stderr, counted and skipped */

    const volatile sig_atomic_t *interrupt; /* or NULL: not 0 ends a wait for input with MM_BATCH_INTERRUPTED */

    /* Epochs instead of segments: HEAD and DONE are those of an epoch, whose batches go on from one segment to the next. Epochs
     * before `first_epoch` are read and dropped, then the first `first_record` good records of that epoch. The stream's first epoch
     * has the number that @EP names, 1 without one, and each further one the next; a stream that begins with a later epoch than
     * first_epoch is an error. first_epoch 0: all segments, whatever their @EP. */
    size_t first_epoch, first_record;
} mm_batch_options;

typedef enum mm_batch_kind {
    MM_BATCH_HEAD, MM_BATCH_IMAGES, MM_BATCH_BLOCK, MM_BATCH_DONE, MM_BATCH_END, MM_BATCH_INTERRUPTED
} mm_batch_kind;

typedef struct mm_batch_item {
    mm_batch_kind kind;
    mm_head head;       /* HEAD */
    size_t epoch;       /* HEAD, IMAGES: the epoch by the stream's @EP (mm_item.epoch) */
    mm_block block;     /* BLOCK */
    size_t skipped, skipped_before; /* DONE: records of the segment or epoch that were skipped here, and by programs before */
    mm_record **record; /* IMAGES: [n] */
    const void **image; /* [n] their images */
    int32_t *label;     /* [n] */
    size_t n, height, width;
    mm_dtype dtype;     /* u8, u16, f32 */
    double full_scale;  /* 255, 65535, 1, or the attribute full_scale */
} mm_batch_item;

typedef struct mm_batches mm_batches;

/* Opens operands as mm_input_open does, and starts the thread. The operands and class_names must outlive the batches. */
int mm_batches_open(mm_batches **batches, char **operands, size_t n, const mm_batch_options *options, mm_error *error);

/* Ends the thread, also in the middle of the input, and frees the batches. NULL is fine. A thread that is still waiting for a silent
 * pipe after 0.3 s is left behind with its memory until the program ends. */
void mm_batches_close(mm_batches *batches);

/* Shows the images that mm_batches_next will hand out next. False if no such batch is ready. The view is valid until that call,
 * which may return an interruption instead. */
bool mm_batches_peek(mm_batches *batches, mm_batch_item *view);

/* Hands out the next item, which the caller owns until mm_batch_item_clear. Errors name the record. */
int mm_batches_next(mm_batches *batches, mm_batch_item *item, mm_error *error);
void mm_batch_item_clear(mm_batch_item *item);

/* Hands out the head of the first segment that is not dropped, and the item after it. The caller clears the head, which is empty if
 * there is no segment. The item is the first batch or block, MM_BATCH_DONE if the segment is empty, or MM_BATCH_END without a
 * segment. */
int mm_batches_first(mm_batches *batches, mm_head *head, mm_batch_item *item, mm_error *error);

/* Returns how many records were skipped here. *before counts those that earlier programs skipped, by the DONE blocks read so far. */
size_t mm_batches_skipped(const mm_batches *batches, size_t *before);

/* What a network needs of one record. */
typedef struct mm_batch_image {
    const void *data;
    size_t height, width;
    mm_dtype dtype;
    double full_scale;
} mm_batch_image;

/* Finds the image. MM_FAILURE: there is no tensor `image`, or it is in colour, empty or not u8, u16 or f32, or a pixel is not finite
 * as a grey level of the network's input. The error does not name the record. */
int mm_batch_image_of(const mm_record *record, mm_batch_image *image, mm_error *error);

#endif
