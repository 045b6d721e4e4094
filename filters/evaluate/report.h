/* What mmeval(1) reports: trees of figures, printed as text for people or as JSON for programs. card.h prints them as a model card. */
#ifndef MM_FILTERS_EVALUATE_REPORT_H
#define MM_FILTERS_EVALUATE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "common/stats/evaluation.h"
#include "common/stats/froc.h"
#include "common/stats/repeats.h"
#include "common/stats/strata.h"
#include "common/table/predictions.h"
#include "filters/evaluate/heat_set.h"
#include "filters/evaluate/linear_probe.h"

/* A temperature that was fitted on the very records of the report. */
typedef struct mm_tempering {
    bool fitted;
    double temperature;
    double log_loss, calibration_error; /* before */
} mm_tempering;

/* A part of the data set and how many records are from it. */
typedef struct mm_split_count {
    const char *name;
    size_t records;
} mm_split_count;

/* The material of a report on a table of predictions; everything is borrowed. */
typedef struct mm_report {
    const mm_predictions *table;
    const mm_evaluation *evaluation;
    const mm_evaluation_options *options;
    mm_tempering tempering;
    const mm_strata *strata; /* [nstrata] */
    size_t nstrata;
    const mm_strata *callback;       /* or NULL */
    const mm_repeats *repeats;       /* or NULL */
    const mm_comparison *comparison; /* or NULL */
    const char *other;               /* what the predictions are compared with */
    const mm_linear_probe *probe;           /* what made the predictions, or NULL */
    const mm_comparison *grey;       /* of the probe with grey statistics, or NULL */
    const mm_split_count *split;     /* [splits] in the order of their names; 0 splits: not known */
    size_t splits;
    size_t not_test;                 /* records from another part than `test` */
    size_t elsewhere;                /* records in another part than `test` that are not in the table */
    size_t shared;                   /* patients of the table who have such a record */
} mm_report;

/* Build a tree each, which the caller frees with json_decref. NULL: memory (MM_FAILURE in the error). */
json_t *mm_report_figures(const mm_report *report, mm_error *error);
/* `comparison` with the heatmaps of the file `other` may be NULL. */
json_t *mm_heat_figures(const mm_hit_summary *heat, const mm_froc_summary *froc, double near, const mm_heat_comparison *comparison,
                        const char *other, mm_error *error);

/* Builds the tree of the logistic yardstick `name`, trained on `train` records; `comparison` with `other` may be NULL. */
json_t *mm_yardstick_figures(const mm_area *area, size_t train, const char *name, const mm_comparison *comparison, const char *other,
                             mm_error *error);

/* Print the tree of the same name each, to a stream whose errors the caller checks (ferror). */
void mm_report_text(FILE *out, const json_t *figures);
void mm_heat_text(FILE *out, const json_t *figures);
void mm_yardstick_text(FILE *out, const json_t *figures);

/* Prints any of the trees as one JSON object with a newline at its end. MM_FAILURE: a name is not UTF-8, memory, the stream. */
int mm_report_json(FILE *out, const json_t *figures, mm_error *error);

/* Appends a value, which may be NULL for one that could not be made, to a list of a tree and takes it over. A list that could
 * not take it becomes NULL, so that the object that is to hold the list fails, too. */
void mm_figures_append(json_t **list, json_t *value);

#endif
