/* Linear probes: see linear_probe.h. */
#include "filters/evaluate/linear_probe.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/table/groups.h"
#include "filters/evaluate/grey_scores.h"
#include "filters/evaluate/logistic_table.h"

void mm_linear_probe_free(mm_linear_probe *p)
{
    mm_examples_free(&p->training);
    mm_examples_free(&p->test);
    free(p->table.data);
    *p = (mm_linear_probe){0};
}

static int add(void *examples, const mm_record *record, mm_error *error)
{
    return mm_examples_add(examples, record, error);
}

static int read_streams(mm_linear_probe *p, const char *train, const mm_common *common, mm_error *error)
{
    const mm_example_classes *classes = &p->training.classes;
    char *path = (char *)train;
    p->training.features = true;
    p->test = (mm_examples){.features = true, .trained = &p->training, .trained_on = train};
    int code = mm_sink_run(&path, 1, common, add, &p->training, &p->counts[0], error);
    if (!code)
        code = mm_examples_number(&p->training, error);
    if (!code && classes->K < 2)
        code = mm_fail(error, MM_FAILURE, classes->K ? "all %zu records are of class '%s': a probe needs two classes"
                       : "%zu records: a probe needs two classes", p->training.n, classes->K ? classes->name[0] : "");
    if (code && code != MM_DAMAGED)
        return mm_fail_in(error, "'%s'", train);
    if (!code)
        code = mm_sink_run(common->operands, common->noperands, common, add, &p->test, &p->counts[1], error);
    if (!code && !p->test.n)
        code = mm_fail(error, MM_FAILURE, "there is no record to predict");
    return code ? code : mm_examples_number(&p->test, error);
}

static void warn(const mm_linear_probe *p, const char *train)
{
    size_t nameless = 0;
    for (size_t i = 0; i < p->training.n; i++)
        nameless += p->training.nameless[i];
    if (p->shared)
        mm_warn("%zu patients of the test records are in '%s' too: the figures flatter", p->shared, train);
    if (nameless && p->penalty.folds)
        mm_warn("%zu records of '%s' without a patient: each counts as a patient of its own", nameless, train);
}

static int fit(mm_linear_probe *p, mm_logistic *model, double C, const mm_common *common, mm_error *error)
{
    const mm_examples *s = &p->training;
    const mm_logistic_data data = {.x = s->x, .label = s->label, .n = s->n, .F = s->F, .K = s->classes.K};
    size_t *patient = malloc(s->n * sizeof *patient), missing;
    int code = patient ? mm_number_names(s->patient, s->n, patient, &p->patients, error) : mm_no_memory(error);
    p->penalty.C = C;
    if (!code)
        code = mm_logistic_begin(model, &data, &missing, error);
    if (!code && (p->constant = mm_logistic_constant(model)) == s->F)
        code = mm_fail(error, MM_FAILURE, "none of the %zu features varies", s->F);
    if (!code && !(C > 0))
        code = mm_penalty_choose(&p->penalty, &data, patient, p->patients, s->classes.name, common->threads, error);
    if (!code)
        code = mm_logistic_fit(model, &data, p->penalty.C, error);
    free(patient);
    return code;
}

static int predict(mm_linear_probe *p, const mm_logistic *model, mm_error *error)
{
    return mm_logistic_table(&p->table, model, p->training.classes.name, &p->test, p->test.x, p->test.F,
                             p->counts[1].skipped + p->counts[1].before, error);
}

int mm_linear_probe_run(mm_linear_probe *p, const char *train, double C, const mm_common *common, mm_error *error)
{
    mm_logistic model = {0};
    int code = read_streams(p, train, common, error);
    if (!code && fit(p, &model, C, common, error))
        code = mm_fail_in(error, "'%s'", train);
    if (!code)
        code = mm_examples_shared(&p->test, &p->training, &p->shared, error);
    if (!code)
        code = predict(p, &model, error);
    if (!code && !common->quiet)
        warn(p, train);
    mm_logistic_free(&model);
    return code;
}

int mm_linear_probe_predictions(const mm_linear_probe *p, mm_predictions *table, mm_error *error)
{
    const mm_predictions_options options = {0};
    char *text = malloc(p->table.bytes + 1);
    if (!text)
        return mm_no_memory(error);
    memcpy(text, p->table.data, p->table.bytes);
    text[p->table.bytes] = '\0';
    int code = mm_predictions_parse(table, text, p->table.bytes, "the probe's predictions", &options, error);
    if (!code) {
        table->left_out = p->counts[1].skipped;
        table->skipped = p->counts[1].before;
    }
    return code;
}

/* Labels as 1 for positive classes and 0 for the others; NULL when memory is out. */
static size_t *as_positive(const mm_examples *s, const uint8_t *positive_class)
{
    size_t *positive = malloc(s->n * sizeof *positive);
    for (size_t i = 0; positive && i < s->n; i++)
        positive[i] = positive_class[s->label[i]];
    return positive;
}

int mm_linear_probe_compare_grey(const mm_linear_probe *p, const mm_scored *scored, const uint8_t *positive_class, size_t draws,
                                 uint64_t seed, mm_comparison *comparison, bool *known, mm_error *error)
{
    size_t *learnt = as_positive(&p->training, positive_class), *truth = as_positive(&p->test, positive_class), unmatched, ones = 0;
    mm_scored grey = {0};
    mm_logistic model = {0};
    for (size_t i = 0; learnt && i < p->training.n; i++)
        ones += learnt[i];
    *known = !p->training.bare && !p->test.bare && ones > 0 && ones < p->training.n;
    int code = learnt && truth ? MM_OK : mm_no_memory(error);
    if (!code && *known)
        code = mm_grey_fit(&model, &p->training, learnt, error);
    if (!code && *known)
        code = mm_grey_scores(&grey, &model, &p->test, truth, error);
    if (!code && *known)
        code = mm_compare_scores(comparison, &unmatched, scored, &grey, draws, seed, error);
    mm_scored_free(&grey);
    mm_logistic_free(&model);
    free(learnt);
    free(truth);
    return code;
}
