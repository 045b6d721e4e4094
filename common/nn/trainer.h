/* Training: steps, stages, validation, the best model, and the state for a checkpoint. It uses no files and no streams: its input
 * is batches of images and labels, its output tables of named numbers.
 *
 *     mm_trainer_new(net, device, precision, &options, &first_weights, &t, &e);
 *     for each epoch:
 *         mm_trainer_begin_epoch(t, &e);                    a stage begins when the schedule says so
 *         mm_trainer_step(t, &batch, &step, &e);            for each batch
 *         mm_trainer_validate(t, &batch, &e);               for each batch of the validation set, if any
 *         mm_trainer_end_epoch(t, &result, &e);             figures; keeps the model if it is the best so far
 *     mm_trainer_best(t, &best)                             the weights to write
 *
 * With a running average of the weights (mm_optimiser.ema), validation and the best weights are those of the average.
 *
 * If the state after any step is restored into a new trainer with the same net, device, number of threads and options, training
 * continues with the same bits. */
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

/* The validation figure by which epochs are compared. Without a validation, and with MM_BEST_LAST, the last epoch is the best.
 * Accuracy replaces the area if all records are positive or all are negative. */
typedef enum mm_best_by { MM_BEST_LAST, MM_BEST_ACCURACY, MM_BEST_AUC, MM_BEST_LOSS } mm_best_by;

/* How records are weighted in the loss. */
typedef enum mm_balance { MM_BALANCE_NONE, MM_BALANCE_LOSS } mm_balance;

/* The description of a training, filled in by programs and read by the trainer and by plans (nn/plan.h). */
typedef struct mm_trainer_options {
    mm_schedule schedule;
    size_t batch;         /* largest number of images of a step */
    size_t micro_batch;   /* images computed at once; gradients of a step's micro-batches are added up, but batch norm takes
                           * statistics of each one alone. 0 or more than the batch: the batch */
    size_t height, width; /* most frequent size of images */
    mm_dtype dtype;       /* most frequent type of images */
    bool warp;            /* training images are warped (mm_images.warp) */
    double mean, std;     /* network input = (intensity 0..255 - mean) / std */
    mm_best_by best;      /* among equal epochs that of the least validation loss is the best, then the first */
    double smoothing;     /* this share of each label is spread evenly over all classes; 0..1, in training only */
    /* Mixup (Zhang et al. 2018): image i of the n that are computed at once is mixed with image n - 1 - i; its own share is drawn from
     * Beta(mixup, mixup). Accuracy in training is that of the label with the larger share. 0: images stay as they are. */
    double mixup;
    mm_optimiser optimiser;
    /* After `stop_after` epochs in a row whose figure is not above the best of their stage, the stage ends. After `plateau` such
     * epochs its learning rate is multiplied by `plateau_factor`, and the count begins anew. 0: never. */
    size_t stop_after, plateau;
    double plateau_factor;
    /* Several ranks, each with its own trainer and the same options. batch and micro_batch are per rank; losses, counts and
     * validation (each rank predicts a part of it) are of all ranks together. NULL: one process. sync: statistics of batch norm
     * are taken over the micro-batches of all ranks. */
    mm_group *group;
    bool sync;
    /* MM_BALANCE_LOSS: a record's weight in the loss is records / (classes * records of its class). class_counts[classes] holds
     * the counts and is borrowed for mm_trainer_new; NULL: the counts of the records seen so far. */
    mm_balance balance;
    const size_t *class_counts;
    uint64_t seed; /* of dropout and mixup; a record's draws depend on it, on the step and on mm_batch.record */
} mm_trainer_options;

/* Returns the number of images that are computed at once. */
static inline size_t mm_trainer_micro(const mm_trainer_options *options)
{
    return options->micro_batch && options->micro_batch < options->batch ? options->micro_batch : options->batch;
}

typedef struct mm_batch {
    mm_images images;
    const int32_t *label; /* images.n, each 0 <= label < classes */
    const uint64_t *record; /* images.n numbers that name the records, for dropout and mixup; NULL: 0, 1, ... */
} mm_batch;

/* Figures of n records: mean loss (cross-entropy, unweighted in validation), accuracy, area under the ROC curve of 1 - p(class 0)
 * against label != 0, and the threshold of mm_threshold_youden on that probability, as a rank (common/stats/rank.h). n = 0: not
 * measured. auc and threshold are NaN in training, and if no record is positive or none is negative; threshold is NaN if it would lie above all scores. */
typedef struct mm_scores {
    size_t n;
    double loss, accuracy, auc, threshold;
} mm_scores;

typedef struct mm_position {
    size_t stage; /* from 0 */
    size_t epoch; /* the current or next epoch, counted from 1 over all stages */
    size_t step;  /* steps done in this epoch */
    size_t steps; /* steps done in total */
} mm_position;

typedef struct mm_step {
    size_t images;   /* on all ranks */
    double loss;     /* of this step */
    double lr;       /* of all layers that no part names */
    double accuracy; /* of the epoch so far */
} mm_step;

typedef struct mm_epoch {
    size_t stage, epoch;
    mm_scores train, validation;
    double lr;    /* of its last step */
    bool best;    /* it is the best so far */
    bool slowed;  /* the learning rate is smaller after it */
    bool stopped; /* its stage ends with it, earlier than planned */
} mm_epoch;

typedef struct mm_trainer mm_trainer;

/* Makes a trainer and everything that its stages need on the device, so that a batch that does not fit or a network that cannot
 * be compiled is an error here and not after days. net and device are borrowed and must outlive the trainer. weights NULL:
 * mm_trainer_restore will set them. MM_USAGE: a stage names layers that do not exist. After a failure *trainer may only be passed
 * to mm_trainer_bytes and mm_trainer_free; it is NULL if host memory was out at once. */
int mm_trainer_new(const mm_net *net, mm_device *device, mm_dtype precision, const mm_trainer_options *options,
                   const mm_params *weights, mm_trainer **trainer, mm_error *error);
void mm_trainer_free(mm_trainer *trainer); /* NULL is fine */
size_t mm_trainer_bytes(const mm_trainer *trainer); /* device memory that its model holds; 0 without a model */

mm_position mm_trainer_position(const mm_trainer *trainer);
bool mm_trainer_finished(const mm_trainer *trainer); /* true at the end of the schedule */
bool mm_trainer_diverged(const mm_trainer *trainer); /* true if a loss was not finite */
const mm_schedule *mm_trainer_schedule(const mm_trainer *trainer); /* stages that ended early are shorter */

/* Returns the number of steps since the current stage began; 0 before the first epoch begins. */
size_t mm_trainer_stage_steps(const mm_trainer *trainer);

/* Begins an epoch, and a stage if the schedule says so. Does nothing in the middle of an epoch. */
int mm_trainer_begin_epoch(mm_trainer *trainer, mm_error *error);

/* Announces, before a step, the batch of the step after it. Its images are uploaded while the next step is computed, and must
 * stay valid until their own step. */
void mm_trainer_next(mm_trainer *trainer, const mm_batch *next);

/* Makes one step on 1..batch images. MM_FAILURE: also a loss that is not finite. The model's weights are then useless, but not
 * those of the best epoch. */
int mm_trainer_step(mm_trainer *trainer, const mm_batch *batch, mm_step *result, mm_error *error);

/* Predicts a batch of the validation set: any number of images of any size. */
int mm_trainer_validate(mm_trainer *trainer, const mm_batch *batch, mm_error *error);

/* Ends an epoch: computes its figures, keeps the weights if they are the best so far, and ends or slows the stage. MM_FAILURE:
 * the epoch had no step, or the validation loss is not finite. */
int mm_trainer_end_epoch(mm_trainer *trainer, mm_epoch *result, mm_error *error);

/* Returns the weights of the best epoch so far; NULL before the first epoch ends. The trainer owns them and may overwrite them at
 * the end of an epoch. *best, which may be NULL, receives the epoch's figures. */
const mm_params *mm_trainer_best(const mm_trainer *trainer, mm_epoch *best);

/* Adds all state to an empty table. Call it between steps or epochs, not during validation. Names begin with "trainer." (the
 * trainer's numbers), "adam." or "sgd." (the optimiser's), "model/" (the present weights), "ema/" (their running
 * average) or "best/" (the weights of the best epoch). */
int mm_trainer_save(mm_trainer *trainer, mm_params *table, mm_error *error);

/* Restores the state from a table into a new trainer. MM_DAMAGED: an entry is missing or does not fit. */
int mm_trainer_restore(mm_trainer *trainer, const mm_params *table, mm_error *error);

/* Reads the position from a saved state, without a trainer. MM_DAMAGED: the table has none. */
int mm_trainer_saved_position(const mm_params *table, mm_position *position, mm_error *error);

/* Returns the number of records of each class seen in training, over all epochs; the trainer owns it. */
const size_t *mm_trainer_class_counts(const mm_trainer *trainer);

#endif
