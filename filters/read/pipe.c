/* Pipes: see pipe.h. */
#include "filters/read/pipe.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/base/signature.h"
#include "formats/archive/webdataset.h"

static int next_of_stream(void *reader, mm_item *item, mm_error *error)
{
    return mm_reader_next(reader, item, error);
}

/* An archive as one segment: files of one stem are collected until the next stem begins. */
typedef struct tar_feed {
    mm_tar *tar;
    mm_item_source *feed;
    const mm_common *common;
    mm_read_options rules;
    mm_member *members;
    size_t n, room;
    mm_member ahead; /* the first of the next record */
    mm_member head;  /* the archive's HEAD, if it has one */
    bool begun, ended, done;
} tar_feed;

static void warn_member(void *context, const char *text)
{
    const tar_feed *t = context;
    if (!t->common->quiet)
        mm_warn("'%s': %s", t->members[0].name, text);
}

static void forget(tar_feed *t)
{
    for (size_t i = 0; i < t->n; i++)
        mm_member_free(&t->members[i]);
    t->n = 0;
}

/* The next member into t->ahead. A HEAD comes first or, in an archive that was packed anew, too late; of several archives
 * that follow each other each has one. */
static int look_ahead(tar_feed *t, mm_error *error)
{
    int code = mm_tar_next(t->tar, &t->ahead, error);
    while (!code && t->ahead.name && mm_member_is_head(t->ahead.name)) {
        if (!t->begun)
            return code;
        bool known = t->ahead.size > 0 && t->ahead.size == t->head.size &&
                     !memcmp(t->ahead.data, t->head.data, t->head.size);
        if (!known && !t->common->quiet)
            mm_warn("'%s' comes behind records and tells of other programs than the archive's first file: left out", t->ahead.name);
        mm_member_free(&t->ahead);
        code = mm_tar_next(t->tar, &t->ahead, error);
    }
    t->ended = !code && !t->ahead.name;
    return code;
}

static int begin(tar_feed *t, mm_head *head, mm_error *error)
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

static int collect(tar_feed *t, mm_error *error)
{
    forget(t);
    for (;;) {
        int code = t->ahead.name || t->ended ? MM_OK : look_ahead(t, error);
        if (code)
            return code;
        size_t stem = t->n ? mm_member_stem(t->members[0].name) : 0;
        if (t->ended || (t->n && (mm_member_stem(t->ahead.name) != stem || memcmp(t->ahead.name, t->members[0].name, stem) != 0)))
            return MM_OK;
        if (t->n == t->room) {
            mm_member *larger = realloc(t->members, (t->room + 16) * sizeof *larger);
            if (!larger)
                return mm_no_memory(error);
            t->members = larger;
            t->room += 16;
        }
        t->members[t->n++] = t->ahead;
        t->ahead = (mm_member){0};
    }
}

static int next_of_tar(void *context, mm_item *item, mm_error *error)
{
    tar_feed *t = context;
    mm_item_clear(item);
    if (!t->begun) {
        item->kind = MM_ITEM_HEAD;
        return begin(t, &item->head, error);
    }
    while (!t->done) {
        int code = collect(t, error);
        if (code)
            return code;
        if (t->n == 0) {
            t->done = true;
            item->kind = MM_ITEM_DONE;
            return MM_OK;
        }
        code = mm_members_to_record(t->members, t->n, MM_MEMBERS_ALL, &t->rules, &item->record, error);
        if (!code && item->record)
            code = mm_read_pseudonym(item->record, &t->rules, error);
        if (code == MM_DAMAGED && t->common->skip) {
            mm_say("%s: skipped", error->text);
            t->feed->skipped++;
            *error = (mm_error){0};
            continue;
        }
        item->kind = MM_ITEM_RECORD;
        if (code || item->record)
            return code;
    }
    item->kind = MM_ITEM_END;
    return MM_OK;
}

int mm_pipe_run(const mm_selection *sieve, int fd, const char *name, const mm_bytes *first, const mm_read_options *rules,
                const mm_common *common, mm_writer *writer, mm_error *error)
{
    mm_item_source feed = {0};
    int code;
    if (mm_signature_of(first->data, first->size)->kind == MM_KIND_STREAM) {
        if (rules->pseudonyms)
            return mm_fail(error, MM_USAGE, "--hash-ids is for images, archives and manifests: what is in a tensor stream stays as it is");
        mm_reader *reader = mm_reader_new(fd, name);
        if (!reader)
            return mm_no_memory(error);
        mm_reader_begin_with(reader, first->data, first->size);
        feed.next = next_of_stream;
        feed.context = reader;
        code = mm_select_run(sieve, &feed, common, writer, error);
        mm_reader_free(reader);
        return code;
    }
    tar_feed t = {.feed = &feed, .common = common, .rules = *rules};
    t.rules.warn = warn_member;
    t.rules.context = &t;
    feed.next = next_of_tar;
    feed.context = &t;
    code = mm_tar_open_fd(&t.tar, fd, name, first->data, first->size, error);
    if (!code)
        code = mm_select_run(sieve, &feed, common, writer, error);
    forget(&t);
    mm_member_free(&t.ahead);
    mm_member_free(&t.head);
    free(t.members);
    mm_tar_close(t.tar);
    return code;
}
