/* Ranks: processes that a launcher started to train one network together (cli/launcher.h). */
#ifndef MM_FILTERS_TRAIN_RANKS_H
#define MM_FILTERS_TRAIN_RANKS_H

#include "common/base/error.h"
#include "common/cli/options.h"
#include "common/nn/backend.h"
#include "common/nn/trainer.h"

typedef enum mm_ranks_use {
    MM_RANKS_AUTO, /* train with the others if a launcher started more than one */
    MM_RANKS_NONE  /* train alone */
} mm_ranks_use;

#define MM_RANKS_CHOICES "auto|none" /* the option --ranks */

/* Joins the other ranks by MPI; *group is NULL if this process is alone. MM_FAILURE: a launcher has started several, but MPI is
 * missing or sees another number of them. */
int mm_ranks_join(mm_ranks_use use, mm_group **group, mm_error *error);

/* Prepares the devices of all ranks for sums over them. If these do not travel by MPI alone, a line says how, unless quiet. Does
 * nothing if group is NULL. MM_FAILURE: the devices are not of one kind, or cannot be joined. */
int mm_ranks_connect(mm_group *group, mm_device *device, bool quiet, mm_error *error);

/* Turns a training's settings into those of one rank: its share of the batch, and silence on all ranks but the first. Adds the number
 * of ranks to *command, which is on the heap: another number of ranks adds up in another order and cannot resume from these
 * checkpoints. Does nothing if group is NULL. MM_USAGE: the batch is not a multiple of the ranks. */
int mm_ranks_share(mm_group *group, mm_trainer_options *config, char **command, mm_common *common, mm_error *error);

/* True if this rank should print the error. When all ranks failed alike only rank 0 prints; otherwise the text is prefixed
 * with the rank. */
bool mm_ranks_blame(const mm_group *group, mm_error *error);

#endif
