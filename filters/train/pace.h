/* The speed of a training, and the lines that report its progress. */
#ifndef MM_FILTERS_TRAIN_PACE_H
#define MM_FILTERS_TRAIN_PACE_H

#include "common/cli/progress.h"
#include "common/nn/trainer.h"

/* Times of the current epoch. Start from {0}. */
typedef struct mm_pace {
    double begun, last;      /* seconds */
    size_t images, steps;    /* since `begun` */
    double training;         /* seconds of steps with waiting for images, without validation */
    size_t steps_an_epoch;   /* 0: not known yet */
    double seconds_an_epoch; /* with validation */
} mm_pace;

/* Starts the clock of an epoch. */
void mm_pace_begin_epoch(mm_pace *pace);

/* Counts a finished step of `images`. Returns its images per second. */
double mm_pace_step(mm_pace *pace, size_t images);

/* Ends an epoch of `steps`. Returns its images per second; NaN if this process made none of the steps. */
double mm_pace_end_epoch(mm_pace *pace, size_t steps);

/* Draws the line of progress after a step. */
void mm_pace_show_step(const mm_pace *pace, const mm_trainer *trainer, const mm_step *step, mm_progress *progress);

/* Prints the results of an epoch, and whether it ended its stage or lowered the learning rate. */
void mm_pace_say_epoch(const mm_trainer *trainer, const mm_epoch *epoch, double images_per_s);

#endif
