/* What a launcher's environment says about this process, one of several that do one job: mpirun (Open MPI, MPICH, MVAPICH), PMI
 * and srun (Slurm). */
#ifndef MM_CLI_LAUNCHER_H
#define MM_CLI_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Parses "K/N" with K below N, from 0, or "env": the rank and number of ranks that the launcher says. MM_USAGE. */
int mm_launcher_parse(const char *text, size_t *rank, size_t *size, mm_error *error);

/* True if a launcher started this process as one of several ranks. */
bool mm_launcher_ranks(size_t *rank, size_t *size);

/* The number of this rank among those on this machine, from 0; 0 when the launcher does not say. */
size_t mm_launcher_local_rank(void);

#endif
