/* Convolution with a square kernel and zero padding, of the same number of zeros on both sides or as few as the windows need. */
#include <math.h>

#include "common/nn/build.h"

static bool fits(const mm_layer *l, const mm_layer *x, const mm_layer *second)
{
    (void)second;
    return l->in == x->out && l->in % l->groups == 0 && l->out % l->groups == 0 && (x->kind != &mm_layer_input || l->groups == 1);
}

static double multiply_adds(const mm_layer *l, mm_shape x, mm_shape y)
{
    return (double)y.n * (double)(y.h * y.w) * (double)(y.c * (x.c / l->groups)) * (double)(l->kernel * l->kernel);
}

static void weights(const mm_layer *l, mm_weight_list *list)
{
    const size_t dim[4] = {l->out, l->in / l->groups, l->kernel, l->kernel};
    mm_weight_add(list, "weight", MM_WEIGHT, 4, dim);
    if (l->bias)
        mm_weight_add(list, "bias", MM_BIAS, 1, dim);
}

/* Kaiming normal, fan out, relu (He et al. 2015); as in torch the fan out is of all groups. */
static void init(const mm_layer *l, mm_weight_kind kind, size_t count, mm_random *r, float *v)
{
    const double deviation = sqrt(2 / (double)(l->out * l->kernel * l->kernel));
    for (size_t k = 0; k < count; k++)
        v[k] = kind == MM_WEIGHT ? (float)(deviation * mm_random_normal(r)) : 0;
}

static mm_op_desc description(const mm_net *net, size_t layer, const mm_shape *shapes, mm_dtype precision)
{
    const mm_layer *l = &net->layers[layer];
    return (mm_op_desc){.kind = MM_OP_CONV, .dtype = precision, .x = shapes[l->from], .y = shapes[layer],
                        .kernel = l->kernel, .stride = l->stride, .pad = l->pad, .same = l->same,
                        .groups = l->groups, .grey = net->layers[l->from].kind == &mm_layer_input, .bias = l->bias};
}

static mm_op_desc describe(const mm_build *b, size_t i)
{
    mm_op_desc desc = description(b->net, i, b->x->shapes, b->m->precision);
    desc.weights = b->m->slots[mm_net_weight(b->net, i, MM_WEIGHT)].storage;
    return desc;
}

/* The layer's weights in the format that the operation takes. */
static mm_ref weights_for(mm_build *b, size_t i, const mm_op *op)
{
    mm_ref w = op ? mm_model_copy(b->m, i, op->weights, b->error) : mm_nothing();
    if (op && !w.base)
        b->code = b->error->code;
    return w;
}

/* Room for the weights and biases that a batch norm is folded into. */
static mm_fold *add_fold(mm_build *b, const mm_unit *u, const mm_op *op)
{
    mm_executor *x = b->x;
    mm_fold *fold = &x->folds[x->nfolds++];
    *fold = (mm_fold){.conv = u->head, .norm = (size_t)u->norm, .weights = x->folded_bytes};
    fold->bias = fold->weights + mm_pad64(op->weights->bytes);
    x->folded_bytes = fold->bias + mm_pad64(mm_build_layer(b, u->head)->out * sizeof(float));
    const mm_format *rows = b->m->slots[mm_net_weight(b->net, u->head, MM_WEIGHT)].rows;
    if (op->weights != rows) {
        fold->copy = mm_build_prepare(b, &(mm_op_desc){.kind = MM_OP_COPY, .from = rows, .to = op->weights});
        if (fold->copy && fold->copy->scratch_bytes > x->scratch_bytes)
            x->scratch_bytes = fold->copy->scratch_bytes;
    }
    return fold;
}

static void forward(mm_build *b, const mm_unit *u)
{
    const int from = b->out[mm_build_layer(b, u->head)->from], addend = u->add >= 0 ? b->out[mm_build_layer(b, (size_t)u->add)->second] : -1;
    mm_op_desc desc = describe(b, u->head);
    desc.bias = desc.bias || u->norm >= 0;
    mm_build_extras(b, u, &desc);
    mm_op *op = mm_build_prepare(b, &desc);
    if (!op)
        return;
    mm_ref w, bias;
    if (u->norm >= 0) {
        const mm_fold *fold = add_fold(b, u, op);
        w = (mm_ref){&b->x->folded, fold->weights, -1};
        bias = (mm_ref){&b->x->folded, fold->bias, -1};
    } else {
        w = weights_for(b, u->head, op);
        bias = desc.bias ? mm_model_ref(b->m, u->head, MM_BIAS) : mm_nothing();
    }
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(from), w, bias, mm_in_arena(addend), mm_in_arena(out));
    if (desc.add && addend != from) /* the convolution still reads its input when it writes */
        mm_build_alias(b, out, addend);
}

/* The gradient in front of the relu, which may lie where that behind it lies. */
static int through_relu(mm_build *b, const mm_unit *u)
{
    const int dy = mm_build_gradient(b, u->tail);
    if (u->relu < 0)
        return dy;
    mm_op_desc desc = mm_build_desc(b, u->head, MM_OP_RELU_DX);
    desc.x = desc.y;
    desc.limit = mm_build_layer(b, (size_t)u->relu)->limit;
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, u->tail);
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(b->out[u->tail]), mm_in_arena(dx));
    mm_build_alias(b, dx, dy);
    return dx;
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t i = u->head, from = (size_t)mm_build_layer(b, i)->from;
    const int dy = through_relu(b, u);
    mm_op_desc desc = describe(b, i);
    if (mm_build_is_trained(b, i)) {
        desc.kind = MM_OP_CONV_DW;
        mm_op *op = mm_build_prepare(b, &desc);
        MM_APPEND(b, op, mm_in_arena(b->out[from]), mm_in_arena(dy), mm_model_grad_ref(b->m, i, MM_WEIGHT),
                  desc.bias ? mm_model_grad_ref(b->m, i, MM_BIAS) : mm_nothing());
    }
    if (b->grad[from]) {
        desc.kind = MM_OP_CONV_DX;
        mm_op *op = mm_build_prepare(b, &desc);
        const mm_ref w = weights_for(b, i, op);
        const int dx = mm_build_output(b, from);
        MM_APPEND(b, op, mm_in_arena(dy), w, mm_in_arena(dx));
        mm_build_contribute(b, from, dx);
    }
}

const mm_layer_kind mm_layer_conv = {
    .name = "convolution", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .fits = fits, .shape = mm_layer_windows,
    .multiply_adds = multiply_adds, .weights = weights, .init = init, .storage = description, .forward = forward, .backward = backward};
