/* A training from the first batch of a feed to the end of its schedule: steps, validation, log, progress, checkpoints,
 * interruption. Joins feed, trainer and log; knows no files of weights. */
#ifndef MM_FILTERS_TRAIN_TRAINING_H
#define MM_FILTERS_TRAIN_TRAINING_H

#include <signal.h>

#include "filters/train/augment_options.h"
#include "filters/predict/batches.h"
#include "common/cli/options.h"
#include "common/cli/progress.h"
#include "filters/train/training_log.h"
#include "common/nn/trainer.h"

/* How to train, as a command line says it. */
typedef struct mm_training_options {
    int recipe;              /* of none|patch|whole: batch, stages and figure of the best epoch, where nothing else is said */
    mm_strings stages;       /* instead of a recipe's */
    const char *epochs, *lr, *wd, *adam; /* as in nn/schedule.h, or NULL */
    int bn;                  /* of stage|batch|frozen */
    long batch, micro_batch, stop_after, plateau; /* 0: not given */
    double plateau_factor, smoothing;
    int balance;             /* of none|loss */
    int best;                /* of recipe|accuracy|auc|loss */
    const char *val;         /* stream to validate on, or NULL */
    bool sync_bn;
    const char *augment;     /* how to augment, as in filters/train/augment_options.h; NULL: not */
} mm_training_options;

/* "patch", "whole" or NULL. */
const char *mm_training_recipe(const mm_training_options *options);

/* What can be known before anything is opened. The validation stream is read anew after each epoch: that it is a file is
 * found out here. MM_USAGE, MM_FAILURE. */
int mm_training_configure(const mm_training_options *options, mm_trainer_options *config, mm_error *error);

typedef struct mm_training {
    mm_trainer *trainer;
    mm_group *group;           /* the ranks that train together, or NULL */
    mm_batches *feed;
    mm_batch_item *item;        /* what came after the first HEAD of the feed; MM_BATCH_END: the feed held no epoch. Ours now */
    size_t height, width;      /* of all images */
    size_t batch;              /* images of a step, at most */
    const mm_augment_options *augmenting; /* how images of training are changed at random, or NULL */
    char *validation;          /* stream to validate on after each epoch, or NULL */
    const char *const *class_names;
    size_t classes;
    mm_training_log *log;
    mm_progress *progress;
    bool quiet, skip;          /* skip: leave out records of the validation stream that are no good */
    const volatile sig_atomic_t *interrupt; /* not 0: stop after the step that is under way */
    /* Saves the state, after each epoch, when interrupted, and when the feed fails; NULL: nowhere. */
    int (*checkpoint)(void *context, mm_error *error);
    void *context;

    /* Filled in: */
    mm_warp_plan *plans;       /* of the batch that is under way */
    bool interrupted;
    size_t ignored;            /* epochs after the schedule's end */
    size_t validation_skipped; /* records of the validation stream left out, here or before, in its last reading */
} mm_training;

/* 0 when the schedule is done or the run was interrupted (and saved). MM_FAILURE: too few epochs, a loss that is no
 * number, an image of another size; MM_DAMAGED: the feed is; what the trainer holds as best stays good. */
int mm_training_run(mm_training *training, mm_error *error);

/* Says how many records of the feed and of the validation stream were left out, if any. */
void mm_training_report_skipped(const mm_training *training, const mm_batches *feed);

#endif
