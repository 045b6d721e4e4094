/* The report of an evaluation for programs: one JSON object with a newline at its end. Figures that do not exist are
 * null. The names are listed in mmeval(1). */
#ifndef MM_FILTERS_EVALUATE_REPORT_JSON_H
#define MM_FILTERS_EVALUATE_REPORT_JSON_H

#include <stdio.h>

#include "filters/evaluate/report.h"

int mm_report_json(FILE *out, const mm_report *report, mm_error *error);

/* Two scores beside each other, alone. */
int mm_report_json_comparison(FILE *out, const mm_comparison *comparison, const char *first, const char *second, mm_error *error);
int mm_report_json_area(FILE *out, const mm_area *area, const char *name, mm_error *error);

int mm_report_json_heat(FILE *out, const mm_hit_summary *heat, const mm_froc_summary *froc, double near, mm_error *error);

#endif
