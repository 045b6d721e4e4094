/* How to train, as mmtrain's command line says it: the one description that all of a training reads. */
#ifndef MM_FILTERS_TRAIN_TRAIN_OPTIONS_H
#define MM_FILTERS_TRAIN_TRAIN_OPTIONS_H

#include "common/cli/options.h"
#include "common/nn/trainer.h"
#include "filters/predict/loaded_model.h"
#include "filters/train/ranks.h"
#include "filters/train/augment_options.h"

typedef struct mm_train_options {
    const char *net, *classes, *init, *mean; /* where it starts; NULL: not given */
    double std;                              /* 0: not given */
    uint64_t seed;

    int recipe;                              /* of none|patch|whole: what nothing else is said of */
    mm_strings stages;                       /* instead of a recipe's */
    const char *epochs, *lr, *wd, *adam;     /* as in nn/schedule.h; NULL: not given */
    int bn;                                  /* of stage|batch|frozen */
    const char *validation;                  /* stream to validate on after each epoch, or NULL */
    const char *augment;                     /* as in filters/train/augment_options.h; NULL: images stay as they are */

    const char *checkpoint, *log;            /* or NULL */
    const char *device;                      /* as in mm_device_open */
    mm_precision precision;
    mm_ranks_use ranks;
    bool resume, deterministic, plan;
    mm_size size;                            /* of the images of a plan; 0x0: as the recipe has them */

    /* What the network's trainer reads. Its numbers come from the command line, schedule and optimiser from the text above
     * (mm_train_options_complete), sizes and figures of the images from the first batch (filters/train/run.h). */
    mm_trainer_options trainer;
    mm_augment_options augmentation; /* where `augment` is given */
    char *command;                   /* canonical command line: what a run that goes on must agree with; on the heap */
} mm_train_options;

#define MM_TRAIN_DEFAULTS {.device = "auto", .seed = 1, .trainer.plateau_factor = 0.1}

/* Checks what can be known before anything is opened, and fills in what was not given. published: --as=published was given.
 * MM_USAGE, MM_FAILURE. */
int mm_train_options_complete(mm_train_options *options, bool published, mm_error *error);

/* "patch", "whole" or NULL. */
const char *mm_train_options_recipe(const mm_train_options *options);

#endif
