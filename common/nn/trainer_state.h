/* Inside of a trainer: for trainer.c and trainer_state.c alone. */
#ifndef MM_NN_TRAINER_STATE_H
#define MM_NN_TRAINER_STATE_H

#include "common/nn/data_parallel.h"
#include "common/nn/trainer.h"

struct mm_trainer {
    const mm_net *net;
    mm_trainer_options config;
    mm_device *device;
    mm_dtype precision;
    mm_model *model;
    mm_executors executors;
    bool *trained; /* layers of the stage */
    mm_position at;
    bool staged;   /* the stage of `at` has begun */
    bool diverged;

    /* of the stage */
    double stage_best;        /* its best epoch's merit */
    size_t worse, unslowed;   /* epochs since then; since then or since the learning rate was last made smaller */
    double lr_factor;

    /* the epoch that is under way */
    double loss_sum;
    size_t seen, correct;

    size_t *counts;       /* of classes in all epochs, for balance and for the caller */
    size_t *given_counts; /* or NULL */

    /* the validation that is under way */
    double *score; /* 1 - p(class 0) */
    uint8_t *positive;
    size_t validated, validated_room, validated_correct;
    double validated_loss;
    size_t validations; /* batches so far */

    /* with several ranks */
    mm_data_parallel *together;
    size_t *passes; /* micro-batches of each in the step */
    double *shared; /* class counts of the step, then images of each rank */

    mm_params best;
    mm_epoch best_epoch; /* epoch 0: none yet */

    /* room for one batch */
    float *weights, *losses, *logits;
    const mm_batch *next; /* what comes after it, where that is known */
};

/* The layers of the current stage get their optimiser. */
int mm_trainer_begin_stage(mm_trainer *trainer, mm_error *error);

/* All ranks start from the same numbers; alone: nothing. */
int mm_trainer_begin_together(mm_trainer *trainer, mm_error *error);

#endif
