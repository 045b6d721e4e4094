/* Operands as one sequence of records: see input.h. */
#include "common/cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/stream/meta.h"

typedef struct part {
    int fd;
    const char *name;
    mm_reader *reader;
} part;

struct mm_input {
    part *parts;
    size_t n, current; /* operands; the one that is being read */
    size_t skipped;
    /* Several operands become one segment: */
    bool merged, begun, ended, warned;
    mm_head head; /* of the segment */
    size_t merged_skipped;
    mm_keyset keys;
};

int mm_input_open(mm_input **out, char **operands, size_t n, mm_error *error)
{
    static char dash[] = "-", *standard[] = {dash};
    mm_input *in = calloc(1, sizeof *in);
    *out = NULL;
    if (n == 0) {
        operands = standard;
        n = 1;
    }
    if (!in || !(in->parts = calloc(n, sizeof *in->parts))) {
        free(in);
        return mm_no_memory(error);
    }
    int code = MM_OK;
    for (size_t i = 0; i < n && !code; i++) {
        part *p = &in->parts[i];
        bool pipe = strcmp(operands[i], "-") == 0;
        p->name = pipe ? "standard input" : operands[i];
        p->fd = pipe ? STDIN_FILENO : open(operands[i], O_RDONLY | O_CLOEXEC);
        if (p->fd < 0) {
            code = mm_fail(error, MM_FAILURE, "cannot open '%s':", p->name);
            break;
        }
        in->n = i + 1;
        if (pipe && isatty(p->fd))
            code = mm_fail(error, MM_USAGE, "will not read a tensor stream from a terminal: name a file or use a pipe");
        else if (!(p->reader = mm_reader_new(p->fd, p->name)))
            code = mm_no_memory(error);
    }
    in->merged = n > 1;
    if (code) {
        mm_input_close(in);
        return code;
    }
    *out = in;
    return MM_OK;
}

void mm_input_close(mm_input *in)
{
    if (!in)
        return;
    for (size_t i = 0; i < in->n; i++) {
        mm_reader_free(in->parts[i].reader);
        if (in->parts[i].fd > STDIN_FILENO)
            close(in->parts[i].fd);
    }
    mm_keyset_clear(&in->keys);
    mm_head_clear(&in->head);
    free(in->parts);
    free(in);
}

void mm_input_stream(mm_input *in, const mm_reader_streaming *streaming)
{
    for (size_t i = 0; i < in->n; i++)
        mm_reader_stream(in->parts[i].reader, streaming);
}

/* HEAD of the merged segment: the first operand's, with the programs of all others. */
static int merge_heads(mm_input *in, mm_item *item, mm_error *error)
{
    mm_item next = {0};
    int code = MM_OK;
    for (size_t i = 0; i < in->n && !code; i++) {
        code = mm_reader_next(in->parts[i].reader, i ? &next : item, error);
        if (!code && i && mm_head_merge(&item->head, &next.head))
            code = mm_no_memory(error);
    }
    mm_item_clear(&next);
    mm_head_remove_epoch(&item->head); /* epochs read as one segment are no epoch */
    item->epoch = 1;
    in->begun = true;
    return code ? code : mm_head_copy(&in->head, &item->head) ? mm_no_memory(error) : MM_OK;
}

bool mm_warn_of_programs(const char *name, const mm_head *first, const mm_head *later, const char *join)
{
    if (mm_head_has_programs(first, later))
        return false;
    mm_warn("'%s': a later segment came through other programs than the first, whose provenance alone is kept "
            "(%s keeps all of them)", name, join);
    return true;
}

static int next_merged(mm_input *in, mm_item *item, mm_error *error)
{
    if (!in->begun)
        return merge_heads(in, item, error);
    while (in->current < in->n) {
        int code = mm_reader_next(in->parts[in->current].reader, item, error);
        if (code)
            return code;
        if (item->kind == MM_ITEM_END) {
            in->current++;
        } else if (item->kind == MM_ITEM_DONE) {
            in->merged_skipped += item->skipped;
        } else if (item->kind == MM_ITEM_HEAD) {
            in->warned = in->warned || mm_warn_of_programs(in->parts[in->current].name, &in->head, &item->head, "mmread --join");
        } else {
            int known = item->record ? mm_keyset_add(&in->keys, item->record->key) : 0;
            if (known > 0)
                return mm_fail(error, MM_FAILURE, "'%s': key '%s' was in an operand before", in->parts[in->current].name,
                               item->record->key);
            return known < 0 ? mm_no_memory(error) : MM_OK;
        }
    }
    mm_item_clear(item);
    item->kind = in->ended ? MM_ITEM_END : MM_ITEM_DONE;
    item->skipped = in->ended ? 0 : in->merged_skipped;
    in->skipped = in->merged_skipped;
    in->ended = true;
    return MM_OK;
}

int mm_input_next(mm_input *in, mm_item *item, mm_error *error)
{
    if (in->merged)
        return next_merged(in, item, error);
    int code = mm_reader_next(in->parts[0].reader, item, error);
    if (!code && item->kind == MM_ITEM_DONE)
        in->skipped += item->skipped;
    return code;
}

size_t mm_input_skipped(const mm_input *in) { return in->skipped; }
