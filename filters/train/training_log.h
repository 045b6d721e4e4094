/* The log of a training: tab-separated text, a header line, a line of kind `step` per step and of kind `epoch` per epoch.
 *
 *     kind stage epoch step loss lr images_per_s accuracy val_loss val_accuracy val_auc best
 *
 * stage, epoch and step count from 1, epochs over all stages, steps within their epoch. A step has its own loss, and the accuracy of
 * the epoch so far. An epoch has the means of both. A field without a value is NA. */
#ifndef MM_FILTERS_TRAIN_TRAINING_LOG_H
#define MM_FILTERS_TRAIN_TRAINING_LOG_H

#include <stdio.h>

#include "common/base/error.h"
#include "common/nn/trainer.h"

typedef struct mm_training_log {
    FILE *file; /* NULL: no log */
    const char *name;
} mm_training_log;

/* Begins a new log at PATH (NULL: no log). If `keep` is not 0, an existing log is cut to that many bytes and continued. MM_FAILURE:
 * cannot open or write. */
int mm_training_log_open(mm_training_log *log, const char *path, size_t keep, mm_error *error);
int mm_training_log_close(mm_training_log *log, mm_error *error);

/* Write a line each, which is in the file on return. MM_FAILURE: cannot write. */
int mm_training_log_step(mm_training_log *log, mm_position at, const mm_step *step, double images_per_s, mm_error *error);
int mm_training_log_epoch(mm_training_log *log, size_t steps, const mm_epoch *epoch, double images_per_s, mm_error *error);

/* Returns the length of the log in bytes, which a checkpoint stores as `keep`. */
size_t mm_training_log_bytes(const mm_training_log *log);

#endif
