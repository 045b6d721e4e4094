/* max(0, x). */
#include "common/nn/build.h"

/* Batch norms and convolutions do it as they write. */
static bool joins(const mm_build *b, mm_unit *u, size_t i)
{
    const mm_layer *head = mm_build_layer(b, u->head);
    const bool conv = head->kind == &mm_layer_conv && (head->bias || u->add >= 0);
    if (u->relu >= 0 || !(head->kind == &mm_layer_norm || conv))
        return false;
    u->relu = (int)i;
    return true;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const int from = b->out[mm_build_layer(b, u->head)->from];
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_RELU);
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(from), mm_in_arena(out));
    mm_build_alias(b, out, from);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_RELU_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, from);
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(b->out[u->tail]), mm_in_arena(dx));
    mm_build_alias(b, dx, dy);
    mm_build_contribute(b, from, dx);
}

const mm_layer_kind mm_layer_relu = {.name = "relu", .takes = MM_MAPS | MM_ROWS, .inputs = 1, .joins = joins, .forward = forward, .backward = backward};
