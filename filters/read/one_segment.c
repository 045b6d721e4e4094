/* Many segments as one: see one_segment.h. */
#include "filters/read/one_segment.h"

#include "common/cli/input.h"

static int take_head(mm_one_segment *one, mm_item *item, mm_error *error)
{
    if (!one->begun) {
        one->begun = true;
        mm_head_remove_epoch(&item->head);
        return mm_head_copy(&one->head, &item->head) ? mm_no_memory(error) : MM_OK;
    }
    one->warned = one->warned || (!one->quiet && mm_warn_of_programs(one->name, &one->head, &item->head, "mmread --join of a file"));
    return MM_OK;
}

static int check_key(mm_one_segment *one, const char *key, mm_error *error)
{
    int known = mm_keyset_add(&one->keys, key);
    if (known > 0)
        return mm_fail(error, MM_FAILURE, "'%s': key '%s' is in two segments", one->name, key);
    return known < 0 ? mm_no_memory(error) : MM_OK;
}

/* After the last segment: one DONE, then the end. */
static int finish(mm_one_segment *one, mm_item *item)
{
    item->kind = one->ended ? MM_ITEM_END : MM_ITEM_DONE;
    item->skipped = one->ended ? 0 : one->skipped_before;
    one->ended = true;
    return MM_OK;
}

static int next(void *context, mm_item *item, mm_error *error)
{
    mm_one_segment *one = context;
    int code = MM_OK;
    while (!one->ended && !(code = one->from->next(one->from->context, item, error)) && item->kind != MM_ITEM_END) {
        bool first = !one->begun;
        one->source.skipped += one->from->skipped;
        one->from->skipped = 0;
        if (item->kind == MM_ITEM_HEAD) {
            if ((code = take_head(one, item, error)) || first)
                return code;
        } else if (item->kind == MM_ITEM_RECORD) {
            return check_key(one, item->record->key, error);
        } else if (item->kind == MM_ITEM_DONE) {
            one->skipped_before += item->skipped;
        } else {
            return MM_OK;
        }
    }
    return code ? code : finish(one, item);
}

void mm_one_segment_begin(mm_one_segment *one)
{
    one->source = (mm_item_source){.next = next, .context = one};
}

void mm_one_segment_clear(mm_one_segment *one)
{
    mm_head_clear(&one->head);
    mm_keyset_clear(&one->keys);
}
