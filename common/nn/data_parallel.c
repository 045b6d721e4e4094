/* Several processes, one network: see together.h. */
#include "common/nn/data_parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/internal.h"

struct mm_data_parallel {
    mm_model *model;
    mm_group *group;
    float *numbers;   /* room for all trainable weights, or the averages */
    float *averages;  /* the model's running means and variances, the same on all ranks: after the last step */
    double *shares;   /* as many */
    size_t naverages; /* with the gaps between them */
    int64_t *batches; /* for each weight: num_batches_tracked, likewise */
};

int mm_data_parallel_new(mm_model *model, mm_group *group, mm_data_parallel **together, mm_error *error)
{
    const mm_net *net = model->net;
    mm_data_parallel *t = calloc(1, sizeof *t);
    *together = t;
    if (!t)
        return mm_no_memory(error);
    t->model = model;
    t->group = group;
    t->naverages = model->running_bytes / sizeof(float);
    t->numbers = malloc((net->parameters + t->naverages + 1) * sizeof *t->numbers);
    t->averages = malloc((t->naverages + 1) * sizeof *t->averages);
    t->shares = malloc((t->naverages + 1) * sizeof *t->shares);
    t->batches = calloc(net->nweights, sizeof *t->batches);
    if (!t->numbers || !t->averages || !t->shares || !t->batches) {
        mm_data_parallel_free(t);
        *together = NULL;
        return mm_no_memory(error);
    }
    return MM_OK;
}

void mm_data_parallel_free(mm_data_parallel *t)
{
    if (!t)
        return;
    free(t->numbers);
    free(t->averages);
    free(t->shares);
    free(t->batches);
    free(t);
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

int mm_data_parallel_begin(mm_data_parallel *t, mm_error *error)
{
    mm_model *m = t->model;
    size_t n;
    if (take(m, trainable, m->master, t->numbers, &n, error) ||
        t->group->spread(t->group, t->numbers, n * sizeof *t->numbers, error) ||
        give(m, trainable, m->master, t->numbers, error) ||
        m->b->download(m->device, t->averages, m->running, m->running_bytes, error) ||
        t->group->spread(t->group, t->averages, m->running_bytes, error) ||
        m->b->upload(m->device, m->running, t->averages, m->running_bytes, error))
        return error->code;
    memcpy(t->batches, m->batches, m->net->nweights * sizeof *t->batches);
    return mm_model_renew(m, true, error);
}

/* Over the host, as rows of fp32: ranks may compute in different layouts. */
static int sum_gradients(mm_data_parallel *t, mm_error *error)
{
    mm_model *m = t->model;
    size_t n;
    if (mm_model_collect(m, error) || take(m, mm_model_trains, m->grad, t->numbers, &n, error) ||
        t->group->sum(t->group, t->numbers, n, MM_F32, error))
        return error->code;
    return give(m, mm_model_trains, m->grad, t->numbers, error);
}

int mm_data_parallel_gradients(mm_data_parallel *t, mm_error *error)
{
    mm_model *m = t->model;
    if (!m->b->sum)
        return sum_gradients(t, error);
    return m->summed ? MM_OK : mm_model_exchange(m, t->group, error); /* or the backward pass has done it */
}

/* Averages r that all ranks had, and after a rank's M passes s_k + (1 - momentum)^M r: in one process, which has one pass
 * after the other, the s of rank k fades by all later passes. */
int mm_data_parallel_averages(mm_data_parallel *t, const size_t *passes, mm_error *error)
{
    mm_model *m = t->model;
    const double keep = 1 - (double)MM_NORM_MOMENTUM;
    size_t all = 0, later = 0, n = t->naverages;
    float *now = t->numbers;
    for (size_t k = 0; k < t->group->size; k++) {
        all += passes[k];
        later += k > t->group->rank ? passes[k] : 0;
    }
    const double own = pow(keep, (double)passes[t->group->rank]), fade = pow(keep, (double)later), old = pow(keep, (double)all);
    if (m->b->download(m->device, now, m->running, m->running_bytes, error))
        return error->code;
    for (size_t i = 0; i < n; i++)
        t->shares[i] = ((double)now[i] - own * (double)t->averages[i]) * fade;
    if (t->group->sum(t->group, t->shares, n, MM_F64, error))
        return error->code;
    for (size_t i = 0; i < n; i++)
        t->averages[i] = (float)(old * (double)t->averages[i] + t->shares[i]);
    for (size_t i = 0; i < m->net->nweights; i++)
        if (m->batches[i] != t->batches[i]) /* of a layer whose averages move */
            t->batches[i] = m->batches[i] += (int64_t)(all - passes[t->group->rank]);
    return m->b->upload(m->device, m->running, t->averages, m->running_bytes, error);
}
