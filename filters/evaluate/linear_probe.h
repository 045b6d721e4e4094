/* A linear probe: logistic regression on the features that a frozen network computed, as the baseline that a training has to beat. */
#ifndef MM_FILTERS_EVALUATE_LINEAR_PROBE_H
#define MM_FILTERS_EVALUATE_LINEAR_PROBE_H

#include <stdio.h>

#include "common/cli/options.h"
#include "common/cli/sink.h"
#include "common/stats/evaluation.h"
#include "common/table/predictions.h"
#include "filters/evaluate/compare.h"
#include "filters/evaluate/examples.h"
#include "filters/evaluate/penalty.h"

/* Start from {0}. */
typedef struct mm_linear_probe {
    mm_examples training, test;
    size_t patients; /* of the training records */
    size_t shared;   /* test patients who are among them */
    size_t constant; /* features that were constant in training, and are left out */
    mm_penalty_choice penalty;
    mm_sink_counts counts[2]; /* of training and test */
    mm_text table;   /* predictions of the test records (predictions.h) */
} mm_linear_probe;

/* Fits a probe to the stream at `train` and predicts the records of the operands. C 0: chosen by folds (penalty.h). Prints warnings
 * unless common->quiet. MM_FAILURE: the training records are of one class, those of mm_examples_add and mm_penalty_choose. */
int mm_linear_probe_run(mm_linear_probe *probe, const char *train, double C, const mm_common *common, mm_error *error);
void mm_linear_probe_free(mm_linear_probe *probe);

/* Parses the predictions into a table. */
int mm_linear_probe_predictions(const mm_linear_probe *probe, mm_predictions *table, mm_error *error);

/* Compares the probe's scores of the test records with those of grey statistics, fitted to the same training records for the same
 * question: positive_class[K] of the table. *known is false if records have no image, or if one kind is missing in the training. */
int mm_linear_probe_compare_grey(const mm_linear_probe *probe, const mm_scored *scored, const uint8_t *positive_class, size_t draws,
                                 uint64_t seed, mm_comparison *comparison, bool *known, mm_error *error);

#endif
