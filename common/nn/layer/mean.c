/* Global average pooling; for dense heatmaps the mean over windows at stride 1. */
#include "common/nn/build.h"

static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    mm_shape y = {x->n, l->out, 1, 1};
    if (window) {
        y.h = x->h < window ? 0 : x->h - window + 1;
        y.w = x->w < window ? 0 : x->w - window + 1;
    }
    return y;
}

static void forward(mm_build *b, const mm_unit *u)
{
    mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_MEAN);
    desc.kernel = b->x->config.window;
    mm_build_apply(b, u, &desc, false);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_MEAN_DX);
    mm_build_apply_dx(b, u, &desc, -1, false);
}

const mm_layer_kind mm_layer_mean = {.name = "mean", .takes = MM_MAPS, .makes = MM_ROWS, .inputs = 1, .shape = shape,
                                     .forward = forward, .backward = backward};
