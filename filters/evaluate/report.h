/* The report of an evaluation as text for people. filters/evaluate/report_json.h says the same to programs, filters/evaluate/card.h to the
 * readers of a model card. */
#ifndef MM_FILTERS_EVALUATE_REPORT_H
#define MM_FILTERS_EVALUATE_REPORT_H

#include <stdio.h>

#include "common/stats/evaluation.h"
#include "common/stats/froc.h"
#include "common/stats/strata.h"
#include "common/table/predictions.h"

/* A temperature that was fitted on the very records of the report. */
typedef struct mm_tempering {
    bool fitted;
    double temperature;
    double log_loss, calibration_error; /* before */
} mm_tempering;

/* What there is to report of a table of predictions; everything is borrowed. */
typedef struct mm_report {
    const mm_predictions *table;
    const mm_evaluation *evaluation;
    const mm_evaluation_options *options;
    mm_tempering tempering;
    const mm_strata *strata; /* [nstrata] */
    size_t nstrata;
    const mm_strata *callback;       /* or NULL */
    const mm_comparison *comparison; /* or NULL */
    const char *other;               /* what stands second in it */
} mm_report;

/* All of these write to a stream whose errors the caller checks (ferror). */
void mm_report_text(FILE *out, const mm_report *report);

/* "0.912 (0.871 to 0.945 bootstrap, 0.869 to 0.955 DeLong)", or "-" for an area that is unknown. */
void mm_report_area(FILE *out, const mm_area *area);

void mm_report_comparison(FILE *out, const mm_comparison *comparison, const char *first, const char *second);

/* The logistic yardstick trained on `train` records; `comparison` may be NULL. */
void mm_report_yardstick(FILE *out, const mm_area *area, size_t train, const mm_comparison *comparison, const char *name,
                         const char *other);

void mm_report_heat(FILE *out, const mm_hit_summary *heat, const mm_froc_summary *froc, double near);

#endif
