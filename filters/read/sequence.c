/* Records one after another: see sequence.h. */
#include "filters/read/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"

/* A shuffle in bounded memory: each record that comes takes the place of one drawn at random. */
typedef struct shuffle {
    mm_record **held;
    size_t n, room; /* room 0: records pass as they come */
    mm_random random;
} shuffle;

typedef struct sequence {
    const mm_reading *reading;
    mm_item_source *source;
    mm_progress progress;
    size_t skipped, skipped_before; /* in all segments */

    /* Of the segment under way: */
    shuffle shuffle;
    mm_record *waiting; /* this shard's record of a round that is not complete */
    size_t wanted, shuffled, written; /* records that met the conditions, came out of the shuffle, went to the output */
} sequence;

/* Returns the record that comes out when this one goes in, or NULL. */
static mm_record *exchange(shuffle *s, mm_record *record)
{
    if (s->room == 0)
        return record;
    if (s->n < s->room) {
        s->held[s->n++] = record;
        return NULL;
    }
    size_t k = (size_t)mm_random_below(&s->random, s->n);
    mm_record *out = s->held[k];
    s->held[k] = record;
    return out;
}

/* Returns one of the records that are still held, NULL when there is none. */
static mm_record *draw(shuffle *s)
{
    if (s->n == 0)
        return NULL;
    size_t k = (size_t)mm_random_below(&s->random, s->n);
    mm_record *out = s->held[k];
    s->held[k] = s->held[--s->n];
    return out;
}

/* Takes the record over. */
static int write_record(sequence *s, mm_record *record, mm_error *error)
{
    int code = mm_writer_record(s->reading->writer, record, error);
    mm_record_free(record);
    s->written++;
    return code;
}

/* Takes a record over that came out of the shuffle. A shard keeps its record of a round until the round is complete. */
static int share_out(sequence *s, mm_record *record, mm_error *error)
{
    const mm_order_options *order = &s->reading->order;
    size_t number = s->shuffled++;
    if (order->shards < 2)
        return write_record(s, record, error);
    size_t place = number % order->shards;
    if (place == order->shard)
        s->waiting = record;
    else
        mm_record_free(record);
    if (!s->waiting || (place + 1 < order->shards && !order->uneven))
        return MM_OK;
    record = s->waiting;
    s->waiting = NULL;
    return write_record(s, record, error);
}

static int attribute_of(void *record, const char *name, char **value, mm_error *error)
{
    const char *found = mm_record_get(record, name);
    *value = found ? strdup(found) : NULL;
    return found && !*value ? mm_no_memory(error) : MM_OK;
}

static int take_record(sequence *s, mm_item *item, mm_error *error)
{
    bool wanted;
    mm_progress_count(&s->progress, 1);
    if (mm_where_holds(&s->reading->where, item->record->key, attribute_of, item->record, &wanted, error))
        return error->code;
    if (!wanted)
        return MM_OK;
    s->wanted++;
    mm_record *record = exchange(&s->shuffle, item->record);
    item->record = NULL;
    return record ? share_out(s, record, error) : MM_OK;
}

static int take_head(sequence *s, mm_head *head, long epoch, mm_error *error)
{
    mm_random_init(&s->shuffle.random, s->reading->order.seed, mm_hash_string("order.buffer"), (uint32_t)epoch);
    s->shuffle.n = s->wanted = s->shuffled = s->written = s->source->skipped = 0;
    if (mm_reading_program(s->reading, head, error))
        return error->code;
    return mm_writer_head(s->reading->writer, head, error);
}

/* What is still held comes out; then the segment ends. */
static int take_done(sequence *s, size_t skipped_before, mm_error *error)
{
    const mm_reading *r = s->reading;
    for (mm_record *record; (record = draw(&s->shuffle));)
        if (share_out(s, record, error))
            return error->code;
    if (r->where.n > 0 && s->wanted == 0)
        return mm_fail(error, MM_FAILURE, "no record meets the conditions of --where");
    if (mm_reading_check_share(r, s->wanted, s->written, error))
        return error->code;
    if (r->order.shards > 1 && !r->order.uneven)
        mm_reading_say_left_out(r, s->shuffled % r->order.shards, s->wanted);
    mm_record_free(s->waiting);
    s->waiting = NULL;
    s->skipped += s->source->skipped;
    s->skipped_before += skipped_before;
    return mm_write_done(r->writer, s->written, s->source->skipped, skipped_before, error);
}

static int take_item(sequence *s, mm_item *item, mm_error *error)
{
    switch (item->kind) {
    case MM_ITEM_HEAD:
        return take_head(s, &item->head, item->epoch, error);
    case MM_ITEM_RECORD:
        return take_record(s, item, error);
    case MM_ITEM_SKIPPABLE:
        return mm_writer_block(s->reading->writer, &item->block, error);
    case MM_ITEM_DONE:
        return take_done(s, item->skipped, error);
    case MM_ITEM_END:
        break;
    }
    return MM_OK;
}

static int take_all(sequence *s, mm_error *error)
{
    mm_item item = {0};
    int code;
    while (!(code = s->source->next(s->source->context, &item, error)) && item.kind != MM_ITEM_END)
        if ((code = take_item(s, &item, error)))
            break;
    mm_item_clear(&item);
    return code;
}

int mm_sequence_write(const mm_reading *reading, mm_item_source *source, mm_error *error)
{
    sequence s = {.reading = reading, .source = source, .shuffle.room = reading->order.shuffle ? reading->buffer : 0};
    if (!(s.shuffle.held = calloc(s.shuffle.room + 1, sizeof *s.shuffle.held)))
        return mm_no_memory(error);
    mm_progress_begin(&s.progress, reading->common);
    int code = take_all(&s, error);
    mm_progress_end(&s.progress);
    for (size_t i = 0; i < s.shuffle.n; i++)
        mm_record_free(s.shuffle.held[i]);
    free(s.shuffle.held);
    mm_record_free(s.waiting);
    if (!code)
        mm_report_skipped(s.skipped, s.skipped_before);
    return code;
}
