/* Where a training starts: network, classes, first weights, mean and standard deviation, from options and from a file of
 * weights or a model (--init). */
#ifndef MM_FILTERS_TRAIN_INITIAL_MODEL_H
#define MM_FILTERS_TRAIN_INITIAL_MODEL_H

#include "formats/weights/model_file.h"
#include "common/nn/net.h"
#include "common/nn/trainer.h"

typedef struct mm_initial_model_options {
    const char *net, *classes, *init, *mean; /* NULL: not given */
    double std;                              /* 0: not given */
    const char *recipe;                      /* "patch", "whole" or NULL; sets defaults of net and classes */
    const mm_schedule *schedule;
    uint64_t seed;
} mm_initial_model_options;

typedef struct mm_initial_model {
    mm_model_info info;   /* net, classes, mean, std, mean_source, init, recipe are set */
    mm_net *net;
    mm_params weights;    /* every weight of net */
    size_t *class_counts; /* of the stream that --mean named, else NULL */
    char report[1024];    /* what of --init was used, or empty */
} mm_initial_model;

/* MM_USAGE: options that do not go together or are missing; MM_FAILURE, MM_DAMAGED: a file. Start from {0}. */
int mm_initial_model_make(const mm_initial_model_options *options, mm_initial_model *start, mm_error *error);
/* The network and its classes alone. */
int mm_initial_model_network(const mm_initial_model_options *options, mm_initial_model *start, mm_error *error);
void mm_initial_model_free(mm_initial_model *start); /* also after a failure */

/* The stages as they stand in a model's `recipe`; the caller frees it, NULL when memory is out. */
char *mm_initial_model_recipe(const mm_schedule *schedule);

/* Puts into info which epoch the weights are of, its validation figures and its threshold. */
int mm_initial_model_best(mm_model_info *info, const mm_epoch *best, mm_error *error);

#endif
