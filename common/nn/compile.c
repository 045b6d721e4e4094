/* From a network and a configuration to a list of prepared operations: see executor.h.
 *
 * Forward operations come in the order of the layers, backward ones in reverse. A layer's output gets a gradient only if
 * something at or below it is trained, so work stops at the lowest trained layer by itself. A batch norm that uses running
 * statistics and lets no gradient through is folded into its convolution, with addend and relu. */
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/nn/internal.h"

/* ---- the builder ---- */

typedef struct build {
    mm_executor *x;
    mm_model *m;
    const mm_net *net;
    bool *grad;                 /* layer's output gets a gradient */
    bool *folded;               /* norms */
    int *out;                   /* tensor of the layer's output */
    int *saved;                 /* norms, maxpools */
    int (*d)[3], *nd;           /* gradients of the output: tensors, to be added up */
    int final;                  /* dlogits */
    mm_error *error;
    int code;
} build;

/* Room for one more element in one of the executor's lists; false after a failure. */
static bool make_room(build *b, void *list, size_t *room, size_t n, size_t size)
{
    if (!b->code)
        b->code = mm_grow(list, room, n + 1, size, b->error);
    return !b->code;
}

/* A tensor of that many bytes, first written by the step that comes next. */
static int tensor(build *b, size_t bytes)
{
    mm_executor *x = b->x;
    if (!make_room(b, &x->lifetimes, &x->lifetimes_room, x->nlifetimes, sizeof *x->lifetimes))
        return 0;
    int at = (int)x->nsteps;
    x->lifetimes[x->nlifetimes] = (mm_lifetime){mm_pad64(bytes), 0, at, at, (int)x->nlifetimes};
    return (int)x->nlifetimes++;
}

static int activation(build *b, mm_shape shape)
{
    const mm_format *f = b->code ? NULL : b->m->b->activation(b->m->device, b->m->precision, shape, b->error);
    if (!f && !b->code)
        b->code = b->error->code;
    return f ? tensor(b, f->bytes) : 0;
}

static int floats(build *b, size_t count) { return tensor(b, count * sizeof(float)); }

static mm_ref in_arena(int t) { return (mm_ref){NULL, 0, t}; }
static mm_ref nothing(void) { return (mm_ref){NULL, 0, -1}; }

/* Prepares an operation; NULL after a failure. */
static mm_op *prepared(build *b, const mm_op_desc *desc)
{
    mm_op *op = NULL;
    if (!b->code)
        b->code = b->m->b->prepare(b->m->device, desc, &op, b->error);
    return b->code ? NULL : op;
}

/* Appends a step; its tensors live at least until it. Takes over op. */
static void step(build *b, mm_op *op, size_t n, const mm_ref *refs)
{
    mm_executor *x = b->x;
    if (!make_room(b, &x->steps, &x->steps_room, x->nsteps, sizeof *x->steps)) {
        b->m->b->release(b->m->device, op);
        return;
    }
    mm_prepared *s = &x->steps[x->nsteps];
    *s = (mm_prepared){.op = op};
    for (size_t i = 0; i < MM_OP_ARGS; i++) {
        s->ref[i] = i < n ? refs[i] : nothing();
        if (s->ref[i].tensor >= 0)
            x->lifetimes[s->ref[i].tensor].last = (int)x->nsteps;
    }
    if (op->scratch_bytes > x->scratch_bytes)
        x->scratch_bytes = op->scratch_bytes;
    x->nsteps++;
}

#define STEP(b, op, ...)                                                                                              \
    step(b, op, sizeof(const mm_ref[]){__VA_ARGS__} / sizeof(mm_ref), (const mm_ref[]){__VA_ARGS__})

/* The step just appended makes `dst`, which may lie where `src` lies. */
static void alias(build *b, int dst, int src)
{
    mm_executor *x = b->x;
    if (make_room(b, &x->aliases, &x->aliases_room, x->naliases, sizeof *x->aliases))
        x->aliases[x->naliases++] = (mm_alias){dst, src, (int)x->nsteps - 1};
}

static const mm_format *storage(const build *b, size_t layer)
{
    return b->m->slots[mm_net_weight(b->net, layer, MM_WEIGHT)].storage;
}

/* ---- forward ---- */

static bool is_fixed(const build *b, size_t layer)
{
    return b->x->config.mode == MM_PREDICT || (b->x->config.bn == MM_BN_FROZEN && !b->m->trained[layer]);
}

static void forward_conv(build *b, size_t i)
{
    mm_op_desc desc = mm_conv_desc(b->net, i, b->x->shapes, b->m->precision);
    desc.weights = storage(b, i);
    mm_op *op = prepared(b, &desc);
    mm_ref w = op ? mm_model_copy(b->m, i, op->weights, b->error) : nothing();
    if (op && !w.base)
        b->code = b->error->code;
    b->out[i] = activation(b, b->x->shapes[i]);
    STEP(b, op, in_arena(b->out[b->net->layers[i].from]), w, desc.bias ? mm_model_ref(b->m, i, MM_BIAS) : nothing(), nothing(),
         in_arena(b->out[i]));
}

/* Convolution, batch norm, addend, relu in one. */
static void forward_folded(build *b, size_t i)
{
    const mm_layer *l = &b->net->layers[i];
    mm_executor *x = b->x;
    size_t conv = (size_t)l->from;
    mm_op_desc desc = mm_conv_desc(b->net, conv, x->shapes, b->m->precision);
    desc.weights = storage(b, conv);
    desc.bias = true;
    desc.add = l->add >= 0;
    desc.relu = l->relu;
    mm_op *op = prepared(b, &desc);
    if (!op)
        return;
    mm_fold *fold = &x->folds[x->nfolds++];
    *fold = (mm_fold){.conv = conv, .norm = i, .weights = x->folded_bytes};
    fold->bias = fold->weights + mm_pad64(op->weights->bytes);
    x->folded_bytes = fold->bias + mm_pad64(l->out * sizeof(float));
    const mm_format *rows = b->m->slots[mm_net_weight(b->net, conv, MM_WEIGHT)].rows;
    if (op->weights != rows) {
        fold->copy = prepared(b, &(mm_op_desc){.kind = MM_OP_COPY, .from = rows, .to = op->weights});
        if (fold->copy && fold->copy->scratch_bytes > x->scratch_bytes)
            x->scratch_bytes = fold->copy->scratch_bytes;
    }
    b->out[i] = activation(b, x->shapes[i]);
    STEP(b, op, in_arena(b->out[b->net->layers[conv].from]), (mm_ref){&x->folded, fold->weights, -1},
         (mm_ref){&x->folded, fold->bias, -1}, desc.add ? in_arena(b->out[l->add]) : nothing(), in_arena(b->out[i]));
    if (desc.add)
        alias(b, b->out[i], b->out[l->add]);
}

static void forward_norm(build *b, size_t i)
{
    const mm_layer *l = &b->net->layers[i];
    mm_executor *x = b->x;
    mm_op_desc desc = {.kind = MM_OP_NORM, .dtype = b->m->precision, .x = x->shapes[i], .y = x->shapes[i],
                       .add = l->add >= 0, .relu = l->relu, .fixed = is_fixed(b, i), .keep = b->grad[i],
                       .epsilon = b->net->epsilon, .momentum = MM_NORM_MOMENTUM};
    desc.group = desc.fixed || !x->config.sync ? NULL : x->model->group;
    mm_op *op = prepared(b, &desc);
    if (!op)
        return;
    if (!desc.fixed)
        x->counted[x->ncounted++] = mm_net_weight(b->net, i, MM_BATCHES);
    b->out[i] = activation(b, x->shapes[i]);
    b->saved[i] = desc.keep ? tensor(b, op->saved_bytes) : -1;
    STEP(b, op, in_arena(b->out[l->from]), mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_BIAS),
         mm_model_ref(b->m, i, MM_RUNNING_MEAN), mm_model_ref(b->m, i, MM_RUNNING_VAR),
         desc.add ? in_arena(b->out[l->add]) : nothing(), in_arena(b->out[i]), in_arena(b->saved[i]));
    if (!desc.keep)
        alias(b, b->out[i], b->out[l->from]);
}

static void forward_other(build *b, size_t i)
{
    const mm_layer *l = &b->net->layers[i];
    mm_executor *x = b->x;
    mm_op_desc desc = {.dtype = b->m->precision, .x = x->shapes[l->from], .y = x->shapes[i], .kernel = l->kernel,
                       .stride = l->stride, .pad = l->pad};
    mm_ref from = in_arena(b->out[l->from]);
    mm_op *op;
    switch (l->kind) {
    case MM_LAYER_MAXPOOL:
        desc.kind = MM_OP_MAXPOOL;
        desc.keep = b->grad[l->from];
        op = prepared(b, &desc);
        b->out[i] = activation(b, x->shapes[i]);
        b->saved[i] = op && desc.keep ? tensor(b, op->saved_bytes) : -1;
        STEP(b, op, from, in_arena(b->out[i]), in_arena(b->saved[i]));
        break;
    case MM_LAYER_SHORTCUT:
        desc.kind = MM_OP_SHORTCUT;
        op = prepared(b, &desc);
        b->out[i] = activation(b, x->shapes[i]);
        STEP(b, op, from, in_arena(b->out[i]));
        break;
    case MM_LAYER_MEAN:
        desc.kind = MM_OP_MEAN;
        desc.kernel = x->config.window;
        op = prepared(b, &desc);
        b->out[i] = floats(b, x->shapes[i].n * x->shapes[i].h * x->shapes[i].w * l->out);
        STEP(b, op, from, in_arena(b->out[i]));
        break;
    default: /* fully connected, for each position */
        desc.kind = MM_OP_FC;
        desc.x = (mm_shape){x->shapes[i].n * x->shapes[i].h * x->shapes[i].w, l->in, 1, 1};
        desc.y = (mm_shape){desc.x.n, l->out, 1, 1};
        op = prepared(b, &desc);
        b->out[i] = floats(b, desc.y.n * l->out);
        STEP(b, op, from, mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_BIAS), in_arena(b->out[i]));
    }
}

static void forward(build *b)
{
    mm_executor *x = b->x;
    const size_t n = b->net->nlayers;
    mm_shape input = x->shapes[0];
    input.c = 1;
    b->out[0] = x->input_tensor = activation(b, input);
    for (size_t i = 1; i < n && !b->code; i++) {
        const mm_layer *l = &b->net->layers[i];
        if (l->kind == MM_LAYER_CONV) {
            bool folded = false; /* the norm behind it, wherever in the list, does the work */
            for (size_t k = i + 1; k < n; k++)
                folded = folded || (b->folded[k] && b->net->layers[k].from == (int)i);
            if (!folded)
                forward_conv(b, i);
        } else if (l->kind == MM_LAYER_NORM) {
            (b->folded[i] ? forward_folded : forward_norm)(b, i);
        } else {
            forward_other(b, i);
        }
    }
    x->logits = b->out[n - 1];
    if (b->code || x->config.mode == MM_PREDICT)
        return;
    size_t rows = x->config.batch, classes = b->net->classes;
    mm_op *op = prepared(b, &(mm_op_desc){.kind = MM_OP_LOSS, .x = {rows, classes, 1, 1}, .smoothing = x->config.smoothing});
    x->losses = floats(b, rows);
    int p = floats(b, rows * classes);
    b->final = floats(b, rows * classes);
    STEP(b, op, in_arena(x->logits), (mm_ref){&x->fixed, x->labels_at, -1}, (mm_ref){&x->fixed, x->weights_at, -1},
         in_arena(x->losses), in_arena(p), in_arena(b->final));
}

/* ---- backward ---- */

/* One tensor holds a part of the gradient of the layer's output. */
static void contribute(build *b, size_t layer, int t)
{
    if (b->nd[layer] == 2) { /* two are added up by who takes them; more, here */
        mm_shape s = b->x->shapes[layer];
        mm_op *op = prepared(b, &(mm_op_desc){.kind = MM_OP_ADD, .dtype = b->m->precision, .x = s, .y = s});
        STEP(b, op, in_arena(t), in_arena(b->d[layer][1]), in_arena(t));
        b->nd[layer] = 1;
    }
    b->d[layer][b->nd[layer]++] = t;
}

/* The gradient of the layer's output as one tensor. */
static int whole(build *b, size_t layer)
{
    int *d = b->d[layer];
    if (b->nd[layer] == 2) {
        mm_shape s = b->x->shapes[layer];
        mm_op *op = prepared(b, &(mm_op_desc){.kind = MM_OP_ADD, .dtype = b->m->precision, .x = s, .y = s});
        STEP(b, op, in_arena(d[0]), in_arena(d[1]), in_arena(d[0]));
        b->nd[layer] = 1;
    }
    return d[0];
}

static void backward_conv(build *b, size_t i)
{
    size_t from = (size_t)b->net->layers[i].from;
    int dy = whole(b, i);
    mm_op_desc desc = mm_conv_desc(b->net, i, b->x->shapes, b->m->precision);
    desc.weights = storage(b, i);
    if (b->m->trained[i]) {
        desc.kind = MM_OP_CONV_DW;
        mm_op *op = prepared(b, &desc);
        STEP(b, op, in_arena(b->out[from]), in_arena(dy), mm_model_grad_ref(b->m, i, MM_WEIGHT),
             desc.bias ? mm_model_grad_ref(b->m, i, MM_BIAS) : nothing());
    }
    if (b->grad[from]) {
        desc.kind = MM_OP_CONV_DX;
        mm_op *op = prepared(b, &desc);
        mm_ref w = op ? mm_model_copy(b->m, i, op->weights, b->error) : nothing();
        if (op && !w.base)
            b->code = b->error->code;
        int dx = activation(b, b->x->shapes[from]);
        STEP(b, op, in_arena(dy), w, in_arena(dx));
        contribute(b, from, dx);
    }
}

static void backward_norm(build *b, size_t i)
{
    const mm_layer *l = &b->net->layers[i];
    bool two = b->nd[i] == 2, trained = b->m->trained[i], add = l->add >= 0 && b->grad[l->add];
    int dy = b->d[i][0], dy2 = two ? b->d[i][1] : -1;
    mm_op_desc desc = {.kind = MM_OP_NORM_DX, .dtype = b->m->precision, .x = b->x->shapes[i], .y = b->x->shapes[i],
                       .add = l->add >= 0, .relu = l->relu, .fixed = is_fixed(b, i), .two = two,
                       .parameters = trained, .epsilon = b->net->epsilon, .momentum = MM_NORM_MOMENTUM};
    desc.group = desc.fixed || !b->x->config.sync ? NULL : b->m->group;
    mm_op *op = prepared(b, &desc);
    int dx = activation(b, b->x->shapes[i]), daddend = desc.add ? activation(b, b->x->shapes[i]) : -1;
    STEP(b, op, in_arena(dy), in_arena(dy2), in_arena(b->out[l->from]), in_arena(b->saved[i]),
         mm_model_ref(b->m, i, MM_WEIGHT), mm_model_ref(b->m, i, MM_RUNNING_MEAN),
         mm_model_ref(b->m, i, MM_RUNNING_VAR), in_arena(dx), in_arena(daddend),
         trained ? mm_model_grad_ref(b->m, i, MM_WEIGHT) : nothing(),
         trained ? mm_model_grad_ref(b->m, i, MM_BIAS) : nothing());
    alias(b, dx, b->out[l->from]);
    if (desc.add)
        alias(b, daddend, dy);
    if (b->grad[l->from])
        contribute(b, (size_t)l->from, dx);
    if (add)
        contribute(b, (size_t)l->add, daddend);
}

static void backward_other(build *b, size_t i)
{
    const mm_layer *l = &b->net->layers[i];
    const mm_shape xs = b->x->shapes[l->from], ys = b->x->shapes[i];
    mm_op_desc desc = {.dtype = b->m->precision, .x = xs, .y = ys, .kernel = l->kernel, .stride = l->stride,
                       .pad = l->pad};
    int dy = l->kind == MM_LAYER_FC ? b->final : whole(b, i), dx;
    mm_op *op;
    if (l->kind == MM_LAYER_FC && b->m->trained[i]) {
        desc.kind = MM_OP_FC_DW;
        op = prepared(b, &desc);
        STEP(b, op, in_arena(b->out[l->from]), in_arena(dy), mm_model_grad_ref(b->m, i, MM_WEIGHT),
             mm_model_grad_ref(b->m, i, MM_BIAS));
    }
    if (!b->grad[l->from])
        return;
    switch (l->kind) {
    case MM_LAYER_FC:
        desc.kind = MM_OP_FC_DX;
        op = prepared(b, &desc);
        dx = floats(b, xs.n * xs.c);
        STEP(b, op, in_arena(dy), mm_model_ref(b->m, i, MM_WEIGHT), in_arena(dx));
        break;
    case MM_LAYER_MAXPOOL:
        desc.kind = MM_OP_MAXPOOL_DX;
        op = prepared(b, &desc);
        dx = activation(b, xs);
        STEP(b, op, in_arena(dy), in_arena(b->saved[i]), in_arena(dx));
        break;
    default:
        desc.kind = l->kind == MM_LAYER_MEAN ? MM_OP_MEAN_DX : MM_OP_SHORTCUT_DX;
        desc.kernel = 0;
        op = prepared(b, &desc);
        dx = activation(b, xs);
        STEP(b, op, in_arena(dy), in_arena(dx));
    }
    contribute(b, (size_t)l->from, dx);
}

static void backward(build *b)
{
    for (size_t i = b->net->nlayers; i-- > 1 && !b->code;) {
        if (!b->grad[i])
            continue;
        switch (b->net->layers[i].kind) {
        case MM_LAYER_CONV: backward_conv(b, i); break;
        case MM_LAYER_NORM: backward_norm(b, i); break;
        default: backward_other(b, i);
        }
    }
}

/* ---- all ---- */

static void decide(build *b)
{
    const mm_net *net = b->net;
    for (size_t i = 1; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        b->grad[i] = b->x->config.mode == MM_TRAIN &&
                     (b->m->trained[i] || b->grad[l->from] || (l->add >= 0 && b->grad[l->add]));
        b->folded[i] = l->kind == MM_LAYER_NORM && is_fixed(b, i) && !b->grad[i];
    }
}

static int finish(build *b)
{
    mm_executor *x = b->x;
    int last = (int)x->nsteps;
    x->lifetimes[x->logits].last = last; /* results stay */
    if (x->config.mode == MM_TRAIN)
        x->lifetimes[x->losses].last = last;
    return mm_arena_plan(x->lifetimes, x->nlifetimes, x->aliases, x->naliases, &x->arena_bytes, b->error);
}

int mm_executor_compile(mm_executor *x, mm_error *error)
{
    const mm_net *net = x->model->net;
    size_t n = net->nlayers;
    if (x->model->group && x->config.sync && !x->model->b->groups)
        return mm_fail(error, MM_FAILURE, "device '%s' cannot compute statistics over several ranks", x->model->b->name);
    build b = {.x = x, .m = x->model, .net = net, .error = error};
    b.grad = calloc(n, sizeof *b.grad);
    b.folded = calloc(n, sizeof *b.folded);
    b.out = calloc(n, sizeof *b.out);
    b.saved = calloc(n, sizeof *b.saved);
    b.d = calloc(n, sizeof *b.d);
    b.nd = calloc(n, sizeof *b.nd);
    x->folds = calloc(n, sizeof *x->folds);
    x->counted = calloc(n, sizeof *x->counted);
    if (!b.grad || !b.folded || !b.out || !b.saved || !b.d || !b.nd || !x->folds || !x->counted) {
        b.code = mm_no_memory(error);
    } else {
        decide(&b);
        forward(&b);
        x->nforward = x->nsteps;
        if (x->config.mode == MM_TRAIN)
            backward(&b);
        if (!b.code)
            b.code = finish(&b);
        if (!b.code && x->config.exchange)
            b.code = mm_executor_buckets(x, MM_BUCKET, error);
    }
    free(b.grad);
    free(b.folded);
    free(b.out);
    free(b.saved);
    free(b.d);
    free(b.nd);
    return b.code;
}
