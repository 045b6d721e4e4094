/* Maximum over a square window. */
#include "common/nn/build.h"

static void forward(mm_build *b, const mm_unit *u)
{
    const int from = mm_build_layer(b, u->head)->from;
    mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_MAXPOOL);
    desc.keep = b->grad[from];
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    b->saved[u->tail] = op && desc.keep ? mm_build_tensor(b, op->saved_bytes) : -1;
    MM_APPEND(b, op, mm_in_arena(b->out[from]), mm_in_arena(out), mm_in_arena(b->saved[u->tail]));
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_MAXPOOL_DX);
    mm_build_apply_dx(b, u, &desc, b->saved[u->tail], false);
}

const mm_layer_kind mm_layer_maxpool = {.name = "maximum pooling", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1,
                                        .shape = mm_layer_windows, .forward = forward, .backward = backward};
