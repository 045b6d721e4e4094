/* Mean over kernel x kernel bins that cover the image (adaptive average pooling), as rows of channel, row and column: what fully
 * connected layers behind convolutions read. */
#include "common/nn/build.h"

static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return (mm_shape){x->n, l->out, 1, 1};
}

static mm_op_desc describe(const mm_build *b, size_t i, mm_op_kind kind)
{
    mm_op_desc desc = mm_build_desc(b, i, kind);
    desc.kernel = mm_build_layer(b, i)->kernel;
    return desc;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = describe(b, u->head, MM_OP_BINS);
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(b->out[mm_build_layer(b, u->head)->from]), mm_in_arena(out));
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    const mm_op_desc desc = describe(b, u->head, MM_OP_BINS_DX);
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, from);
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(dx));
    mm_build_contribute(b, from, dx);
}

const mm_layer_kind mm_layer_bins = {.name = "mean over bins", .takes = MM_MAPS, .makes = MM_ROWS, .inputs = 1, .shape = shape,
                                     .forward = forward, .backward = backward};
