/* Archives of bounded size: see shards.h. */
#include "formats/archive/shards.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/grow.h"
#include "common/base/output.h"
#include "formats/archive/webdataset.h"

typedef struct shard {
    mm_output output;
    char *name; /* NULL for standard output; the output keeps a pointer to it */
} shard;

struct mm_shards {
    mm_shard_options options;
    size_t limit;        /* 0: none */
    bool in_bytes;
    size_t before, after; /* of the path: the part before and behind the number */
    int width;
    char *head;
    size_t head_bytes;
    mm_tar_writer *tar;  /* of the last output */
    shard *shards;
    size_t n, room;
    size_t records, bytes; /* of the last */
};

/* "1000", "500M". */
static int parse_size(mm_shards *s, mm_error *error)
{
    static const char units[] = "KMG";
    const char *text = s->options.size;
    size_t digits = strspn(text, "0123456789"), value = 0;
    bool good = digits > 0 && digits < 16;
    for (size_t i = 0; i < digits && good; i++)
        value = value * 10 + (size_t)(text[i] - '0');
    const char *unit = good && text[digits] ? strchr(units, text[digits]) : NULL;
    s->in_bytes = unit != NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (!good || value == 0 || text[digits + s->in_bytes] || value > SIZE_MAX >> shift)
        return mm_fail(error, MM_USAGE, "--shard-size '%.40s': expected a number of records, or of bytes with K, M or G", text);
    s->limit = value << shift;
    return MM_OK;
}

/* Finds the one %06d of the path. */
static int parse_path(mm_shards *s, mm_error *error)
{
    const char *path = s->options.path ? s->options.path : "", *sign = strchr(path, '%');
    size_t digits = sign ? strspn(sign + 1, "0123456789") : 0;
    if (!sign || digits > 2 || sign[digits + 1] != 'd' || strchr(sign + 1, '%'))
        return mm_fail(error, MM_USAGE, "--shard-size needs -o with a number in the name, such as name-%%06d.tar");
    s->before = (size_t)(sign - path);
    s->after = s->before + digits + 2;
    s->width = digits ? (int)strtol(sign + 1, NULL, 10) : 0;
    return MM_OK;
}

static char *name_of(const mm_shards *s, size_t number)
{
    const char *path = s->options.path;
    size_t room = strlen(path) + 128;
    char *name = malloc(room);
    if (name && s->limit)
        snprintf(name, room, "%.*s%0*zu%s", (int)s->before, path, s->width, number, path + s->after);
    else if (name)
        snprintf(name, room, "%s", path);
    return name;
}

static size_t size_in_tar(const mm_member *files, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += 512 + (files[i].size + 511) / 512 * 512;
    return bytes;
}

static int end_last(mm_shards *s, mm_error *error)
{
    if (!s->tar)
        return MM_OK;
    int code = mm_tar_finish(s->tar, error);
    mm_tar_writer_free(s->tar);
    s->tar = NULL;
    return code ? code : mm_output_close(&s->shards[s->n - 1].output, error);
}

static int begin_next(mm_shards *s, mm_error *error)
{
    if (mm_grow(&s->shards, &s->room, s->n + 1, sizeof *s->shards, error))
        return error->code;
    shard *last = &s->shards[s->n];
    *last = (shard){.name = s->options.path ? name_of(s, s->n) : NULL};
    if (s->options.path && !last->name)
        return mm_no_memory(error);
    if (mm_output_open(&last->output, last->name, true, error)) {
        free(last->name);
        return error->code;
    }
    s->n++;
    s->records = s->bytes = 0;
    int code = mm_tar_create(&s->tar, last->output.fd, last->output.name, s->options.mtime, error);
    return code ? code : mm_tar_add(s->tar, MM_MEMBER_HEAD, s->head, s->head_bytes, error);
}

int mm_shards_open(mm_shards **out, const mm_shard_options *options, const mm_head *head, mm_error *error)
{
    mm_shards *s = calloc(1, sizeof *s);
    *out = s;
    if (!s || !(s->head = mm_head_text(head, &s->head_bytes)))
        return mm_no_memory(error);
    s->options = *options;
    int code = options->size ? parse_size(s, error) : MM_OK;
    if (!code && options->size)
        code = parse_path(s, error);
    return code ? code : begin_next(s, error);
}

int mm_shards_add(mm_shards *s, const mm_member *files, size_t n, mm_error *error)
{
    size_t bytes = size_in_tar(files, n);
    bool full = s->in_bytes ? bytes > s->limit || s->bytes > s->limit - bytes : s->records == s->limit;
    int code = MM_OK;
    if (s->limit && full && s->records > 0 && !(code = end_last(s, error)))
        code = begin_next(s, error);
    s->records++;
    s->bytes += bytes;
    for (size_t i = 0; i < n && !code; i++)
        code = mm_tar_add(s->tar, files[i].name, files[i].data, files[i].size, error);
    return code;
}

int mm_shards_commit(mm_shards *s, mm_error *error)
{
    int code = end_last(s, error);
    if (!code && s->limit) {
        char *next = name_of(s, s->n);
        if (!next)
            code = mm_no_memory(error);
        else if (access(next, F_OK) == 0)
            code = mm_fail(error, MM_FAILURE, "'%s' exists already and would be read as one of these %zu archives: remove it", next, s->n);
        free(next);
    }
    for (size_t i = 0; i < s->n && !code; i++)
        code = mm_output_commit(&s->shards[i].output, error);
    return code;
}

void mm_shards_free(mm_shards *s)
{
    if (!s)
        return;
    mm_tar_writer_free(s->tar);
    for (size_t i = 0; i < s->n; i++) {
        mm_output_abort(&s->shards[i].output);
        free(s->shards[i].name);
    }
    free(s->shards);
    free(s->head);
    free(s);
}
