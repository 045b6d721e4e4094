/* Mean over kernel x kernel bins that cover the image (adaptive average pooling), as rows of channel, row and column: what fully
 * connected layers behind convolutions read. */
#include "common/nn/build.h"

static mm_shape shape(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return (mm_shape){x->n, l->out, 1, 1};
}

static void forward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_BINS);
    mm_build_apply(b, u, &desc, false);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_BINS_DX);
    mm_build_apply_dx(b, u, &desc, -1, false);
}

const mm_layer_kind mm_layer_bins = {.name = "mean over bins", .takes = MM_MAPS, .makes = MM_ROWS, .inputs = 1, .shape = shape,
                                     .forward = forward, .backward = backward};
