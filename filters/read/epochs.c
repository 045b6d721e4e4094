/* Collections as streams: see epochs.h. */
#include "filters/read/epochs.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "common/cli/message.h"
#include "common/cli/source.h"
#include "common/stream/meta.h"

/* The items that meet the conditions, and the picks of the epoch under way. */
typedef struct epochs {
    const mm_reading *reading;
    mm_collection *collection;
    size_t *chosen;
    size_t n;
    size_t *class_of;
    size_t classes;
    mm_pick *picks;
    size_t npicks, left_out;
} epochs;

/* An item, for mm_where_holds. */
typedef struct entry {
    const epochs *epochs;
    size_t number;
} entry;

static int attribute_of(void *context, const char *name, char **value, mm_error *error)
{
    const entry *e = context;
    return mm_collection_attribute(e->epochs->collection, e->number, &e->epochs->reading->images, name, value, error);
}

static int meets(const epochs *e, size_t i, bool *wanted, mm_error *error)
{
    entry item = {e, i};
    int code = mm_where_holds(&e->reading->where, mm_collection_key(e->collection, i), attribute_of, &item, wanted, error);
    return code == MM_DAMAGED && e->reading->common->skip ? MM_OK /* taken along: it is named and left out when its turn comes */
                                                          : code;
}

/* An item that is left out is named, and is not wanted. */
static int leave_out(int code, const epochs *e, size_t i, bool *wanted, mm_error *error)
{
    if (code != MM_LEFT_OUT)
        return code;
    mm_say("record '%s': %s: left out", mm_collection_key(e->collection, i), error->text);
    *error = (mm_error){0};
    *wanted = false;
    return MM_OK;
}

static int check_key(mm_keyset *keys, const char *key, mm_error *error)
{
    if (!mm_key_valid(key))
        return mm_fail(error, MM_FAILURE, "'%.80s' is not a key", key);
    int known = mm_keyset_add(keys, key);
    if (known < 0)
        return mm_no_memory(error);
    return known ? mm_fail(error, MM_FAILURE, "key '%.200s' appears twice: in two inputs, or in two segments of one", key) : MM_OK;
}

static int choose(epochs *e, mm_error *error)
{
    size_t all = mm_collection_count(e->collection);
    mm_keyset keys = {0};
    e->chosen = malloc((all ? all : 1) * sizeof *e->chosen);
    int code = e->chosen ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < all && !code; i++) {
        bool wanted = true;
        code = leave_out(meets(e, i, &wanted, error), e, i, &wanted, error);
        if (code || !wanted)
            continue;
        e->chosen[e->n++] = i;
        code = check_key(&keys, mm_collection_key(e->collection, i), error);
    }
    mm_keyset_clear(&keys);
    if (code || e->n > 0)
        return code;
    return all ? mm_fail(error, MM_FAILURE, "no record meets the conditions of --where")
               : mm_fail(error, MM_FAILURE, "nothing to read: no images or records in the input");
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
static int classify(epochs *e, mm_error *error)
{
    struct valued *values = calloc(e->n, sizeof *values);
    e->class_of = calloc(e->n, sizeof *e->class_of);
    int code = values && e->class_of ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < e->n && !code; i++) {
        bool wanted = true;
        values[i].item = i;
        code = mm_collection_attribute(e->collection, e->chosen[i], &e->reading->images, e->reading->balance, &values[i].value, error);
        code = leave_out(code, e, e->chosen[i], &wanted, error);
        if (!wanted) {
            memmove(&e->chosen[i], &e->chosen[i + 1], (e->n - i - 1) * sizeof *e->chosen);
            e->n--;
            i--;
            continue;
        }
        if (!code && !values[i].value)
            code = mm_fail(error, MM_FAILURE, "record '%s' has no '%s' to balance by",
                           mm_collection_key(e->collection, e->chosen[i]), e->reading->balance);
    }
    if (!code && e->n == 0)
        code = mm_fail(error, MM_FAILURE, "nothing to read: every record was left out");
    if (!code)
        qsort(values, e->n, sizeof *values, by_value);
    for (size_t i = 0; i < e->n && !code; i++) {
        e->classes += i == 0 || strcmp(values[i].value, values[i - 1].value) != 0;
        e->class_of[values[i].item] = e->classes - 1;
    }
    for (size_t i = 0; values && i < e->n; i++)
        free(values[i].value);
    free(values);
    return code;
}

static void warn_job(void *context, const char *text)
{
    const mm_job *job = context;
    const epochs *e = job->shared;
    const char *key = mm_collection_key(e->collection, e->chosen[e->picks[job->number].item]);
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
    const epochs *e = job->shared;
    const mm_pick *pick = &e->picks[job->number];
    mm_collection *c = e->collection;
    size_t i = e->chosen[pick->item];
    mm_read_options rules = e->reading->images;
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
static bool all_indexed(const epochs *e)
{
    size_t number;
    for (size_t i = 0; i < e->npicks; i++)
        if (e->picks[i].repeat || !mm_collection_index(e->collection, e->chosen[e->picks[i].item], &number))
            return false;
    return true;
}

static int pass_on(const epochs *e, const mm_head *head, mm_error *error)
{
    const mm_reading *r = e->reading;
    mm_progress progress;
    int code = mm_writer_head(r->writer, head, error);
    mm_progress_begin(&progress, r->common);
    for (size_t i = 0; i < e->npicks && !code; i++) {
        size_t number;
        mm_index *index = mm_collection_index(e->collection, e->chosen[e->picks[i].item], &number);
        code = mm_index_write(index, number, r->writer, error);
        mm_progress_count(&progress, 1);
    }
    mm_progress_end(&progress);
    return code ? code : mm_write_done(r->writer, e->npicks, 0, mm_collection_skipped(e->collection), error);
}

/* The lines of the segment's HEAD. */
static int head_of(const epochs *e, long epoch, mm_head *head, mm_error *error)
{
    const mm_head *from = mm_collection_head(e->collection);
    if (from ? mm_head_copy(head, from) : mm_head_add(head, "@MM\tVN:1.0"))
        return mm_no_memory(error);
    mm_head_remove_epoch(head);
    if (epoch && mm_head_set_epoch(head, epoch))
        return mm_no_memory(error);
    return mm_reading_program(e->reading, head, error);
}

/* One segment, of the picks. */
static int write_segment(epochs *e, long epoch, size_t *skipped, mm_error *error)
{
    const mm_reading *r = e->reading;
    mm_head head = {0};
    int code = head_of(e, epoch, &head, error);
    if (!code && epoch <= r->first)
        mm_reading_say_left_out(r, e->left_out, e->n);
    if (!code && all_indexed(e)) {
        code = pass_on(e, &head, error);
    } else if (!code) {
        mm_source source = {.name = r->name, .count = e->npicks, .head = &head, .make = make, .shared = e,
                            .epoch = epoch, .skipped = mm_collection_skipped(e->collection)};
        code = mm_source_run(&source, r->common, r->writer, skipped, error);
    }
    mm_head_clear(&head);
    return code;
}

static int write_epoch(epochs *e, long epoch, size_t *skipped, mm_error *error)
{
    mm_order_options order = e->reading->order;
    if (e->reading->balance) {
        order.class_of = e->class_of;
        order.classes = e->classes;
    }
    int code = mm_order(&order, e->n, epoch ? epoch : 1, &e->picks, &e->npicks, &e->left_out, error);
    if (!code)
        code = mm_reading_check_share(e->reading, e->n, e->npicks, error);
    if (!code)
        code = write_segment(e, epoch, skipped, error);
    free(e->picks);
    e->picks = NULL;
    return code;
}

/* What the names of files left open. */
static void say_names(const mm_collection *collection)
{
    const char *first;
    size_t ignored = mm_collection_ignored(collection, &first);
    if (ignored)
        mm_say("%zu files are not images and belong to no record: left out (such as '%s')", ignored, first);
    size_t apart = mm_collection_apart(collection, &first);
    if (apart)
        mm_reading_warn_apart(apart, first);
}

int mm_epochs_write(const mm_reading *reading, mm_collection *collection, mm_error *error)
{
    epochs e = {.reading = reading, .collection = collection};
    size_t skipped = 0;
    int code = choose(&e, error);
    if (!code && reading->balance)
        code = classify(&e, error);
    if (!code && !reading->common->quiet)
        say_names(collection);
    for (long epoch = reading->first; epoch <= reading->last && !code; epoch++)
        code = write_epoch(&e, epoch, &skipped, error);
    if (!code)
        mm_report_skipped(skipped, mm_collection_skipped(collection));
    free(e.chosen);
    free(e.class_of);
    return code;
}
