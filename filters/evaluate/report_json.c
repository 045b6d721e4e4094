/* Trees of figures as JSON: see report.h. */
#include <stdlib.h>

#include "filters/evaluate/report.h"

int mm_report_json(FILE *out, const json_t *figures, mm_error *error)
{
    json_t *report = json_copy((json_t *)figures);
    json_object_del(report, "aside");
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    int code = 0;
    if (!text)
        code = mm_fail(error, MM_FAILURE, "cannot make the JSON report: out of memory, or a name that is not UTF-8");
    else if (fprintf(out, "%s\n", text) < 0)
        code = mm_fail(error, MM_FAILURE, "cannot write the report:");
    free(text);
    json_decref(report);
    return code;
}
