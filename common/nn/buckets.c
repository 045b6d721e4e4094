/* Gradients of several ranks, summed while the backward pass goes on: see internal.h and backend.h.
 *
 * The backward pass completes gradients from the last layer to the first, and they lie in `grad` from the first to the last.
 * So neighbours are taken from the end until they are worth a message. All ranks compile the same steps and send the same
 * buckets in the same order, whatever the number of images. */
#include <stdlib.h>

#include "common/nn/internal.h"

/* The step that completes the gradient of weight i. */
static size_t completed(const mm_executor *x, size_t i)
{
    size_t step = 0;
    for (size_t k = x->nforward; k < x->nsteps; k++)
        for (size_t a = 0; a < MM_OP_ARGS; a++) {
            const mm_ref *r = &x->steps[k].ref[a];
            if (r->tensor < 0 && r->base == &x->model->grad && r->offset == x->model->slots[i].offset)
                step = k;
        }
    return step;
}

static int by_step(const void *a, const void *b)
{
    const mm_bucket *x = a, *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int mm_executor_buckets(mm_executor *x, size_t bytes, mm_error *error)
{
    const mm_model *m = x->model;
    mm_bucket *list = calloc(m->net->nweights, sizeof *list), *last = NULL;
    if (!list)
        return mm_no_memory(error);
    x->buckets = list;
    for (size_t i = m->net->nweights; i-- > 0;) {
        const mm_slot *s = &m->slots[i];
        if (!mm_model_trains(m, i))
            continue;
        size_t step = completed(x, i), own = mm_pad64(s->storage->bytes);
        if (!last || last->bytes >= bytes || s->offset + own != last->offset) {
            last = &list[x->nbuckets++];
            *last = (mm_bucket){.step = step};
        }
        last->offset = s->offset;
        last->bytes += own;
        last->step = step > last->step ? step : last->step;
    }
    qsort(list, x->nbuckets, sizeof *list, by_step);
    return MM_OK;
}

static int send(mm_model *m, mm_group *group, size_t offset, size_t bytes, mm_error *error)
{
    return m->b->sum(m->device, group, (char *)m->grad + offset, bytes / sizeof(float), MM_F32, error);
}

int mm_executor_exchange(mm_executor *x, size_t step, size_t *next, mm_error *error)
{
    for (; *next < x->nbuckets && x->buckets[*next].step == step; ++*next)
        if (send(x->model, x->model->group, x->buckets[*next].offset, x->buckets[*next].bytes, error))
            return error->code;
    return MM_OK;
}

int mm_model_exchange(mm_model *m, mm_error *error)
{
    if (mm_model_collect(m, error))
        return error->code;
    for (size_t i = 0; i < m->nranges; i++)
        if (send(m, m->group, m->ranges[i].offset, m->ranges[i].bytes, error))
            return error->code;
    return m->b->summed(m->device, error);
}
