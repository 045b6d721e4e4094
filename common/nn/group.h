/* A group of processes (ranks) that train one network together, each on its share of every batch: the operations between them.
 *
 * All ranks call the same operations in the same order, and each waits for the others. A rank that fails ends the others, because
 * they would wait for ever. filters/train/ranks.h opens a group that uses MPI. */
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

    /* True once all ranks know, from numbers that are the same on all of them, that no rank can go on. They then leave as after
     * success, once rank 0 has printed the error and saved what it can. */
    bool all_failed;

    /* Replaces `count` numbers (f32 or f64) by their sum over all ranks: the same bits on every rank, and in every run with the
     * same number of ranks. */
    int (*sum)(mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);

    /* Gives all ranks the bytes of rank 0. */
    int (*spread)(mm_group *group, void *bytes, size_t count, mm_error *error);

    /* Leaves the group once all ranks call it, and frees it. failed: 0, or the exit code of a rank that alone cannot go on; all
     * ranks are then ended at once, and the call may not return. */
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
