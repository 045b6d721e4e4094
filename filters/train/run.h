/* One run of mmtrain, from its options to a model. It starts from first weights or resumes from a checkpoint, saves checkpoints, and
 * writes the best model, or after a failure what can be rescued. */
#ifndef MM_FILTERS_TRAIN_RUN_H
#define MM_FILTERS_TRAIN_RUN_H

#include <signal.h>

#include "common/base/lock.h"
#include "common/base/output.h"
#include "common/cli/progress.h"
#include "filters/predict/batches.h"
#include "filters/train/initial_model.h"
#include "filters/train/train_options.h"
#include "filters/train/training_log.h"
#include "formats/weights/checkpoint.h"

/* Start from MM_TRAIN_RUN with the first two, which are borrowed. */
typedef struct mm_train_run {
    mm_train_options *options; /* complete; with several ranks its batch becomes this one's share */
    mm_common *common;         /* becomes quiet on all ranks but the first */

    mm_output output;          /* the model; of the first rank alone */
    mm_lock locks[3];          /* on model, checkpoint and log; of the first rank alone */
    mm_device *device;
    mm_dtype precision;
    mm_initial_model initial;  /* info and net; first weights and counts of classes unless it resumed */
    mm_checkpoint checkpoint;  /* what it resumed from */
    bool resumed;
    mm_position position;      /* where it resumes, or the beginning */
    mm_batches *batches;
    mm_batch_item item;        /* the current one */
    mm_trainer *trainer;
    mm_training_log log;
    mm_progress progress;

    const volatile sig_atomic_t *interrupt; /* number of the signal that came, else 0 */
    bool interrupted;          /* a signal to this rank or another ended it */
    bool saved;                /* the checkpoint is from this training, at `saved_at` */
    mm_position saved_at;
    size_t ignored;            /* epochs after the schedule's end */
    size_t validation_skipped; /* records of the validation stream skipped, here or before, when it was last read */
} mm_train_run;

#define MM_TRAIN_RUN(options, common) {options, common, .output = {.fd = -1}, .locks = {MM_UNLOCKED, MM_UNLOCKED, MM_UNLOCKED}}

/* Trains, and writes the model. Returns 0 also if a signal ended it (interrupted). */
int mm_train(mm_train_run *run, mm_error *error);

/* Ends a run after mm_train returned `code`: prints the error, rescues what can be rescued, prints what was skipped, leaves the other
 * ranks and frees everything. Returns the exit code. */
int mm_train_run_end(mm_train_run *run, int code, mm_error *error);

/* Saves the trainer's state and the length of its log. Does nothing without --checkpoint, or on a rank other than the first. */
int mm_train_run_save(mm_train_run *run, mm_error *error);

/* Appends to an error of the trainer what would fit, if the device's memory was too small. Returns the error's code. */
int mm_train_run_advise(const mm_train_run *run, mm_error *error);

#endif
