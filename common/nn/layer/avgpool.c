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
    mm_build_apply(b, u, &desc, false);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_AVGPOOL_DX);
    mm_build_apply_dx(b, u, &desc, -1, false);
}

const mm_layer_kind mm_layer_avgpool = {.name = "average pooling", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .fits = fits,
                                        .shape = mm_layer_windows, .forward = forward, .backward = backward};
