/* An evaluation put together from files: the table of predictions, a model with thresholds, attributes of the records,
 * other predictions to compare with. */
#ifndef MM_FILTERS_EVALUATE_EVALUATION_RUN_H
#define MM_FILTERS_EVALUATE_EVALUATION_RUN_H

#include "common/cli/options.h"
#include "filters/evaluate/attributes.h"
#include "filters/evaluate/compare.h"
#include "filters/evaluate/joined.h"
#include "filters/evaluate/report.h"
#include "formats/weights/model_file.h"

/* What mmeval(1) asks for; NULL and false: not asked for. */
typedef struct mm_evaluation_run_options {
    bool logits;
    bool calibrate;         /* fit a temperature on these predictions and apply it */
    bool callback;          /* benign without callback apart */
    bool described;         /* the model is to be described: one without thresholds will do */
    const char *positive, *compare, *attributes, *model;
    mm_strings by;          /* attributes to part the records by: NAME or NAME:EDGE,... */
    double threshold;       /* below 0: none */
    double prevalence;      /* below 0: none */
    size_t draws;
    uint64_t seed;
} mm_evaluation_run_options;

/* Start from {0}. `report` holds what the rest owns. */
typedef struct mm_evaluation_run {
    mm_report report;
    mm_predictions table;
    mm_joined joined;
    mm_evaluation evaluation;
    mm_evaluation_options options;
    mm_comparison comparison;
    mm_strata *strata, callback;
    mm_model_info model;
    size_t parameters;   /* of the model: numbers but those of running averages */
    char **split;        /* [n] by the attributes, or NULL */
    size_t elsewhere;    /* records that the attributes know in another part of the data set than `test` */
    size_t shared;       /* patients of these predictions who have such a record, which is not one of the predictions' */
    mm_attributes attributes;
    uint8_t *positive;
    char *side, **image;
    mm_threshold given;
} mm_evaluation_run;

/* Reads the operands and all that the config names. */
int mm_evaluation_run_run(mm_evaluation_run *evaluating, const mm_evaluation_run_options *config, const mm_common *common, mm_error *error);
void mm_evaluation_run_free(mm_evaluation_run *evaluating);

/* Sets scored records beside the predictions in a file, which it names where records are only in one of both. */
int mm_evaluation_run_beside(mm_comparison *comparison, const mm_scored *scored, const char *path, const char *positive, bool logits,
                         size_t draws, uint64_t seed, const mm_common *common, mm_error *error);

#endif
