/* From a network and a configuration to a list of prepared operations: see executor.h and build.h.
 *
 * Forward operations come in the order of the layers, backward ones in reverse; what they are is each kind's own (layer/). A
 * layer's output gets a gradient only if something at or below it is trained, or explained, so work stops at the lowest such layer by
 * itself. */
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/nn/build.h"

/* ---- the builder ---- */

/* Room for one more element in one of the executor's lists; false after a failure. */
static bool make_room(mm_build *b, void *list, size_t *room, size_t n, size_t size)
{
    if (!b->code)
        b->code = mm_grow(list, room, n + 1, size, b->error);
    return !b->code;
}

int mm_build_tensor(mm_build *b, size_t bytes)
{
    mm_executor *x = b->x;
    if (!make_room(b, &x->lifetimes, &x->lifetimes_room, x->nlifetimes, sizeof *x->lifetimes))
        return 0;
    int at = (int)x->nsteps;
    x->lifetimes[x->nlifetimes] = (mm_lifetime){mm_pad64(bytes), 0, at, at, (int)x->nlifetimes};
    return (int)x->nlifetimes++;
}

static int activation(mm_build *b, mm_shape shape)
{
    const mm_format *f = b->code ? NULL : b->m->b->activation(b->m->device, b->m->precision, shape, b->error);
    if (!f && !b->code)
        b->code = b->error->code;
    return f ? mm_build_tensor(b, f->bytes) : 0;
}

static int floats(mm_build *b, size_t count) { return mm_build_tensor(b, count * sizeof(float)); }

static size_t count_of(mm_shape s) { return s.n * s.c * s.h * s.w; }

int mm_build_output(mm_build *b, size_t layer)
{
    const mm_shape s = b->x->shapes[layer];
    return mm_build_layer(b, layer)->rows ? floats(b, count_of(s)) : activation(b, s);
}

mm_op *mm_build_prepare(mm_build *b, const mm_op_desc *desc)
{
    mm_op *op = NULL;
    if (!b->code)
        b->code = b->m->b->prepare(b->m->device, desc, &op, b->error);
    return b->code ? NULL : op;
}

void mm_build_append(mm_build *b, mm_op *op, size_t n, const mm_ref *refs)
{
    mm_executor *x = b->x;
    if (!op || !make_room(b, &x->steps, &x->steps_room, x->nsteps, sizeof *x->steps)) {
        b->m->b->release(b->m->device, op);
        return;
    }
    mm_prepared *s = &x->steps[x->nsteps];
    *s = (mm_prepared){.op = op};
    for (size_t i = 0; i < MM_OP_ARGS; i++) {
        s->ref[i] = i < n ? refs[i] : mm_nothing();
        if (s->ref[i].tensor >= 0)
            x->lifetimes[s->ref[i].tensor].last = (int)x->nsteps;
    }
    if (op->scratch_bytes > x->scratch_bytes)
        x->scratch_bytes = op->scratch_bytes;
    x->nsteps++;
}

void mm_build_alias(mm_build *b, int dst, int src)
{
    mm_executor *x = b->x;
    if (make_room(b, &x->aliases, &x->aliases_room, x->naliases, sizeof *x->aliases))
        x->aliases[x->naliases++] = (mm_alias){dst, src, (int)x->nsteps - 1};
}

mm_op_desc mm_build_desc(const mm_build *b, size_t layer, mm_op_kind kind)
{
    const mm_layer *l = mm_build_layer(b, layer);
    const bool rows = mm_build_layer(b, (size_t)l->from)->rows;
    return (mm_op_desc){.kind = kind, .dtype = rows ? MM_F32 : b->m->precision, .x = b->x->shapes[l->from], .y = b->x->shapes[layer],
                        .kernel = l->kernel, .stride = l->stride, .pad = l->pad, .limit = l->limit, .rows = rows};
}

void mm_build_extras(const mm_build *b, const mm_unit *u, mm_op_desc *desc)
{
    desc->add = u->add >= 0;
    desc->relu = u->relu >= 0;
    desc->limit = desc->relu ? mm_build_layer(b, (size_t)u->relu)->limit : 0;
}

/* One value of each channel has no variance: nothing would be left of it, and the running variance would go to 0. */
static bool is_single(const mm_build *b, size_t layer)
{
    const size_t ranks = b->x->config.sync && b->m->group ? b->m->group->size : 1;
    const mm_shape s = b->x->shapes[layer];
    return s.n * s.h * s.w * ranks == 1;
}

bool mm_build_is_fixed(const mm_build *b, size_t layer)
{
    return b->x->config.mode != MM_TRAIN || (b->x->config.bn == MM_BN_FROZEN && !b->m->trained[layer]) || is_single(b, layer);
}

bool mm_build_is_trained(const mm_build *b, size_t layer) { return b->x->config.mode == MM_TRAIN && b->m->trained[layer]; }

/* dst += src, both of the layer's shape. */
static void add_up(mm_build *b, size_t layer, int dst, int src)
{
    const mm_shape s = b->x->shapes[layer];
    const bool rows = mm_build_layer(b, layer)->rows;
    mm_op *op = mm_build_prepare(b, &(mm_op_desc){.kind = MM_OP_ADD, .dtype = rows ? MM_F32 : b->m->precision, .x = s, .y = s, .rows = rows});
    MM_APPEND(b, op, mm_in_arena(dst), mm_in_arena(src), mm_in_arena(dst));
}

void mm_build_contribute(mm_build *b, size_t layer, int t)
{
    if (b->nd[layer] == 2) { /* two are added up by who takes them; more, here */
        add_up(b, layer, t, b->d[layer][1]);
        b->nd[layer] = 1;
    }
    b->d[layer][b->nd[layer]++] = t;
}

int mm_build_gradient(mm_build *b, size_t layer)
{
    if (b->nd[layer] == 2) {
        add_up(b, layer, b->d[layer][0], b->d[layer][1]);
        b->nd[layer] = 1;
    }
    return b->d[layer][0];
}

void mm_build_apply(mm_build *b, const mm_unit *u, const mm_op_desc *desc, bool in_place)
{
    const mm_layer *l = mm_build_layer(b, u->head);
    mm_op *op = mm_build_prepare(b, desc);
    const int x = b->out[l->from], y = b->out[u->tail] = mm_build_output(b, u->tail);
    if (l->second >= 0)
        MM_APPEND(b, op, mm_in_arena(x), mm_in_arena(b->out[l->second]), mm_in_arena(y));
    else
        MM_APPEND(b, op, mm_in_arena(x), mm_in_arena(y));
    if (in_place)
        mm_build_alias(b, y, x);
}

void mm_build_apply_dx(mm_build *b, const mm_unit *u, const mm_op_desc *desc, int kept, bool in_place)
{
    const size_t from = (size_t)mm_build_layer(b, u->head)->from;
    const int dy = mm_build_gradient(b, u->tail);
    mm_op *op = mm_build_prepare(b, desc);
    const int dx = mm_build_output(b, from);
    if (kept >= 0)
        MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(kept), mm_in_arena(dx));
    else
        MM_APPEND(b, op, mm_in_arena(dy), mm_in_arena(dx));
    if (in_place)
        mm_build_alias(b, dx, dy);
    mm_build_contribute(b, from, dx);
}

/* ---- units ---- */

static bool has_gradient(const mm_build *b, size_t i)
{
    const mm_layer *l = mm_build_layer(b, i);
    const bool explained = b->x->config.mode == MM_EXPLAIN && i == b->x->config.feature;
    return explained || mm_build_is_trained(b, i) || b->grad[l->from] || (l->second >= 0 && b->grad[l->second]);
}

/* True if nothing but one layer reads the output, so that it need not exist. */
static bool is_inner(const mm_build *b, size_t layer)
{
    const mm_executor_options *c = &b->x->config;
    return layer > c->first && b->readers[layer] == 1 && layer != c->feature;
}

/* The executor's layers are those behind config.first up to this one. */
static size_t last_layer(const mm_build *b) { return b->x->config.last ? b->x->config.last : b->net->nlayers - 1; }

/* Gives the unit another end. */
static void end_with(mm_build *b, const mm_unit *u)
{
    const int members[] = {(int)u->head, u->norm, u->add, u->relu};
    b->unit[u->tail] = *u;
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        if (members[k] >= 0)
            b->tail[members[k]] = u->tail;
}

static void form_units(mm_build *b)
{
    const mm_net *net = b->net;
    const size_t begin = b->x->config.first + 1, end = last_layer(b) + 1;
    for (size_t i = begin; i < end; i++) {
        const mm_layer *l = &net->layers[i];
        b->readers[l->from]++;
        if (l->second >= 0)
            b->readers[l->second]++;
        b->grad[i] = has_gradient(b, i);
    }
    for (size_t i = begin; i < end; i++) {
        const mm_layer *l = &net->layers[i];
        const size_t from = (size_t)l->from;
        mm_unit u = b->unit[from];
        if (is_inner(b, from) && l->kind->joins && b->tail[from] == from && l->kind->joins(b, &u, i)) {
            u.tail = i;
            end_with(b, &u);
        } else {
            end_with(b, &(mm_unit){.head = i, .tail = i, .norm = -1, .add = -1, .relu = -1});
        }
    }
    for (size_t i = begin; i < end; i++) {
        mm_unit u = b->unit[i];
        const mm_layer_kind *kind = net->layers[u.head].kind;
        const size_t from = (size_t)net->layers[u.head].from;
        if (b->tail[i] == i && kind->folds && is_inner(b, from) && b->tail[from] == from && kind->folds(b, &u, from))
            end_with(b, &u);
    }
}

/* ---- the passes ---- */

static void add_loss(mm_build *b)
{
    mm_executor *x = b->x;
    const size_t rows = x->config.batch, classes = b->net->classes;
    mm_op *op = mm_build_prepare(b, &(mm_op_desc){.kind = MM_OP_LOSS, .x = {rows, classes, 1, 1}, .smoothing = x->config.smoothing,
                                                     .mix = x->config.mix});
    x->losses = floats(b, rows);
    const int p = floats(b, rows * classes), d = floats(b, rows * classes);
    MM_APPEND(b, op, mm_in_arena(x->logits), (mm_ref){&x->fixed, x->labels_at, -1}, (mm_ref){&x->fixed, x->weights_at, -1},
              mm_in_arena(x->losses), mm_in_arena(p), mm_in_arena(d), (mm_ref){x->config.mix ? &x->fixed : NULL, x->others_at, -1},
              (mm_ref){x->config.mix ? &x->fixed : NULL, x->label_shares_at, -1});
    mm_build_contribute(b, b->net->nlayers - 1, d);
}

/* Tensor t of the layer that the caller reads, as fp32 rows. */
static int add_readable(mm_build *b, int t)
{
    mm_executor *x = b->x;
    const size_t layer = x->config.feature;
    const mm_shape s = x->shapes[layer];
    if (!layer || b->code || mm_build_layer(b, layer)->rows)
        return t;
    mm_op_desc desc = {.kind = MM_OP_MEAN, .dtype = b->m->precision, .x = s, .y = {s.n, s.c, 1, 1}};
    if (!x->config.pool) {
        const size_t dim[4] = {s.n, s.c, s.h, s.w};
        desc.kind = MM_OP_COPY;
        desc.from = b->m->b->activation(b->m->device, b->m->precision, s, b->error);
        desc.to = desc.from ? b->m->b->rows(b->m->device, MM_F32, 4, dim, b->error) : NULL;
        if (!desc.to) {
            b->code = b->error->code;
            return t;
        }
    }
    mm_op *op = mm_build_prepare(b, &desc);
    const int rows = floats(b, x->config.pool ? s.n * s.c : count_of(s));
    MM_APPEND(b, op, mm_in_arena(t), mm_in_arena(rows));
    return rows;
}

/* What the first layer reads: images, or columns of other executors' outputs. */
static void begin_forward(mm_build *b)
{
    mm_executor *x = b->x;
    const mm_executor_options *c = &x->config;
    mm_shape input = x->shapes[c->first];
    if (!c->first) {
        input.c = 1;
        b->out[0] = x->input_tensor = activation(b, input);
        return;
    }
    b->out[c->first] = activation(b, input);
    for (size_t k = 0; k < MM_CUTS; k++) {
        const mm_cut *cut = &c->cut[k];
        const mm_op_desc desc = {.kind = MM_OP_CROP, .dtype = b->m->precision, .x = {cut->batch, input.c, input.h, cut->width}, .y = input,
                                 .at = cut->at, .columns = cut->columns};
        if (cut->columns)
            MM_APPEND(b, mm_build_prepare(b, &desc), (mm_ref){&x->source[k], 0, -1},
                      (mm_ref){&x->fixed, x->places_at + k * x->place_bytes, -1}, mm_in_arena(b->out[c->first]));
    }
}

/* The output of the part's last layer stays, for other executors. */
static void keep_last(mm_build *b)
{
    mm_executor *x = b->x;
    const size_t last = x->config.last;
    const mm_format *f = b->code ? NULL : b->m->b->activation(b->m->device, b->m->precision, x->shapes[last], b->error);
    if (!f) {
        b->code = b->error->code;
        return;
    }
    mm_op *op = mm_build_prepare(b, &(mm_op_desc){.kind = MM_OP_COPY, .from = f, .to = f});
    x->kept_bytes = f->bytes;
    MM_APPEND(b, op, mm_in_arena(b->out[last]), (mm_ref){&x->kept, 0, -1});
}

static void forward(mm_build *b)
{
    mm_executor *x = b->x;
    const size_t last = last_layer(b);
    begin_forward(b);
    for (size_t i = x->config.first + 1; i <= last && !b->code; i++)
        if (b->tail[i] == i)
            b->net->layers[b->unit[i].head].kind->forward(b, &b->unit[i]);
    x->logits = b->out[last];
    if (x->config.last)
        keep_last(b);
    x->feature = add_readable(b, b->out[x->config.feature]);
    if (!b->code && x->config.mode == MM_TRAIN)
        add_loss(b);
}

/* The gradients of all units behind a layer. */
static void backward(mm_build *b, size_t layer)
{
    for (size_t i = b->net->nlayers; i-- > layer + 1 && !b->code;)
        if (b->tail[i] == i && b->grad[i])
            b->net->layers[b->unit[i].head].kind->backward(b, &b->unit[i]);
}

/* From the gradient of the logits, which the caller writes between forward and backward. */
static void explain(mm_build *b)
{
    mm_executor *x = b->x;
    x->seed = floats(b, count_of(x->shapes[b->net->nlayers - 1]));
    mm_build_contribute(b, b->net->nlayers - 1, x->seed);
    backward(b, x->config.feature);
    if (!b->code && !b->nd[x->config.feature])
        b->code = mm_fail(b->error, MM_USAGE, "the logits of %s do not depend on a layer", b->net->description);
    x->gradient = add_readable(b, mm_build_gradient(b, x->config.feature));
}

static int finish(mm_build *b)
{
    mm_executor *x = b->x;
    int last = (int)x->nsteps;
    x->lifetimes[x->logits].last = last; /* results stay */
    if (x->config.mode == MM_TRAIN)
        x->lifetimes[x->losses].last = last;
    if (x->config.feature)
        x->lifetimes[x->feature].last = last;
    if (x->config.mode == MM_EXPLAIN)
        x->lifetimes[x->gradient].last = last;
    return mm_arena_plan(x->lifetimes, x->nlifetimes, x->aliases, x->naliases, &x->arena_bytes, b->error);
}

static void *zeros(mm_build *b, size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (!p)
        b->code = mm_no_memory(b->error);
    return p;
}

int mm_executor_compile(mm_executor *x, mm_error *error)
{
    const mm_net *net = x->model->net;
    size_t n = net->nlayers;
    if (x->model->group && x->config.sync && !x->model->b->groups)
        return mm_fail(error, MM_FAILURE, "device '%s' cannot compute statistics over several ranks", x->model->b->name);
    mm_build b = {.x = x, .m = x->model, .net = net, .error = error};
    b.grad = zeros(&b, n, sizeof *b.grad);
    b.readers = zeros(&b, n, sizeof *b.readers);
    b.tail = zeros(&b, n, sizeof *b.tail);
    b.unit = zeros(&b, n, sizeof *b.unit);
    b.out = zeros(&b, n, sizeof *b.out);
    b.saved = zeros(&b, n, sizeof *b.saved);
    b.d = zeros(&b, n, sizeof *b.d);
    b.nd = zeros(&b, n, sizeof *b.nd);
    x->folds = zeros(&b, n, sizeof *x->folds);
    x->counted = zeros(&b, n, sizeof *x->counted);
    if (!b.code) {
        form_units(&b);
        forward(&b);
        x->nforward = x->nsteps;
        if (x->config.mode == MM_TRAIN)
            backward(&b, 0);
        if (x->config.mode == MM_EXPLAIN)
            explain(&b);
        if (!b.code)
            b.code = finish(&b);
        if (!b.code && x->config.exchange)
            b.code = mm_executor_buckets(x, MM_BUCKET, error);
    }
    free(b.grad);
    free(b.readers);
    free(b.tail);
    free(b.unit);
    free(b.out);
    free(b.saved);
    free(b.d);
    free(b.nd);
    return b.code;
}
