/* Tar archives from pipes: see tar_items.h. */
#include "filters/read/tar_items.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/cli/message.h"
#include "common/stream/meta.h"
#include "formats/archive/member_groups.h"
#include "formats/archive/webdataset.h"

struct mm_tar_items {
    mm_item_source source;
    const mm_common *common;
    mm_read_options images;
    mm_tar *tar;
    mm_member *members; /* that may be one record */
    size_t n, room;
    mm_member_groups groups; /* of the members */
    size_t group;            /* the next of them */
    mm_member *together;     /* room for the members of a group */
    size_t together_room;
    mm_keyset keys;
    mm_member ahead; /* the first of the next record */
    mm_member head;  /* the archive's HEAD, if it has one */
    size_t made, left_out;   /* records */
    bool begun, ended, done;
};

static void warn_member(void *context, const char *text)
{
    const mm_tar_items *t = context;
    if (!t->common->quiet)
        mm_warn("'%s': %s", t->together[0].name, text);
}

static void forget(mm_tar_items *t)
{
    for (size_t i = 0; i < t->n; i++)
        mm_member_free(&t->members[i]);
    mm_member_groups_free(&t->groups);
    t->n = t->group = 0;
}

/* The next member into t->ahead. A HEAD comes first or, in an archive that was packed anew, too late; of several archives
 * that follow each other each has one. */
static int look_ahead(mm_tar_items *t, mm_error *error)
{
    int code = mm_tar_next(t->tar, &t->ahead, error);
    while (!code && t->ahead.name && mm_member_is_head(t->ahead.name)) {
        if (!t->begun)
            return code;
        bool known = t->ahead.size > 0 && t->ahead.size == t->head.size &&
                     !memcmp(t->ahead.data, t->head.data, t->head.size);
        if (!known && !t->common->quiet)
            mm_warn("'%s' follows records and names other programs than the archive's first file: left out", t->ahead.name);
        mm_member_free(&t->ahead);
        code = mm_tar_next(t->tar, &t->ahead, error);
    }
    t->ended = !code && !t->ahead.name;
    return code;
}

static int begin(mm_tar_items *t, mm_head *head, mm_error *error)
{
    int code = look_ahead(t, error);
    t->begun = true;
    if (code)
        return code;
    if (!t->ahead.name || !mm_member_is_head(t->ahead.name))
        return mm_head_add(head, "@MM\tVN:1.0") ? mm_no_memory(error) : MM_OK;
    t->head = t->ahead;
    t->ahead = (mm_member){0};
    return mm_head_parse(head, (const char *)t->head.data, t->head.size, t->head.name, error);
}

/* True if the file ahead may belong to the record of t->members, of which `keys` says what its key may be. */
static bool may_join(const mm_tar_items *t, mm_member_keys *keys)
{
    mm_member_keys next = mm_member_keys_of(t->ahead.name);
    const char *name = t->members[0].name;
    size_t both[3] = {0, 0, 0}, mine[3] = {keys->known, keys->other, keys->tensor};
    for (size_t i = 0; i < 3; i++)
        if (mine[i] && (mine[i] == next.known || mine[i] == next.other || mine[i] == next.tensor) && !memcmp(name, t->ahead.name, mine[i]))
            both[i] = mine[i];
    if (!both[0] && !both[1] && !both[2])
        return false;
    keys->known = both[0];
    keys->other = both[1];
    keys->tensor = both[2];
    return true;
}

static int make_groups(mm_tar_items *t, mm_error *error)
{
    int code = mm_member_groups_make(&t->groups, t->members, t->n, error);
    if (!code && t->groups.apart && !t->common->quiet)
        mm_reading_warn_apart(t->groups.apart, t->members[t->groups.first_apart].name);
    return code;
}

/* Collects the files that follow one another and may be one record, and groups them. */
static int collect(mm_tar_items *t, mm_error *error)
{
    mm_member_keys keys = {0};
    forget(t);
    for (;;) {
        if (!t->ahead.name && !t->ended && look_ahead(t, error))
            return error->code;
        if (t->ended || (t->n && !may_join(t, &keys)))
            return make_groups(t, error);
        if (mm_grow(&t->members, &t->room, t->n + 1, sizeof *t->members, error) ||
            mm_grow(&t->together, &t->together_room, t->n + 1, sizeof *t->together, error))
            return error->code;
        if (t->n == 0)
            keys = mm_member_keys_of(t->ahead.name);
        t->members[t->n++] = t->ahead;
        t->ahead = (mm_member){0};
    }
}

/* A key that comes again has files that do not lie side by side. */
static int check_key(mm_tar_items *t, const mm_record *record, mm_error *error)
{
    int known = mm_keyset_add(&t->keys, record->key);
    if (known < 0)
        return mm_no_memory(error);
    return known ? mm_fail(error, MM_FAILURE, "'%s': key '%s' twice: files of a record in a pipe must lie side by side",
                           t->together[0].name, record->key)
                 : MM_OK;
}

/* The record of the next group, or NULL when its files hold none that can be used. */
static int next_record(mm_tar_items *t, mm_record **record, mm_error *error)
{
    const mm_member_groups *g = &t->groups;
    size_t first = g->first[t->group], n = g->first[t->group + 1] - first, key = g->key[t->group];
    for (size_t i = 0; i < n; i++)
        t->together[i] = t->members[g->order[first + i]];
    t->group++;
    int code = mm_members_to_record(t->together, n, key, MM_MEMBERS_ALL, &t->images, record, error);
    if (!code && *record)
        code = mm_read_finish(*record, &t->images, error) ? mm_fail_in(error, "record '%s'", (*record)->key) : MM_OK;
    if (!code && *record)
        code = check_key(t, *record, error);
    if (code == MM_LEFT_OUT || (code == MM_DAMAGED && t->common->skip)) {
        mm_say("%s: %s", error->text, code == MM_LEFT_OUT ? "left out" : "skipped");
        t->source.skipped += code != MM_LEFT_OUT;
        t->left_out += code == MM_LEFT_OUT;
        *error = (mm_error){0};
        mm_record_free(*record);
        *record = NULL;
        return MM_OK;
    }
    return code;
}

static int next_item(void *context, mm_item *item, mm_error *error)
{
    mm_tar_items *t = context;
    mm_item_clear(item);
    if (!t->begun) {
        int code = begin(t, &item->head, error);
        item->kind = MM_ITEM_HEAD;
        item->epoch = mm_head_epoch(&item->head) ? mm_head_epoch(&item->head) : 1;
        return code;
    }
    while (!t->done) {
        if (t->group == t->groups.n && collect(t, error))
            return error->code;
        if (t->n == 0 && t->left_out && !t->made)
            return mm_fail(error, MM_FAILURE, "every record was left out");
        if (t->n == 0) {
            t->done = true;
            item->kind = MM_ITEM_DONE;
            return MM_OK;
        }
        item->kind = MM_ITEM_RECORD;
        if (next_record(t, &item->record, error))
            return error->code;
        t->made += item->record != NULL;
        if (item->record)
            return MM_OK;
    }
    item->kind = MM_ITEM_END;
    return MM_OK;
}

int mm_tar_items_open(mm_tar_items **out, int fd, const char *name, const mm_bytes *first, const mm_read_options *images,
                      const mm_common *common, mm_error *error)
{
    *out = NULL;
    mm_tar_items *t = calloc(1, sizeof *t);
    if (!t)
        return mm_no_memory(error);
    t->source = (mm_item_source){.next = next_item, .context = t};
    t->common = common;
    t->images = *images;
    t->images.warn = warn_member;
    t->images.context = t;
    if (mm_tar_open_fd(&t->tar, fd, name, first->data, first->size, error)) {
        mm_tar_items_close(t);
        return error->code;
    }
    *out = t;
    return MM_OK;
}

mm_item_source *mm_tar_items_source(mm_tar_items *t) { return &t->source; }

void mm_tar_items_close(mm_tar_items *t)
{
    if (!t)
        return;
    forget(t);
    mm_member_free(&t->ahead);
    mm_member_free(&t->head);
    free(t->members);
    free(t->together);
    mm_keyset_clear(&t->keys);
    mm_tar_close(t->tar);
    free(t);
}
