/* The baseline that a network has to beat: a logistic model of four grey statistics of patches. */
#ifndef MM_FILTERS_EVALUATE_YARDSTICK_H
#define MM_FILTERS_EVALUATE_YARDSTICK_H

#include "filters/evaluate/evaluation_run.h"
#include "filters/evaluate/report_files.h"

/* Fits the model on the stream at `train`, scores the streams of the operands and prints the report, with a comparison if the
 * options name predictions to compare with, and the table of predictions where one is asked for. Its columns are named after the labels 0
 * and above where these are two classes with names, else background and lesion. The model is written into the file `store` unless that is NULL (grey_model.h). MM_FAILURE:
 * either set has records of one kind only, or images differ in size although the model is to be stored. */
int mm_yardstick_run(const mm_report_files *out, const char *train, const char *store, const mm_evaluation_run_options *options, const mm_common *common,
                     mm_error *error);

#endif
