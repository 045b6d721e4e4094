/* The inside of a trainer, for the files trainer*.c alone. */
#ifndef MM_NN_TRAINER_STATE_H
#define MM_NN_TRAINER_STATE_H

#include "common/nn/executors.h"
#include "common/nn/trainer.h"

/* The validation that is under way. */
typedef struct mm_validation {
    double *score; /* 1 - p(class 0) */
    uint8_t *positive;
    size_t n, score_room, positive_room;
    size_t correct;
    double loss;    /* sum over the records */
    size_t batches; /* so far, of all ranks */
} mm_validation;

struct mm_trainer {
    const mm_net *net;
    mm_trainer_options options; /* micro_batch is set, class_counts is not, and stages that ended early are shorter */
    mm_device *device;
    mm_dtype precision;
    mm_model *model;
    mm_executors executors;
    size_t prepared; /* the stage that model and executors are prepared for; schedule.n: none */
    mm_position at;
    bool staged;     /* the stage of `at` has begun */
    bool diverged;

    /* of the stage */
    double stage_best;        /* its best epoch's merit */
    size_t worse, unslowed;   /* epochs since then; since then or since the learning rate was last made smaller */
    double lr_factor;

    /* of the epoch that is under way */
    double loss_sum;
    size_t seen, correct;
    mm_validation validation;

    size_t *counts;       /* of classes in all epochs, for balance and for the caller */
    size_t *given_counts; /* or NULL */

    /* of the step, with several ranks */
    size_t *passes; /* micro-batches of each */
    double *shared; /* class counts, then images of each */

    mm_params best;
    mm_epoch best_epoch; /* epoch 0: none yet */

    /* room for one batch */
    float *weights, *losses, *logits;
    const mm_batch *next; /* what comes after it, where that is known */
};

/* The stage that is under way. */
const mm_stage *mm_trainer_stage(const mm_trainer *trainer);

/* Gives the layers of the current stage their optimiser. */
int mm_trainer_begin_stage(mm_trainer *trainer, mm_error *error);

/* Makes all ranks start from the same numbers; does nothing alone. */
int mm_trainer_begin_together(mm_trainer *trainer, mm_error *error);

/* Ends a validation. n is 0 when there was none. */
int mm_trainer_validation_scores(mm_trainer *trainer, mm_scores *scores, mm_error *error);

/* The first of the largest of n numbers. */
static inline size_t mm_trainer_argmax(const float *p, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

#endif
