/* Dropout (Srivastava et al. 2014): in training a share of the numbers becomes 0 and the others grow by 1 / (1 - rate). Which ones
 * depends on the image's seed (mm_executor_seeds), the layer and the place alone (dropout.h). */
#include "common/nn/build.h"

static bool is_passed(const mm_build *b, size_t i) { return b->x->config.mode != MM_TRAIN || mm_build_layer(b, i)->rate <= 0; }

static void append(mm_build *b, size_t i, mm_op_kind kind, int from, int to)
{
    mm_op_desc desc = mm_build_desc(b, i, kind);
    desc.rate = mm_build_layer(b, i)->rate;
    desc.layer = (uint32_t)i;
    mm_op *op = mm_build_prepare(b, &desc);
    MM_APPEND(b, op, mm_in_arena(from), (mm_ref){&b->x->fixed, b->x->seeds_at, -1}, mm_in_arena(to));
    mm_build_alias(b, to, from);
}

static void forward(mm_build *b, const mm_unit *u)
{
    const int from = b->out[mm_build_layer(b, u->head)->from];
    b->out[u->tail] = from;
    if (is_passed(b, u->head))
        return;
    b->out[u->tail] = mm_build_output(b, u->tail);
    append(b, u->head, MM_OP_DROPOUT, from, b->out[u->tail]);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    int dx = dy;
    if (!is_passed(b, u->head)) {
        dx = mm_build_output(b, from);
        append(b, u->head, MM_OP_DROPOUT_DX, dy, dx);
    }
    mm_build_contribute(b, from, dx);
}

const mm_layer_kind mm_layer_dropout = {.name = "dropout", .takes = MM_MAPS | MM_ROWS, .inputs = 1, .random = true, .forward = forward,
                                        .backward = backward};
