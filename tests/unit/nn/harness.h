/* Runs one operation on one device from arrays on the host, and compares two devices. Used by the tests of operations.
 *
 * An operation's arguments are slots, in the order of nn/backend.h, each with its numbers as floats in C order. */
#ifndef MM_TESTS_UNIT_NN_HARNESS_H
#define MM_TESTS_UNIT_NN_HARNESS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/backend.h"

#include "tests/unit/nn/must.h"

typedef enum { NONE, ACT, WEIGHTS, ROWS, LABELS, RAW, BYTES, SAVED } what;
typedef enum { IN = 1, OUT = 2, INOUT = 3 } direction;

typedef struct {
    what what;
    direction direction;
    int ndim;
    size_t dim[4], count;
    float *host;   /* what goes in */
    float *result; /* what came out */
    int alias;     /* number + 1 of the slot before whose buffer this one shares, or 0 */
} slot;

typedef struct {
    mm_op_desc desc;
    slot slot[MM_OP_ARGS];
    int n;
    const char *name;
} call;

static inline slot *add_slot(call *c, what w, direction dir, int ndim, const size_t *dim)
{
    slot *s = &c->slot[c->n++];
    *s = (slot){.what = w, .direction = dir, .ndim = ndim, .count = 1};
    for (int i = 0; i < ndim; i++) {
        s->dim[i] = dim[i];
        s->count *= dim[i];
    }
    s->host = calloc(s->count + 1, sizeof(float));
    s->result = calloc(s->count + 1, sizeof(float));
    assert_true(s->host && s->result);
    return s;
}

static inline void add_none(call *c)
{
    c->slot[c->n++] = (slot){.what = NONE};
}

static inline slot *add_act(call *c, direction dir, mm_shape s)
{
    return add_slot(c, ACT, dir, 4, (const size_t[]){s.n, s.c, s.h, s.w});
}

static inline slot *add_vector(call *c, direction dir, size_t n)
{
    return add_slot(c, ROWS, dir, 1, &n);
}

static inline float to_bf16(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    memcpy(&v, &bits, 4);
    return v;
}

/* Fills all inputs with numbers that the dtype can hold. */
static inline void fill(call *c, mm_random *random)
{
    for (int i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->slot[i].count && c->slot[i].what != NONE && c->slot[i].direction & IN; k++) {
            float v = (float)mm_random_range(random, -1, 1);
            if (c->desc.dtype == MM_BF16 && (c->slot[i].what == ACT || c->slot[i].what == WEIGHTS))
                v = to_bf16(v);
            c->slot[i].host[k] = v;
        }
}

/* Leaves out an argument that was added. */
static inline void leave_out(call *c, int i)
{
    free(c->slot[i].host);
    free(c->slot[i].result);
    c->slot[i] = (slot){.what = NONE};
}

static inline void free_call(call *c)
{
    for (int i = 0; i < c->n; i++) {
        free(c->slot[i].host);
        free(c->slot[i].result);
    }
    c->n = 0;
}

/* Converts between two formats of a device. */
static inline void convert(mm_device *d, const mm_format *from, const mm_format *to, void *a, void *b)
{
    mm_error e = {0};
    mm_op *op;
    const mm_op_desc desc = {.kind = MM_OP_COPY, .from = from, .to = to};
    must(d->backend->prepare(d, &desc, &op, &e));
    void *scratch = d->backend->alloc(d, op->scratch_bytes, &e);
    assert_non_null(scratch);
    void *args[MM_OP_ARGS] = {a, b};
    must(d->backend->run(d, op, args, scratch, &e));
    must(d->backend->sync(d, &e));
    d->backend->free(d, scratch);
    d->backend->release(d, op);
}

static inline const mm_format *format_of(mm_device *d, const call *c, const slot *s, const mm_op *op)
{
    mm_error e = {0};
    const mm_format *f = NULL;
    if (s->what == ACT)
        f = d->backend->activation(d, c->desc.dtype, (mm_shape){s->dim[0], s->dim[1], s->dim[2], s->dim[3]}, &e);
    else if (s->what == WEIGHTS)
        f = s->direction == IN ? op->weights : c->desc.weights;
    else if (s->what == RAW)
        f = d->backend->rows(d, c->desc.raw, s->ndim, s->dim, &e);
    else if (s->what == BYTES)
        f = d->backend->rows(d, MM_U8, s->ndim, s->dim, &e);
    else
        f = d->backend->rows(d, s->what == LABELS ? MM_I32 : MM_F32, s->ndim, s->dim, &e);
    if (!f)
        fail_msg("%s: no format: %s", c->name, e.text);
    return f;
}

/* Whole numbers and raw images go up as they are. */
static inline void upload_raw(mm_device *d, const slot *s, const mm_format *f, void *to)
{
    mm_error e = {0};
    unsigned char *bytes = calloc(s->count, 4);
    assert_non_null(bytes);
    for (size_t i = 0; i < s->count; i++)
        switch (f->dtype) {
        case MM_U8: bytes[i] = (uint8_t)s->host[i]; break;
        case MM_U16: ((uint16_t *)(void *)bytes)[i] = (uint16_t)s->host[i]; break;
        case MM_I32: ((int32_t *)(void *)bytes)[i] = (int32_t)s->host[i]; break;
        default: ((float *)(void *)bytes)[i] = s->host[i]; break;
        }
    must(d->backend->upload(d, to, bytes, f->bytes, &e));
    must(d->backend->sync(d, &e));
    free(bytes);
}

static inline void upload(mm_device *d, const slot *s, const mm_format *f, void *to)
{
    mm_error e = {0};
    if (s->what == RAW || s->what == LABELS || s->what == BYTES) {
        upload_raw(d, s, f, to);
        return;
    }
    const mm_format *rows = d->backend->rows(d, MM_F32, s->ndim, s->dim, &e);
    assert_non_null(rows);
    void *staged = d->backend->alloc(d, rows->bytes, &e);
    assert_non_null(staged);
    must(d->backend->upload(d, staged, s->host, s->count * sizeof(float), &e));
    convert(d, rows, f, staged, to);
    d->backend->free(d, staged);
}

static inline void download(mm_device *d, slot *s, const mm_format *f, void *from)
{
    mm_error e = {0};
    const mm_format *rows = d->backend->rows(d, MM_F32, s->ndim, s->dim, &e);
    assert_non_null(rows);
    void *staged = d->backend->alloc(d, rows->bytes, &e);
    assert_non_null(staged);
    convert(d, f, rows, from, staged);
    must(d->backend->download(d, s->result, staged, s->count * sizeof(float), &e));
    d->backend->free(d, staged);
}

/* Runs it; *saved is made by forward operations with `keep` and used by their gradients. */
static inline void run(mm_device *d, call *c, void **saved)
{
    mm_error e = {0};
    const mm_backend *b = d->backend;
    const mm_format *formats[MM_OP_ARGS] = {0};
    void *args[MM_OP_ARGS] = {0};
    mm_op *op;
    mm_op_kind kind = c->desc.kind;
    if (kind == MM_OP_CONV || kind == MM_OP_CONV_DX || kind == MM_OP_CONV_DW) {
        mm_op_desc conv = c->desc;
        conv.kind = MM_OP_CONV;
        c->desc.weights = b->weights(d, &conv, &e);
        assert_non_null(c->desc.weights);
    }
    if (b->prepare(d, &c->desc, &op, &e))
        fail_msg("%s on %s: %s", c->name, b->name, e.text);
    for (int i = 0; i < c->n; i++) {
        slot *s = &c->slot[i];
        if (s->what == NONE)
            continue;
        if (s->what == SAVED) {
            if (!*saved)
                *saved = b->alloc(d, op->saved_bytes, &e);
            assert_non_null(*saved);
            args[i] = *saved;
            continue;
        }
        formats[i] = format_of(d, c, s, op);
        args[i] = s->alias ? args[s->alias - 1] : b->alloc(d, formats[i]->bytes, &e);
        assert_non_null(args[i]);
        if (s->direction & IN)
            upload(d, s, formats[i], args[i]);
    }
    void *scratch = b->alloc(d, op->scratch_bytes, &e);
    assert_non_null(scratch);
    if (b->run(d, op, args, scratch, &e) || b->sync(d, &e))
        fail_msg("%s on %s: %s", c->name, b->name, e.text);
    for (int i = 0; i < c->n; i++)
        if (formats[i] && c->slot[i].direction & OUT)
            download(d, &c->slot[i], formats[i], args[i]);
    for (int i = 0; i < c->n; i++)
        if (formats[i] && !c->slot[i].alias)
            b->free(d, args[i]);
    b->free(d, scratch);
    b->release(d, op);
}

/* Each output of `ours` against `truth`: within relative * |value| + absolute * largest |value| (inputs are of order 1,
 * so what cancels to less than 0.1 everywhere counts as that). */
static inline void compare(const call *ours, const call *truth, const char *device, double relative, double absolute)
{
    for (int i = 0; i < ours->n; i++) {
        const slot *a = &ours->slot[i], *t = &truth->slot[i];
        if (a->what == NONE || a->what == SAVED || !(a->direction & OUT))
            continue;
        double largest = 0.1;
        for (size_t k = 0; k < t->count; k++)
            largest = fmax(largest, fabs((double)t->result[k]));
        for (size_t k = 0; k < t->count; k++) {
            double off = fabs((double)a->result[k] - (double)t->result[k]);
            if (!(off <= relative * fabs((double)t->result[k]) + absolute * largest))
                fail_msg("%s on %s, %s: argument %d, element %zu is %.9g, should be %.9g (largest %.3g)", ours->name, device,
                         mm_dtype_name(ours->desc.dtype), i, k, (double)a->result[k], (double)t->result[k], largest);
        }
    }
}

#endif
