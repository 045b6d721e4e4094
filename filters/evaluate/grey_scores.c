/* Scores by grey statistics: see grey_scores.h. */
#include "filters/evaluate/grey_scores.h"

#include <stdlib.h>

int mm_grey_fit(mm_logistic *model, const mm_examples *training, const size_t *learnt, mm_error *error)
{
    const mm_logistic_data data = {.x = training->grey, .label = learnt, .n = training->n, .F = MM_GREY_STATISTICS, .K = 2};
    size_t missing, ones = 0;
    for (size_t i = 0; i < training->n; i++)
        ones += learnt[i];
    int code = mm_logistic_begin(model, &data, &missing, error);
    if (code && missing < 2)
        mm_fail(error, MM_FAILURE, "a logistic model needs records of both kinds, there are %zu and %zu", ones, training->n - ones);
    if (!code)
        code = mm_logistic_fit(model, &data, 1, error);
    if (code)
        mm_logistic_free(model);
    return code ? mm_fail_in(error, "training records") : MM_OK;
}

int mm_grey_scores(mm_scored *scored, const mm_logistic *model, const mm_examples *test, const size_t *truth, mm_error *error)
{
    const size_t n = test->n, room = n ? n : 1;
    double *score = malloc(room * sizeof *score), logit[2];
    uint8_t *positive = malloc(room);
    *scored = (mm_scored){"grey statistics", n, test->key, test->patient, score, positive};
    if (!score || !positive) {
        mm_scored_free(scored);
        return mm_no_memory(error);
    }
    for (size_t i = 0; i < n; i++) {
        mm_logistic_logits(model, test->grey + i * MM_GREY_STATISTICS, logit);
        score[i] = logit[1];
        positive[i] = truth[i] != 0;
    }
    return MM_OK;
}
