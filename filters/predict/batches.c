/* Batches of images, read by a thread: see batches.h. */
#include "filters/predict/batches.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cli/input.h"
#include "common/cli/message.h"
#include "common/image/finite.h"
#include "common/image/geometry.h"

struct mm_batches {
    mm_batch_options options;
    mm_input *input;
    pthread_t thread;
    bool started;

    /* The reading thread's own. */
    mm_batch_item batch; /* under way */
    mm_batch_image first;
    bool sized;         /* first is known */
    size_t epoch;       /* with first_epoch: the one under way, counted from the first one's number; 0 before it */
    long own_epoch;     /* the epoch of the segment under way, by the stream */
    size_t segment_skipped, segment_before; /* of the segment under way, with first_epoch of the epoch */
    size_t left_out;    /* records of it that were left out by first_record */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    mm_batch_item queue[MM_BATCH_WAITING];
    size_t head, queued;
    size_t skipped, skipped_before;
    bool stop, ended;
    int code;
    mm_error error;
};

void mm_batch_item_clear(mm_batch_item *item)
{
    mm_head_clear(&item->head);
    free(item->block.meta);
    free(item->block.data);
    for (size_t i = 0; i < item->n && item->record; i++)
        mm_record_free(item->record[i]);
    free(item->record);
    free(item->image);
    free(item->label);
    *item = (mm_batch_item){0};
}

/* ---- one record ------------------------------------------------------------------------------------------------ */

int mm_batch_image_of(const mm_record *record, mm_batch_image *image, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, "image");
    if (!t)
        return mm_fail(error, MM_FAILURE, "has no tensor 'image'");
    bool planes = t->ndim == 3;
    if (t->ndim != 2 && !planes)
        return mm_fail(error, MM_FAILURE, "tensor 'image' has %d dimensions: expected height and width", t->ndim);
    if (planes && t->dim[0] != 1)
        return mm_fail(error, MM_FAILURE, "tensor 'image' has %zu channels: expected a grey image", t->dim[0]);
    if (t->count == 0)
        return mm_fail(error, MM_FAILURE, "tensor 'image' is empty");
    if (t->dtype != MM_U8 && t->dtype != MM_U16 && t->dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "tensor 'image' is of type %s: expected u8, u16 or f32", mm_dtype_name(t->dtype));
    *image = (mm_batch_image){t->data, t->dim[planes], t->dim[planes + 1], t->dtype, 0};
    int code = mm_geometry_full_scale(record, t->dtype, &image->full_scale, error);
    return code ? code : mm_check_finite(t, 255 / image->full_scale, error);
}

/* Classes that were only counted are called class0, class1, ...: nothing to disagree with. */
static bool has_name(const mm_batch_options *c, long number)
{
    char counted[32];
    snprintf(counted, sizeof counted, "class%ld", number);
    return c->class_names && strcmp(c->class_names[number], counted);
}

static int label_of(const mm_batch_options *c, const mm_record *record, int32_t *label, mm_error *error)
{
    const char *text = mm_record_get(record, "label"), *name = mm_record_get(record, "class");
    long value = -1;
    *label = -1;
    if (c->labels == MM_LABELS_UNUSED)
        return MM_OK;
    if (!text)
        return mm_fail(error, MM_FAILURE, name ? "has no attribute 'label', but the class '%.60s': 'mmpatch --classes' numbers classes"
                                               : "has no attribute 'label'", name);
    if (mm_parse_long(text, 0, INT32_MAX, &value))
        return mm_fail(error, MM_FAILURE, "label '%s' is not a class number", text);
    if ((size_t)value >= c->classes)
        return mm_fail(error, MM_FAILURE, "label %ld is out of range: there are %zu classes, 0 to %zu", value, c->classes,
                       c->classes - 1);
    if (name && has_name(c, value) && strcmp(name, c->class_names[value]))
        return mm_fail(error, MM_FAILURE, "is of class '%s', label %ld: the network's class %ld is '%s'", name, value, value,
                       c->class_names[value]);
    *label = (int32_t)value;
    return MM_OK;
}

static bool same_kind(const mm_batch_image *a, const mm_batch_image *b)
{
    return a->height == b->height && a->width == b->width && a->dtype == b->dtype && a->full_scale == b->full_scale;
}

static int check_size(const mm_batches *f, const mm_batch_image *image, mm_error *error)
{
    if (!f->options.one_size || !f->sized || same_kind(&f->first, image))
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "is %zux%zu %s of full scale %g, the first record is %zux%zu %s of %g", image->height,
                   image->width, mm_dtype_name(image->dtype), image->full_scale, f->first.height, f->first.width,
                   mm_dtype_name(f->first.dtype), f->first.full_scale);
}

/* ---- the reading thread ---------------------------------------------------------------------------------------- */

/* Hands an item over, waiting for room; false when nobody wants it any more. The item is empty afterwards. */
static bool put(mm_batches *f, mm_batch_item *item)
{
    pthread_mutex_lock(&f->lock);
    while (f->queued == MM_BATCH_WAITING && !f->stop)
        pthread_cond_wait(&f->changed, &f->lock);
    bool wanted = !f->stop;
    if (wanted) {
        f->queue[(f->head + f->queued++) % MM_BATCH_WAITING] = *item;
        *item = (mm_batch_item){0};
        pthread_cond_broadcast(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    mm_batch_item_clear(item);
    return wanted;
}

static bool flush(mm_batches *f) { return f->batch.n == 0 || put(f, &f->batch); }

static int examine(mm_batches *f, const mm_record *record, mm_batch_image *image, int32_t *label, mm_error *error)
{
    if (mm_batch_image_of(record, image, error) || check_size(f, image, error) || label_of(&f->options, record, label, error))
        return mm_fail_in(error, "record '%s'", record->key);
    if (!f->sized)
        f->first = *image;
    f->sized = true;
    return MM_OK;
}

static int begin_batch(mm_batches *f, const mm_batch_image *image, mm_error *error)
{
    mm_batch_item *b = &f->batch;
    b->record = calloc(f->options.batch, sizeof *b->record);
    b->image = calloc(f->options.batch, sizeof *b->image);
    b->label = calloc(f->options.batch, sizeof *b->label);
    if (!b->record || !b->image || !b->label)
        return mm_no_memory(error);
    b->kind = MM_BATCH_IMAGES;
    b->epoch = (size_t)f->own_epoch;
    b->height = image->height;
    b->width = image->width;
    b->dtype = image->dtype;
    b->full_scale = image->full_scale;
    return MM_OK;
}

/* Takes the record over when it goes into the batch. */
static int add(mm_batches *f, mm_record **record, bool *wanted, mm_error *error)
{
    mm_batch_item *b = &f->batch;
    mm_batch_image image;
    int32_t label;
    if (examine(f, *record, &image, &label, error))
        return error->code;
    /* Was used before this run began; those that are no good were not counted then. */
    if (f->epoch == f->options.first_epoch && f->left_out < f->options.first_record) {
        f->left_out++;
        return MM_OK;
    }
    if (b->n) {
        mm_batch_image last = {NULL, b->height, b->width, b->dtype, b->full_scale};
        if (b->n == f->options.batch || !same_kind(&last, &image))
            *wanted = flush(f);
    }
    if (!b->record && begin_batch(f, &image, error))
        return error->code;
    b->image[b->n] = image.data;
    b->label[b->n] = label;
    b->record[b->n++] = *record;
    *record = NULL;
    if (b->n == f->options.batch)
        *wanted = flush(f);
    return MM_OK;
}

static int take_record(mm_batches *f, mm_item *item, bool *wanted, mm_error *error)
{
    if (f->epoch < f->options.first_epoch)
        return MM_OK;
    int code = add(f, &item->record, wanted, error);
    if (code != MM_FAILURE || !f->options.skip || !item->record)
        return code;
    mm_say("%s: skipped", error->text);
    *error = (mm_error){0};
    f->segment_skipped++;
    pthread_mutex_lock(&f->lock);
    f->skipped++;
    pthread_mutex_unlock(&f->lock);
    return MM_OK;
}

/* Hands out the end of a segment, or of an epoch; false when nobody wants it any more. */
static bool put_done(mm_batches *f)
{
    mm_batch_item out = {.kind = MM_BATCH_DONE, .skipped = f->segment_skipped, .skipped_before = f->segment_before};
    f->segment_skipped = f->segment_before = 0;
    return f->epoch < f->options.first_epoch || (flush(f) && put(f, &out));
}

/* Counts epochs. *begins is false for a segment that goes on with an epoch. */
static int count_epoch(mm_batches *f, long own_epoch, bool *begins, bool *wanted, mm_error *error)
{
    *begins = own_epoch != f->own_epoch;
    if (*begins && f->epoch)
        *wanted = put_done(f);
    f->epoch = f->epoch ? f->epoch + *begins : (size_t)own_epoch;
    if (!f->own_epoch && f->epoch > f->options.first_epoch)
        return mm_fail(error, MM_FAILURE, "the stream begins with epoch %zu, but epoch %zu is next", f->epoch, f->options.first_epoch);
    return MM_OK;
}

static int take_head(mm_batches *f, mm_item *item, bool *wanted, mm_error *error)
{
    bool begins = true;
    if (f->options.first_epoch && count_epoch(f, item->epoch, &begins, wanted, error))
        return error->code;
    f->own_epoch = item->epoch;
    if (!begins || !*wanted || f->epoch < f->options.first_epoch)
        return MM_OK;
    mm_batch_item out = {.kind = MM_BATCH_HEAD, .head = item->head, .epoch = (size_t)f->own_epoch};
    item->head = (mm_head){0};
    *wanted = put(f, &out);
    return MM_OK;
}

static int take_done(mm_batches *f, const mm_item *item, bool *wanted)
{
    pthread_mutex_lock(&f->lock);
    f->skipped_before += item->skipped;
    pthread_mutex_unlock(&f->lock);
    f->segment_before += item->skipped;
    if (!f->options.first_epoch)
        *wanted = put_done(f);
    return MM_OK;
}

static int take_block(mm_batches *f, mm_item *item, bool *wanted)
{
    if (!f->options.blocks || f->epoch < f->options.first_epoch)
        return MM_OK;
    mm_batch_item out = {.kind = MM_BATCH_BLOCK, .block = item->block};
    item->block = (mm_block){0};
    if (flush(f)) {
        *wanted = put(f, &out);
    } else {
        *wanted = false;
        mm_batch_item_clear(&out);
    }
    return MM_OK;
}

static bool stopped(mm_batches *f)
{
    pthread_mutex_lock(&f->lock);
    bool stop = f->stop;
    pthread_mutex_unlock(&f->lock);
    return stop;
}

static int read_all(mm_batches *f, mm_error *error)
{
    mm_item item = {0};
    bool wanted = true;
    int code = MM_OK;
    while (wanted && !code) {
        code = mm_input_next(f->input, &item, error);
        if (code || stopped(f) || item.kind == MM_ITEM_END)
            break;
        if (item.kind == MM_ITEM_HEAD)
            code = take_head(f, &item, &wanted, error);
        else if (item.kind == MM_ITEM_RECORD)
            code = take_record(f, &item, &wanted, error);
        else if (item.kind == MM_ITEM_DONE)
            code = take_done(f, &item, &wanted);
        else if (item.kind == MM_ITEM_SKIPPABLE)
            code = take_block(f, &item, &wanted);
    }
    if (!code && item.kind == MM_ITEM_END && f->options.first_epoch && f->epoch)
        put_done(f);
    mm_item_clear(&item);
    return code;
}

static void *read_thread(void *context)
{
    mm_batches *f = context;
    mm_error error = {0};
    int code = read_all(f, &error);
    mm_batch_item_clear(&f->batch);
    pthread_mutex_lock(&f->lock);
    f->code = code;
    f->error = error;
    f->ended = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* ---- the caller's side ------------------------------------------------------------------------------------------ */

static bool interrupted(const mm_batches *f) { return f->options.interrupt && *f->options.interrupt; }

/* Waits for the thread, or a tenth of a second: a signal does not end the wait by itself. */
static void wait_a_little(mm_batches *f)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 100000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&f->changed, &f->lock, &t);
}

int mm_batches_open(mm_batches **out, char **operands, size_t n, const mm_batch_options *options, mm_error *error)
{
    *out = NULL;
    mm_batches *f = calloc(1, sizeof *f);
    if (!f)
        return mm_no_memory(error);
    f->options = *options;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    int code = mm_input_open(&f->input, operands, n, error);
    if (!code) {
        /* Signals are for the main thread. */
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        f->started = pthread_create(&f->thread, NULL, read_thread, f) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (!f->started)
            code = mm_fail(error, MM_FAILURE, "cannot start a thread");
    }
    if (code) {
        mm_batches_close(f);
        return code;
    }
    *out = f;
    return MM_OK;
}

/* Asks the thread to end; false when it does not, because it waits for a pipe that says nothing. */
static bool stop_thread(mm_batches *f)
{
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_broadcast(&f->changed);
    for (int tenths = 0; !f->ended && tenths < 3; tenths++)
        wait_a_little(f);
    bool ended = f->ended;
    pthread_mutex_unlock(&f->lock);
    return ended;
}

void mm_batches_close(mm_batches *f)
{
    if (!f)
        return;
    if (f->started && !stop_thread(f)) {
        pthread_detach(f->thread);
        return;
    }
    if (f->started)
        pthread_join(f->thread, NULL);
    for (; f->queued; f->queued--, f->head++)
        mm_batch_item_clear(&f->queue[f->head % MM_BATCH_WAITING]);
    mm_batch_item_clear(&f->batch);
    mm_input_close(f->input);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    free(f);
}

int mm_batches_next(mm_batches *f, mm_batch_item *item, mm_error *error)
{
    int code = MM_OK;
    mm_batch_item_clear(item);
    pthread_mutex_lock(&f->lock);
    while (f->queued == 0 && !f->ended && !interrupted(f))
        wait_a_little(f);
    if (interrupted(f)) {
        item->kind = MM_BATCH_INTERRUPTED;
    } else if (f->queued) {
        *item = f->queue[f->head];
        f->queue[f->head] = (mm_batch_item){0};
        f->head = (f->head + 1) % MM_BATCH_WAITING;
        f->queued--;
        pthread_cond_broadcast(&f->changed);
    } else {
        item->kind = MM_BATCH_END;
        code = f->code;
        *error = f->error;
    }
    pthread_mutex_unlock(&f->lock);
    return code;
}

bool mm_batches_peek(mm_batches *f, mm_batch_item *view)
{
    pthread_mutex_lock(&f->lock);
    bool there = f->queued && f->queue[f->head].kind == MM_BATCH_IMAGES;
    if (there)
        *view = f->queue[f->head];
    pthread_mutex_unlock(&f->lock);
    return there;
}

int mm_batches_first(mm_batches *batches, mm_head *head, mm_batch_item *item, mm_error *error)
{
    *head = (mm_head){0};
    int code = mm_batches_next(batches, item, error);
    if (code || item->kind != MM_BATCH_HEAD)
        return code;
    *head = item->head;
    item->head = (mm_head){0};
    return mm_batches_next(batches, item, error);
}

size_t mm_batches_skipped(const mm_batches *batches, size_t *before)
{
    mm_batches *f = (mm_batches *)batches;
    pthread_mutex_lock(&f->lock);
    size_t here = f->skipped;
    *before = f->skipped_before;
    pthread_mutex_unlock(&f->lock);
    return here;
}
