/* The report of an evaluation as text for people. formats/report_json.h says the same to programs. */
#ifndef MM_REPORT_H
#define MM_REPORT_H

#include <stdio.h>

#include "data/evaluation.h"
#include "data/heat.h"

/* Writes to a stream whose errors the caller checks (ferror). `comparison` may be NULL, else `other` names what stands
 * second in it. */
void mm_report_text(FILE *out, const mm_evaluation *evaluation, const mm_predictions *table,
                    const mm_evaluation_options *options, const mm_comparison *comparison, const char *other);

/* "0.912 (0.871 to 0.945 bootstrap, 0.869 to 0.955 DeLong)", or "-" for an area that is unknown. */
void mm_report_area(FILE *out, const mm_area *area);

void mm_report_comparison(FILE *out, const mm_comparison *comparison, const char *first, const char *second);

/* The logistic yardstick trained on `train` records; `comparison` may be NULL. */
void mm_report_yardstick(FILE *out, const mm_area *area, size_t train, const mm_comparison *comparison, const char *name,
                         const char *other);

void mm_report_heat(FILE *out, const mm_heat_summary *summary, double near);

#endif
