/* A training and its files: it starts from first weights or goes on from a checkpoint, saves checkpoints, and leaves a
 * model, or after a failure what can be rescued.
 *
 *     mm_train_run_begin(&s, &options, device, &e);
 *     mm_train_run_feed(&s, operands, n, &how, &feed, &head, &item, &e);
 *     mm_train_run_begins_with(&s, &head, &item, &e);   the first batch tells the size of the images
 *     mm_train_run_train(&s, &config, &e);              makes s.trainer, once the size of the images is known
 *     mm_train_run_save(&s, log_bytes, &e);             after each epoch, and when interrupted
 *     mm_train_run_finish(&s, &output, &e);             at the end
 *     mm_train_run_end(&s); */
#ifndef MM_FILTERS_TRAIN_RUN_H
#define MM_FILTERS_TRAIN_RUN_H

#include "filters/predict/batches.h"
#include "common/base/output.h"
#include "formats/weights/checkpoint.h"
#include "filters/train/initial_model.h"

typedef struct mm_train_run_options {
    mm_initial_model_options start;
    const char *checkpoint; /* or NULL */
    bool resume;            /* go on from the checkpoint, if there is one */
    const char *command;    /* canonical command line: what a run that goes on must agree with; borrowed */
    mm_dtype precision;
} mm_train_run_options;

typedef struct mm_train_run {
    mm_train_run_options options;
    mm_device *device;    /* borrowed */
    mm_initial_model start;       /* info and net, and where it did not resume first weights and counts of classes */
    mm_trainer *trainer;
    bool resumed;
    mm_position position; /* where the checkpoint was saved that it goes on from, or the beginning */
    char note[1600];      /* for the user: what of --init was used, or where it goes on; or empty */
    char warning[1600];   /* that the checkpoint before the last one had to serve; or empty */

    mm_checkpoint checkpoint;
    bool saved;           /* the checkpoint is of this training, at `saved_at` */
    mm_position saved_at;
} mm_train_run;

/* Start from {0}. MM_FAILURE also when the checkpoint is there, but not to be resumed, or is of another command; MM_DAMAGED
 * when it cannot be read. */
int mm_train_run_begin(mm_train_run *session, const mm_train_run_options *options, mm_device *device, mm_error *error);

/* The stream of a training, from the session's position on: `how` says batch, skip and interrupt, the rest is known here.
 * *item and *head (the caller's to clear, also after a failure) as in mm_batches_first. */
int mm_train_run_feed(mm_train_run *session, char **operands, size_t n, const mm_batch_options *how, mm_batches **feed, mm_head *head,
                    mm_batch_item *item, mm_error *error);

/* Where it did not resume, the model's description takes up what these tell. MM_FAILURE also when there is no batch. */
int mm_train_run_begins_with(mm_train_run *session, const mm_head *head, const mm_batch_item *item, mm_error *error);

/* The trainer, at the session's position; height, width, mean, std and class_counts of config are filled in from start. */
int mm_train_run_train(mm_train_run *session, mm_trainer_options *config, mm_error *error);

/* The trainer's state into the checkpoint, together with the length of its log. */
int mm_train_run_save(mm_train_run *session, size_t log_bytes, mm_error *error);

/* The best model, complete: commits the output, and removes the MODEL.best of a run that failed before. */
int mm_train_run_finish(mm_train_run *session, mm_output *output, mm_error *error);

/* After a failure or an interruption: what was learnt is written to MODEL.best, since it must not lie where a finished
 * model would, and `text` (one line) says what there is and how to go on. model: NULL or what is no regular name: none. */
void mm_train_run_rescue(mm_train_run *session, const char *model, char *text, size_t size);

void mm_train_run_end(mm_train_run *session); /* also after a failure */

#endif
