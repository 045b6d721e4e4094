/* Places in one block of memory for tensors that live from one step to another: largest first, each at the lowest place
 * that is free during its whole life. */
#include <stdlib.h>

#include "common/nn/internal.h"

static int root_of(const mm_lifetime *lives, int i)
{
    while (lives[i].root != i)
        i = lives[i].root;
    return i;
}

static void grant(mm_lifetime *lives, const mm_alias *wish)
{
    mm_lifetime *old = &lives[root_of(lives, wish->old)];
    mm_lifetime *young = &lives[wish->young];
    if (young->root != wish->young || old->last != wish->step || old->bytes < young->bytes)
        return;
    young->root = old->root;
    old->last = young->last;
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

int mm_arena_plan(mm_lifetime *lives, size_t n, const mm_alias *wishes, size_t nwishes, size_t *bytes, mm_error *error)
{
    mm_lifetime **order = malloc((n + 1) * sizeof *order), **busy = malloc((n + 1) * sizeof *busy);
    if (!order || !busy) {
        free(order);
        free(busy);
        return mm_fail(error, MM_FAILURE, "no memory for a plan of %zu tensors", n);
    }
    for (size_t i = 0; i < nwishes; i++)
        grant(lives, &wishes[i]);
    size_t roots = 0;
    for (size_t i = 0; i < n; i++)
        if (lives[i].root == (int)i)
            order[roots++] = &lives[i];
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
        lives[i].offset = lives[root_of(lives, (int)i)].offset;
    free(order);
    free(busy);
    return 0;
}
