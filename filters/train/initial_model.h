/* The start of a training: network, classes, first weights, mean and standard deviation, from options and from a file of weights or
 * a model (--init). */
#ifndef MM_FILTERS_TRAIN_INITIAL_MODEL_H
#define MM_FILTERS_TRAIN_INITIAL_MODEL_H

#include "formats/weights/model_file.h"
#include "common/nn/net.h"
#include "common/nn/trainer.h"
#include "filters/train/train_options.h"

typedef struct mm_initial_model {
    mm_model_info info;   /* net, classes, mean, std, mean_source, init, missing, recipe are set */
    mm_net *net;
    mm_params weights;    /* every weight of net */
    mm_schedule schedule; /* that of the options; its stages also train the layers that --init did not hold */
    size_t *class_counts; /* of the stream that --mean names, else NULL */
    char report[1024];    /* what was used of --init, or empty */
} mm_initial_model;

/* Makes all of it from net, classes, init, mean, std, seed, recipe and schedule of complete options; *initial is overwritten.
 * MM_USAGE: options that exclude each other or are missing. MM_FAILURE or MM_DAMAGED: a file cannot be read or is damaged. */
int mm_initial_model_make(const mm_train_options *options, mm_initial_model *initial, mm_error *error);

/* Takes the info of a checkpoint, and makes network and schedule from it. MM_DAMAGED: they do not go together. */
int mm_initial_model_resume(const mm_train_options *options, mm_model_info *info, mm_initial_model *initial, mm_error *error);

/* Makes the network, its classes and the schedule alone. */
int mm_initial_model_network(const mm_train_options *options, mm_initial_model *initial, mm_error *error);
void mm_initial_model_free(mm_initial_model *initial); /* also after a failure */

/* Describes the epoch that a model's weights are from: its stage and number, its validation figures and its Youden threshold. */
int mm_initial_model_best(mm_model_info *info, const mm_epoch *best, mm_error *error);

#endif
