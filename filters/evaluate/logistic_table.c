/* A table of a logistic model's predictions: see logistic_table.h. */
#include "filters/evaluate/logistic_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/stats/rank.h"
#include "common/table/predictions_text.h"

int mm_logistic_table(mm_text *to, const mm_logistic *model, char *const *class_name, const mm_examples *examples, const double *x,
                      size_t F, size_t skipped, mm_error *error)
{
    const size_t K = model->K;
    double *logit = malloc(2 * K * sizeof *logit), *prob = logit + K;
    mm_text table = {0};
    char label[32];
    if (!logit)
        return mm_no_memory(error);
    mm_predictions_text_header(&table, class_name, K, false);
    for (size_t i = 0; i < examples->n; i++) {
        snprintf(label, sizeof label, "%zu", examples->label[i]);
        mm_logistic_logits(model, x + i * F, logit);
        mm_softmax(logit, K, 1, prob); /* and logit is the logarithm of it */
        mm_predictions_text_row(&table, examples->key[i], examples->nameless[i] ? NULL : examples->patient[i], label, prob, logit, K, -1);
    }
    if (skipped && !table.failed) {
        mm_predictions_text_remarks(to, &table, &(mm_remarks){.skipped = skipped});
        free(table.data);
    } else {
        *to = table;
    }
    free(logit);
    return table.failed || to->failed ? mm_no_memory(error) : MM_OK;
}
