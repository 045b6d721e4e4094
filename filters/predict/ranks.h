/* Which of several processes that do one job this one is, as the launcher's environment says: mpirun (Open MPI, MPICH,
 * MVAPICH), PMI and srun (Slurm); and how they come together. */
#ifndef MM_FILTERS_PREDICT_RANKS_H
#define MM_FILTERS_PREDICT_RANKS_H

#include <stddef.h>

#include "common/cli/options.h"
#include "common/base/error.h"
#include "common/nn/backend.h"
#include "common/nn/trainer.h"

/* "K/N" with K below N, from 0, or "env": as the environment says. MM_USAGE. */
int mm_ranks_parse(const char *text, size_t *rank, size_t *size, mm_error *error);

typedef enum mm_ranks_use {
    MM_RANKS_AUTO, /* with the others, where a launcher started more than one */
    MM_RANKS_NONE  /* alone */
} mm_ranks_use;

#define MM_RANKS_CHOICES "auto|none" /* the option --ranks */

/* Joins the other ranks by MPI; *group stays NULL when this process is alone. MM_FAILURE: a launcher has started several,
 * but there is no MPI here or it does not see them. */
int mm_ranks_join(mm_ranks_use use, mm_group **group, mm_error *error);

/* Which of the ranks on this machine this one is, from 0; 0 when the launcher does not say. */
size_t mm_ranks_local(void);

/* Prepares the devices of all ranks for sums over them, and lets the first rank say how these travel, where that is not
 * MPI alone. Nothing with group NULL. MM_FAILURE: they are not of one kind. */
int mm_ranks_connect(mm_group *group, mm_device *device, bool quiet, mm_error *error);

/* What a training is on one of several ranks: its share of the batch, which is that of all of them; a command line that
 * tells their number, since another number adds up in another order and could not go on from this one's checkpoints; and,
 * on all but the first, silence. *command is on the heap. Nothing changes with group NULL. MM_USAGE: the batch cannot be
 * shared. */
int mm_ranks_share(mm_group *group, mm_trainer_options *config, char **command, mm_common *common, mm_error *error);

/* Whether this rank is to tell its error: of one that all have, the first does. Else it puts before the text whose it is;
 * group NULL: nothing. */
bool mm_ranks_blame(const mm_group *group, mm_error *error);

#endif
