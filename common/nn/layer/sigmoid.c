/* 1 / (1 + exp(-x)). */
#include "common/nn/build.h"

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SIGMOID);
    mm_build_apply(b, u, &desc, true);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SIGMOID_DX);
    mm_build_apply_dx(b, u, &desc, b->out[u->tail], true);
}

const mm_layer_kind mm_layer_sigmoid = {.name = "sigmoid", .takes = MM_MAPS | MM_ROWS, .inputs = 1,
                                        .forward = forward, .backward = backward};
