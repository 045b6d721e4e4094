/* Processes that train one network together, each on its share of every batch: what they must be able to do.
 *
 * All of them call the same operations in the same order; each waits for the others. A process that fails must end the
 * others, since they would wait for ever: that is for the implementation (filters/train/ranks.h opens one that rests on MPI). */
#ifndef MM_NN_GROUP_H
#define MM_NN_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/dtype.h"
#include "common/base/error.h"

typedef struct mm_group mm_group;

/* Implementations begin their own structure with it. */
struct mm_group {
    size_t rank, size;

    /* Set by who finds, in numbers that are the same on all ranks, that none of them can go on. They leave as after a good
     * end, when the first has told it and put away what is worth it. */
    bool all_failed;

    /* numbers (count of f32 or f64) become the sum over all ranks: the same bits on every rank, and in every run with as
     * many ranks. */
    int (*sum)(mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);

    /* Everybody gets the bytes of rank 0. */
    int (*spread)(mm_group *group, void *bytes, size_t count, mm_error *error);

    /* Ends this process' part, when all others have come to that, too. failed: this rank alone cannot go on, so the others
     * are ended at once, and it may not return. */
    void (*leave)(mm_group *group, int failed);
};

/* Whether this process is the one that tells and writes: the first, or alone (NULL). */
static inline bool mm_group_leads(const mm_group *group)
{
    return !group || group->rank == 0;
}

/* Sets all_failed; NULL: there is no group. */
static inline void mm_group_fails(mm_group *group)
{
    if (group)
        group->all_failed = true;
}

#endif
