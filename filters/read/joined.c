/* Many segments as one: see joined.h. */
#include "filters/read/joined.h"

#include "common/cli/message.h"

static int take_head(mm_joined *j, mm_item *item, mm_error *error)
{
    if (!j->begun) {
        j->begun = true;
        mm_head_remove_epoch(&item->head);
        return mm_head_copy(&j->head, &item->head) ? mm_no_memory(error) : MM_OK;
    }
    if (!j->quiet && !j->warned && !mm_head_has_programs(&j->head, &item->head)) {
        mm_warn("'%s': a later segment came through other programs than the first, whose provenance alone is kept "
                "(mmread --join of a file keeps that of all)", j->name);
        j->warned = true;
    }
    return MM_OK;
}

static int check_key(mm_joined *j, const char *key, mm_error *error)
{
    int known = mm_keyset_add(&j->keys, key);
    if (known > 0)
        return mm_fail(error, MM_FAILURE, "'%s': key '%s' is in two segments", j->name, key);
    return known < 0 ? mm_no_memory(error) : MM_OK;
}

/* After the last segment: one DONE, then the end. */
static int finish(mm_joined *j, mm_item *item)
{
    item->kind = j->ended ? MM_ITEM_END : MM_ITEM_DONE;
    item->skipped = j->ended ? 0 : j->skipped_before;
    j->ended = true;
    return MM_OK;
}

static int next(void *context, mm_item *item, mm_error *error)
{
    mm_joined *j = context;
    int code = MM_OK;
    while (!j->ended && !(code = j->from->next(j->from->context, item, error)) && item->kind != MM_ITEM_END) {
        bool first = !j->begun;
        j->source.skipped += j->from->skipped;
        j->from->skipped = 0;
        if (item->kind == MM_ITEM_HEAD) {
            if ((code = take_head(j, item, error)) || first)
                return code;
        } else if (item->kind == MM_ITEM_RECORD) {
            return check_key(j, item->record->key, error);
        } else if (item->kind == MM_ITEM_DONE) {
            j->skipped_before += item->skipped;
        } else {
            return MM_OK;
        }
    }
    return code ? code : finish(j, item);
}

void mm_joined_begin(mm_joined *j)
{
    j->source = (mm_item_source){.next = next, .context = j};
}

void mm_joined_clear(mm_joined *j)
{
    mm_head_clear(&j->head);
    mm_keyset_clear(&j->keys);
}
