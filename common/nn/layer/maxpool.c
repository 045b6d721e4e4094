/* Maximum over a square window. */
#include "common/nn/build.h"

static size_t windows(size_t size, const mm_layer *l)
{
    return size + 2 * l->pad < l->kernel ? 0 : (size + 2 * l->pad - l->kernel) / l->stride + 1;
}

static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return (mm_shape){x->n, l->out, windows(x->h, l), windows(x->w, l)};
}

static mm_op_desc describe(const mm_build *b, size_t i, mm_op_kind kind)
{
    const mm_layer *l = mm_build_layer(b, i);
    mm_op_desc desc = mm_build_desc(b, i, kind);
    desc.kernel = l->kernel;
    desc.stride = l->stride;
    desc.pad = l->pad;
    return desc;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const int from = mm_build_layer(b, u->head)->from;
    mm_op_desc desc = describe(b, u->head, MM_OP_MAXPOOL);
    desc.keep = b->grad[from];
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    b->saved[u->tail] = op && desc.keep ? mm_build_tensor(b, op->saved_bytes) : -1;
    MM_APPEND(b, op, mm_in_arena(b->out[from]), mm_in_arena(out), mm_in_arena(b->saved[u->tail]));
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    const mm_op_desc desc = describe(b, u->head, MM_OP_MAXPOOL_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, from);
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(b->saved[u->tail]), mm_in_arena(dx));
    mm_build_contribute(b, from, dx);
}

const mm_layer_kind mm_layer_maxpool = {.name = "maximum pooling", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .shape = shape,
                                        .forward = forward, .backward = backward};
