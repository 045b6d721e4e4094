/* The running average of a model's weights: see executor.h. It lies in buffers like those of the weights, and takes their place
 * while it is used. */
#include "common/nn/internal.h"

static int prepare(mm_model *m, mm_op **op, size_t bytes, mm_error *error)
{
    const mm_op_desc desc = {.kind = MM_OP_LERP, .x = {bytes / sizeof(float), 1, 1, 1}, .rate = (float)(1 - m->optimiser.ema)};
    return *op ? MM_OK : m->b->prepare(m->device, &desc, op, error);
}

int mm_average_reserve(mm_model *m, mm_error *error)
{
    mm_average *a = &m->average;
    if (m->optimiser.ema <= 0)
        return MM_OK;
    if ((!a->master && mm_model_take(m, &a->master, m->trainable_bytes, error)) ||
        (!a->running && mm_model_take(m, &a->running, m->running_bytes, error)) ||
        prepare(m, &a->lerp[0], m->trainable_bytes, error) || prepare(m, &a->lerp[1], m->running_bytes, error))
        return error->code;
    return MM_OK;
}

void mm_average_free(mm_model *m)
{
    mm_average *a = &m->average;
    m->b->free(m->device, a->master);
    m->b->free(m->device, a->running);
    m->b->release(m->device, a->lerp[0]);
    m->b->release(m->device, a->lerp[1]);
}

int mm_model_begin_average(mm_model *m, mm_error *error)
{
    mm_params now = {0};
    int code = m->average.master ? mm_model_get(m, &now, error) : MM_OK;
    if (!code)
        code = mm_model_use_average(m, true, error);
    if (!code && m->average.used)
        code = mm_model_set(m, &now, error);
    mm_params_free(&now);
    return code ? code : mm_model_use_average(m, false, error);
}

int mm_model_average(mm_model *m, mm_error *error)
{
    const mm_average *a = &m->average;
    void *weights[MM_OP_ARGS] = {m->master, a->master}, *statistics[MM_OP_ARGS] = {m->running, a->running};
    if (!a->master)
        return MM_OK;
    return m->b->run(m->device, a->lerp[0], weights, m->scratch, error) ? error->code
                                                                        : m->b->run(m->device, a->lerp[1], statistics, m->scratch, error);
}

static void swap(void **a, void **b)
{
    void *other = *a;
    *a = *b;
    *b = other;
}

int mm_model_use_average(mm_model *m, bool use, mm_error *error)
{
    mm_average *a = &m->average;
    if (!a->master || a->used == use)
        return MM_OK;
    swap(&m->master, &a->master);
    swap(&m->running, &a->running);
    a->used = use;
    m->generation++;
    return mm_model_renew(m, true, error);
}
