/* Places in one block of memory for tensors that live from one step to another: largest first, each at the lowest place
 * that is free during its whole life. */
#include <stdlib.h>

#include "common/nn/internal.h"

static int root_of(const mm_lifetime *lifetimes, int i)
{
    while (lifetimes[i].root != i)
        i = lifetimes[i].root;
    return i;
}

static void alias(mm_lifetime *lifetimes, const mm_alias *a)
{
    mm_lifetime *src = &lifetimes[root_of(lifetimes, a->src)];
    mm_lifetime *dst = &lifetimes[a->dst];
    if (dst->root != a->dst || src->last != a->step || src->bytes < dst->bytes)
        return;
    dst->root = src->root;
    src->last = dst->last;
}

/* By size, then by number, so that the plan depends on nothing else. */
static int larger_first(const void *a, const void *b)
{
    const mm_lifetime *x = *(mm_lifetime *const *)a, *y = *(mm_lifetime *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y;
}

static int lower_first(const void *a, const void *b)
{
    const mm_lifetime *x = *(mm_lifetime *const *)a, *y = *(mm_lifetime *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int mm_arena_plan(mm_lifetime *lifetimes, size_t n, const mm_alias *aliases, size_t naliases, size_t *bytes, mm_error *error)
{
    mm_lifetime **order = malloc((n + 1) * sizeof *order), **busy = malloc((n + 1) * sizeof *busy);
    if (!order || !busy) {
        free(order);
        free(busy);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < naliases; i++)
        alias(lifetimes, &aliases[i]);
    size_t roots = 0;
    for (size_t i = 0; i < n; i++)
        if (lifetimes[i].root == (int)i)
            order[roots++] = &lifetimes[i];
    qsort(order, roots, sizeof *order, larger_first);
    *bytes = 0;
    for (size_t i = 0; i < roots; i++) {
        size_t nbusy = 0, at = 0;
        for (size_t k = 0; k < i; k++)
            if (order[k]->first <= order[i]->last && order[i]->first <= order[k]->last)
                busy[nbusy++] = order[k];
        qsort(busy, nbusy, sizeof *busy, lower_first);
        for (size_t k = 0; k < nbusy && at + order[i]->bytes > busy[k]->offset; k++)
            if (busy[k]->offset + busy[k]->bytes > at)
                at = busy[k]->offset + busy[k]->bytes;
        order[i]->offset = at;
        if (at + order[i]->bytes > *bytes)
            *bytes = at + order[i]->bytes;
    }
    for (size_t i = 0; i < n; i++)
        lifetimes[i].offset = lifetimes[root_of(lifetimes, (int)i)].offset;
    free(order);
    free(busy);
    return 0;
}
