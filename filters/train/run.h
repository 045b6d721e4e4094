/* One run of mmtrain, from its options to a model: it starts from first weights or goes on from a checkpoint, saves checkpoints,
 * and leaves the best model, or after a failure what can be rescued. */
#ifndef MM_FILTERS_TRAIN_RUN_H
#define MM_FILTERS_TRAIN_RUN_H

#include <signal.h>

#include "common/base/output.h"
#include "common/cli/progress.h"
#include "filters/predict/batches.h"
#include "filters/train/initial_model.h"
#include "filters/train/train_options.h"
#include "filters/train/training_log.h"
#include "formats/weights/checkpoint.h"

/* Start from the first two, which are borrowed, and an output that is not open. */
typedef struct mm_train_run {
    mm_train_options *options; /* complete; of several ranks, its batch becomes this one's share */
    mm_common *common;         /* ranks but the first become quiet */

    mm_output output;          /* the model; of the first rank alone */
    mm_device *device;
    mm_dtype precision;
    mm_initial_model initial;  /* info and net, and where it did not resume first weights and counts of classes */
    mm_checkpoint checkpoint;  /* that it goes on from */
    bool resumed;
    mm_position position;      /* where it goes on, or the beginning */
    mm_batches *batches;
    mm_batch_item item;        /* the one that is under way */
    mm_trainer *trainer;
    mm_training_log log;
    mm_progress progress;

    const volatile sig_atomic_t *interrupt; /* number of the signal that came, else 0 */
    bool interrupted;          /* it ended for a signal, of this rank or another */
    bool saved;                /* the checkpoint is of this training, at `saved_at` */
    mm_position saved_at;
    size_t ignored;            /* epochs after the schedule's end */
    size_t validation_skipped; /* records of the validation stream left out, here or before, in its last reading */
} mm_train_run;

/* Trains, and writes the model. 0 also when a signal ended it (interrupted). */
int mm_train(mm_train_run *run, mm_error *error);

/* Ends what mm_train began: says the error (code is not 0), what can be rescued and what was skipped, parts from the other
 * ranks, frees everything. Returns the exit code. */
int mm_train_run_end(mm_train_run *run, int code, mm_error *error);

/* Saves the trainer's state, together with the length of its log; does nothing without --checkpoint and on ranks but the first. */
int mm_train_run_save(mm_train_run *run, mm_error *error);

/* After an error of the trainer: appends what would fit where the device's memory was too small. Returns the error's code. */
int mm_train_run_advise(const mm_train_run *run, mm_error *error);

#endif
