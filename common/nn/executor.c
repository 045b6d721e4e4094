/* Running what compile.c has put together: see executor.h. */
#include "common/nn/executor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/data_parallel.h"
#include "common/nn/internal.h"

/* ---- life ---- */

static int prepare_mix(mm_executor *x, mm_error *error)
{
    mm_op_desc desc = {.kind = MM_OP_MIX, .dtype = x->model->precision, .x = x->shapes[0], .y = x->shapes[0]};
    desc.x.c = desc.y.c = 1;
    return x->model->b->prepare(x->model->device, &desc, &x->mix, error);
}

int mm_executor_new(mm_model *model, const mm_executor_options *config, mm_executor **executor, mm_error *error)
{
    const mm_backend *b = model->b;
    mm_executor *x = calloc(1, sizeof *x);
    if (!x)
        return mm_no_memory(error);
    *x = (mm_executor){.model = model, .config = *config, .input_kind = -1};
    if (config->mode != MM_PREDICT)
        x->config.window = 0;
    x->config.exchange = config->exchange && model->group && b->sum;
    size_t rows = config->batch * sizeof(float);
    x->labels_at = 64;
    x->weights_at = 64 + mm_pad64(rows);
    x->warps_at = 2 * x->weights_at;
    x->seeds_at = x->warps_at + mm_pad64(config->batch * sizeof(mm_warp_plan));
    x->shares_at = x->seeds_at + (model->net->random ? mm_pad64(config->batch * sizeof(uint64_t)) : 0);
    x->others_at = x->shares_at + mm_pad64(rows);
    x->label_shares_at = x->others_at + mm_pad64(rows);
    x->places_at = config->mix ? x->label_shares_at + mm_pad64(rows) : x->shares_at;
    x->place_bytes = mm_pad64(config->batch * 2 * sizeof(int32_t));
    x->fixed_bytes = x->places_at + (config->first ? MM_CUTS * x->place_bytes : 0);
    x->shapes = calloc(model->net->nlayers, sizeof *x->shapes);
    x->staged = calloc(config->batch, sizeof *x->staged);
    int code = x->shapes && x->staged ? 0 : mm_no_memory(error);
    if (!code)
        code = mm_net_shapes(model->net, config->batch, config->height, config->width, x->config.window, x->shapes,
                             error);
    if (!code && !(x->fixed = b->alloc(model->device, x->fixed_bytes, error)))
        code = error->code;
    if (!code)
        code = mm_executor_compile(x, error);
    if (!code && config->mix)
        code = prepare_mix(x, error);
    if (!code && (!(x->folded = b->alloc(model->device, x->folded_bytes + 64, error)) ||
                  (x->kept_bytes && !(x->kept = b->alloc(model->device, x->kept_bytes, error)))))
        code = error->code;
    if (!code)
        code = mm_model_reserve(model, x->arena_bytes, x->scratch_bytes, error);
    if (code)
        mm_executor_free(x);
    else
        *executor = x;
    return code;
}

static void drop_recordings(mm_executor *x)
{
    for (int i = 0; i < MM_RECORDINGS; i++) {
        if (x->recording[i])
            x->model->b->forget(x->model->device, x->recording[i]);
        x->recording[i] = NULL;
    }
}

void mm_executor_free(mm_executor *x)
{
    if (!x)
        return;
    const mm_backend *b = x->model->b;
    mm_device *d = x->model->device;
    drop_recordings(x);
    for (size_t i = 0; i < x->nsteps; i++)
        b->release(d, x->steps[i].op);
    for (size_t i = 0; i < x->nfolds; i++)
        b->release(d, x->folds[i].copy);
    for (size_t i = 0; i < MM_RAW_KINDS; i++)
        b->release(d, x->input[i]);
    b->release(d, x->mix);
    b->free(d, x->raw[0]);
    b->free(d, x->raw[1]);
    b->free(d, x->fixed);
    b->free(d, x->folded);
    b->free(d, x->kept);
    free(x->shapes);
    free(x->steps);
    free(x->lifetimes);
    free(x->aliases);
    free(x->folds);
    free(x->counted);
    free(x->buckets);
    free(x->staged);
    free(x);
}

size_t mm_executor_count(const mm_executor *x, mm_op_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < x->nsteps; i++)
        n += x->steps[i].op->desc.kind == kind;
    return n;
}

size_t mm_executor_arena(const mm_executor *x) { return x->arena_bytes; }

static const mm_shape *result_shape(const mm_executor *x) { return &x->shapes[x->model->net->nlayers - 1]; }

void mm_executor_map(const mm_executor *x, size_t *height, size_t *width)
{
    *height = result_shape(x)->h;
    *width = result_shape(x)->w;
}

/* ---- input ---- */

/* The operation that makes input of what lies in `raw`. */
static mm_op **input_op(mm_executor *x) { return &x->input[x->input_kind + (x->warped ? MM_RAW_KINDS / 2 : 0)]; }

static const mm_dtype input_types[] = {MM_U8, MM_U16, MM_F32};

/* Which of them; -1: none. */
static int kind_of_input(mm_dtype dtype)
{
    int kind = MM_RAW_KINDS / 2 - 1;
    while (kind >= 0 && input_types[kind] != dtype)
        kind--;
    return kind;
}

static int prepare_input(mm_executor *x, int kind, bool warped, mm_error *error)
{
    mm_model *m = x->model;
    mm_op **op = &x->input[kind + (warped ? MM_RAW_KINDS / 2 : 0)];
    if (*op)
        return 0;
    mm_op_desc desc = {.kind = MM_OP_INPUT, .dtype = m->precision, .x = x->shapes[0], .y = x->shapes[0], .raw = input_types[kind],
                       .warp = warped};
    desc.x.c = desc.y.c = 1;
    if (m->b->prepare(m->device, &desc, op, error))
        return error->code;
    return mm_model_reserve(m, x->arena_bytes, (*op)->scratch_bytes, error);
}

/* From here on images are of that kind. */
static int set_input(mm_executor *x, int kind, bool warped, mm_error *error)
{
    x->input_kind = kind;
    x->warped = warped;
    return prepare_input(x, kind, warped, error);
}

/* Room for the images of a batch: twice where one may come while the other is read. */
static int raw_room(mm_executor *x, size_t bytes, mm_error *error)
{
    const mm_backend *b = x->model->b;
    mm_device *d = x->model->device;
    if (bytes <= x->raw_bytes)
        return 0;
    if (b->sync(d, error))
        return error->code;
    x->raw_bytes = x->nstaged = 0;
    for (int i = 0; i < (b->ahead ? 2 : 1); i++) {
        b->free(d, x->raw[i]);
        if (!(x->raw[i] = b->alloc(d, bytes, error)) || (b->ahead && b->used(d, i, error)))
            return error->code;
    }
    x->raw_bytes = bytes;
    return 0;
}

static size_t image_bytes(const mm_executor *x, mm_dtype dtype) { return x->config.height * x->config.width * mm_dtype_size(dtype); }

int mm_executor_reserve_input(mm_executor *x, mm_dtype dtype, bool warp, mm_error *error)
{
    const int kind = kind_of_input(dtype);
    if (kind < 0)
        return mm_fail(error, MM_USAGE, "images of type %s cannot be network input", mm_dtype_name(dtype));
    if (prepare_input(x, kind, false, error) || (warp && prepare_input(x, kind, true, error)))
        return error->code;
    return raw_room(x, x->config.batch * image_bytes(x, dtype), error);
}

static int bring(mm_executor *x, int slot, const void *const *images, size_t n, mm_dtype dtype, mm_error *error)
{
    const mm_backend *b = x->model->b;
    mm_device *d = x->model->device;
    const size_t bytes = image_bytes(x, dtype);
    char *to = x->raw[slot];
    for (size_t i = 0; i < n; i++, to += bytes)
        if (b->ahead ? b->ahead(d, slot, to, images[i], bytes, error) : b->upload(d, to, images[i], bytes, error))
            return error->code;
    return 0;
}

static bool is_staged(const mm_executor *x, const void *const *images, size_t n, mm_dtype dtype)
{
    return n == x->nstaged && dtype == x->staged_type && !memcmp(images, x->staged, n * sizeof *images);
}

int mm_executor_input(mm_executor *x, const void *const *images, size_t n, mm_dtype dtype, double full_scale,
                      double mean, double std, mm_error *error)
{
    const mm_backend *b = x->model->b;
    mm_device *d = x->model->device;
    const int kind = kind_of_input(dtype);
    if (kind < 0)
        return mm_fail(error, MM_USAGE, "images of type %s cannot be network input", mm_dtype_name(dtype));
    if (!n || n > x->config.batch || (x->config.mode == MM_TRAIN && n != x->config.batch))
        return mm_fail(error, MM_USAGE, "%zu images for a batch of %zu", n, x->config.batch);
    const size_t bytes = image_bytes(x, dtype), all = x->config.batch * bytes;
    if (set_input(x, kind, false, error) || raw_room(x, all, error))
        return error->code;
    const int slot = b->ahead ? 1 - x->slot : 0;
    if (!is_staged(x, images, n, dtype) && bring(x, slot, images, n, dtype, error))
        return error->code;
    x->slot = slot;
    x->nstaged = 0;
    const float s[16] = {(float)(255 / full_scale), (float)mean, (float)std};
    if (b->upload(d, x->fixed, s, sizeof s, error) ||
        (n < x->config.batch && b->zero(d, (char *)x->raw[slot] + n * bytes, all - n * bytes, error)))
        return error->code;
    x->filled = n;
    return 0;
}

int mm_executor_crop(mm_executor *x, size_t k, mm_executor *source, const int32_t *place, size_t n, mm_error *error)
{
    const mm_backend *b = x->model->b;
    const size_t bytes = 2 * n * sizeof *place, all = 2 * x->config.batch * sizeof *place;
    char *at = (char *)x->fixed + x->places_at + k * x->place_bytes;
    if (!source->kept || source->config.last != x->config.first || source->config.batch != x->config.cut[k].batch || !n || n > x->config.batch)
        return mm_fail(error, MM_FAILURE, "%zu crops for a batch of %zu", n, x->config.batch);
    if (x->source[k] != source->kept)
        x->generation = 0; /* its address is bound anew */
    x->source[k] = source->kept;
    x->filled = n;
    if (b->upload(x->model->device, at, place, bytes, error) || (n < x->config.batch && b->zero(x->model->device, at + bytes, all - bytes, error)))
        return error->code;
    return MM_OK;
}

int mm_executor_ahead(mm_executor *x, const void *const *images, size_t n, mm_dtype dtype, mm_error *error)
{
    x->nstaged = 0;
    if (!x->model->b->ahead || n > x->config.batch || x->config.batch * image_bytes(x, dtype) > x->raw_bytes)
        return 0;
    if (bring(x, 1 - x->slot, images, n, dtype, error))
        return error->code;
    memcpy(x->staged, images, n * sizeof *images);
    x->nstaged = n;
    x->staged_type = dtype;
    return 0;
}

int mm_executor_warp(mm_executor *x, const mm_warp_plan *plans, mm_error *error)
{
    if (x->input_kind < 0)
        return mm_fail(error, MM_FAILURE, "a warp without input");
    if (set_input(x, x->input_kind, true, error))
        return error->code;
    return x->model->b->upload(x->model->device, (char *)x->fixed + x->warps_at, plans, x->filled * sizeof *plans, error);
}

int mm_executor_labels(mm_executor *x, const int32_t *labels, const float *weights, mm_error *error)
{
    const mm_backend *b = x->model->b;
    size_t n = x->config.batch;
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= x->model->net->classes)
            return mm_fail(error, MM_DAMAGED, "label %d is not below %zu", (int)labels[i], x->model->net->classes);
    if (b->upload(x->model->device, (char *)x->fixed + x->labels_at, labels, n * sizeof *labels, error) ||
        b->upload(x->model->device, (char *)x->fixed + x->weights_at, weights, n * sizeof *weights, error))
        return error->code;
    return 0;
}

/* The loss of a mixed image is weight * share of its own and the rest of its partner's: one weight, and shares of the two labels. */
static int mix_labels(mm_executor *x, const int32_t *labels, const float *weights, const float *share, int32_t *others, float *both,
                      float *label_share, mm_error *error)
{
    const mm_backend *b = x->model->b;
    mm_device *d = x->model->device;
    const size_t n = x->config.batch, bytes = n * sizeof(float);
    char *fixed = x->fixed;
    for (size_t i = 0; i < n; i++) {
        const float own = share[i] * weights[i], rest = (1 - share[i]) * weights[n - 1 - i];
        others[i] = labels[n - 1 - i];
        both[i] = own + rest;
        label_share[i] = both[i] > 0 ? own / both[i] : 1;
    }
    if (mm_executor_labels(x, labels, both, error) || b->upload(d, fixed + x->shares_at, share, bytes, error) ||
        b->upload(d, fixed + x->others_at, others, bytes, error) || b->upload(d, fixed + x->label_shares_at, label_share, bytes, error))
        return error->code;
    return MM_OK;
}

int mm_executor_mix(mm_executor *x, const int32_t *labels, const float *weights, const float *share, mm_error *error)
{
    const size_t n = x->config.batch;
    int32_t *others = malloc(n * sizeof *others);
    float *both = malloc(2 * n * sizeof *both);
    int code = others && both ? mix_labels(x, labels, weights, share, others, both, both + n, error) : mm_no_memory(error);
    free(others);
    free(both);
    return code;
}

int mm_executor_seeds(mm_executor *x, const uint64_t *seeds, mm_error *error)
{
    const mm_model *m = x->model;
    if (x->config.mode != MM_TRAIN || !m->net->random)
        return MM_OK;
    return m->b->upload(m->device, (char *)x->fixed + x->seeds_at, seeds, x->config.batch * sizeof *seeds, error);
}

/* ---- folding ---- */

/* w' = w gamma / deviation, b' = beta + (b - mean) gamma / deviation, computed on the host. */
static int fold_one(mm_executor *x, const mm_fold *f, float *rows, float *vectors, mm_error *error)
{
    mm_model *m = x->model;
    const mm_net *net = m->net;
    const mm_weight *w = &net->weights[mm_net_weight(net, f->conv, MM_WEIGHT)];
    size_t out = w->dim[0], each = w->count / out;
    static const mm_weight_kind kinds[] = {MM_WEIGHT, MM_BIAS, MM_RUNNING_MEAN, MM_RUNNING_VAR};
    for (size_t k = 0; k < 4; k++) {
        size_t i = mm_net_weight(net, f->norm, kinds[k]);
        if (mm_model_read(m, i, m->slots[i].trainable ? m->master : m->running, vectors + k * out, error))
            return error->code;
    }
    if (mm_model_read(m, (size_t)(w - net->weights), m->master, rows, error))
        return error->code;
    const bool own = net->layers[f->conv].bias;
    if (own && mm_model_read(m, mm_net_weight(net, f->conv, MM_BIAS), m->master, vectors + 4 * out, error))
        return error->code;
    const float *gamma = vectors, *beta = vectors + out, *mean = vectors + 2 * out, *var = vectors + 3 * out;
    float *bias = vectors + 4 * out;
    for (size_t o = 0; o < out; o++) {
        double scale = gamma[o] / sqrt(var[o] + (double)net->layers[f->norm].epsilon);
        for (size_t i = 0; i < each; i++)
            rows[o * each + i] *= (float)scale;
        bias[o] = (float)(beta[o] + ((own ? bias[o] : 0) - mean[o]) * scale);
    }
    void *at = (char *)x->folded + f->weights;
    if (m->b->upload(m->device, f->copy ? m->staging : at, rows, w->count * sizeof *rows, error) ||
        m->b->upload(m->device, (char *)x->folded + f->bias, bias, out * sizeof *bias, error))
        return error->code;
    void *args[MM_OP_ARGS] = {m->staging, at};
    return f->copy ? m->b->run(m->device, f->copy, args, m->scratch, error) : 0;
}

/* Folded weights follow the model's: in training (where they are frozen) when all are set, else always. */
static int fold(mm_executor *x, mm_error *error)
{
    mm_model *m = x->model;
    const bool training = x->config.mode == MM_TRAIN;
    if (!x->nfolds || (x->fold_set == m->set + 1 && (training || x->fold_moved == m->moved)))
        return 0;
    size_t widest = 0;
    for (size_t i = 0; i < m->net->nlayers; i++)
        widest = m->net->layers[i].out > widest ? m->net->layers[i].out : widest;
    float *rows = malloc(m->staging_bytes), *vectors = malloc(5 * widest * sizeof *vectors);
    int code = rows && vectors ? 0 : mm_no_memory(error);
    for (size_t i = 0; i < x->nfolds && !code; i++)
        code = fold_one(x, &x->folds[i], rows, vectors, error);
    free(rows);
    free(vectors);
    x->fold_set = m->set + 1;
    x->fold_moved = m->moved;
    return code;
}

/* ---- running ---- */

static void *address(const mm_executor *x, const mm_ref *r)
{
    if (r->tensor >= 0)
        return (char *)x->model->arena + x->lifetimes[r->tensor].offset;
    return r->base ? (char *)*r->base + r->offset : NULL;
}

static void bind(mm_executor *x)
{
    if (x->generation == x->model->generation)
        return;
    drop_recordings(x);
    for (size_t i = 0; i < x->nsteps; i++)
        for (size_t k = 0; k < MM_OP_ARGS; k++)
            x->steps[i].args[k] = address(x, &x->steps[i].ref[k]);
    x->generation = x->model->generation;
}

/* What lies in raw becomes the network's input. Not recorded: where raw is changes. */
static int make_input(mm_executor *x, mm_error *error)
{
    mm_model *m = x->model;
    const mm_ref y = {.tensor = x->input_tensor};
    void *args[MM_OP_ARGS] = {x->raw[x->slot], x->fixed, address(x, &y), (char *)x->fixed + x->warps_at};
    if ((m->b->arrived && m->b->arrived(m->device, x->slot, error)) || m->b->run(m->device, *input_op(x), args, m->scratch, error) ||
        (m->b->used && m->b->used(m->device, x->slot, error)))
        return error->code;
    void *mixed[MM_OP_ARGS] = {address(x, &y), (char *)x->fixed + x->shares_at};
    return x->mix ? m->b->run(m->device, x->mix, mixed, m->scratch, error) : 0;
}

static int run_steps(mm_executor *x, size_t first, size_t last, mm_error *error)
{
    mm_model *m = x->model;
    for (size_t i = first, sent = 0; i < last; i++)
        if (m->b->run(m->device, x->steps[i].op, x->steps[i].args, m->scratch, error) ||
            mm_executor_exchange(x, i, &sent, error))
            return error->code;
    return 0;
}

static int enqueue(mm_executor *x, mm_recorded what, mm_error *error)
{
    mm_model *m = x->model;
    switch (what) {
    case MM_FORWARD: return run_steps(x, 0, x->nforward, error);
    case MM_BACKWARD: return run_steps(x, x->nforward, x->nsteps, error);
    default: break;
    }
    if (((what == MM_STEP_MIDDLE || what == MM_STEP_LAST) && mm_model_sum(m, true, error)) ||
        run_steps(x, 0, x->nsteps, error) || (what == MM_STEP_FIRST && mm_model_clear_total(m, error)) ||
        (what == MM_STEP_LAST && mm_model_sum(m, false, error)))
        return error->code;
    return what == MM_STEP_WHOLE || what == MM_STEP_LAST ? mm_model_run_update(m, error) : 0;
}

/* Where the device can, it is recorded the second time and from then on replayed; the first time loads what must not be
 * loaded while recording. */
static int run(mm_executor *x, mm_recorded what, mm_error *error)
{
    mm_model *m = x->model;
    const bool talk = (x->model->group && x->config.sync) || (x->config.exchange && what != MM_FORWARD);
    if (!m->b->begin || talk || !x->warm[what]) { /* talk among ranks is not recorded */
        x->warm[what] = true;
        return enqueue(x, what, error);
    }
    if (!x->recording[what]) {
        if (m->b->begin(m->device, error))
            return error->code;
        int code = enqueue(x, what, error);
        mm_error ignored;
        if (m->b->end(m->device, &x->recording[what], code ? &ignored : error) && !code)
            code = error->code;
        if (code)
            return code;
    }
    return m->b->replay(m->device, x->recording[what], error);
}

/* A forward was enqueued. */
static void count(mm_executor *x)
{
    mm_model *m = x->model;
    for (size_t i = 0; i < x->ncounted; i++)
        m->batches[x->counted[i]]++;
    m->moved += x->ncounted > 0;
    x->ready = true;
}

int mm_executor_forward(mm_executor *x, mm_error *error)
{
    if (x->config.first ? !x->source[0] : x->input_kind < 0)
        return mm_fail(error, MM_FAILURE, "a forward without input");
    bind(x);
    if (fold(x, error) || (!x->config.first && make_input(x, error)) || run(x, MM_FORWARD, error))
        return error->code;
    count(x);
    return 0;
}

int mm_executor_backward(mm_executor *x, bool accumulate, mm_error *error)
{
    if (x->config.mode != MM_TRAIN || !x->ready)
        return mm_fail(error, MM_FAILURE, "a backward without its forward");
    if (accumulate && mm_model_put_aside(x->model, error))
        return error->code;
    if (!accumulate)
        x->model->pending = false;
    bind(x);
    if (run(x, MM_BACKWARD, error))
        return error->code;
    mm_model *m = x->model;
    m->summed = x->config.exchange;
    return m->summed ? m->b->summed(m->device, error) : 0;
}

int mm_executor_explain(mm_executor *x, const float *seed, mm_error *error)
{
    const mm_model *m = x->model;
    const mm_shape *s = result_shape(x);
    const mm_ref to = {.tensor = x->seed};
    if (x->config.mode != MM_EXPLAIN || !x->ready)
        return mm_fail(error, MM_FAILURE, "an explanation without its forward");
    bind(x);
    if (m->b->upload(m->device, address(x, &to), seed, s->n * s->c * sizeof *seed, error))
        return error->code;
    return run(x, MM_BACKWARD, error);
}

/* Ranks meet before the update, which no device records. */
static int step_with_ranks(mm_executor *x, bool first, bool last, const double *lr, double weight_decay, mm_error *error)
{
    if (mm_executor_forward(x, error) || mm_executor_backward(x, !first, error))
        return error->code;
    if (last && (mm_data_parallel_gradients(x->model, error) || mm_model_update(x->model, lr, weight_decay, error)))
        return error->code;
    return 0;
}

int mm_executor_step(mm_executor *x, bool first, bool last, const double *lr, double weight_decay, mm_error *error)
{
    mm_model *m = x->model;
    if (m->group)
        return step_with_ranks(x, first, last, lr, weight_decay, error);
    const mm_recorded what = first ? (last ? MM_STEP_WHOLE : MM_STEP_FIRST) : last ? MM_STEP_LAST : MM_STEP_MIDDLE;
    if (x->config.mode != MM_TRAIN || x->input_kind < 0 || (!first && !m->pending))
        return mm_fail(error, MM_FAILURE, "a step without %s", first ? "input" : "its first micro-batch");
    if (mm_model_ready(m, !(first && last), error))
        return error->code;
    bind(x);
    if (fold(x, error) || (last && mm_model_begin_update(m, lr, weight_decay, error)) || make_input(x, error) || run(x, what, error))
        return error->code;
    count(x);
    m->pending = !last;
    if (last)
        mm_model_end_update(m);
    return 0;
}

/* ---- results ---- */

static int fetch(mm_executor *x, int tensor, float *to, size_t count, mm_error *error)
{
    const mm_ref r = {.tensor = tensor};
    if (!x->ready)
        return mm_fail(error, MM_FAILURE, "results without a forward");
    return x->model->b->download(x->model->device, to, address(x, &r), count * sizeof *to, error);
}

int mm_executor_fetch(mm_executor *x, float *losses, float *logits, mm_error *error)
{
    const mm_model *m = x->model;
    const mm_shape *s = result_shape(x);
    const mm_ref from[2] = {{.tensor = x->losses}, {.tensor = x->logits}};
    const size_t bytes[2] = {x->config.batch * sizeof(float), s->n * s->h * s->w * m->net->classes * sizeof(float)};
    float *const to[2] = {losses, logits};
    if ((losses && x->config.mode != MM_TRAIN) || !x->ready)
        return mm_fail(error, MM_FAILURE, "results without a step");
    for (int i = losses ? 0 : 1; i < 2; i++)
        if ((m->b->fetch ? m->b->fetch : m->b->download)(m->device, to[i], address(x, &from[i]), bytes[i], error))
            return error->code;
    return 0;
}

int mm_executor_logits(mm_executor *x, float *logits, mm_error *error)
{
    const mm_shape *s = result_shape(x);
    return fetch(x, x->logits, logits, s->n * s->h * s->w * x->model->net->classes, error);
}

void mm_executor_shape(const mm_executor *x, size_t layer, size_t *height, size_t *width)
{
    *height = x->shapes[layer].h;
    *width = x->shapes[layer].w;
}

size_t mm_executor_batch(const mm_executor *x) { return x->config.batch; }

void mm_executor_feature_shape(const mm_executor *x, int *ndim, size_t dim[3])
{
    const mm_shape *s = &x->shapes[x->config.feature];
    *ndim = x->config.pool || x->model->net->layers[x->config.feature].rows ? 1 : 3;
    dim[0] = s->c;
    dim[1] = *ndim == 3 ? s->h : 1;
    dim[2] = *ndim == 3 ? s->w : 1;
}

size_t mm_executor_feature_size(const mm_executor *x)
{
    int ndim;
    size_t dim[3];
    mm_executor_feature_shape(x, &ndim, dim);
    return dim[0] * dim[1] * dim[2];
}

int mm_executor_feature(mm_executor *x, float *feature, mm_error *error)
{
    if (!x->config.feature)
        return mm_fail(error, MM_FAILURE, "no layer's output was kept");
    return fetch(x, x->feature, feature, x->config.batch * mm_executor_feature_size(x), error);
}

int mm_executor_gradient(mm_executor *x, float *gradient, mm_error *error)
{
    if (x->config.mode != MM_EXPLAIN)
        return mm_fail(error, MM_FAILURE, "no gradient was computed");
    return fetch(x, x->gradient, gradient, x->config.batch * mm_executor_feature_size(x), error);
}

void mm_executor_softmax(float *p, size_t rows, size_t classes)
{
    for (size_t r = 0; r < rows; r++, p += classes) {
        double top = p[0], sum = 0;
        for (size_t k = 1; k < classes; k++)
            top = p[k] > top ? p[k] : top;
        for (size_t k = 0; k < classes; k++)
            sum += exp(p[k] - top);
        for (size_t k = 0; k < classes; k++)
            p[k] = (float)(exp(p[k] - top) / sum);
    }
}

int mm_executor_probabilities(mm_executor *x, float *p, mm_error *error)
{
    const mm_shape *s = result_shape(x);
    if (mm_executor_logits(x, p, error))
        return error->code;
    mm_executor_softmax(p, s->n * s->h * s->w, x->model->net->classes);
    return 0;
}

int mm_executor_loss(mm_executor *x, double *loss, mm_error *error)
{
    size_t n = x->config.batch;
    if (x->config.mode != MM_TRAIN)
        return mm_fail(error, MM_FAILURE, "a loss without training");
    float *each = malloc(n * sizeof *each);
    if (!each)
        return mm_no_memory(error);
    int code = fetch(x, x->losses, each, n, error);
    *loss = 0;
    for (size_t i = 0; i < n && !code; i++)
        *loss += each[i];
    free(each);
    return code;
}
