/* Blocks from a descriptor: see stream.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/grow.h"
#include "common/base/signature.h"
#include "common/stream/meta.h"
#include "common/stream/stream.h"

enum { BUFFER = 1 << 16, IN_CACHE = 1 << 19, MAGIC = 8, PREFIX = 64 };
#define LARGE ((size_t)1 << 20) /* memory of records from here on is handed on, and they may be streamed */
#define FIRST_STEP ((size_t)64 << 20) /* a record is believed to be this long before its bytes arrive, not longer */

struct mm_reader {
    int fd;
    char *name;
    unsigned char *buffer;
    size_t start, end; /* what the buffer holds */
    char *meta;
    size_t meta_room;
    bool in_segment, any;
    long epoch; /* of the segment under way or the last one */
    uint64_t seq;
    size_t records, bytes;
    mm_keyset keys;
    mm_buffer_pool *pool;
    const mm_reader_streaming *streaming;
};

mm_reader *mm_reader_new(int fd, const char *name)
{
    mm_reader *r = calloc(1, sizeof *r);
    if (!r || !(r->name = strdup(name)) || !(r->buffer = malloc(BUFFER)) || !(r->pool = mm_buffer_pool_new())) {
        mm_reader_free(r);
        return NULL;
    }
    r->fd = fd;
#ifdef F_SETPIPE_SZ
    fcntl(fd, F_SETPIPE_SZ, 1 << 20); /* fewer switches between programs; only pipes take it, refusal costs nothing */
#endif
    return r;
}

void mm_reader_free(mm_reader *r)
{
    if (!r)
        return;
    mm_keyset_clear(&r->keys);
    mm_buffer_pool_leave(r->pool);
    free(r->meta);
    free(r->buffer);
    free(r->name);
    free(r);
}

void mm_reader_begin_with(mm_reader *r, const void *bytes, size_t n)
{
    memcpy(r->buffer, bytes, n);
    r->start = 0;
    r->end = n;
}

void mm_reader_stream(mm_reader *r, const mm_reader_streaming *streaming) { r->streaming = streaming; }

void mm_item_clear(mm_item *item)
{
    mm_head_clear(&item->head);
    mm_record_free(item->record);
    free(item->block.meta);
    free(item->block.data);
    *item = (mm_item){0};
}

/* Reads up to n bytes, fewer only at the end of the input; returns how many, or -1 with errno. */
static ssize_t take(mm_reader *r, void *to, size_t n)
{
    unsigned char *out = to;
    size_t done = 0;
    while (done < n) {
        size_t have = r->end - r->start;
        if (have) {
            size_t k = have < n - done ? have : n - done;
            memcpy(out + done, r->buffer + r->start, k);
            r->start += k;
            done += k;
            continue;
        }
        bool direct = n - done >= BUFFER;
        ssize_t got = direct ? read(r->fd, out + done, n - done) : read(r->fd, r->buffer, BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        if (direct) {
            done += (size_t)got;
        } else {
            r->start = 0;
            r->end = (size_t)got;
        }
    }
    return (ssize_t)done;
}

static int exactly(mm_reader *r, void *to, size_t n, mm_error *error)
{
    ssize_t got = take(r, to, n);
    if (got < 0)
        return mm_fail(error, MM_FAILURE, "cannot read '%s':", r->name);
    if ((size_t)got < n)
        return mm_fail(error, MM_DAMAGED, "'%s' ends inside a block", r->name);
    return MM_OK;
}

/* n bytes into memory that was left or is new and then grows as the bytes arrive, and their checksum, taken while they are in the
 * cache. *size: of the memory. */
static int data_of(mm_reader *r, size_t n, void **data, size_t *size, uint32_t *crc, mm_error *error)
{
    size_t room = n, have = 0;
    char *p = n < LARGE ? NULL : mm_buffer_pool_take(r->pool, n, size);
    if (!p) {
        room = n < FIRST_STEP ? n : FIRST_STEP;
        p = aligned_alloc(64, room ? room : 64);
        *size = n;
    }
    *crc = 0;
    while (p) {
        while (have < room) {
            size_t step = room - have < IN_CACHE ? room - have : IN_CACHE;
            int code = exactly(r, p + have, step, error);
            if (code) {
                free(p);
                return code;
            }
            *crc = mm_crc32(*crc, p + have, step);
            have += step;
        }
        if (have == n) {
            *data = p;
            return MM_OK;
        }
        room = n - room > room ? 2 * room : n;
        char *larger = aligned_alloc(64, room);
        if (larger)
            memcpy(larger, p, have);
        free(p);
        p = larger;
    }
    return mm_fail(error, MM_FAILURE, "'%s': out of memory for a record of %zu bytes", r->name, n);
}

/* Names an input whose first bytes raw[got] are no stream's; more are read behind them where they help. */
static int refuse(mm_reader *r, unsigned char raw[MM_SIGNATURE_BYTES], size_t got, mm_error *error)
{
    ssize_t more = got == PREFIX ? take(r, raw + PREFIX, MM_SIGNATURE_BYTES - PREFIX) : 0;
    const mm_signature *found = mm_signature_of(raw, got + (more > 0 ? (size_t)more : 0));
    if (found->kind != MM_KIND_UNKNOWN)
        return mm_fail(error, MM_DAMAGED, "'%s' is %s%s", r->name, found->name, found->advice);
    return mm_fail(error, MM_DAMAGED, got < MAGIC ? "'%s' ends inside a block" : "'%s' is not a tensor stream", r->name);
}

/* The next prefix, or *end at the end of the input. */
static int prefix_of(mm_reader *r, mm_prefix *prefix, const char *where, bool *end, mm_error *error)
{
    unsigned char raw[MM_SIGNATURE_BYTES];
    ssize_t got = take(r, raw, PREFIX);
    if (got < 0)
        return mm_fail(error, MM_FAILURE, "cannot read '%s':", r->name);
    *end = got == 0;
    if (*end) {
        if (r->in_segment)
            return mm_fail(error, MM_DAMAGED, "'%s' ends inside a segment: the program that wrote it failed or was cut off",
                           r->name);
        if (!r->any)
            return mm_fail(error, MM_DAMAGED, "'%s' is empty", r->name);
        return MM_OK;
    }
    if (!r->any && !mm_signature_is(MM_KIND_STREAM, raw, (size_t)got))
        return refuse(r, raw, (size_t)got, error);
    if (got < PREFIX)
        return mm_fail(error, MM_DAMAGED, "'%s' ends inside a block", r->name);
    return mm_prefix_parse(raw, prefix, where, error);
}

static int head_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    if (r->in_segment)
        return mm_fail(error, MM_DAMAGED, "%s: a segment begins inside another", where);
    if (p->seq != 0 || p->data_bytes)
        return mm_fail(error, MM_DAMAGED, "%s: malformed HEAD", where);
    int code = mm_head_parse(&item->head, r->meta, p->meta_bytes, where, error);
    if (!code)
        code = mm_head_next_epoch(&item->head, &r->epoch, where, error);
    item->epoch = r->epoch;
    item->kind = MM_ITEM_HEAD;
    r->in_segment = r->any = true;
    r->records = r->bytes = 0;
    mm_keyset_clear(&r->keys);
    return code;
}

static int done_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    mm_done done;
    int code = mm_done_parse(r->meta, p->meta_bytes, &done, where, error);
    if (code)
        return code;
    if (p->data_bytes || done.records != r->records || done.bytes != r->bytes)
        return mm_fail(error, MM_DAMAGED, "%s: DONE states %zu records in %zu bytes, but %zu in %zu arrived", where, done.records,
                       done.bytes, r->records, r->bytes);
    item->kind = MM_ITEM_DONE;
    item->skipped = done.skipped;
    r->in_segment = false;
    return MM_OK;
}

/* A record whole. */
static int whole_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    void *data;
    size_t size;
    uint32_t crc;
    int code = data_of(r, p->data_bytes, &data, &size, &crc, error);
    if (code)
        return code;
    if (crc != p->data_crc) {
        free(data);
        return mm_fail(error, MM_DAMAGED, "%s: checksum of a record's data is wrong", where);
    }
    if ((code = mm_record_parse(&item->record, r->meta, p->meta_bytes, data, p->data_bytes, p->data_crc, false, where, error)))
        return code;
    if (size >= LARGE) {
        item->record->pool = mm_buffer_pool_join(r->pool);
        item->record->payload_room = size;
    }
    return MM_OK;
}

/* The data of tensor i, and the gap after it. */
static int stream_tensor(mm_reader *r, void *work, const mm_tensor *t, size_t i, uint32_t *crc, const char *where, mm_error *error)
{
    const mm_reader_streaming *s = r->streaming;
    for (size_t left = t->bytes, n; left; left -= n) {
        void *to = s->buffer(work, i, &n);
        n = n < left ? n : left;
        int code = exactly(r, to, n, error);
        if (code)
            return code;
        *crc = mm_crc32(*crc, to, n);
        s->filled(work, i, n);
    }
    char gap[64];
    size_t n = mm_round64(t->bytes) - t->bytes;
    int code = exactly(r, gap, n, error);
    if (code)
        return code;
    *crc = mm_crc32(*crc, gap, n);
    return mm_is_zero(gap, n) ? MM_OK : mm_fail(error, MM_DAMAGED, "%s: the gap after tensor '%s' is not zero", where, t->name);
}

/* A record that may be streamed: item->streamed is NULL if it must be read whole. */
static int streamed_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    int code = mm_record_parse(&item->record, r->meta, p->meta_bytes, NULL, p->data_bytes, 0, false, where, error);
    if (code)
        return code;
    item->streamed = r->streaming->begin(r->streaming->context, item->record);
    if (!item->streamed) {
        mm_record_free(item->record);
        item->record = NULL;
        return MM_OK;
    }
    uint32_t crc = 0;
    for (size_t i = 0; i < item->record->ntensors && !code; i++)
        code = stream_tensor(r, item->streamed, &item->record->tensors[i], i, &crc, where, error);
    if (code)
        return code;
    return crc == p->data_crc ? MM_OK : mm_fail(error, MM_DAMAGED, "%s: checksum of a record's data is wrong", where);
}

static int record_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    int code = MM_OK;
    if (r->streaming && p->data_bytes >= LARGE)
        code = streamed_of(r, item, p, where, error);
    if (!code && !item->record)
        code = whole_of(r, item, p, where, error);
    if (code)
        return code;
    int known = mm_keyset_add(&r->keys, item->record->key);
    if (known < 0)
        return mm_no_memory(error);
    if (known)
        return mm_fail(error, MM_DAMAGED, "%s: key '%s' twice in a segment", where, item->record->key);
    item->kind = MM_ITEM_RECORD;
    r->records++;
    r->bytes += p->data_bytes;
    return MM_OK;
}

static int skippable_of(mm_reader *r, mm_item *item, const mm_prefix *p, const char *where, mm_error *error)
{
    size_t size;
    uint32_t crc;
    int code = mm_meta_check(r->meta, p->meta_bytes, where, error);
    if (code || (code = data_of(r, p->data_bytes, &item->block.data, &size, &crc, error)))
        return code;
    if (crc != p->data_crc)
        return mm_fail(error, MM_DAMAGED, "%s: checksum of a block's data is wrong", where);
    if (!(item->block.meta = malloc(p->meta_bytes + 1)))
        return mm_no_memory(error);
    memcpy(item->block.meta, r->meta, p->meta_bytes);
    memcpy(item->block.type, p->type, 4);
    item->block.meta_bytes = p->meta_bytes;
    item->block.data_bytes = p->data_bytes;
    item->kind = MM_ITEM_SKIPPABLE;
    return MM_OK;
}

int mm_reader_next(mm_reader *r, mm_item *item, mm_error *error)
{
    mm_prefix p;
    bool end = false;
    char where[400];
    mm_item_clear(item);
    snprintf(where, sizeof where, "'%.300s' block %llu", r->name, (unsigned long long)(r->in_segment ? r->seq : 0));
    int code = prefix_of(r, &p, where, &end, error);
    if (code)
        return code;
    if (end) {
        item->kind = MM_ITEM_END;
        return MM_OK;
    }
    size_t padded = mm_round64(p.meta_bytes);
    if (mm_grow(&r->meta, &r->meta_room, padded, 1, error))
        return error->code;
    if (padded && (code = exactly(r, r->meta, padded, error)))
        return code;
    if (mm_crc32(0, r->meta, p.meta_bytes) != p.meta_crc)
        return mm_fail(error, MM_DAMAGED, "%s: checksum of its meta is wrong", where);
    if (padded && !mm_is_zero(r->meta + p.meta_bytes, padded - p.meta_bytes))
        return mm_fail(error, MM_DAMAGED, "%s: padding of its meta is not zero", where);

    if (mm_type_is(p.type, "HEAD")) {
        r->seq = 1;
        return head_of(r, item, &p, where, error);
    }
    if (!r->in_segment)
        return mm_fail(error, MM_DAMAGED, "%s: a segment must begin with HEAD", where);
    if (p.seq != r->seq)
        return mm_fail(error, MM_DAMAGED, "%s: its sequence number is %llu", where, (unsigned long long)p.seq);
    r->seq++;
    if (mm_type_is(p.type, "RECD"))
        return record_of(r, item, &p, where, error);
    if (mm_type_is(p.type, "DONE"))
        return done_of(r, item, &p, where, error);
    if (p.type[0] >= 'a' && p.type[0] <= 'z')
        return skippable_of(r, item, &p, where, error);
    return mm_fail(error, MM_DAMAGED, "%s: unknown type '%.4s'", where, p.type);
}
