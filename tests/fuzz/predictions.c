/* Tables of predictions: probabilities and logits, stopping and skipping. */
#include <math.h>

#include "common/table/predictions.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned i = 0; i < 4; i++) {
        mm_error error = {0};
        mm_predictions table;
        mm_predictions_options options = {.logits = i & 1, .skip = i & 2};
        if (mm_predictions_parse(&table, mm_fuzz_text(data, size), size, "table", &options, &error))
            continue;
        MM_MUST(table.n && table.K >= 2);
        for (size_t r = 0; r < table.n; r++) {
            double sum = 0;
            for (size_t k = 0; k < table.K; k++)
                sum += table.prob[r * table.K + k];
            MM_MUST(table.label[r] < table.K && *table.key[r] && *table.patient[r] && fabs(sum - 1) < 0.02);
        }
        mm_predictions_free(&table);
    }
    return 0;
}
