/* Several processes, one network: see data_parallel.h. */
#include "common/nn/data_parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/internal.h"

typedef struct mm_data_parallel {
    float *numbers;   /* room for all trainable weights, or the averages */
    float *averages;  /* the model's running means and variances, the same on all ranks: after the last step */
    double *shares;   /* as many */
    size_t naverages; /* with the gaps between them */
    int64_t *batches; /* for each weight: num_batches_tracked, likewise */
} mm_data_parallel;

int mm_data_parallel_join(mm_model *m, mm_group *group, mm_error *error)
{
    const mm_net *net = m->net;
    mm_data_parallel *p = m->data_parallel = calloc(1, sizeof *p);
    if (!p)
        return mm_no_memory(error);
    m->group = group;
    p->naverages = m->running_bytes / sizeof(float);
    p->numbers = malloc((net->parameters + p->naverages + 1) * sizeof *p->numbers);
    p->averages = malloc((p->naverages + 1) * sizeof *p->averages);
    p->shares = malloc((p->naverages + 1) * sizeof *p->shares);
    p->batches = calloc(net->nweights, sizeof *p->batches);
    if (p->numbers && p->averages && p->shares && p->batches)
        return MM_OK;
    mm_data_parallel_leave(m);
    return mm_no_memory(error);
}

void mm_data_parallel_leave(mm_model *m)
{
    mm_data_parallel *p = m->data_parallel;
    m->data_parallel = NULL;
    m->group = NULL;
    if (!p)
        return;
    free(p->numbers);
    free(p->averages);
    free(p->shares);
    free(p->batches);
    free(p);
}

typedef bool chosen(const mm_model *, size_t);

static bool trainable(const mm_model *m, size_t i) { return m->slots[i].trainable; }

/* The chosen weights, one after the other, out of a buffer of the model's or into it. */
static int take(mm_model *m, chosen *which, const void *buffer, float *to, size_t *count, mm_error *error)
{
    *count = 0;
    for (size_t i = 0; i < m->net->nweights; i++)
        if (which(m, i)) {
            if (mm_model_read(m, i, buffer, to + *count, error))
                return error->code;
            *count += m->net->weights[i].count;
        }
    return MM_OK;
}

static int give(mm_model *m, chosen *which, void *buffer, const float *from, mm_error *error)
{
    for (size_t i = 0; i < m->net->nweights; i++)
        if (which(m, i)) {
            if (mm_model_put(m, i, buffer, from, error))
                return error->code;
            from += m->net->weights[i].count;
        }
    return MM_OK;
}

int mm_data_parallel_begin(mm_model *m, mm_error *error)
{
    mm_data_parallel *p = m->data_parallel;
    size_t n;
    if (take(m, trainable, m->master, p->numbers, &n, error) ||
        m->group->spread(m->group, p->numbers, n * sizeof *p->numbers, error) ||
        give(m, trainable, m->master, p->numbers, error) ||
        m->b->download(m->device, p->averages, m->running, m->running_bytes, error) ||
        m->group->spread(m->group, p->averages, m->running_bytes, error) ||
        m->b->upload(m->device, m->running, p->averages, m->running_bytes, error))
        return error->code;
    memcpy(p->batches, m->batches, m->net->nweights * sizeof *p->batches);
    return mm_model_renew(m, true, error);
}

/* Over the host, as rows of fp32: ranks may compute in different layouts. */
static int sum_gradients(mm_model *m, mm_error *error)
{
    mm_data_parallel *p = m->data_parallel;
    size_t n;
    if (mm_model_collect(m, error) || take(m, mm_model_trains, m->grad, p->numbers, &n, error) ||
        m->group->sum(m->group, p->numbers, n, MM_F32, error))
        return error->code;
    return give(m, mm_model_trains, m->grad, p->numbers, error);
}

int mm_data_parallel_gradients(mm_model *m, mm_error *error)
{
    if (!m->b->sum)
        return sum_gradients(m, error);
    return m->summed ? MM_OK : mm_model_exchange(m, error); /* or the backward pass has done it */
}

/* The running averages of a weight: a part of the buffer, and what is kept of them in a pass. */
typedef struct averages {
    size_t first, last;
    double keep;
} averages;

/* Of weight i; false: it has none. */
static bool averages_of(const mm_model *m, size_t i, averages *a)
{
    const mm_weight *w = &m->net->weights[i];
    a->first = m->slots[i].offset / sizeof(float);
    a->last = a->first + w->count;
    a->keep = 1 - (double)m->net->layers[w->layer].momentum;
    return w->kind == MM_RUNNING_MEAN || w->kind == MM_RUNNING_VAR;
}

/* Averages r that all ranks had, and after a rank's M passes s_k + (1 - momentum)^M r: in one process, which has one pass
 * after the other, the s of rank k fades by all later passes. */
int mm_data_parallel_averages(mm_model *m, const size_t *passes, mm_error *error)
{
    mm_data_parallel *p = m->data_parallel;
    size_t all = 0, later = 0;
    float *now = p->numbers;
    averages a;
    for (size_t k = 0; k < m->group->size; k++) {
        all += passes[k];
        later += k > m->group->rank ? passes[k] : 0;
    }
    if (m->b->download(m->device, now, m->running, m->running_bytes, error))
        return error->code;
    memset(p->shares, 0, p->naverages * sizeof *p->shares);
    for (size_t i = 0; i < m->net->nweights; i++) {
        if (!averages_of(m, i, &a))
            continue;
        const double own = pow(a.keep, (double)passes[m->group->rank]), fade = pow(a.keep, (double)later);
        for (size_t k = a.first; k < a.last; k++)
            p->shares[k] = ((double)now[k] - own * (double)p->averages[k]) * fade;
    }
    if (m->group->sum(m->group, p->shares, p->naverages, MM_F64, error))
        return error->code;
    for (size_t i = 0; i < m->net->nweights; i++) {
        if (!averages_of(m, i, &a))
            continue;
        const double old = pow(a.keep, (double)all);
        for (size_t k = a.first; k < a.last; k++)
            p->averages[k] = (float)(old * (double)p->averages[k] + p->shares[k]);
    }
    for (size_t i = 0; i < m->net->nweights; i++)
        if (m->batches[i] != p->batches[i]) /* of a layer whose averages move */
            p->batches[i] = m->batches[i] += (int64_t)(all - passes[m->group->rank]);
    return m->b->upload(m->device, m->running, p->averages, m->running_bytes, error);
}
