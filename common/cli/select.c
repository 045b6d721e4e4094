/* Records one after another: see sieve.h. */
#include "common/cli/select.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/skipped.h"
#include "common/cli/message.h"
#include "common/cli/progress.h"
#include "common/base/random.h"

/* One segment under way. */
typedef struct segment {
    const mm_selection *sieve;
    mm_writer *writer;
    mm_random random;
    mm_record **held;   /* the shuffle's buffer */
    size_t nheld;
    mm_record *waiting; /* this shard's record of a round that is not complete */
    size_t number;      /* of records that came out of the shuffle */
    size_t seen, written, left_out;
} segment;

static bool selected(const mm_where *where, const mm_record *record)
{
    for (size_t i = 0; i < where->n; i++) {
        const char *name = where->items[i].name;
        const char *value = strcmp(name, "key") ? mm_record_get(record, name) : record->key;
        if (!mm_condition_holds(&where->items[i], value))
            return false;
    }
    return true;
}

static int write_record(segment *s, mm_record *record, mm_error *error)
{
    int code = mm_writer_record(s->writer, record, error);
    mm_record_free(record);
    s->written++;
    return code;
}

/* Behind the shuffle: a shard keeps its record of a round until the round is complete. */
static int deal(segment *s, mm_record *record, mm_error *error)
{
    if (s->sieve->shards < 2)
        return write_record(s, record, error);
    size_t place = s->number++ % s->sieve->shards;
    if (place == s->sieve->shard)
        s->waiting = record;
    else
        mm_record_free(record);
    if (!s->waiting || (place + 1 < s->sieve->shards && !s->sieve->uneven))
        return MM_OK;
    record = s->waiting;
    s->waiting = NULL;
    return write_record(s, record, error);
}

static int take(segment *s, mm_record *record, mm_error *error)
{
    if (!selected(s->sieve->where, record)) {
        mm_record_free(record);
        return MM_OK;
    }
    s->seen++;
    if (!s->sieve->shuffle)
        return deal(s, record, error);
    if (s->nheld < s->sieve->buffer) {
        s->held[s->nheld++] = record;
        return MM_OK;
    }
    size_t k = (size_t)mm_random_below(&s->random, s->nheld);
    mm_record *out = s->held[k];
    s->held[k] = record;
    return deal(s, out, error);
}

/* What is still held comes out, in random order. */
static int flush(segment *s, mm_error *error)
{
    int code = MM_OK;
    while (s->nheld > 0 && !code) {
        size_t k = (size_t)mm_random_below(&s->random, s->nheld);
        mm_record *out = s->held[k];
        s->held[k] = s->held[--s->nheld];
        code = deal(s, out, error);
    }
    s->left_out = s->sieve->shards > 1 && !s->sieve->uneven ? s->number % s->sieve->shards : 0;
    return code;
}

static int begin(segment *s, const mm_common *common, mm_head *head, long position, mm_error *error)
{
    long epoch = mm_head_epoch(head) ? mm_head_epoch(head) : position;
    mm_random_init(&s->random, s->sieve->seed, mm_hash_string("order.buffer"), (uint32_t)epoch);
    s->nheld = s->number = s->seen = s->written = 0;
    if (!common->no_pg && mm_head_add_program(head, s->sieve->name, s->sieve->command_line))
        return mm_no_memory(error);
    return mm_writer_head(s->writer, head, error);
}

static int end(segment *s, const mm_common *common, mm_item_source *feed, size_t skipped_before, mm_error *error)
{
    int code = flush(s, error);
    if (code)
        return code;
    if (s->sieve->where->n > 0 && s->seen == 0)
        return mm_fail(error, MM_FAILURE, "no record meets the conditions of --where");
    if (s->sieve->shards > 1 && s->written == 0 && !s->sieve->uneven)
        return mm_fail(error, MM_FAILURE, "%zu records are too few for %zu shards", s->seen, s->sieve->shards);
    if (s->left_out && !common->quiet)
        mm_say("%zu of %zu records left out, so that all shards have as many", s->left_out, s->seen);
    return mm_write_done(s->writer, s->written, feed->skipped, skipped_before, error);
}

int mm_select_run(const mm_selection *sieve, mm_item_source *feed, const mm_common *common, mm_writer *writer, mm_error *error)
{
    segment s = {.sieve = sieve, .writer = writer, .held = calloc(sieve->shuffle ? sieve->buffer : 1, sizeof *s.held)};
    int code = s.held ? MM_OK : mm_no_memory(error);
    mm_progress progress;
    mm_progress_begin(&progress, common);
    size_t here = 0, before = 0;
    bool more = true;
    for (long position = 0; !code && more;) {
        mm_item item = {0};
        code = feed->next(feed->context, &item, error);
        if (code)
            ;
        else if (item.kind == MM_ITEM_HEAD) {
            feed->skipped = 0;
            code = begin(&s, common, &item.head, ++position, error);
        } else if (item.kind == MM_ITEM_RECORD) {
            mm_record *record = item.record;
            item.record = NULL;
            code = take(&s, record, error);
            mm_progress_count(&progress, 1);
        } else if (item.kind == MM_ITEM_SKIPPABLE) {
            code = mm_writer_block(writer, &item.block, error);
        } else if (item.kind == MM_ITEM_DONE) {
            code = end(&s, common, feed, item.skipped, error);
            here += feed->skipped;
            before += item.skipped;
        }
        more = item.kind != MM_ITEM_END;
        mm_item_clear(&item);
    }
    mm_progress_end(&progress);
    for (size_t i = 0; i < s.nheld; i++)
        mm_record_free(s.held[i]);
    mm_record_free(s.waiting);
    free(s.held);
    if (!code)
        mm_report_skipped(here, before);
    return code;
}
