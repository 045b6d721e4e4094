/* The baseline that a network has to beat: a logistic model of four grey statistics of patches. */
#ifndef MM_FILTERS_EVALUATE_YARDSTICK_H
#define MM_FILTERS_EVALUATE_YARDSTICK_H

#include <stdio.h>

#include "filters/evaluate/evaluation_run.h"

/* Fits the model on the stream at `train`, scores the streams of the operands and prints the report, with a comparison if the
 * options name predictions to compare with. The model is written into the file `store` unless that is NULL (grey_model.h). MM_FAILURE:
 * either set has records of one kind only, or images differ in size although the model is to be stored. */
int mm_yardstick_run(FILE *out, const char *train, const char *store, const mm_evaluation_run_options *options, const mm_common *common,
                     mm_error *error);

#endif
