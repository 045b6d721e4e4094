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

int mm_model_stage(mm_model *m, const bool *trained, mm_error *error)
{
    void **const buffers[] = {&m->grad, &m->m, &m->v};
    mm_model_drop_multi_tensor(m);
    memcpy(m->trained, trained, m->net->nlayers * sizeof *trained);
    m->step = 0;
    m->pending = false;
    if (make_ranges(m, error))
        return error->code;
    for (size_t i = 0; i < 3; i++)
        if (!*buffers[i] && mm_model_take(m, buffers[i], m->trainable_bytes, error))
            return error->code;
        else if (m->b->zero(m->device, *buffers[i], m->trainable_bytes, error))
            return error->code;
    return 0;
}

/* ---- chunks ---- */

/* Cuts numbers at .. at + count - 1 into chunks; list NULL: only counts them. */
static void cut(mm_chunk *list, size_t *n, size_t at, size_t count, void *bf16)
{
    for (size_t done = 0; done < count; done += MM_CHUNK, ++*n)
        if (list)
            list[*n] = (mm_chunk){at + done, count - done < MM_CHUNK ? count - done : MM_CHUNK,
                                 bf16 ? (char *)bf16 + 2 * done : NULL};
}

/* The copy of a weight that the optimiser can write, or NULL. */
static mm_copy *cast_copy(const mm_model *m, size_t weight)
{
    for (mm_copy *c = m->copies; c && m->b->casts; c = c->next)
        if (c->weight == weight && m->b->casts(m->slots[weight].storage, c->format))
            return c;
    return NULL;
}

/* All chunks, in the order of the weights; neighbours without a copy are cut together. */
static size_t cut_all(mm_model *m, mm_chunk *list)
{
    size_t n = 0, at = 0, waiting = 0;
    for (size_t i = 0; i < m->net->nweights; i++) {
        if (!mm_model_trains(m, i))
            continue;
        const mm_slot *s = &m->slots[i];
        const size_t begin = s->offset / sizeof(float), count = mm_pad64(s->storage->bytes) / sizeof(float);
        mm_copy *copy = cast_copy(m, i);
        if (waiting && (copy || at + waiting != begin)) {
            cut(list, &n, at, waiting, NULL);
            waiting = 0;
        }
        if (copy) {
            cut(list, &n, begin, count, copy->data);
            copy->cast = true;
        } else {
            at = waiting ? at : begin;
            waiting += count;
        }
    }
    cut(list, &n, at, waiting, NULL);
    return n;
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
    m->b->release(m->device, s->adam);
    m->b->release(m->device, s->sum);
    s->adam = s->sum = NULL;
    mm_op_desc op = {.kind = MM_OP_ADAM, .chunks = n};
    if (!code)
        code = m->b->prepare(m->device, &op, &s->adam, error);
    op.kind = MM_OP_SUM;
    if (!code)
        code = m->b->prepare(m->device, &op, &s->sum, error);
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

void mm_model_adam(mm_model *m, mm_adam adam) { m->adam = adam; }

int mm_model_begin_update(mm_model *m, double lr, double weight_decay, mm_error *error)
{
    const double b1 = m->adam.b1, b2 = m->adam.b2, t = (double)(m->step + 1);
    const float s[16] = {(float)(lr / (1 - pow(b1, t))), (float)weight_decay, (float)(1 - b1), (float)b2,
                         (float)(1 - b2), (float)(1 / sqrt(1 - pow(b2, t))), (float)m->adam.epsilon};
    return m->b->upload(m->device, m->scalars, s, sizeof s, error);
}

int mm_model_run_update(mm_model *m, mm_error *error)
{
    void *args[MM_OP_ARGS] = {m->master, m->grad, m->m, m->v, m->scalars, m->multi_tensor.chunks};
    if (m->b->run(m->device, m->multi_tensor.adam, args, m->scratch, error))
        return error->code;
    return mm_model_renew(m, false, error);
}

void mm_model_end_update(mm_model *m)
{
    m->step++;
    m->moved++;
}

int mm_model_update(mm_model *m, double lr, double weight_decay, mm_error *error)
{
    if (mm_model_ready(m, false, error) || mm_model_collect(m, error) ||
        mm_model_begin_update(m, lr, weight_decay, error) || mm_model_run_update(m, error))
        return error->code;
    mm_model_end_update(m);
    return 0;
}
