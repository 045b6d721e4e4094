/* Every operation of nn/backend.h as a call of harness.h, from its description. */
#ifndef MM_TESTS_UNIT_NN_CALLS_H
#define MM_TESTS_UNIT_NN_CALLS_H

#include "tests/unit/nn/harness.h"

static inline mm_shape shape(size_t n, size_t c, size_t h, size_t w)
{
    return (mm_shape){n, c, h, w};
}

static inline mm_shape grey_shape(const mm_op_desc *d)
{
    return d->grey ? shape(d->x.n, 1, d->x.h, d->x.w) : d->x;
}

/* The output of a window that slides. */
static inline void slide(mm_op_desc *d, size_t channels)
{
    if (d->same)
        d->y = shape(d->x.n, channels, (d->x.h + d->stride - 1) / d->stride, (d->x.w + d->stride - 1) / d->stride);
    else
        d->y = shape(d->x.n, channels, (d->x.h + 2 * d->pad - d->kernel) / d->stride + 1,
                     (d->x.w + 2 * d->pad - d->kernel) / d->stride + 1);
}

static inline slot *add_weights(call *c, direction dir)
{
    const mm_op_desc *d = &c->desc;
    return add_slot(c, WEIGHTS, dir, 4, (const size_t[]){d->y.c, d->x.c / mm_op_groups(d), d->kernel, d->kernel});
}

static inline void make_conv(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "CONV"};
    c->desc.kind = MM_OP_CONV;
    add_act(c, IN, grey_shape(&d));
    add_weights(c, IN);
    if (d.bias)
        add_vector(c, IN, d.y.c);
    else
        add_none(c);
    if (d.add)
        add_act(c, IN, d.y);
    else
        add_none(c);
    add_act(c, OUT, d.y);
}

static inline void make_conv_dx(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "CONV_DX"};
    c->desc.kind = MM_OP_CONV_DX;
    c->desc.bias = c->desc.add = c->desc.relu = false;
    add_act(c, IN, d.y);
    add_weights(c, IN);
    add_act(c, OUT, d.x);
}

static inline void make_conv_dw(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "CONV_DW"};
    c->desc.kind = MM_OP_CONV_DW;
    c->desc.add = c->desc.relu = false;
    add_act(c, IN, grey_shape(&d));
    add_act(c, IN, d.y);
    add_weights(c, OUT);
    if (d.bias)
        add_vector(c, OUT, d.y.c);
    else
        add_none(c);
}

/* Gamma, beta, mean and variance are spread around what they are in a network by `settle_norm`, after fill. */
static inline void make_norm(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "NORM"};
    c->desc.kind = MM_OP_NORM;
    add_act(c, IN, d.x);
    add_vector(c, IN, d.x.c);
    add_vector(c, IN, d.x.c);
    add_vector(c, INOUT, d.x.c);
    add_vector(c, INOUT, d.x.c);
    if (d.add)
        add_act(c, IN, d.x);
    else
        add_none(c);
    add_act(c, OUT, d.x);
    if (d.keep)
        c->slot[c->n++] = (slot){.what = SAVED};
    else
        add_none(c);
}

static inline void settle_norm(call *c)
{
    for (size_t k = 0; k < c->desc.x.c; k++) {
        c->slot[1].host[k] = 1 + c->slot[1].host[k] / 2;
        c->slot[4].host[k] = 1.5f + c->slot[4].host[k];
    }
}

/* x, gamma, mean and var are those of the forward call. */
static inline void make_norm_dx(call *c, const call *forward, bool two, bool parameters)
{
    mm_op_desc d = forward->desc;
    d.kind = MM_OP_NORM_DX;
    d.keep = false;
    d.two = two;
    d.parameters = parameters;
    *c = (call){.desc = d, .name = "NORM_DX"};
    add_act(c, IN, d.x);
    if (two)
        add_act(c, IN, d.x);
    else
        add_none(c);
    add_act(c, IN, d.x);
    c->slot[c->n++] = (slot){.what = SAVED};
    for (int i = 0; i < 3; i++)
        add_vector(c, IN, d.x.c);
    add_act(c, OUT, d.x);
    if (d.add)
        add_act(c, OUT, d.x);
    else
        add_none(c);
    for (int i = 0; i < 2; i++) {
        if (parameters)
            add_vector(c, OUT, d.x.c);
        else
            add_none(c);
    }
}

static inline void copy_host(slot *to, const slot *from)
{
    assert_int_equal(to->count, from->count);
    memcpy(to->host, from->host, to->count * sizeof(float));
}

/* After fill: what backward shares with forward. */
static inline void share_norm(call *c, const call *forward)
{
    copy_host(&c->slot[2], &forward->slot[0]);
    copy_host(&c->slot[4], &forward->slot[1]);
    copy_host(&c->slot[5], &forward->slot[3]);
    copy_host(&c->slot[6], &forward->slot[4]);
}

static inline void make_maxpool(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "MAXPOOL"};
    c->desc.kind = MM_OP_MAXPOOL;
    add_act(c, IN, d.x);
    add_act(c, OUT, d.y);
    if (d.keep)
        c->slot[c->n++] = (slot){.what = SAVED};
    else
        add_none(c);
}

static inline void make_maxpool_dx(call *c, mm_op_desc d)
{
    *c = (call){.desc = d, .name = "MAXPOOL_DX"};
    c->desc.kind = MM_OP_MAXPOOL_DX;
    add_act(c, IN, d.y);
    c->slot[c->n++] = (slot){.what = SAVED};
    add_act(c, OUT, d.x);
}

/* An activation, or rows where the description says so. */
static inline slot *add_values(call *c, direction dir, mm_shape s)
{
    return c->desc.rows ? add_slot(c, ROWS, dir, 2, (const size_t[]){s.n * s.h * s.w, s.c}) : add_act(c, dir, s);
}

/* ADD, RELU, SHORTCUT, SHORTCUT_DX, MEAN, MEAN_DX, FC..., LOSS: their shapes are in the description. */
static inline void make_simple(call *c, mm_op_kind kind, mm_op_desc d)
{
    size_t N = d.x.n, C = d.x.c, K = d.y.c;
    *c = (call){.desc = d};
    c->desc.kind = kind;
    switch (kind) {
    case MM_OP_INPUT:
        c->name = "INPUT";
        add_slot(c, RAW, IN, 3, (const size_t[]){d.y.n, d.y.h, d.y.w});
        add_vector(c, IN, 3);
        add_act(c, OUT, d.y);
        if (d.warp)
            add_slot(c, BYTES, IN, 2, (const size_t[]){d.y.n, sizeof(mm_warp_plan)});
        break;
    case MM_OP_CROP:
        c->name = "CROP";
        add_act(c, IN, d.x);
        add_slot(c, LABELS, IN, 2, (const size_t[]){d.y.n, 2});
        add_act(c, INOUT, d.y); /* the other columns stay */
        break;
    case MM_OP_ADD:
        c->name = "ADD";
        add_values(c, IN, d.y);
        add_values(c, IN, d.y);
        add_values(c, OUT, d.y);
        break;
    case MM_OP_RELU:
    case MM_OP_SIGMOID:
        c->name = kind == MM_OP_RELU ? "RELU" : "SIGMOID";
        add_values(c, IN, d.x);
        add_values(c, OUT, d.y);
        break;
    case MM_OP_RELU_DX:
    case MM_OP_SIGMOID_DX:
        c->name = kind == MM_OP_RELU_DX ? "RELU_DX" : "SIGMOID_DX";
        add_values(c, IN, d.y);
        add_values(c, IN, d.y);
        add_values(c, OUT, d.x);
        break;
    case MM_OP_SCALE:
        c->name = "SCALE";
        add_act(c, IN, d.x);
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_act(c, OUT, d.y);
        break;
    case MM_OP_SCALE_DX:
        c->name = "SCALE_DX";
        add_act(c, IN, d.y);
        add_act(c, IN, d.x);
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_act(c, OUT, d.x);
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, C});
        break;
    case MM_OP_CONCAT:
        c->name = "CONCAT";
        add_values(c, IN, d.x);
        add_values(c, IN, shape(N, K - C, d.x.h, d.x.w));
        add_values(c, OUT, d.y);
        break;
    case MM_OP_CONCAT_DX:
        c->name = "CONCAT_DX";
        add_values(c, IN, d.y);
        add_values(c, OUT, d.x);
        add_values(c, OUT, shape(N, K - C, d.x.h, d.x.w));
        break;
    case MM_OP_AVGPOOL:
        c->name = "AVGPOOL";
        add_act(c, IN, d.x);
        add_act(c, OUT, d.y);
        break;
    case MM_OP_AVGPOOL_DX:
        c->name = "AVGPOOL_DX";
        add_act(c, IN, d.y);
        add_act(c, OUT, d.x);
        break;
    case MM_OP_BINS:
        c->name = "BINS";
        add_act(c, IN, d.x);
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, K});
        break;
    case MM_OP_BINS_DX:
        c->name = "BINS_DX";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, K});
        add_act(c, OUT, d.x);
        break;
    case MM_OP_DROPOUT:
    case MM_OP_DROPOUT_DX:
        c->name = kind == MM_OP_DROPOUT ? "DROPOUT" : "DROPOUT_DX";
        add_values(c, IN, d.x);
        add_slot(c, BYTES, IN, 1, (const size_t[]){N * sizeof(uint64_t)});
        add_values(c, OUT, d.x);
        break;
    case MM_OP_SHORTCUT:
        c->name = "SHORTCUT";
        add_act(c, IN, d.x);
        add_act(c, OUT, d.y);
        break;
    case MM_OP_SHORTCUT_DX:
        c->name = "SHORTCUT_DX";
        add_act(c, IN, d.y);
        add_act(c, OUT, d.x);
        break;
    case MM_OP_MEAN:
        c->name = "MEAN";
        add_act(c, IN, d.x);
        add_slot(c, ROWS, OUT, 4, (const size_t[]){N, d.y.h, d.y.w, d.y.c});
        break;
    case MM_OP_MEAN_DX:
        c->name = "MEAN_DX";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_act(c, OUT, d.x);
        break;
    case MM_OP_FC:
        c->name = "FC";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_slot(c, ROWS, IN, 2, (const size_t[]){K, C});
        add_vector(c, IN, K);
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, K});
        break;
    case MM_OP_FC_DX:
        c->name = "FC_DX";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, K});
        add_slot(c, ROWS, IN, 2, (const size_t[]){K, C});
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, C});
        break;
    case MM_OP_FC_DW:
        c->name = "FC_DW";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, K});
        add_slot(c, ROWS, OUT, 2, (const size_t[]){K, C});
        add_vector(c, OUT, K);
        break;
    case MM_OP_LOSS:
        c->name = "LOSS";
        add_slot(c, ROWS, IN, 2, (const size_t[]){N, C});
        add_slot(c, LABELS, IN, 1, (const size_t[]){N});
        add_vector(c, IN, N);
        add_vector(c, OUT, N);
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, C});
        add_slot(c, ROWS, OUT, 2, (const size_t[]){N, C});
        if (d.mix) {
            add_slot(c, LABELS, IN, 1, (const size_t[]){N});
            add_vector(c, IN, N);
        }
        break;
    case MM_OP_MIX:
        c->name = "MIX";
        add_act(c, INOUT, d.y);
        add_vector(c, IN, N);
        break;
    case MM_OP_ADAM:
        c->name = "ADAM";
        add_vector(c, INOUT, N);
        add_vector(c, IN, N);
        add_vector(c, INOUT, N);
        add_vector(c, INOUT, N);
        add_vector(c, IN, 2 * MM_SCALARS);
        add_slot(c, BYTES, IN, 1, (const size_t[]){d.chunks * sizeof(mm_chunk)});
        break;
    case MM_OP_SGD:
        c->name = "SGD";
        add_vector(c, INOUT, N);
        add_vector(c, IN, N);
        add_vector(c, INOUT, N);
        add_vector(c, IN, 2 * MM_SCALARS);
        add_slot(c, BYTES, IN, 1, (const size_t[]){d.chunks * sizeof(mm_chunk)});
        break;
    case MM_OP_LERP:
        c->name = "LERP";
        add_vector(c, IN, N);
        add_vector(c, INOUT, N);
        break;
    case MM_OP_CLIP:
        c->name = "CLIP";
        add_vector(c, INOUT, N);
        add_slot(c, BYTES, IN, 1, (const size_t[]){d.chunks * sizeof(mm_chunk)});
        break;
    case MM_OP_SUM:
        c->name = "SUM";
        add_vector(c, IN, N);
        add_vector(c, INOUT, N);
        add_slot(c, BYTES, IN, 1, (const size_t[]){d.chunks * sizeof(mm_chunk)});
        break;
    default: fail_msg("no such call");
    }
}

/* The bytes of a slot, one number for each. */
static inline void fill_bytes(slot *s, const void *from)
{
    for (size_t i = 0; i < s->count; i++)
        s->host[i] = ((const unsigned char *)from)[i];
}

/* A second call with the same inputs, to be run on another device. */
static inline call twin(const call *c)
{
    call t = *c;
    for (int i = 0; i < c->n; i++)
        if (c->slot[i].host) {
            slot *s = &t.slot[i];
            s->host = calloc(s->count + 1, sizeof(float));
            s->result = calloc(s->count + 1, sizeof(float));
            assert_true(s->host && s->result);
            memcpy(s->host, c->slot[i].host, s->count * sizeof(float));
        }
    return t;
}

#endif
