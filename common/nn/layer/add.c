/* Sum of two layers, as at the end of a residual unit. */
#include "common/nn/build.h"

static bool fits(const mm_layer *l, const mm_layer *x, const mm_layer *second)
{
    return x->rows == second->rows && x->out == l->out && second->out == l->out;
}

/* A batch norm adds as it normalises; a convolution adds where no gradient must come back. */
static bool joins(const mm_build *b, mm_unit *u, size_t i)
{
    const mm_layer_kind *kind = mm_build_layer(b, u->head)->kind;
    if (u->add >= 0 || u->relu >= 0 || !(kind == &mm_layer_norm || (kind == &mm_layer_conv && !b->grad[i])))
        return false;
    u->add = (int)i;
    return true;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_ADD);
    mm_build_apply(b, u, &desc, true);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_layer *l = mm_build_layer(b, u->head);
    const int dy = mm_build_gradient(b, u->tail), readers[2] = {l->from, l->second};
    for (int k = 0; k < 2; k++)
        if (b->grad[readers[k]])
            mm_build_contribute(b, (size_t)readers[k], dy);
}

const mm_layer_kind mm_layer_add = {.name = "sum", .takes = MM_MAPS | MM_ROWS, .inputs = 2, .fits = fits, .shape = mm_layer_pair,
                                    .joins = joins, .forward = forward, .backward = backward};
