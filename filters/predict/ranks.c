/* Ranks from the environment: see ranks.h. */
#include "filters/predict/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/nn/mpi/plugin.h"
#include "common/base/plugin.h"

/* MM_USAGE when no launcher's variables are there, or they are no rank below a size; then the message names them. */
static int environment(size_t *rank, size_t *size, mm_error *error)
{
    /* Slurm comes last: its variables are there around an mpirun inside of a batch script, too. */
    static const char *const names[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                           {"MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"},
                                           {"PMI_RANK", "PMI_SIZE"},
                                           {"SLURM_PROCID", "SLURM_NTASKS"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *a = getenv(names[i][0]), *b = getenv(names[i][1]);
        long k, n;
        if (!a || !b)
            continue;
        if (mm_parse_long(a, 0, 1000000, &k) || mm_parse_long(b, 1, 1000000, &n) || k >= n)
            return mm_fail(error, MM_USAGE, "%s=%.40s and %s=%.40s are no rank and number of ranks", names[i][0], a, names[i][1], b);
        *rank = (size_t)k;
        *size = (size_t)n;
        return MM_OK;
    }
    return mm_fail(error, MM_USAGE, "no launcher has said which rank this is (OMPI_COMM_WORLD_RANK, PMI_RANK or SLURM_PROCID, with "
                                    "the number of ranks)");
}

int mm_ranks_parse(const char *text, size_t *rank, size_t *size, mm_error *error)
{
    long k, of;
    if (!strcmp(text, "env"))
        return environment(rank, size, error);
    if (mm_parse_pair(text, '/', 1000000000, &k, &of) || k >= of)
        return mm_fail(error, MM_USAGE, "'%.40s': K/N with K below N is wanted, or env", text);
    *rank = (size_t)k;
    *size = (size_t)of;
    return MM_OK;
}

/* Slurm's variables are there in a batch script, too, which is no rank but launches them. */
static int launched(size_t *rank, size_t *size)
{
    mm_error none;
    if (environment(rank, size, &none) || *size < 2)
        return 0;
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("MV2_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("SLURM_STEP_ID");
}

int mm_ranks_join(mm_ranks_use use, mm_group **group, mm_error *error)
{
    size_t rank, size;
    char why[800];
    mm_mpi_join_function *join;
    *group = NULL;
    if (use == MM_RANKS_NONE || !launched(&rank, &size))
        return MM_OK;
    void *symbol = mm_plugin_open(MM_MPI_PLUGIN_FILE, MM_MPI_PLUGIN_SYMBOL, 1, why, sizeof why);
    if (!symbol)
        return mm_fail(error, MM_FAILURE, "rank %zu of %zu cannot join the others: %s (--ranks=none trains alone)", rank, size, why);
    memcpy(&join, &symbol, sizeof join);
    if (join(MM_MPI_PLUGIN_VERSION, group, error))
        return error->code;
    if ((*group)->size == size && (*group)->rank == rank)
        return MM_OK;
    mm_fail(error, MM_FAILURE, "rank %zu of %zu cannot join the others: MPI calls it %zu of %zu (srun --mpi=pmix; --ranks=none trains alone)",
            rank, size, (*group)->rank, (*group)->size);
    (*group)->leave(*group, 0);
    *group = NULL;
    return error->code;
}

size_t mm_ranks_local(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        long k;
        if (text && !mm_parse_long(text, 0, 1000000, &k))
            return (size_t)k;
    }
    return 0;
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
