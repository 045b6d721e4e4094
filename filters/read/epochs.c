/* Collections as streams: see dealer.h. */
#include "filters/read/epochs.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "common/cli/message.h"
#include "common/stream/meta.h"

/* The items that meet the conditions, and the picks of the epoch under way. */
typedef struct hand {
    const mm_epochs *dealer;
    size_t *chosen;
    size_t n;
    size_t *class_of;
    size_t classes;
    mm_pick *picks;
    size_t npicks, left_out;
} hand;

static int meets(const mm_epochs *d, size_t i, bool *all, mm_error *error)
{
    *all = true;
    for (size_t k = 0; k < d->where->n && *all; k++) {
        const mm_condition *condition = &d->where->items[k];
        char *value = NULL;
        if (!strcmp(condition->name, "key")) {
            *all = mm_condition_holds(condition, mm_collection_key(d->collection, i));
            continue;
        }
        int code = mm_collection_attribute(d->collection, i, &d->images, condition->name, &value, error);
        if (code == MM_DAMAGED && d->images.keep_going)
            return MM_OK; /* taken along: it is named and left out when its turn comes */
        if (code)
            return code;
        *all = mm_condition_holds(condition, value);
        free(value);
    }
    return MM_OK;
}

static int choose(hand *h, mm_error *error)
{
    const mm_epochs *d = h->dealer;
    size_t all = mm_collection_count(d->collection);
    mm_keyset keys = {0};
    h->chosen = malloc((all ? all : 1) * sizeof *h->chosen);
    int code = h->chosen ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < all && !code; i++) {
        bool wanted;
        code = meets(d, i, &wanted, error);
        if (code || !wanted)
            continue;
        h->chosen[h->n++] = i;
        const char *key = mm_collection_key(d->collection, i);
        int known = mm_key_valid(key) ? mm_keyset_add(&keys, key) : 2;
        if (known > 1)
            code = mm_fail(error, MM_FAILURE, "'%.80s' is no key", key);
        else if (known)
            code = known > 0 ? mm_fail(error, MM_FAILURE, "key '%.200s' comes twice: two inputs give it, or a stream of epochs", key) : mm_no_memory(error);
    }
    mm_keyset_clear(&keys);
    if (!code && h->n == 0)
        code = all ? mm_fail(error, MM_FAILURE, "no record meets the conditions of --where")
                   : mm_fail(error, MM_FAILURE, "nothing to read: no images or records in the input");
    return code;
}

struct valued {
    char *value;
    size_t item;
};

static int by_value(const void *a, const void *b)
{
    return strcmp(((const struct valued *)a)->value, ((const struct valued *)b)->value);
}

/* Numbers the values of the attribute that is to be drawn evenly, in their order. */
static int classify(hand *h, mm_error *error)
{
    const mm_epochs *d = h->dealer;
    struct valued *values = calloc(h->n, sizeof *values);
    h->class_of = calloc(h->n, sizeof *h->class_of);
    int code = values && h->class_of ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < h->n && !code; i++) {
        values[i].item = i;
        code = mm_collection_attribute(d->collection, h->chosen[i], &d->images, d->balance, &values[i].value, error);
        if (!code && !values[i].value)
            code = mm_fail(error, MM_FAILURE, "record '%s' has no '%s' to balance by",
                           mm_collection_key(d->collection, h->chosen[i]), d->balance);
    }
    if (!code)
        qsort(values, h->n, sizeof *values, by_value);
    for (size_t i = 0; i < h->n && !code; i++) {
        h->classes += i == 0 || strcmp(values[i].value, values[i - 1].value) != 0;
        h->class_of[values[i].item] = h->classes - 1;
    }
    for (size_t i = 0; values && i < h->n; i++)
        free(values[i].value);
    free(values);
    return code;
}

static void warn_job(void *context, const char *text)
{
    const mm_job *job = context;
    const hand *h = job->shared;
    const char *key = mm_collection_key(h->dealer->collection, h->chosen[h->picks[job->number].item]);
    mm_job_warn(job, "record '%s': %s", key, text);
}

/* An item that comes again in its epoch gets a key of its own. */
static int rename_repeat(mm_record *record, size_t repeat)
{
    size_t room = strlen(record->key) + 32;
    char *key = malloc(room);
    if (!key)
        return MM_FAILURE;
    snprintf(key, room, "%s~%zu", record->key, repeat + 1);
    int code = mm_record_rename(record, key);
    free(key);
    return code;
}

static int make(const mm_job *job, mm_error *error)
{
    const hand *h = job->shared;
    const mm_pick *pick = &h->picks[job->number];
    mm_collection *c = h->dealer->collection;
    size_t i = h->chosen[pick->item];
    mm_read_options rules = h->dealer->images;
    rules.warn = warn_job;
    rules.context = (void *)(uintptr_t)job;
    mm_record *record;
    int code = mm_collection_record(c, i, &rules, &record, error);
    if (code)
        return mm_fail_in(error, "record '%s'", mm_collection_key(c, i));
    if (pick->repeat && rename_repeat(record, pick->repeat)) {
        mm_record_free(record);
        return mm_no_memory(error);
    }
    return mm_emit(job, record, error);
}

/* Every pick is a record of a stream that goes out as it lies in its file. */
static bool all_mapped(const hand *h)
{
    size_t number;
    for (size_t i = 0; i < h->npicks; i++)
        if (h->picks[i].repeat || !mm_collection_map(h->dealer->collection, h->chosen[h->picks[i].item], &number))
            return false;
    return true;
}

static int pass_on(const hand *h, const mm_head *head, const mm_common *common, mm_writer *writer, mm_error *error)
{
    mm_progress progress;
    int code = mm_writer_head(writer, head, error);
    mm_progress_begin(&progress, common);
    for (size_t i = 0; i < h->npicks && !code; i++) {
        size_t number;
        mm_index *map = mm_collection_map(h->dealer->collection, h->chosen[h->picks[i].item], &number);
        code = mm_index_write(map, number, writer, error);
        mm_progress_count(&progress, 1);
    }
    mm_progress_end(&progress);
    return code ? code : mm_write_done(writer, h->npicks, 0, mm_collection_skipped(h->dealer->collection), error);
}

/* The lines of the segment's HEAD. */
static int head_of(const mm_epochs *d, long epoch, const mm_common *common, mm_head *head, mm_error *error)
{
    const mm_head *from = mm_collection_head(d->collection);
    bool bad = from ? mm_head_copy(head, from) : mm_head_add(head, "@MM\tVN:1.0");
    for (size_t i = 0; i < head->nlines && !bad; i++)
        if (!strncmp(head->lines[i], "@EP\t", 4)) {
            free(head->lines[i]);
            memmove(&head->lines[i], &head->lines[i + 1], (--head->nlines - i) * sizeof *head->lines);
        }
    bad = bad || (epoch && mm_head_set_epoch(head, epoch));
    bad = bad || (!common->no_pg && mm_head_add_program(head, d->name, d->command_line));
    return bad ? mm_no_memory(error) : MM_OK;
}

static int deal_epoch(hand *h, long epoch, const mm_common *common, mm_writer *writer, size_t *skipped, mm_error *error)
{
    const mm_epochs *d = h->dealer;
    mm_order_options rules = d->order;
    mm_head head = {0};
    if (d->balance) {
        rules.class_of = h->class_of;
        rules.classes = h->classes;
    }
    int code = mm_order(&rules, h->n, epoch ? epoch : 1, &h->picks, &h->npicks, &h->left_out, error);
    if (!code && h->npicks == 0 && !rules.uneven)
        code = mm_fail(error, MM_FAILURE, "%zu records are too few for %zu shards", h->n, rules.shards);
    if (!code)
        code = head_of(d, epoch, common, &head, error);
    if (!code && h->left_out && epoch <= d->first && !common->quiet)
        mm_say("%zu of %zu records left out, so that all shards have as many", h->left_out, h->n);
    if (!code && all_mapped(h)) {
        code = pass_on(h, &head, common, writer, error);
    } else if (!code) {
        mm_source source = {.name = d->name, .count = h->npicks, .head = &head, .make = make, .shared = h,
                            .epoch = epoch, .skipped = mm_collection_skipped(d->collection)};
        code = mm_source_run(&source, common, writer, skipped, error);
    }
    mm_head_clear(&head);
    free(h->picks);
    h->picks = NULL;
    return code;
}

int mm_epochs_write(const mm_epochs *d, const mm_common *common, mm_writer *writer, mm_error *error)
{
    hand h = {.dealer = d};
    size_t skipped = 0;
    int code = choose(&h, error);
    if (!code && d->balance)
        code = classify(&h, error);
    if (!code && mm_collection_ignored(d->collection) && !common->quiet)
        mm_say("%zu files are no images and belong to no record: left out", mm_collection_ignored(d->collection));
    for (long epoch = d->first; epoch <= d->last && !code; epoch++)
        code = deal_epoch(&h, epoch, common, writer, &skipped, error);
    if (!code)
        mm_report_skipped(skipped, mm_collection_skipped(d->collection));
    free(h.chosen);
    free(h.class_of);
    return code;
}
