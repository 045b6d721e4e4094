/* Mean over a square window. Padding counts as zeros. */
#include "common/nn/build.h"

static bool fits(const mm_layer *l, const mm_layer *x, const mm_layer *second)
{
    (void)second;
    return x->out == l->out;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_AVGPOOL);
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(b->out[mm_build_layer(b, u->head)->from]), mm_in_arena(out));
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_AVGPOOL_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, from);
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(dx));
    mm_build_contribute(b, from, dx);
}

const mm_layer_kind mm_layer_avgpool = {.name = "average pooling", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .fits = fits,
                                        .shape = mm_layer_windows, .forward = forward, .backward = backward};
