/* The description of a training, from mmtrain's command line. */
#ifndef MM_FILTERS_TRAIN_TRAIN_OPTIONS_H
#define MM_FILTERS_TRAIN_TRAIN_OPTIONS_H

#include "common/cli/options.h"
#include "common/nn/match.h"
#include "common/nn/trainer.h"
#include "filters/predict/loaded_model.h"
#include "filters/train/ranks.h"
#include "filters/train/augment_options.h"

typedef struct mm_train_options {
    const char *net, *classes, *init, *mean; /* where it starts; NULL: not given */
    const char *init_licence, *data_terms;   /* of the first weights and of the training data, for the model; NULL: not given */
    mm_match_options match;                  /* which tensors of `init` */
    bool partial;                            /* `init` need not hold the whole trunk */
    double std;                              /* 0: not given */
    uint64_t seed;

    int recipe;                              /* of none|patch|whole|transfer: defaults for what is not given */
    mm_strings stages;                       /* instead of a recipe's */
    const char *epochs, *lr, *wd;            /* as in nn/schedule.h; NULL: not given */
    const char *lr_schedule, *warm_up, *adam; /* likewise */
    const char *momentum;                    /* a number, or NULL */
    int optimiser;                           /* of recipe|adam|adamw|sgd */
    int bn;                                  /* of stage|batch|frozen */
    const char *validation;                  /* stream to validate on after each epoch, or NULL */
    const char *augment;                     /* as in filters/train/augment_options.h; NULL: images stay as they are */

    const char *checkpoint, *log;            /* or NULL */
    const char *device;                      /* as in mm_device_open */
    mm_precision precision;
    mm_ranks_use ranks;
    bool resume, deterministic, plan;
    bool skip;                               /* --on-error=skip */
    mm_size size;                            /* of the images of a plan; 0x0: the recipe's */

    /* The trainer's own options. Numbers are set by the command line, schedule and optimiser by mm_train_options_complete from the text
     * above, sizes and figures of the images by the first batch (filters/train/run.h). */
    mm_trainer_options trainer;
    mm_augment_options augmentation; /* where `augment` is given */
    char *command;                   /* canonical command line, which must be the same to resume; on the heap */
} mm_train_options;

#define MM_TRAIN_DEFAULTS {.device = "auto", .seed = 1, .trainer.plateau_factor = 0.1}

/* Checks what can be checked before anything is opened, and fills in what was not given. `published`: --as=published was given.
 * MM_USAGE: an invalid or missing option. MM_FAILURE: a file cannot be opened; memory. */
int mm_train_options_complete(mm_train_options *options, bool published, mm_error *error);

/* Appends what the published training does without and these options do, as in "optimizer=sgd momentum=0.9 mixup=0.2"; nothing if
 * there is nothing. Learning rates are the schedule's. */
void mm_train_options_describe(const mm_train_options *options, mm_text *text);

/* Returns "patch", "whole", "transfer" or NULL. */
const char *mm_train_options_recipe(const mm_train_options *options);

#endif
