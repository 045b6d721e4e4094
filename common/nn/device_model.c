/* A network's numbers on a device: see executor.h. */
#include <stdlib.h>
#include <string.h>

#include "common/nn/data_parallel.h"
#include "common/nn/internal.h"
#include "common/nn/layer.h"

enum { SCALAR_BYTES = MM_PARTS * MM_SCALARS * sizeof(float) };

mm_ref mm_model_ref(const mm_model *model, size_t layer, mm_weight_kind kind)
{
    const mm_slot *s = &model->slots[mm_net_weight(model->net, layer, kind)];
    return (mm_ref){s->trainable ? &model->master : &model->running, s->offset, -1};
}

mm_ref mm_model_grad_ref(const mm_model *model, size_t layer, mm_weight_kind kind)
{
    return (mm_ref){&model->grad, model->slots[mm_net_weight(model->net, layer, kind)].offset, -1};
}

/* ---- making ---- */

static int make_slot(mm_model *m, size_t i, const mm_shape *shapes, mm_error *error)
{
    const mm_weight *w = &m->net->weights[i];
    mm_slot *s = &m->slots[i];
    if (w->kind == MM_BATCHES)
        return 0;
    s->trainable = w->kind == MM_WEIGHT || w->kind == MM_BIAS;
    s->storage = s->rows = m->b->rows(m->device, MM_F32, w->ndim, w->dim, error);
    if (!s->rows)
        return error->code;
    const mm_layer_kind *kind = m->net->layers[w->layer].kind;
    if (kind->storage && w->kind == MM_WEIGHT) {
        mm_op_desc conv = kind->storage(m->net, (size_t)w->layer, shapes, m->precision);
        s->storage = m->b->weights(m->device, &conv, error);
        if (!s->storage)
            return error->code;
    }
    if (s->storage != s->rows) {
        mm_op_desc copy = {.kind = MM_OP_COPY, .from = s->storage, .to = s->rows};
        if (m->b->prepare(m->device, &copy, &s->to_rows, error))
            return error->code;
        copy.from = s->rows;
        copy.to = s->storage;
        if (m->b->prepare(m->device, &copy, &s->from_rows, error))
            return error->code;
    }
    size_t *end = s->trainable ? &m->trainable_bytes : &m->running_bytes;
    s->offset = *end;
    *end += mm_pad64(s->storage->bytes);
    if (s->rows->bytes > m->staging_bytes)
        m->staging_bytes = s->rows->bytes;
    const mm_op *const ops[] = {s->to_rows, s->from_rows};
    for (size_t k = 0; k < 2; k++)
        if (ops[k] && ops[k]->scratch_bytes > m->scratch_bytes)
            m->scratch_bytes = ops[k]->scratch_bytes;
    return 0;
}

int mm_model_take(mm_model *m, void **buffer, size_t bytes, mm_error *error)
{
    *buffer = m->b->alloc(m->device, bytes ? bytes : 64, error);
    return *buffer ? 0 : error->code;
}

int mm_model_new(const mm_net *net, mm_device *device, mm_dtype precision, size_t batch, size_t height, size_t width,
                 mm_model **model, mm_error *error)
{
    if (precision != MM_F32 && precision != MM_BF16)
        return mm_fail(error, MM_USAGE, "precision %s: only f32 and bf16 are possible", mm_dtype_name(precision));
    mm_model *m = calloc(1, sizeof *m);
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    if (m) {
        *m = (mm_model){.net = net, .device = device, .b = device->backend, .precision = precision};
        mm_model_optimiser(m, &m->optimiser);
        m->slots = calloc(net->nweights, sizeof *m->slots);
        m->batches = calloc(net->nweights, sizeof *m->batches);
        m->trained = calloc(net->nlayers, sizeof *m->trained);
        m->part = calloc(net->nlayers, sizeof *m->part);
    }
    int code = 0;
    if (!m || !shapes || !m->slots || !m->batches || !m->trained || !m->part)
        code = mm_no_memory(error);
    if (!code)
        code = mm_net_shapes(net, batch, height, width, 0, shapes, error);
    for (size_t i = 0; i < net->nweights && !code; i++)
        code = make_slot(m, i, shapes, error);
    free(shapes);
    if (!code && (mm_model_take(m, &m->master, m->trainable_bytes, error) || mm_model_take(m, &m->running, m->running_bytes, error) ||
                  mm_model_take(m, &m->staging, m->staging_bytes, error) || mm_model_take(m, &m->scalars, SCALAR_BYTES, error) ||
                  mm_model_take(m, &m->scratch, m->scratch_bytes, error)))
        code = error->code;
    if (code)
        mm_model_free(m);
    else
        *model = m;
    return code;
}

void mm_model_drop_multi_tensor(mm_model *m)
{
    mm_op **const ops[] = {&m->multi_tensor.update, &m->multi_tensor.clip, &m->multi_tensor.sum};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        m->b->release(m->device, *ops[i]);
        *ops[i] = NULL;
    }
    m->ready = false;
    free(m->ranges);
    m->ranges = NULL;
    m->nranges = 0;
}

void mm_model_free(mm_model *m)
{
    if (!m)
        return;
    mm_data_parallel_leave(m);
    mm_model_drop_multi_tensor(m);
    m->b->free(m->device, m->multi_tensor.chunks);
    while (m->copies) {
        mm_copy *c = m->copies;
        m->copies = c->next;
        m->b->release(m->device, c->op);
        m->b->free(m->device, c->data);
        free(c);
    }
    for (size_t i = 0; m->slots && i < m->net->nweights; i++) {
        m->b->release(m->device, m->slots[i].to_rows);
        m->b->release(m->device, m->slots[i].from_rows);
    }
    void *const buffers[] = {m->master, m->grad, m->m, m->v, m->total, m->running, m->scalars, m->staging, m->arena,
                             m->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        m->b->free(m->device, buffers[i]);
    mm_average_free(m);
    free(m->slots);
    free(m->batches);
    free(m->trained);
    free(m->part);
    free(m);
}

int mm_model_reserve(mm_model *m, size_t arena, size_t scratch, mm_error *error)
{
    struct { void **buffer; size_t *have, need; } parts[] = {
        {&m->arena, &m->arena_bytes, arena}, {&m->scratch, &m->scratch_bytes, scratch}};
    for (size_t i = 0; i < 2; i++) {
        if (*parts[i].have >= parts[i].need && *parts[i].buffer)
            continue;
        if (m->b->sync(m->device, error))
            return error->code;
        m->b->free(m->device, *parts[i].buffer);
        *parts[i].buffer = NULL;
        *parts[i].have = 0;
        m->generation++;
        if (mm_model_take(m, parts[i].buffer, parts[i].need, error))
            return error->code;
        *parts[i].have = parts[i].need;
    }
    return 0;
}

size_t mm_model_optimiser_bytes(const mm_model *m)
{
    const void *const buffers[] = {m->grad, m->m, m->v, m->total};
    size_t n = 0;
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        n += buffers[i] != NULL;
    const size_t average = m->average.master ? m->trainable_bytes + m->running_bytes : 0;
    return n * m->trainable_bytes + average + mm_pad64(m->multi_tensor.room * sizeof(mm_chunk));
}

size_t mm_model_parameter_bytes(const mm_model *m)
{
    size_t bytes = m->trainable_bytes + m->running_bytes + mm_pad64(m->staging_bytes) + SCALAR_BYTES;
    for (const mm_copy *c = m->copies; c; c = c->next)
        bytes += mm_pad64(c->format->bytes);
    return bytes;
}

size_t mm_model_bytes(const mm_model *m)
{
    return mm_model_parameter_bytes(m) + mm_model_optimiser_bytes(m) + m->arena_bytes + m->scratch_bytes;
}

int mm_model_wait(mm_model *m, mm_error *error) { return m->b->sync(m->device, error); }

/* ---- weights in and out ---- */

static int run_copy(mm_model *m, mm_op *op, const void *from, void *to, mm_error *error)
{
    void *args[MM_OP_ARGS] = {(void *)from, to};
    return m->b->run(m->device, op, args, m->scratch, error);
}

int mm_model_read(mm_model *m, size_t i, const void *buffer, float *rows, mm_error *error)
{
    const mm_slot *s = &m->slots[i];
    const void *from = (const char *)buffer + s->offset;
    if (s->to_rows && run_copy(m, s->to_rows, from, m->staging, error))
        return error->code;
    return m->b->download(m->device, rows, s->to_rows ? m->staging : from, s->rows->bytes, error);
}

int mm_model_put(mm_model *m, size_t i, void *buffer, const float *rows, mm_error *error)
{
    const mm_slot *s = &m->slots[i];
    void *to = (char *)buffer + s->offset;
    if (m->b->upload(m->device, s->from_rows ? m->staging : to, rows, s->rows->bytes, error))
        return error->code;
    return s->from_rows ? run_copy(m, s->from_rows, m->staging, to, error) : 0;
}

bool mm_model_trains(const mm_model *m, size_t i)
{
    return m->slots[i].trainable && m->trained[m->net->weights[i].layer];
}

int mm_model_renew(mm_model *m, bool all, mm_error *error)
{
    for (mm_copy *k = m->copies; k; k = k->next) {
        const void *from = (const char *)m->master + m->slots[k->weight].offset;
        if ((all || (mm_model_trains(m, k->weight) && !k->cast)) && run_copy(m, k->op, from, k->data, error))
            return error->code;
    }
    m->set += all;
    m->moved += all;
    return 0;
}

mm_ref mm_model_copy(mm_model *m, size_t layer, const mm_format *format, mm_error *error)
{
    size_t i = mm_net_weight(m->net, layer, MM_WEIGHT);
    const mm_slot *s = &m->slots[i];
    if (format == s->storage)
        return (mm_ref){&m->master, s->offset, -1};
    mm_copy *c = m->copies;
    while (c && (c->weight != i || c->format != format))
        c = c->next;
    if (!c) {
        mm_op_desc copy = {.kind = MM_OP_COPY, .from = s->storage, .to = format};
        c = calloc(1, sizeof *c);
        if (!c) {
            mm_no_memory(error);
            return (mm_ref){0};
        }
        *c = (mm_copy){.next = m->copies, .weight = i, .format = format};
        m->copies = c;
        m->ready = false;
        if (mm_model_take(m, &c->data, format->bytes, error) || m->b->prepare(m->device, &copy, &c->op, error) ||
            mm_model_reserve(m, m->arena_bytes, c->op->scratch_bytes, error) ||
            run_copy(m, c->op, (const char *)m->master + s->offset, c->data, error)) {
            m->copies = c->next;
            m->b->free(m->device, c->data);
            m->b->release(m->device, c->op);
            free(c);
            return (mm_ref){0};
        }
    }
    return (mm_ref){&c->data, 0, -1};
}
