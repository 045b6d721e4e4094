/* Batch norm (Ioffe, Szegedy 2015), with the addend and the relu behind it. */
#include "common/nn/build.h"

static void weights(const mm_layer *l, mm_weight_list *list)
{
    mm_weight_add(list, "weight", MM_WEIGHT, 1, &l->out);
    mm_weight_add(list, "bias", MM_BIAS, 1, &l->out);
    mm_weight_add(list, "running_mean", MM_RUNNING_MEAN, 1, &l->out);
    mm_weight_add(list, "running_var", MM_RUNNING_VAR, 1, &l->out);
    mm_weight_add(list, "num_batches_tracked", MM_BATCHES, 0, NULL);
}

static void init(const mm_layer *l, mm_weight_kind kind, size_t count, mm_random *r, float *v)
{
    (void)l;
    (void)r;
    for (size_t k = 0; k < count; k++)
        v[k] = kind == MM_WEIGHT || kind == MM_RUNNING_VAR;
}

static bool folds(const mm_build *b, mm_unit *u, size_t into)
{
    if (mm_build_layer(b, into)->kind != &mm_layer_conv || b->unit[into].head != into || !mm_build_is_fixed(b, u->head) || b->grad[u->tail])
        return false;
    u->norm = (int)u->head;
    u->head = into;
    return true;
}

static mm_op_desc describe(const mm_build *b, const mm_unit *u, mm_op_kind kind)
{
    const mm_layer *l = mm_build_layer(b, u->head);
    mm_op_desc desc = mm_build_desc(b, u->head, kind);
    mm_build_extras(b, u, &desc);
    desc.fixed = mm_build_is_fixed(b, u->head);
    desc.epsilon = l->epsilon;
    desc.momentum = l->momentum;
    desc.group = desc.fixed || !b->x->config.sync ? NULL : b->m->group;
    return desc;
}

static int addend(const mm_build *b, const mm_unit *u) { return mm_build_layer(b, (size_t)u->add)->second; }

static void forward(mm_build *b, const mm_unit *u)
{
    const size_t i = u->head;
    const int from = b->out[mm_build_layer(b, i)->from];
    mm_executor *x = b->x;
    mm_op_desc desc = describe(b, u, MM_OP_NORM);
    desc.keep = b->grad[u->tail];
    mm_op *op = mm_build_prepare(b, &desc);
    if (!op)
        return;
    if (!desc.fixed)
        x->counted[x->ncounted++] = mm_net_weight(b->net, i, MM_BATCHES);
    const int out = b->out[u->tail] = mm_build_output(b, u->tail);
    b->saved[u->tail] = desc.keep ? mm_build_tensor(b, op->saved_bytes) : -1;
    MM_APPEND(b, op, mm_in_arena(from), mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_BIAS),
              mm_model_ref(b->m, i, MM_RUNNING_MEAN), mm_model_ref(b->m, i, MM_RUNNING_VAR),
              desc.add ? mm_in_arena(b->out[addend(b, u)]) : mm_nothing(), mm_in_arena(out), mm_in_arena(b->saved[u->tail]));
    if (!desc.keep)
        mm_build_alias(b, out, from);
}

static void backward(mm_build *b, const mm_unit *u)
{
    const size_t i = u->head, from = (size_t)mm_build_layer(b, i)->from;
    const bool trained = mm_build_is_trained(b, i);
    mm_op_desc desc = describe(b, u, MM_OP_NORM_DX);
    desc.two = b->nd[u->tail] == 2;
    desc.parameters = trained;
    const int dy = b->d[u->tail][0], dy2 = desc.two ? b->d[u->tail][1] : -1;
    mm_op *op = mm_build_prepare(b, &desc);
    const int dx = mm_build_output(b, u->tail), daddend = desc.add ? mm_build_output(b, u->tail) : -1;
    MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(dy2), mm_in_arena(b->out[from]), mm_in_arena(b->saved[u->tail]),
              mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_RUNNING_MEAN), mm_model_ref(b->m, i, MM_RUNNING_VAR),
              mm_in_arena(dx), mm_in_arena(daddend), trained ? mm_model_grad_ref(b->m, i, MM_WEIGHT) : mm_nothing(),
              trained ? mm_model_grad_ref(b->m, i, MM_BIAS) : mm_nothing());
    mm_build_alias(b, dx, b->out[from]);
    if (desc.add)
        mm_build_alias(b, daddend, dy);
    if (b->grad[from])
        mm_build_contribute(b, from, dx);
    if (desc.add && b->grad[addend(b, u)])
        mm_build_contribute(b, (size_t)addend(b, u), daddend);
}

const mm_layer_kind mm_layer_norm = {
    .name = "batch norm", .takes = MM_MAPS, .makes = MM_MAPS, .inputs = 1, .weights = weights, .init = init, .folds = folds,
    .forward = forward, .backward = backward};
