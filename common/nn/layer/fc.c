/* Fully connected, position by position, in fp32. */
#include <math.h>

#include "common/nn/build.h"

static double multiply_adds(const mm_layer *l, mm_shape x, mm_shape y)
{
    (void)x;
    return (double)(y.n * y.h * y.w) * (double)(l->in * l->out);
}

static void weights(const mm_layer *l, mm_weight_list *list)
{
    const size_t dim[2] = {l->out, l->in};
    mm_weight_add(list, "weight", MM_WEIGHT, 2, dim);
    mm_weight_add(list, "bias", MM_BIAS, 1, dim);
}

/* As torch.nn.Linear. */
static void init(const mm_layer *l, mm_weight_kind kind, size_t count, mm_random *r, float *v)
{
    const double bound = 1 / sqrt((double)l->in);
    (void)kind;
    for (size_t k = 0; k < count; k++)
        v[k] = (float)mm_random_range(r, -bound, bound);
}

static mm_op_desc describe(const mm_build *b, size_t i, mm_op_kind kind)
{
    const mm_layer *l = mm_build_layer(b, i);
    const mm_shape *y = &b->x->shapes[i];
    const size_t n = y->n * y->h * y->w;
    return (mm_op_desc){.kind = kind, .dtype = b->m->precision, .x = {n, l->in, 1, 1}, .y = {n, l->out, 1, 1}};
}

static void forward(mm_build *b, const mm_unit *u)
{
    const size_t i = u->head;
    const mm_op_desc desc = describe(b, i, MM_OP_FC);
    mm_op *op = mm_build_prepare(b, &desc);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(b->out[mm_build_layer(b, i)->from]), mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_BIAS),
              mm_in_arena(out));
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t i = u->head, from = (size_t)mm_build_layer(b, i)->from;
    const int dy = mm_build_gradient(b, u->tail);
    if (mm_build_is_trained(b, i)) {
        const mm_op_desc desc = describe(b, i, MM_OP_FC_DW);
        mm_op *op = mm_build_prepare(b, &desc);
        MM_APPEND(b, op, mm_in_arena(b->out[from]), mm_in_arena(dy), mm_model_grad_ref(b->m, i, MM_WEIGHT), mm_model_grad_ref(b->m, i, MM_BIAS));
    }
    if (b->grad[from]) {
        const mm_op_desc desc = describe(b, i, MM_OP_FC_DX);
        mm_op *op = mm_build_prepare(b, &desc);
        const int dx = mm_build_output(b, from);
        MM_APPEND(b, op, mm_in_arena(dy), mm_model_ref(b->m, i, MM_WEIGHT), mm_in_arena(dx));
        mm_build_contribute(b, from, dx);
    }
}

const mm_layer_kind mm_layer_fc = {
    .name = "fully connected", .takes = MM_ROWS, .makes = MM_ROWS, .inputs = 1, .multiply_adds = multiply_adds, .weights = weights,
    .init = init, .forward = forward, .backward = backward};
