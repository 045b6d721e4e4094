/* Output files of a report: see report_files.h. */
#include "filters/evaluate/report_files.h"

int mm_report_files_open(mm_report_files *f, const char *const path[MM_REPORT_FILES], mm_error *error)
{
    int code = MM_OK;
    for (size_t i = 0; i < MM_REPORT_FILES && !code; i++) {
        if (i != MM_REPORT_TEXT && !path[i])
            continue;
        code = mm_output_open(&f->output[i], path[i], i == MM_REPORT_PLOT, error);
        if (!code && !(f->file[i] = mm_output_file(&f->output[i], error)))
            code = error->code;
    }
    return code;
}

int mm_report_files_end(mm_report_files *f, int code, mm_error *error)
{
    for (size_t i = 0; i < MM_REPORT_FILES && !code; i++)
        code = f->file[i] ? mm_output_close(&f->output[i], error) : MM_OK;
    for (size_t i = 0; i < MM_REPORT_FILES && !code; i++)
        code = f->file[i] ? mm_output_commit(&f->output[i], error) : MM_OK;
    for (size_t i = 0; i < MM_REPORT_FILES; i++)
        mm_output_abort(&f->output[i]);
    return code;
}
