/* What is done to all trained weights at once: sums of micro-batches and the optimiser. See executor.h.
 *
 * Weights, gradients and moments lie at the same offsets of their buffers, so that one operation (multi-tensor) goes
 * over all of them in chunks, whose table lies on the device. It also writes the bf16 copies that compute, where they lie like
 * the weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/internal.h"

/* ---- a stage ---- */

static int make_ranges(mm_model *m, mm_error *error)
{
    size_t n = 0;
    m->ranges = calloc(m->net->nweights, sizeof *m->ranges);
    if (!m->ranges)
        return mm_no_memory(error);
    for (size_t i = 0; i < m->net->nweights; i++) {
        if (!mm_model_trains(m, i))
            continue;
        size_t bytes = mm_pad64(m->slots[i].storage->bytes);
        if (n && m->ranges[n - 1].offset + m->ranges[n - 1].bytes == m->slots[i].offset)
            m->ranges[n - 1].bytes += bytes;
        else
            m->ranges[n++] = (mm_span){.offset = m->slots[i].offset, .bytes = bytes};
    }
    m->nranges = n;
    return 0;
}

int mm_model_stage(mm_model *m, const bool *trained, const uint8_t *part, mm_error *error)
{
    void **const buffers[] = {&m->grad, &m->m, &m->v};
    const size_t nbuffers = m->optimiser.rule == MM_SGD ? 2 : 3;
    mm_model_drop_multi_tensor(m);
    memcpy(m->trained, trained, m->net->nlayers * sizeof *trained);
    for (size_t i = 0; i < m->net->nlayers; i++)
        m->part[i] = part ? part[i] : 0;
    m->step = 0;
    m->pending = false;
    if (make_ranges(m, error))
        return error->code;
    for (size_t i = 0; i < nbuffers; i++)
        if (!*buffers[i] && mm_model_take(m, buffers[i], m->trainable_bytes, error))
            return error->code;
        else if (m->b->zero(m->device, *buffers[i], m->trainable_bytes, error))
            return error->code;
    return mm_average_reserve(m, error);
}

/* ---- chunks ---- */

/* Cuts a run of numbers of any length into chunks; list NULL: only counts them. */
static void cut(mm_chunk *list, size_t *n, mm_chunk run)
{
    for (size_t done = 0; done < run.count; done += MM_CHUNK, ++*n)
        if (list)
            list[*n] = (mm_chunk){run.at + done, run.count - done < MM_CHUNK ? run.count - done : MM_CHUNK,
                                 run.bf16 ? (char *)run.bf16 + 2 * done : NULL, run.part};
}

/* The copy of a weight that the optimiser can write, or NULL. */
static mm_copy *cast_copy(const mm_model *m, size_t weight)
{
    for (mm_copy *c = m->copies; c && m->b->casts; c = c->next)
        if (c->weight == weight && m->b->casts(m->slots[weight].storage, c->format))
            return c;
    return NULL;
}

/* All chunks, in the order of the weights; neighbours of one part without a copy are cut together. */
static size_t cut_all(mm_model *m, mm_chunk *list)
{
    size_t n = 0;
    mm_chunk waiting = {0};
    for (size_t i = 0; i < m->net->nweights; i++) {
        if (!mm_model_trains(m, i))
            continue;
        const mm_slot *s = &m->slots[i];
        mm_copy *copy = cast_copy(m, i);
        const mm_chunk run = {s->offset / sizeof(float), mm_pad64(s->storage->bytes) / sizeof(float), copy ? copy->data : NULL,
                              m->part[m->net->weights[i].layer]};
        if (copy || waiting.at + waiting.count != run.at || waiting.part != run.part) {
            cut(list, &n, waiting);
            waiting = (mm_chunk){.at = run.at, .part = run.part};
        }
        if (copy) {
            cut(list, &n, run);
            copy->cast = true;
        } else
            waiting.count += run.count;
    }
    cut(list, &n, waiting);
    return n;
}

/* Prepares the operations on n chunks. */
static int prepare_all(mm_model *m, size_t n, mm_error *error)
{
    const mm_optimiser *o = &m->optimiser;
    mm_multi_tensor *s = &m->multi_tensor;
    const struct { mm_op **op; mm_op_desc desc; } all[] = {
        {&s->update, {.kind = o->rule == MM_SGD ? MM_OP_SGD : MM_OP_ADAM, .chunks = n}},
        {&s->sum, {.kind = MM_OP_SUM, .chunks = n}},
        {&s->clip, {.kind = MM_OP_CLIP, .chunks = n, .max_norm = (float)o->clip}},
    };
    for (size_t i = 0; i < (o->clip > 0 ? 3 : 2); i++) {
        m->b->release(m->device, *all[i].op);
        *all[i].op = NULL;
        if (m->b->prepare(m->device, &all[i].desc, all[i].op, error) ||
            mm_model_reserve(m, m->arena_bytes, (*all[i].op)->scratch_bytes, error))
            return error->code;
    }
    return MM_OK;
}

static int make_multi_tensor(mm_model *m, mm_error *error)
{
    mm_multi_tensor *s = &m->multi_tensor;
    const size_t n = cut_all(m, NULL);
    mm_chunk *list = malloc((n + 1) * sizeof *list);
    if (!list)
        return mm_no_memory(error);
    for (mm_copy *c = m->copies; c; c = c->next)
        c->cast = false;
    cut_all(m, list);
    int code = 0;
    if (n > s->room || !s->chunks) {
        code = m->b->sync(m->device, error);
        m->b->free(m->device, s->chunks);
        s->chunks = NULL;
        s->room = n;
        if (!code)
            code = mm_model_take(m, &s->chunks, n * sizeof *list, error);
    }
    if (!code)
        code = m->b->upload(m->device, s->chunks, list, n * sizeof *list, error);
    free(list);
    if (!code)
        code = prepare_all(m, n, error);
    m->generation++; /* what was recorded has other chunks */
    m->ready = !code;
    return code;
}

int mm_model_ready(mm_model *m, bool total, mm_error *error)
{
    if (!m->ready && make_multi_tensor(m, error))
        return error->code;
    return total && !m->total ? mm_model_take(m, &m->total, m->trainable_bytes, error) : 0;
}

/* ---- sums of micro-batches ---- */

int mm_model_clear_total(mm_model *m, mm_error *error) { return m->b->zero(m->device, m->total, m->trainable_bytes, error); }

int mm_model_sum(mm_model *m, bool into_total, mm_error *error)
{
    void *args[MM_OP_ARGS] = {into_total ? m->grad : m->total, into_total ? m->total : m->grad, m->multi_tensor.chunks};
    return m->b->run(m->device, m->multi_tensor.sum, args, m->scratch, error);
}

int mm_model_put_aside(mm_model *m, mm_error *error)
{
    if (mm_model_ready(m, true, error) || (!m->pending && mm_model_clear_total(m, error)))
        return error->code;
    m->pending = true;
    return mm_model_sum(m, true, error);
}

int mm_model_collect(mm_model *m, mm_error *error)
{
    if (!m->pending)
        return 0;
    m->pending = false;
    return mm_model_ready(m, true, error) ? error->code : mm_model_sum(m, false, error);
}

/* ---- the optimiser ---- */

void mm_model_optimiser(mm_model *m, const mm_optimiser *optimiser)
{
    m->optimiser = *optimiser;
    if (m->optimiser.epsilon > 0)
        return;
    m->optimiser.b1 = 0.9;
    m->optimiser.b2 = 0.999;
    m->optimiser.epsilon = 1e-8;
}

int64_t mm_model_steps(const mm_model *m) { return m->step; }

/* The scalars of one part for the coming step, as nn/backend.h lists them. */
static void set_scalars(const mm_model *m, double lr, double weight_decay, float s[MM_SCALARS])
{
    const mm_optimiser *o = &m->optimiser;
    const double b1 = o->b1, b2 = o->b2, t = (double)(m->step + 1);
    const bool decoupled = o->rule == MM_ADAMW;
    if (o->rule == MM_SGD) {
        s[0] = (float)lr;
        s[1] = (float)weight_decay;
        s[2] = (float)o->momentum;
        return;
    }
    s[0] = (float)(lr / (1 - pow(b1, t)));
    s[1] = decoupled ? 0 : (float)weight_decay;
    s[2] = (float)(1 - b1);
    s[3] = (float)b2;
    s[4] = (float)(1 - b2);
    s[5] = (float)(1 / sqrt(1 - pow(b2, t)));
    s[6] = (float)o->epsilon;
    s[7] = decoupled ? (float)(1 - lr * weight_decay) : 1;
}

int mm_model_begin_update(mm_model *m, const double *lr, double weight_decay, mm_error *error)
{
    float s[MM_PARTS * MM_SCALARS] = {0};
    size_t parts = 0;
    for (size_t i = 0; i < m->net->nlayers; i++)
        parts = m->part[i] >= parts ? m->part[i] + 1u : parts;
    for (size_t p = 0; p < parts; p++)
        set_scalars(m, lr[p], weight_decay, s + p * MM_SCALARS);
    return m->b->upload(m->device, m->scalars, s, parts * MM_SCALARS * sizeof *s, error);
}

int mm_model_run_update(mm_model *m, mm_error *error)
{
    const mm_multi_tensor *t = &m->multi_tensor;
    void *to_clip[MM_OP_ARGS] = {m->grad, t->chunks};
    void *adam[MM_OP_ARGS] = {m->master, m->grad, m->m, m->v, m->scalars, t->chunks};
    void *sgd[MM_OP_ARGS] = {m->master, m->grad, m->m, m->scalars, t->chunks};
    if ((t->clip && m->b->run(m->device, t->clip, to_clip, m->scratch, error)) ||
        m->b->run(m->device, t->update, m->optimiser.rule == MM_SGD ? sgd : adam, m->scratch, error))
        return error->code;
    return mm_model_renew(m, false, error);
}

void mm_model_end_update(mm_model *m)
{
    m->step++;
    m->moved++;
}

int mm_model_update(mm_model *m, const double *lr, double weight_decay, mm_error *error)
{
    if (mm_model_ready(m, false, error) || mm_model_collect(m, error) ||
        mm_model_begin_update(m, lr, weight_decay, error) || mm_model_run_update(m, error))
        return error->code;
    mm_model_end_update(m);
    return 0;
}
