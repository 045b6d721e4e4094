/* The files that mmeval(1) writes: they appear together or not at all. */
#ifndef MM_FILTERS_EVALUATE_REPORT_FILES_H
#define MM_FILTERS_EVALUATE_REPORT_FILES_H

#include "common/base/output.h"

enum { MM_REPORT_TEXT, MM_REPORT_PLOT, MM_REPORT_PREDICTIONS, MM_REPORT_FILES };

typedef struct mm_report_files {
    mm_output output[MM_REPORT_FILES];
    FILE *file[MM_REPORT_FILES]; /* NULL: not asked for */
} mm_report_files;

#define MM_REPORT_FILES_CLOSED {.output = {{.fd = -1}, {.fd = -1}, {.fd = -1}}}

/* Opens the files: the report always, at path NULL on standard output, and the others that have a path. Errors are those of
 * mm_output_open. Call mm_report_files_end also after an error. */
int mm_report_files_open(mm_report_files *files, const char *const path[MM_REPORT_FILES], mm_error *error);

/* Gives the files their names if `code` is 0, the code of what was written to them; else nothing is left of them. Returns the code. */
int mm_report_files_end(mm_report_files *files, int code, mm_error *error);

#endif
