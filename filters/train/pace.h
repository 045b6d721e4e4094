/* How fast a training goes, and what is said of it while it does. */
#ifndef MM_FILTERS_TRAIN_PACE_H
#define MM_FILTERS_TRAIN_PACE_H

#include "common/cli/progress.h"
#include "common/nn/trainer.h"

/* Of the epoch that is under way. Start from {0}. */
typedef struct mm_pace {
    double begun, last;      /* seconds */
    size_t images, steps;    /* since `begun` */
    double training;         /* seconds of steps, waiting for images included, without validation */
    size_t steps_an_epoch;   /* 0: not known yet */
    double seconds_an_epoch; /* with validation */
} mm_pace;

void mm_pace_begin_epoch(mm_pace *pace);

/* A step of so many images is done. Returns its images per second. */
double mm_pace_step(mm_pace *pace, size_t images);

/* An epoch of so many steps is done. Returns its images per second; NaN when none of its steps was made by this process. */
double mm_pace_end_epoch(mm_pace *pace, size_t steps);

/* Draws the line of progress after a step. */
void mm_pace_show_step(const mm_pace *pace, const mm_trainer *trainer, const mm_step *step, mm_progress *progress);

/* Says how an epoch went. */
void mm_pace_say_epoch(const mm_trainer *trainer, const mm_epoch *epoch, double images_per_s);

#endif
