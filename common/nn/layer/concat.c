/* The channels of one layer, then those of a second. */
#include "common/nn/build.h"

static bool fits(const mm_layer *l, const mm_layer *x, const mm_layer *second)
{
    return x->rows == second->rows && x->out + second->out == l->out;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_CONCAT);
    mm_build_apply(b, u, &desc, false);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_layer *l = mm_build_layer(b, u->head);
    const int dy = mm_build_gradient(b, u->tail), read[2] = {l->from, l->second};
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_CONCAT_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    int dx[2];
    for (int k = 0; k < 2; k++)
        dx[k] = b->grad[read[k]] ? mm_build_output(b, (size_t)read[k]) : -1;
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(dx[0]), mm_in_arena(dx[1]));
    for (int k = 0; k < 2; k++)
        if (dx[k] >= 0)
            mm_build_contribute(b, (size_t)read[k], dx[k]);
}

const mm_layer_kind mm_layer_concat = {.name = "concatenation", .takes = MM_MAPS | MM_ROWS, .inputs = 2, .fits = fits, .shape = mm_layer_pair,
                                       .forward = forward, .backward = backward};
