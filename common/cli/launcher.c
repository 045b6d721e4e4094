/* Ranks from the environment: see launcher.h. */
#include "common/cli/launcher.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

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
            return mm_fail(error, MM_USAGE, "'%s=%.40s' and '%s=%.40s' are not a rank and a number of ranks", names[i][0], a, names[i][1],
                           b);
        *rank = (size_t)k;
        *size = (size_t)n;
        return MM_OK;
    }
    return mm_fail(error, MM_USAGE, "no launcher has set the number of this rank (OMPI_COMM_WORLD_RANK, PMI_RANK or SLURM_PROCID, with "
                                    "the number of ranks)");
}

int mm_launcher_parse(const char *text, size_t *rank, size_t *size, mm_error *error)
{
    long k, of;
    if (!strcmp(text, "env"))
        return environment(rank, size, error);
    if (mm_parse_pair(text, '/', 1000000000, &k, &of) || k >= of)
        return mm_fail(error, MM_USAGE, "'%.40s': expected K/N with K below N, or env", text);
    *rank = (size_t)k;
    *size = (size_t)of;
    return MM_OK;
}

/* Slurm's variables are there in a batch script, too, which is not a rank but launches them. */
bool mm_launcher_ranks(size_t *rank, size_t *size)
{
    mm_error none;
    if (environment(rank, size, &none) || *size < 2)
        return false;
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("MV2_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("SLURM_STEP_ID");
}

size_t mm_launcher_local_rank(void)
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
