/* Shortcut without parameters (He et al. 2016, option A): every stride-th row and column, zeros in the further channels. */
#include "common/nn/build.h"

static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return (mm_shape){x->n, l->out, (x->h + l->stride - 1) / l->stride, (x->w + l->stride - 1) / l->stride};
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SHORTCUT);
    mm_build_apply(b, u, &desc, false);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SHORTCUT_DX);
    mm_build_apply_dx(b, u, &desc, -1, false);
}

const mm_layer_kind mm_layer_shortcut = {.name = "shortcut", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .shape = shape,
                                         .forward = forward, .backward = backward};
