/* The small files of JSON: models of grey statistics, remarks on tables of predictions. */
#include <math.h>
#include <stdio.h>

#include "common/image/grey.h"
#include "formats/weights/grey_model.h"
#include "formats/weights/remarks_file.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    mm_error error = {0};
    mm_grey_model grey;
    mm_remarks remarks = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", mm_fuzz_file(data, size));
    if (!mm_grey_model_read(&grey, path, &error)) {
        const mm_logistic *l = &grey.logistic;
        MM_MUST(grey.height && grey.width && l->F == MM_GREY_STATISTICS);
        for (size_t i = 0; i < l->F; i++)
            MM_MUST(isfinite(l->mean[i]) && isfinite(l->scale[i]) && l->scale[i] >= 0 && isfinite(l->weight[i]));
        mm_logistic_free(&grey.logistic);
    }
    if (!mm_remarks_read(&remarks, path, &error)) {
        MM_MUST(remarks.thresholds <= MM_THRESHOLDS && remarks.temperature >= 0);
        for (size_t i = 0; i < remarks.thresholds; i++)
            MM_MUST(remarks.threshold[i].value >= 0 && remarks.threshold[i].value <= 1);
    }
    return 0;
}
