/* A training on several ranks: see ranks.h. */
#include "filters/train/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/plugin.h"
#include "common/cli/launcher.h"
#include "common/cli/message.h"
#include "common/nn/mpi/plugin.h"

int mm_ranks_join(mm_ranks_use use, mm_group **group, mm_error *error)
{
    size_t rank, size;
    char why[800];
    mm_mpi_join_function *join;
    *group = NULL;
    if (use == MM_RANKS_NONE || !mm_launcher_ranks(&rank, &size))
        return MM_OK;
    void *symbol = mm_plugin_open(MM_MPI_PLUGIN_FILE, MM_MPI_PLUGIN_SYMBOL, 1, why, sizeof why);
    if (!symbol)
        return mm_fail(error, MM_FAILURE, "rank %zu of %zu cannot join the others: %s (--ranks=none trains alone)", rank, size, why);
    memcpy(&join, &symbol, sizeof join);
    if (join(MM_MPI_PLUGIN_VERSION, group, error))
        return error->code;
    if ((*group)->size == size && (*group)->rank == rank)
        return MM_OK;
    mm_fail(error, MM_FAILURE,
            "rank %zu of %zu cannot join the others: MPI calls it %zu of %zu (srun --mpi=pmix; --ranks=none trains alone)",
            rank, size, (*group)->rank, (*group)->size);
    (*group)->leave(*group, 0);
    *group = NULL;
    return error->code;
}

int mm_ranks_connect(mm_group *group, mm_device *device, bool quiet, mm_error *error)
{
    char first[32] = "", how[600];
    if (!group)
        return MM_OK;
    snprintf(first, sizeof first, "%s", device->backend->name);
    if (group->spread(group, first, sizeof first, error))
        return error->code;
    if (strcmp(first, device->backend->name))
        return mm_fail(error, MM_FAILURE, "computes on '%s', rank 0 on '%s': --device chooses one for all", device->backend->name, first);
    if (!device->backend->join)
        return MM_OK;
    if (device->backend->join(device, group, how, sizeof how, error))
        return error->code;
    if (!quiet)
        mm_say("%zu ranks, joined by %s", group->size, how);
    return MM_OK;
}

int mm_ranks_share(mm_group *group, mm_trainer_options *config, char **command, mm_common *common, mm_error *error)
{
    if (!group)
        return MM_OK;
    const size_t n = group->size, length = strlen(*command) + 32;
    config->group = group;
    if (config->batch % n) {
        mm_group_fails(group);
        return mm_fail(error, MM_USAGE, "--batch=%zu cannot be shared among %zu ranks", config->batch, n);
    }
    config->batch /= n;
    char *longer = realloc(*command, length);
    if (!longer)
        return mm_no_memory(error);
    *command = longer;
    snprintf(longer + strlen(longer), 32, " (%zu ranks)", n);
    if (group->rank) {
        common->quiet = true;
        common->progress = 2; /* never */
    }
    return MM_OK;
}

bool mm_ranks_blame(const mm_group *group, mm_error *error)
{
    if (!group)
        return true;
    if (group->all_failed)
        return mm_group_leads(group);
    mm_fail_in(error, "rank %zu of %zu", group->rank, group->size);
    return true;
}
