/* The rank of this process, one of several that do one job, from the environment of a launcher: mpirun (Open MPI, MPICH,
 * MVAPICH), PMI or srun (Slurm). */
#ifndef MM_CLI_LAUNCHER_H
#define MM_CLI_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

/* Parses "K/N", 0 <= K < N, or "env", the launcher's rank and number of ranks. 0 or MM_USAGE. */
int mm_launcher_parse(const char *text, size_t *rank, size_t *size, mm_error *error);

/* True if a launcher started this process as one of several ranks. */
bool mm_launcher_ranks(size_t *rank, size_t *size);

/* Returns the number of this rank among the ranks on this machine, from 0; 0 if the launcher does not set it. */
size_t mm_launcher_local_rank(void);

#endif
