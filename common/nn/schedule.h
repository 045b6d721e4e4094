/* The schedule of a training: stages one after another, each with its layers, learning rate, weight decay and epochs.
 * Text in, numbers out; knows neither networks nor devices. */
#ifndef MM_NN_SCHEDULE_H
#define MM_NN_SCHEDULE_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/nn/executor.h"

typedef struct mm_stage {
    char train[200]; /* "all", "top" or prefixes with commas between, as for mm_net_select */
    double lr, weight_decay;
    size_t epochs; /* >= 1 */
    mm_bn bn;      /* batch norm of layers that are not trained */
} mm_stage;

enum { MM_MAX_STAGES = 32 };

typedef struct mm_schedule {
    mm_stage stage[MM_MAX_STAGES];
    size_t n;
    size_t epochs; /* of all stages */
} mm_schedule;

/* One stage from "train=fc lr=1e-3 wd=1e-4 epochs=3 bn=batch": words with blanks between, in any order; wd is 0 and bn
 * batch when left out, the others must be there. MM_USAGE with an error that quotes what is wrong. */
int mm_stage_parse(const char *text, mm_stage *stage, mm_error *error);

/* Appends; MM_USAGE when there are too many. */
int mm_schedule_add(mm_schedule *schedule, const mm_stage *stage, mm_error *error);

/* The published ones: "patch" (fc, then layer4.2 and fc, then all) and "whole" (the new layers, then all). Replaces what
 * the schedule held. MM_USAGE for another name. */
int mm_schedule_recipe(mm_schedule *schedule, const char *name, mm_error *error);

/* Overrides one column of all stages: "3,10,200" one number a stage, or one number for all. MM_USAGE. */
int mm_schedule_epochs(mm_schedule *schedule, const char *list, mm_error *error);
int mm_schedule_lr(mm_schedule *schedule, const char *list, mm_error *error);
int mm_schedule_weight_decay(mm_schedule *schedule, const char *list, mm_error *error);

/* A schedule from options, each NULL when not given: the name of a recipe, or n stages (exactly one of the two is wanted);
 * bn, "batch" or "frozen" for all stages; epochs, lr, wd as above. */
typedef struct mm_schedule_options {
    const char *recipe;
    const char *const *stages;
    size_t n;
    const char *bn, *epochs, *lr, *wd;
} mm_schedule_options;

int mm_schedule_make(mm_schedule *schedule, const mm_schedule_options *options, mm_error *error);

/* Numbers of the optimiser from "0.9,0.999,1e-8". MM_USAGE. */
int mm_schedule_adam(mm_adam *adam, const char *list, mm_error *error);

/* The stage of epoch `epoch`, 1 <= epoch <= schedule->epochs; *first (may be NULL) is the stage's first epoch. */
size_t mm_schedule_stage(const mm_schedule *schedule, size_t epoch, size_t *first);

/* "train=fc lr=0.001 wd=0.0001 epochs=3 bn=batch" into text[size]; what mm_stage_parse reads. */
void mm_stage_print(const mm_stage *stage, char *text, size_t size);

#endif
