/* Private parts of a trainer, for the files trainer*.c only. */
#ifndef MM_NN_TRAINER_STATE_H
#define MM_NN_TRAINER_STATE_H

#include "common/nn/executors.h"
#include "common/nn/trainer.h"

/* The current validation. */
typedef struct mm_validation {
    double *score; /* ranks of 1 - p(class 0) */
    uint8_t *positive;
    size_t n, score_room, positive_room;
    size_t correct;
    double loss;    /* sum over the records */
    size_t batches; /* number of batches so far, on all ranks */
} mm_validation;

struct mm_trainer {
    const mm_net *net;
    mm_trainer_options options; /* micro_batch is set, class_counts is NULL, and stages that ended early are shorter */
    mm_device *device;
    mm_dtype precision;
    mm_model *model;
    mm_executors executors;
    size_t prepared; /* the stage for which model and executors are prepared; schedule.n: none */
    mm_position at;
    bool staged;     /* the stage of `at` has begun */
    bool diverged;

    /* of the stage */
    double stage_best;        /* its best epoch's merit */
    size_t worse, unslowed;   /* epochs since then; epochs since then or since the last reduction of the learning rate */
    double lr_factor;

    /* of the current epoch */
    double loss_sum;
    size_t seen, correct;
    mm_validation validation;

    size_t *counts;       /* records of each class in all epochs, for balance and for the caller */
    size_t *given_counts; /* the options' class_counts, owned, or NULL */

    /* of the step, with several ranks */
    size_t *passes; /* micro-batches of each rank */
    double *shared; /* class counts, then images of each rank */

    mm_params best;
    mm_epoch best_epoch; /* epoch 0: none yet */

    /* room for one batch */
    float *weights, *losses, *logits;
    uint64_t *seeds; /* of dropout */
    float *shares;   /* of mixed images */
    const mm_batch *next; /* the batch after it, if announced */
};

/* Returns the current stage. */
const mm_stage *mm_trainer_stage(const mm_trainer *trainer);

/* Returns the factor of the learning rates at a step of the current stage, from 0. */
double mm_trainer_lr_factor(const mm_trainer *trainer, size_t step);

/* Gives the layers of the current stage a new optimiser. */
int mm_trainer_begin_stage(mm_trainer *trainer, mm_error *error);

/* Makes all ranks start from the same weights; does nothing without a group. */
int mm_trainer_begin_together(mm_trainer *trainer, mm_error *error);

/* Ends a validation and computes its figures; scores->n is 0 if there was none. */
int mm_trainer_validation_scores(mm_trainer *trainer, mm_scores *scores, mm_error *error);

/* Returns the index of the largest of n numbers, the first if several are equal. */
static inline size_t mm_trainer_argmax(const float *p, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

#endif
