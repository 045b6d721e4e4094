/* Blocks to a descriptor: see stream.h. */
#include "common/stream/writer.h"

#include <stdlib.h>
#include <string.h>

#include "common/stream/meta.h"
#include "common/stream/write_vec.h"

struct mm_writer {
    mm_write_vec to;
    char *name;
    uint64_t seq;
    size_t records, bytes;
};

static const char zeros[64];

mm_writer *mm_writer_new(int fd, const char *name)
{
    mm_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->name = strdup(name))) {
        free(w);
        return NULL;
    }
    mm_write_vec_begin(&w->to, fd);
    return w;
}

void mm_writer_free(mm_writer *w)
{
    if (!w)
        return;
    mm_write_vec_end(&w->to);
    free(w->name);
    free(w);
}

static mm_piece piece_of(const void *bytes, size_t n) { return (mm_piece){bytes, n, NULL}; }

/* A block from its meta and the pieces of its data, which together have data_bytes, a multiple of 64. */
static int block(mm_writer *w, const char type[4], const char *meta, size_t meta_bytes, uint32_t meta_crc, mm_piece *part,
                 size_t npart, size_t data_bytes, uint32_t data_crc, mm_error *error)
{
    unsigned char raw[64];
    mm_prefix p = {.meta_bytes = meta_bytes, .data_bytes = data_bytes, .seq = w->seq++, .meta_crc = meta_crc, .data_crc = data_crc};
    memcpy(p.type, type, 4);
    mm_prefix_print(&p, raw);
    /* part[0..2] are left free by the caller for prefix, meta and its padding. */
    part[0] = piece_of(raw, sizeof raw);
    part[1] = piece_of(meta, meta_bytes);
    part[2] = piece_of(zeros, mm_round64(meta_bytes) - meta_bytes);
    int code = mm_write_vec_write(&w->to, part, npart + 3);
    if (code == MM_DAMAGED)
        return mm_fail(error, code, "an input file became shorter while it was read");
    return code ? mm_fail(error, code, "cannot write '%s':", w->name) : MM_OK;
}

int mm_writer_head(mm_writer *w, const mm_head *head, mm_error *error)
{
    size_t bytes = 0;
    char *text = mm_head_text(head, &bytes);
    int code;
    mm_piece part[3];
    w->seq = w->records = w->bytes = 0;
    if (!text)
        code = mm_no_memory(error);
    else if (bytes > MM_MAX_META)
        code = mm_fail(error, MM_FAILURE, "the provenance of '%s' exceeds 1 MiB", w->name);
    else if (!mm_utf8_valid(text, bytes))
        code = mm_fail(error, MM_FAILURE, "the provenance of '%s' is not UTF-8: an option is written in another encoding", w->name);
    else
        code = block(w, "HEAD", text, bytes, mm_crc32(0, text, bytes), part, 0, 0, 0, error);
    free(text);
    return code;
}

int mm_writer_ready(mm_writer *w, const char *meta, size_t meta_bytes, uint32_t meta_crc, const void *data, size_t data_bytes,
                    uint32_t data_crc, mm_error *error)
{
    mm_piece part[4];
    part[3] = piece_of(data, data_bytes);
    w->records++;
    w->bytes += data_bytes;
    return block(w, "RECD", meta, meta_bytes, meta_crc, part, 1, data_bytes, data_crc, error);
}

/* Data of a changed record: its tensors, each padded to 64. */
static int gathered(mm_writer *w, const mm_record *r, const char *meta, size_t meta_bytes, mm_error *error)
{
    mm_piece *part = malloc((3 + 2 * r->ntensors) * sizeof *part);
    if (!part)
        return mm_no_memory(error);
    uint32_t crc = 0;
    size_t total = 0;
    for (size_t i = 0; i < r->ntensors; i++) {
        const mm_tensor *t = &r->tensors[i];
        size_t gap = mm_round64(t->bytes) - t->bytes;
        part[3 + 2 * i] = (mm_piece){t->data, t->bytes, t->file};
        part[4 + 2 * i] = piece_of(zeros, gap);
        crc = mm_crc32(mm_crc32(crc, t->data, t->bytes), zeros, gap);
        total += t->bytes + gap;
    }
    int code;
    if (total > MM_MAX_DATA) {
        code = mm_fail(error, MM_FAILURE, "record '%s' exceeds 16 GiB", r->key);
    } else {
        w->records++;
        w->bytes += total;
        code = block(w, "RECD", meta, meta_bytes, mm_crc32(0, meta, meta_bytes), part, 2 * r->ntensors, total, crc, error);
    }
    free(part);
    return code;
}

int mm_writer_record(mm_writer *w, const mm_record *r, mm_error *error)
{
    size_t meta_bytes;
    if (!mm_key_valid(r->key))
        return mm_fail(error, MM_FAILURE, "record '%s': a key must not be empty nor hold a control character or '/'", r->key);
    char *meta = mm_record_meta(r, &meta_bytes);
    int code;
    if (!meta)
        code = mm_no_memory(error);
    else if (meta_bytes > MM_MAX_META)
        code = mm_fail(error, MM_FAILURE, "record '%s': its attributes exceed 1 MiB", r->key);
    else if (!mm_utf8_valid(meta, meta_bytes))
        code = mm_fail(error, MM_FAILURE, "record '%s': its key, an attribute or the name of a tensor is not UTF-8", r->key);
    else if (r->payload_intact)
        code = mm_writer_ready(w, meta, meta_bytes, mm_crc32(0, meta, meta_bytes), r->payload, r->payload_bytes,
                               r->payload_crc, error);
    else
        code = gathered(w, r, meta, meta_bytes, error);
    free(meta);
    return code;
}

int mm_writer_block(mm_writer *w, const mm_block *b, mm_error *error)
{
    mm_piece part[4];
    part[3] = piece_of(b->data, b->data_bytes);
    return block(w, b->type, b->meta, b->meta_bytes, mm_crc32(0, b->meta, b->meta_bytes), part, 1, b->data_bytes,
                 mm_crc32(0, b->data, b->data_bytes), error);
}

int mm_writer_done(mm_writer *w, size_t skipped, mm_error *error)
{
    mm_text text = {0};
    mm_piece part[3];
    mm_text_puts(&text, "records\t");
    mm_text_number(&text, w->records);
    mm_text_puts(&text, "\nbytes\t");
    mm_text_number(&text, w->bytes);
    mm_text_puts(&text, "\n");
    if (skipped) {
        mm_text_puts(&text, "skipped\t");
        mm_text_number(&text, skipped);
        mm_text_puts(&text, "\n");
    }
    int code = !text.failed ? block(w, "DONE", text.data, text.bytes, mm_crc32(0, text.data, text.bytes), part, 0, 0, 0, error)
                       : mm_no_memory(error);
    free(text.data);
    return code;
}
