/* Which of several processes that do one job this one is, as the launcher's environment says: mpirun (Open MPI, MPICH,
 * MVAPICH), PMI and srun (Slurm). */
#ifndef MM_RANKS_H
#define MM_RANKS_H

#include <stddef.h>

#include "error.h"

/* MM_USAGE when no launcher's variables are there, or they are no rank below a size; then the message names them. */
int mm_ranks_environment(size_t *rank, size_t *size, mm_error *error);

/* "K/N" with K below N, from 0, or "env": as the environment says. MM_USAGE. */
int mm_ranks_parse(const char *text, size_t *rank, size_t *size, mm_error *error);

#endif
