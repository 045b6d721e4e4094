/* max(0, x), or a relu6: min(6, max(0, x)) (Howard et al. 2017). */
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
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_RELU);
    mm_build_apply(b, u, &desc, true);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_RELU_DX);
    mm_build_apply_dx(b, u, &desc, b->out[u->tail], true);
}

const mm_layer_kind mm_layer_relu = {.name = "relu", .takes = MM_MAPS | MM_ROWS, .inputs = 1, .joins = joins,
                                     .forward = forward, .backward = backward};
