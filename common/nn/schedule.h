/* The schedule of a training: stages one after another, each with its layers, learning rate, weight decay and epochs. It is
 * parsed from text, without a network or a device. */
#ifndef MM_NN_SCHEDULE_H
#define MM_NN_SCHEDULE_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/nn/executor.h"

/* How a stage's learning rates change. */
typedef enum mm_lr_schedule { MM_LR_CONSTANT, MM_LR_COSINE } mm_lr_schedule;

/* A part of a stage's layers with its own learning rate. */
typedef struct mm_lr_part {
    char layers[60]; /* one word, as for mm_net_select */
    double lr;
} mm_lr_part;

typedef struct mm_stage {
    char train[200]; /* which layers, as for mm_net_select */
    double lr, weight_decay;
    size_t epochs; /* >= 1 */
    mm_bn bn;      /* batch norm of layers that are not trained */
    mm_lr_part part[MM_PARTS - 1]; /* a layer belongs to the first one that names it; the others take `lr` */
    size_t nparts;
    mm_lr_schedule lr_schedule;
    size_t cosine;  /* MM_LR_COSINE: the step with which the cosine ends; 0: it ends with the stage and moves once an epoch */
    size_t warm_up; /* steps */
} mm_stage;

enum { MM_MAX_STAGES = 32 };

typedef struct mm_schedule {
    mm_stage stage[MM_MAX_STAGES];
    size_t n;
    size_t epochs; /* of all stages */
} mm_schedule;

/* Parses a stage: "train=fc lr=1e-3 wd=1e-4 epochs=3 bn=batch", words with blanks between, in any order. wd (0) and bn (batch)
 * may be left out. lr may begin with rates of parts: "lr=top:1e-2,layer4:3e-3,1e-3".
 * "schedule=constant|cosine|cosine:STEPS" and "warmup=STEPS" may follow. MM_USAGE with an error that quotes the fault. */
int mm_stage_parse(const char *text, mm_stage *stage, mm_error *error);

/* Appends a stage. MM_USAGE: there are too many. */
int mm_schedule_add(mm_schedule *schedule, const mm_stage *stage, mm_error *error);

/* Replaces the schedule by a published one: "patch" (the last layer, then the last block too, then all) or "whole" (the new layers, then all);
 * or by "transfer": all layers at once, for few patients.
 * MM_USAGE: another name. */
int mm_schedule_recipe(mm_schedule *schedule, const char *name, mm_error *error);

/* Set one number of every stage: "3,10,200", one for each stage, or one for all. MM_USAGE: the list is invalid, or it would replace
 * the learning rates of parts. */
int mm_schedule_epochs(mm_schedule *schedule, const char *list, mm_error *error);
int mm_schedule_lr(mm_schedule *schedule, const char *list, mm_error *error);
int mm_schedule_weight_decay(mm_schedule *schedule, const char *list, mm_error *error);

int mm_schedule_lr_schedule(mm_schedule *schedule, const char *list, mm_error *error);
int mm_schedule_warm_up(mm_schedule *schedule, const char *list, mm_error *error);

/* Options of a schedule: the name of a recipe, or n stages, but not both. bn is "batch" or "frozen" for all stages; epochs, lr,
 * wd, lr_schedule and warm_up are lists as above. NULL: not given. */
typedef struct mm_schedule_options {
    const char *recipe;
    const char *const *stages;
    size_t n;
    const char *bn, *epochs, *lr, *wd, *lr_schedule, *warm_up;
} mm_schedule_options;

/* Makes a schedule from options. MM_USAGE: they are invalid. */
int mm_schedule_make(mm_schedule *schedule, const mm_schedule_options *options, mm_error *error);

/* Parses the optimiser's parameters, "0.9,0.999,1e-8". MM_USAGE: the list is invalid. */
int mm_schedule_adam(mm_optimiser *adam, const char *list, mm_error *error);

/* Returns the stage of an epoch, 1 <= epoch <= schedule->epochs; *first, which may be NULL, becomes the stage's first epoch. */
size_t mm_schedule_stage(const mm_schedule *schedule, size_t epoch, size_t *first);

/* Returns the factor of a stage's learning rates at a step of the stage, in an epoch of the stage; both count from 0. It is the product
 * of torch.optim.lr_scheduler.LinearLR(start_factor=0.01, total_iters=warm_up), stepped after each step, and with MM_LR_COSINE of
 * CosineAnnealingLR: stepped after each step that follows the warm-up, T_max = cosine - warm_up, and then 0; or stepped after
 * each epoch, T_max = epochs. */
double mm_stage_lr_factor(const mm_stage *stage, size_t epoch, size_t step);

/* Writes a stage to text[size] as mm_stage_parse reads it: "train=fc lr=0.001 wd=0.0001 epochs=3 bn=batch". */
void mm_stage_print(const mm_stage *stage, char *text, size_t size);

#endif
