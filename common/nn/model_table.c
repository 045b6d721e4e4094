/* Weights, gradients and the optimiser's state between a model and a table of parameters: see executor.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/internal.h"

static bool same_shape(const mm_param *p, const mm_weight *w)
{
    if (p->ndim != w->ndim)
        return false;
    for (int i = 0; i < w->ndim; i++)
        if (p->dim[i] != w->dim[i])
            return false;
    return true;
}

/* One parameter of the table into a buffer; `name` in the table. */
static int write_named(mm_model *m, size_t i, const char *name, void *buffer, const mm_params *table, float *rows,
                       mm_error *error)
{
    const mm_param *p = mm_params_find(table, name);
    if (!p)
        return mm_fail(error, MM_DAMAGED, "parameter '%s' is missing", name);
    if (!same_shape(p, &m->net->weights[i]))
        return mm_fail(error, MM_DAMAGED, "parameter '%s' has another shape than %s needs", name,
                       m->net->description);
    if (mm_param_floats(p, rows, error) || mm_param_check(name, rows, p->count, error) || mm_model_put(m, i, buffer, rows, error))
        return error->code;
    return 0;
}

static int read_named(mm_model *m, size_t i, const char *name, const void *buffer, mm_params *table, mm_error *error)
{
    const mm_weight *w = &m->net->weights[i];
    mm_param *p = mm_params_find(table, name);
    if (!p)
        p = mm_params_add(table, name, MM_F32, w->ndim, w->dim, error);
    if (!p)
        return error->code;
    if (p->dtype != MM_F32 || !same_shape(p, w))
        return mm_fail(error, MM_DAMAGED, "parameter '%s' already has another shape", name);
    return mm_model_read(m, i, buffer, p->data, error);
}

static float *host_rows(const mm_model *m, mm_error *error)
{
    float *rows = malloc(m->staging_bytes);
    if (!rows)
        mm_no_memory(error);
    return rows;
}

int mm_model_set(mm_model *m, const mm_params *table, mm_error *error)
{
    float *rows = host_rows(m, error);
    if (!rows)
        return error->code;
    int code = 0;
    for (size_t i = 0; i < m->net->nweights && !code; i++) {
        const mm_weight *w = &m->net->weights[i];
        if (w->kind == MM_BATCHES) {
            const mm_param *p = mm_params_find(table, w->name);
            m->batches[i] = p && p->dtype == MM_I64 && p->count == 1 ? *(const int64_t *)p->data : 0;
            continue;
        }
        code = write_named(m, i, w->name, m->slots[i].trainable ? m->master : m->running, table, rows, error);
    }
    free(rows);
    return code ? code : mm_model_renew(m, true, error);
}

static int number(mm_params *table, const char *name, int64_t value, mm_error *error)
{
    mm_param *p = mm_params_find(table, name);
    if (!p)
        p = mm_params_add(table, name, MM_I64, 0, NULL, error);
    if (!p)
        return error->code;
    if (p->dtype != MM_I64 || p->count != 1)
        return mm_fail(error, MM_DAMAGED, "parameter '%s' is not a whole number", name);
    memcpy(p->data, &value, sizeof value);
    return 0;
}

int mm_model_get(mm_model *m, mm_params *table, mm_error *error)
{
    int code = 0;
    for (size_t i = 0; i < m->net->nweights && !code; i++) {
        const mm_weight *w = &m->net->weights[i];
        if (w->kind == MM_BATCHES)
            code = number(table, w->name, m->batches[i], error);
        else
            code = read_named(m, i, w->name, m->slots[i].trainable ? m->master : m->running, table, error);
    }
    return code;
}

/* ---- gradients and the optimiser's state ---- */

typedef int each(mm_model *, size_t, const char *, void *, mm_params *, float *, mm_error *);

static int read_each(mm_model *m, size_t i, const char *name, void *buffer, mm_params *table, float *rows,
                     mm_error *error)
{
    (void)rows;
    return read_named(m, i, name, buffer, table, error);
}

static int write_each(mm_model *m, size_t i, const char *name, void *buffer, mm_params *table, float *rows,
                      mm_error *error)
{
    return write_named(m, i, name, buffer, table, rows, error);
}

/* Does it for every trained weight, with `prefix` before its name. */
static int trained_weights(mm_model *m, each *what, const char *prefix, void *buffer, mm_params *table,
                           mm_error *error)
{
    float *rows = host_rows(m, error);
    int code = rows ? 0 : error->code;
    for (size_t i = 0; i < m->net->nweights && !code; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", prefix, m->net->weights[i].name);
        if (mm_model_trains(m, i))
            code = what(m, i, name, buffer, table, rows, error);
    }
    free(rows);
    return code;
}

int mm_model_gradients(mm_model *m, mm_params *table, mm_error *error)
{
    int code = mm_model_collect(m, error);
    return code ? code : trained_weights(m, read_each, "", m->grad, table, error);
}

int mm_model_set_gradients(mm_model *m, const mm_params *table, mm_error *error)
{
    m->pending = false;
    return trained_weights(m, write_each, "", m->grad, (mm_params *)table, error);
}

/* Under which names its state is. */
static const char *step_name(const mm_model *m) { return m->optimiser.rule == MM_SGD ? "sgd.step" : "adam.step"; }

/* Does it for the moments of every trained weight. */
static int moments(mm_model *m, each *what, mm_params *table, mm_error *error)
{
    if (m->optimiser.rule == MM_SGD)
        return trained_weights(m, what, "sgd.m.", m->m, table, error);
    if (trained_weights(m, what, "adam.m.", m->m, table, error) || trained_weights(m, what, "adam.v.", m->v, table, error))
        return error->code;
    return 0;
}

int mm_model_get_optimiser(mm_model *m, mm_params *table, mm_error *error)
{
    return number(table, step_name(m), m->step, error) || moments(m, read_each, table, error) ? error->code : 0;
}

int mm_model_set_optimiser(mm_model *m, const mm_params *table, mm_error *error)
{
    const mm_param *p = mm_params_find(table, step_name(m));
    if (!p || p->dtype != MM_I64 || p->count != 1)
        return mm_fail(error, MM_DAMAGED, "parameter '%s' is missing", step_name(m));
    memcpy(&m->step, p->data, sizeof m->step);
    return moments(m, write_each, (mm_params *)table, error);
}
