/* Training: steps, stages, validation, the best model, and the state that a checkpoint keeps. Knows no files and no
 * streams; batches come in as images and labels, the state goes out as a table of named numbers.
 *
 *     mm_trainer_new(net, device, precision, &options, &first_weights, &t, &e);
 *     for each epoch:
 *         mm_trainer_begin_epoch(t, &e);                    a stage begins where the schedule says so
 *         mm_trainer_step(t, &batch, &step, &e);            for each batch
 *         mm_trainer_validate(t, &batch, &e);               for each batch of the validation set, if there is one
 *         mm_trainer_end_epoch(t, &result, &e);             figures; keeps the model when it is the best so far
 *     mm_trainer_best(t, &best)                             the weights to write
 *
 * The state after any step, put into a new trainer of the same net, device, number of threads and configuration, goes
 * on to the same bits. */
#ifndef MM_NN_TRAINER_H
#define MM_NN_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/nn/executor.h"
#include "common/nn/net.h"
#include "common/nn/params.h"
#include "common/nn/predict.h"
#include "common/nn/schedule.h"

/* The figure of the validation that epochs are compared by. Without a validation, and by MM_BEST_LAST, the last is the best.
 * Accuracy takes the place of the area where records are of one kind only. */
typedef enum mm_best_by { MM_BEST_LAST, MM_BEST_ACCURACY, MM_BEST_AUC, MM_BEST_LOSS } mm_best_by;

/* How records are weighed in the loss. */
typedef enum mm_balance { MM_BALANCE_NONE, MM_BALANCE_LOSS } mm_balance;

/* The one description of a training: programs fill it in, trainer and plan (nn/plan.h) read it. */
typedef struct mm_trainer_options {
    mm_schedule schedule;
    size_t batch;         /* images of a step, at most */
    size_t micro_batch;   /* images that are computed at once; gradients of a step's micro-batches are added up, but batch norm
                           * sees each of them alone. 0 or more than the batch: the batch */
    size_t height, width; /* of most images */
    mm_dtype dtype;       /* of most images */
    bool warp;            /* images of training come with maps that they are seen through */
    double mean, std;     /* network input = (intensity 0..255 - mean) / std */
    mm_best_by best;      /* of several equal epochs the first */
    double smoothing;     /* this share of each label is spread evenly over all classes; 0..1, in training only */
    mm_adam adam;         /* all 0: the usual numbers */
    /* After so many epochs in a row that were no better than the best of their stage, the stage ends, or its learning
     * rate is multiplied by `plateau_factor` (and so many are waited for again). 0: never. */
    size_t stop_after, plateau;
    double plateau_factor;
    /* Several ranks, each with its own trainer of the same configuration: batch and micro_batch are each rank's, all else
     * (losses, counts, validation, of which each predicts a part) is of all together. NULL: alone. sync: statistics of
     * batch norm are taken over the micro-batches of all ranks. */
    mm_group *group;
    bool sync;
    /* MM_BALANCE_LOSS: a record's weight in the loss is records / (classes * records of its class). The counts are those given
     * here (classes of them; borrowed for mm_trainer_new), or when NULL those of the records seen so far. */
    mm_balance balance;
    const size_t *class_counts;
} mm_trainer_options;

/* Images that are computed at once. */
static inline size_t mm_trainer_micro(const mm_trainer_options *options)
{
    return options->micro_batch && options->micro_batch < options->batch ? options->micro_batch : options->batch;
}

typedef struct mm_batch {
    mm_images images;
    const int32_t *label; /* images.n, each 0 <= label < classes */
} mm_batch;

/* Figures of n records: mean loss (cross-entropy, unweighted in validation), accuracy, area under the ROC curve of 1 - p(class 0)
 * against label != 0, and the threshold of that score with the largest sensitivity + specificity. n = 0: not measured. auc and
 * threshold are NaN in training, and where records are of one kind only. */
typedef struct mm_scores {
    size_t n;
    double loss, accuracy, auc, threshold;
} mm_scores;

typedef struct mm_position {
    size_t stage; /* from 0, as the others count from 1: */
    size_t epoch; /* of all stages; the one that is under way or comes next */
    size_t step;  /* steps done in that epoch */
    size_t steps; /* steps done in all */
} mm_position;

typedef struct mm_step {
    size_t images;   /* of all ranks */
    double loss;     /* of this step */
    double lr;
    double accuracy; /* of the epoch so far */
} mm_step;

typedef struct mm_epoch {
    size_t stage, epoch;
    mm_scores train, validation;
    double lr;    /* it was trained with */
    bool best;    /* the best so far */
    bool slowed;  /* the learning rate is smaller from here on */
    bool stopped; /* its stage ends here, earlier than planned */
} mm_epoch;

typedef struct mm_trainer mm_trainer;

/* Makes a trainer, and whatever its stages need on the device: a batch that does not fit, or a network that cannot be compiled,
 * is an error here and not after days. net and device are borrowed and must outlive the trainer. weights NULL: they will come
 * from mm_trainer_restore. MM_USAGE: a stage names layers that do not exist. After a failure *trainer holds what was made until
 * then, for mm_trainer_bytes and mm_trainer_free alone; NULL when memory was out. */
int mm_trainer_new(const mm_net *net, mm_device *device, mm_dtype precision, const mm_trainer_options *options,
                   const mm_params *weights, mm_trainer **trainer, mm_error *error);
void mm_trainer_free(mm_trainer *trainer); /* NULL is fine */
size_t mm_trainer_bytes(const mm_trainer *trainer); /* of the device that its model holds; 0 without one */

mm_position mm_trainer_position(const mm_trainer *trainer);
bool mm_trainer_finished(const mm_trainer *trainer); /* the schedule is at its end */
bool mm_trainer_diverged(const mm_trainer *trainer); /* a loss was not finite */
const mm_schedule *mm_trainer_schedule(const mm_trainer *trainer); /* stages that ended early are shorter */

/* Begins an epoch, and a stage where the schedule says so. Does nothing in the middle of an epoch. */
int mm_trainer_begin_epoch(mm_trainer *trainer, mm_error *error);

/* Announces, before a step, the batch of the step after it, which must stay where it is until then. Its images go to the device
 * while the coming step is computed. */
void mm_trainer_next(mm_trainer *trainer, const mm_batch *next);

/* Makes one step on 1..batch images. MM_FAILURE also when the loss is not finite: the model's numbers are then useless, those of
 * the best epoch are not. */
int mm_trainer_step(mm_trainer *trainer, const mm_batch *batch, mm_step *result, mm_error *error);

/* Predicts a batch of the validation set: any number of images of any size. */
int mm_trainer_validate(mm_trainer *trainer, const mm_batch *batch, mm_error *error);

/* Ends an epoch: computes its figures, keeps the weights when they are the best so far, ends or slows the stage. MM_FAILURE: the
 * epoch had no step, or the validation loss is not finite. */
int mm_trainer_end_epoch(mm_trainer *trainer, mm_epoch *result, mm_error *error);

/* Returns the weights of the best epoch so far, which the trainer owns and overwrites at the end of an epoch; NULL before the
 * first. best: its figures, or NULL. */
const mm_params *mm_trainer_best(const mm_trainer *trainer, mm_epoch *best);

/* Adds all state to an empty table; between steps or between epochs (not during validation). Names begin with "trainer." (its
 * numbers), "adam." (the optimiser's), "model/" (weights as they are) or "best/" (those of the best epoch). */
int mm_trainer_save(mm_trainer *trainer, mm_params *table, mm_error *error);

/* Takes over the state in a table; the trainer must have done nothing yet. MM_DAMAGED: something is missing or does not fit. */
int mm_trainer_restore(mm_trainer *trainer, const mm_params *table, mm_error *error);

/* Reads the position out of a saved state, without a trainer. MM_DAMAGED: the table holds none. */
int mm_trainer_saved_position(const mm_params *table, mm_position *position, mm_error *error);

/* Returns how often each class was seen in training, over all epochs. */
const size_t *mm_trainer_class_counts(const mm_trainer *trainer);

#endif
