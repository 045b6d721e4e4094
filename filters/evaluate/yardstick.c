/* The logistic yardstick: see yardstick.h. */
#include "filters/evaluate/yardstick.h"

#include <stdlib.h>

#include "common/cli/skipped.h"
#include "common/cli/sink.h"
#include "common/stats/logistic.h"
#include "common/table/groups.h"
#include "filters/evaluate/record_statistics.h"

static int add(void *set, const mm_record *record, mm_error *error)
{
    return mm_grey_set_add(set, record, error);
}

/* Scores the test set by a model of the training set; MM_FAILURE when either is all of one kind. */
static int score(mm_scored *scored, mm_area *area, const mm_grey_set *train, const mm_grey_set *test, size_t draws, uint64_t seed,
                 mm_error *error)
{
    mm_logistic model;
    size_t n = test->n, room = n ? n : 1, patients, *patient = malloc(room * sizeof *patient);
    double *scores = malloc(room * sizeof *scores);
    uint8_t *positive = malloc(room);
    *scored = (mm_scored){"grey statistics", n, test->key, test->patient, scores, positive};
    int code = patient && scores && positive ? mm_logistic_fit(&model, train->x, train->positive, train->n, MM_GREY_FEATURES, 1, error)
                                            : mm_no_memory(error);
    if (code)
        mm_fail_in(error, "training records");
    for (size_t i = 0; i < n && !code; i++) {
        scores[i] = mm_logistic_predict(&model, test->x + i * MM_GREY_FEATURES);
        positive[i] = test->positive[i];
    }
    if (!code)
        code = mm_number_names(test->patient, n, patient, &patients, error);
    if (!code)
        code = mm_area_evaluate(area, scores, positive, &(mm_sample){patient, n, patients, draws, seed}, NULL, error);
    if (!code && !area->known)
        code = mm_fail(error, MM_FAILURE, "the test records are all of one kind: of %zu, %zu have a label above 0", n, area->positives);
    free(patient);
    if (code)
        mm_scored_free(scored);
    return code;
}

static int print(FILE *out, const mm_area *area, size_t train, const char *name, const mm_comparison *comparison,
                 const mm_evaluation_run_options *o, mm_error *error)
{
    json_t *figures = mm_yardstick_figures(area, train, name, comparison, o->compare, error);
    int code = figures ? 0 : error->code;
    if (!code && o->json)
        code = mm_report_json(out, figures, error);
    else if (!code)
        mm_yardstick_text(out, figures);
    json_decref(figures);
    return code;
}

int mm_yardstick_run(FILE *out, const char *train, const mm_evaluation_run_options *o, const mm_common *common, mm_error *error)
{
    mm_grey_set training = {0}, test = {0};
    mm_sink_counts counts = {0};
    mm_comparison comparison;
    mm_scored scored = {0};
    mm_area area;
    char *path = (char *)train;
    int code = mm_sink_run(&path, 1, common, add, &training, &counts, error);
    if (!code)
        code = mm_sink_run(common->operands, common->noperands, common, add, &test, &counts, error);
    if (!code)
        code = score(&scored, &area, &training, &test, (size_t)o->draws, o->seed, error);
    if (!code && o->compare)
        code = mm_compare_with_file(&comparison, &scored, o, common, error);
    if (!code)
        code = print(out, &area, training.n, scored.name, o->compare ? &comparison : NULL, o, error);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    mm_scored_free(&scored);
    mm_grey_set_free(&training);
    mm_grey_set_free(&test);
    return code;
}
