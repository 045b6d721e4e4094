/* Maps times rows: each image has a factor for each channel, as in squeeze-and-excitation (Hu et al. 2018). */
#include "common/nn/build.h"

static bool fits(const mm_layer *l, const mm_layer *x, const mm_layer *second)
{
    return !x->rows && second->rows && x->out == l->out && second->out == l->out;
}

/* Factors of windows (dense heatmaps) would be different for one position. */
static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return x[1].h == 1 && x[1].w == 1 ? (mm_shape){x->n, l->out, x->h, x->w} : (mm_shape){0};
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SCALE);
    mm_build_apply(b, u, &desc, true);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_layer *l = mm_build_layer(b, u->head);
    const int dy = mm_build_gradient(b, u->tail), read[2] = {l->from, l->second};
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_SCALE_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    int dx[2];
    for (int k = 0; k < 2; k++)
        dx[k] = b->grad[read[k]] ? mm_build_output(b, (size_t)read[k]) : -1;
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(b->out[l->from]), mm_in_arena(b->out[l->second]), mm_in_arena(dx[0]), mm_in_arena(dx[1]));
    if (dx[0] >= 0)
        mm_build_alias(b, dx[0], dy);
    for (int k = 0; k < 2; k++)
        if (dx[k] >= 0)
            mm_build_contribute(b, (size_t)read[k], dx[k]);
}

const mm_layer_kind mm_layer_scale = {.name = "scaling", .takes = MM_MAPS | MM_ROWS, .makes = MM_MAPS, .inputs = 2, .fits = fits,
                                      .shape = shape, .forward = forward, .backward = backward};
