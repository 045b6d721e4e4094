/* An evaluation of files: a table of predictions or a probe's, a model with thresholds, attributes of the records, other predictions
 * to compare with. */
#ifndef MM_FILTERS_EVALUATE_EVALUATION_RUN_H
#define MM_FILTERS_EVALUATE_EVALUATION_RUN_H

#include <stdio.h>

#include "common/cli/options.h"
#include "filters/evaluate/attributes.h"
#include "filters/evaluate/compare.h"
#include "filters/evaluate/joined.h"
#include "filters/evaluate/linear_probe.h"
#include "filters/evaluate/report.h"
#include "formats/weights/model_file.h"

/* What is asked of mmeval(1); NULL and false: not asked for. */
typedef struct mm_evaluation_run_options {
    bool json, card;        /* the report as JSON; as a model card, for which the model needs no thresholds */
    bool logits;            /* the columns of tables hold logits */
    bool calibrate;         /* fit a temperature on these predictions and apply it */
    bool callback;          /* report benign without callback separately */
    const char *positive, *compare, *attributes, *model, *thresholds;
    const char *probe;      /* training stream of a probe; the operands are streams then */
    double C;               /* of the probe; 0: chosen by folds */
    mm_strings again;       /* tables of the same records by other trainings, as from other seeds */
    mm_strings by;          /* attributes to divide the records by: NAME or NAME:EDGE,... */
    double threshold;       /* below 0: none */
    double prevalence;      /* below 0: none */
    long draws;
    uint64_t seed;
} mm_evaluation_run_options;

/* Start from {0}. */
typedef struct mm_evaluation_run {
    mm_report report; /* borrows from the rest */
    mm_predictions table;
    mm_joined joined;
    mm_evaluation evaluation;
    mm_evaluation_options options;
    mm_repeats repeats; /* with those of `again` */
    mm_comparison comparison, grey; /* with the file that the options name; with grey statistics */
    mm_linear_probe probe;
    mm_strata *strata, callback;
    mm_model_info model;
    size_t parameters; /* numbers of the model, without running averages */
    mm_split_count *split;
    mm_attributes attributes;
    uint8_t *positive;
    char *side, **image;
    mm_threshold given;
} mm_evaluation_run;

/* Reads the operands and the files that the options name, and evaluates them; prints warnings unless common->quiet. */
int mm_evaluate_files(mm_evaluation_run *run, const mm_evaluation_run_options *options, const mm_common *common, mm_error *error);
void mm_evaluation_run_free(mm_evaluation_run *run);

/* Prints the report as the options say, to a stream whose errors the caller checks (ferror). */
int mm_evaluation_run_report(FILE *out, const mm_evaluation_run *run, const mm_evaluation_run_options *options,
                             const mm_common *common, mm_error *error);

/* Compares scored records with the predictions in the file options->compare; warns of records that only one of them has. */
int mm_compare_with_file(mm_comparison *comparison, const mm_scored *scored, const mm_evaluation_run_options *options,
                         const mm_common *common, mm_error *error);

#endif
