/* Processes (ranks) that train one network together, each on its share of every batch: what they must be able to do.
 *
 * All of them call the same operations in the same order; each waits for the others. The implementation lets a process that
 * fails end the others, since they would wait for ever (filters/train/ranks.h opens one that rests on MPI). */
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

    /* True once the ranks have seen, in numbers that are the same on all of them, that none can go on. They leave as after a
     * good end, when the first has said so and saved what is worth it. */
    bool all_failed;

    /* Replaces numbers (count of f32 or f64) by their sum over all ranks: the same bits on every rank, and in every run with as
     * many ranks. */
    int (*sum)(mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);

    /* Gives all ranks the bytes of rank 0. */
    int (*spread)(mm_group *group, void *bytes, size_t count, mm_error *error);

    /* Ends this process' part once all others have come to that, too. failed: this rank alone cannot go on; the others are ended
     * at once, and it may not return. */
    void (*leave)(mm_group *group, int failed);
};

/* True for the process that prints and writes: the first, or one without a group (NULL). */
static inline bool mm_group_leads(const mm_group *group)
{
    return !group || group->rank == 0;
}

/* Sets all_failed, where there is a group. */
static inline void mm_group_fails(mm_group *group)
{
    if (group)
        group->all_failed = true;
}

#endif
