/* A stream in a mapped file: see index.h. */
#include "common/stream/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/grow.h"
#include "common/base/signature.h"
#include "common/stream/meta.h"
#include "common/stream/writer.h"

typedef struct entry {
    size_t offset; /* of the block's prefix in the file */
    char *key;
    bool verified; /* data checksum seen to be right */
} entry;

struct mm_index {
    unsigned char *base;
    size_t bytes;
    char *name;
    entry *entries;
    size_t n, room, skipped;
    mm_head head;
};

void mm_index_close(mm_index *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++)
        free(m->entries[i].key);
    free(m->entries);
    mm_head_clear(&m->head);
    if (m->base)
        munmap(m->base, m->bytes);
    free(m->name);
    free(m);
}

static mm_prefix prefix_at(const mm_index *m, size_t offset)
{
    mm_prefix p = {0};
    mm_prefix_parse(m->base + offset, &p, "", NULL);
    return p;
}

/* The record's key: its meta is parsed whole, so that a malformed one is found before anything is written. */
static int add_entry(mm_index *m, size_t offset, const mm_prefix *p, const char *where, mm_keyset *keys, mm_error *error)
{
    if (mm_grow(&m->entries, &m->room, m->n + 1, sizeof *m->entries, error))
        return error->code;
    mm_record *r;
    char *meta = (char *)m->base + offset + 64;
    int code = mm_record_parse(&r, meta, p->meta_bytes, meta + mm_round64(p->meta_bytes), p->data_bytes, p->data_crc, true,
                               where, error);
    if (code)
        return code;
    int known = mm_keyset_add(keys, r->key);
    if (known > 0)
        code = mm_fail(error, MM_DAMAGED, "%s: key '%s' appears twice", where, r->key);
    else if (known < 0)
        code = mm_no_memory(error);
    else {
        m->entries[m->n++] = (entry){offset, r->key, false};
        r->key = NULL;
    }
    mm_record_free(r);
    return code;
}

static int head_at(mm_index *m, const char *meta, size_t bytes, long *epoch, const char *where, mm_error *error)
{
    mm_head head = {0};
    int code = mm_head_parse(&head, meta, bytes, where, error);
    if (!code)
        code = mm_head_next_epoch(&head, epoch, where, error);
    if (!code && m->head.nlines == 0) {
        m->head = head;
        return MM_OK;
    }
    if (!code && mm_head_merge(&m->head, &head))
        code = mm_no_memory(error);
    mm_head_clear(&head);
    return code;
}

/* Where the scan stands. */
typedef struct scan {
    bool in_segment;
    long epoch;
    uint64_t seq;
    size_t records, bytes;
} scan;

static int block_at(mm_index *m, size_t *offset, scan *s, mm_keyset *keys, mm_error *error)
{
    mm_prefix p;
    char where[400];
    snprintf(where, sizeof where, "'%.300s' block %llu", m->name, (unsigned long long)(s->in_segment ? s->seq : 0));
    int code = m->bytes - *offset < 64 ? mm_fail(error, MM_DAMAGED, "'%s' ends inside a block", m->name)
                                       : mm_prefix_parse(m->base + *offset, &p, where, error);
    if (code)
        return code;
    size_t left = m->bytes - *offset - 64, padded = mm_round64(p.meta_bytes);
    if (padded > left || p.data_bytes > left - padded)
        return mm_fail(error, MM_DAMAGED, "'%s' ends inside a block", m->name);
    const char *meta = (const char *)m->base + *offset + 64;
    if (mm_crc32(0, meta, p.meta_bytes) != p.meta_crc)
        return mm_fail(error, MM_DAMAGED, "%s: checksum of its meta is wrong", where);
    if (!mm_is_zero(meta + p.meta_bytes, padded - p.meta_bytes))
        return mm_fail(error, MM_DAMAGED, "%s: padding of its meta is not zero", where);
    bool head = mm_type_is(p.type, "HEAD");
    if (head == s->in_segment)
        return mm_fail(error, MM_DAMAGED, "%s: HEAD is missing or misplaced", where);
    if (p.seq != (head ? 0 : s->seq))
        return mm_fail(error, MM_DAMAGED, "%s: its sequence number is %llu", where, (unsigned long long)p.seq);
    s->seq = p.seq + 1;
    if (head) {
        if (p.data_bytes)
            return mm_fail(error, MM_DAMAGED, "%s: malformed HEAD", where);
        mm_keyset_clear(keys); /* keys are unique in a segment: epochs repeat them */
        s->in_segment = true;
        s->records = s->bytes = 0;
        code = head_at(m, meta, p.meta_bytes, &s->epoch, where, error);
    } else if (mm_type_is(p.type, "RECD")) {
        code = add_entry(m, *offset, &p, where, keys, error);
        s->records++;
        s->bytes += p.data_bytes;
    } else if (mm_type_is(p.type, "DONE")) {
        mm_done done = {0};
        code = mm_done_parse(meta, p.meta_bytes, &done, where, error);
        if (!code && (p.data_bytes || done.records != s->records || done.bytes != s->bytes))
            code = mm_fail(error, MM_DAMAGED, "%s: DONE disagrees with what came before it", where);
        m->skipped += done.skipped;
        s->in_segment = false;
    } else if (!(p.type[0] >= 'a' && p.type[0] <= 'z')) {
        code = mm_fail(error, MM_DAMAGED, "%s: unknown type '%.4s'", where, p.type);
    } else if (!(code = mm_meta_check(meta, p.meta_bytes, where, error)) && mm_crc32(0, meta + padded, p.data_bytes) != p.data_crc) {
        code = mm_fail(error, MM_DAMAGED, "%s: checksum of a block's data is wrong", where);
    }
    *offset += 64 + padded + p.data_bytes;
    return code;
}

int mm_index_open(mm_index **out, int fd, const char *name, mm_error *error)
{
    struct stat st;
    *out = NULL;
    if (fstat(fd, &st))
        return mm_fail(error, MM_FAILURE, "cannot read '%s':", name);
    if (!S_ISREG(st.st_mode))
        return mm_fail(error, MM_FAILURE, "'%s' is not a regular file", name);
    if (st.st_size == 0)
        return mm_fail(error, MM_DAMAGED, "'%s' is empty", name);
    mm_index *m = calloc(1, sizeof *m);
    if (!m || !(m->name = strdup(name))) {
        free(m);
        return mm_no_memory(error);
    }
    m->bytes = (size_t)st.st_size;
    /* Private and writable: a record's tensors may be written to, the file never changes. */
    void *base = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED) {
        int code = mm_fail(error, MM_FAILURE, "cannot map '%s':", name);
        mm_index_close(m);
        return code;
    }
    m->base = base;
    int code = MM_OK;
    size_t first = m->bytes < MM_SIGNATURE_BYTES ? m->bytes : MM_SIGNATURE_BYTES;
    if (!mm_signature_is(MM_KIND_STREAM, m->base, first)) {
        const mm_signature *found = mm_signature_of(m->base, first);
        bool known = found->kind != MM_KIND_UNKNOWN;
        code = mm_fail(error, MM_DAMAGED, "'%s' is %s%s", name, known ? found->name : "not a tensor stream", found->advice);
    }
    scan s = {0};
    mm_keyset keys = {0};
    for (size_t offset = 0; !code && offset < m->bytes;)
        code = block_at(m, &offset, &s, &keys, error);
    if (!code && s.in_segment)
        code = mm_fail(error, MM_DAMAGED, "'%s' ends inside a segment: the program that wrote it failed or was cut off", name);
    mm_keyset_clear(&keys);
    if (code) {
        mm_index_close(m);
        return code;
    }
    *out = m;
    return MM_OK;
}

size_t mm_index_count(const mm_index *m) { return m->n; }
const mm_head *mm_index_head(const mm_index *m) { return &m->head; }
size_t mm_index_skipped(const mm_index *m) { return m->skipped; }
const char *mm_index_key(const mm_index *m, size_t i) { return m->entries[i].key; }

const char *mm_index_meta(const mm_index *m, size_t i, size_t *bytes)
{
    *bytes = prefix_at(m, m->entries[i].offset).meta_bytes;
    return (const char *)m->base + m->entries[i].offset + 64;
}

int mm_index_attribute(const mm_index *m, size_t i, const char *name, char **value, mm_error *error)
{
    mm_slice rest, line, field[3];
    *value = NULL;
    rest.text = mm_index_meta(m, i, &rest.bytes);
    while (mm_meta_line(&rest, &line)) {
        if (mm_meta_fields(line, field, 3) != 3 || !mm_slice_is(field[0], "A"))
            continue;
        char *label = mm_unescape(field[1], error);
        if (!label)
            return error ? error->code : MM_FAILURE;
        bool same = strcmp(label, name) == 0;
        free(label);
        if (same)
            return (*value = mm_unescape(field[2], error)) ? MM_OK : error ? error->code : MM_FAILURE;
    }
    return MM_OK;
}

/* The data of record i, its checksum verified the first time. */
static int verify(mm_index *m, size_t i, mm_prefix *p, char **data, mm_error *error)
{
    entry *e = &m->entries[i];
    *p = prefix_at(m, e->offset);
    *data = (char *)m->base + e->offset + 64 + mm_round64(p->meta_bytes);
    /* Several threads may do this to one record; all come to the same result. */
    if (!__atomic_load_n(&e->verified, __ATOMIC_RELAXED) && mm_crc32(0, *data, p->data_bytes) != p->data_crc)
        return mm_fail(error, MM_DAMAGED, "'%s': checksum of the data of record '%s' is wrong", m->name, e->key);
    __atomic_store_n(&e->verified, true, __ATOMIC_RELAXED);
    return MM_OK;
}

int mm_index_record(mm_index *m, size_t i, mm_record **out, mm_error *error)
{
    mm_prefix p;
    char *data;
    size_t bytes;
    int code = verify(m, i, &p, &data, error);
    if (code)
        return code;
    const char *meta = mm_index_meta(m, i, &bytes);
    return mm_record_parse(out, meta, bytes, data, p.data_bytes, p.data_crc, true, m->name, error);
}

int mm_index_write(mm_index *m, size_t i, mm_writer *writer, mm_error *error)
{
    mm_prefix p;
    char *data;
    size_t bytes;
    int code = verify(m, i, &p, &data, error);
    if (code)
        return code;
    const char *meta = mm_index_meta(m, i, &bytes);
    return mm_writer_ready(writer, meta, bytes, p.meta_crc, data, p.data_bytes, p.data_crc, error);
}
