/* From files to reports: see evaluation_run.h. */
#include "filters/evaluate/evaluation_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/table/groups.h"
#include "filters/evaluate/attributes_input.h"
#include "filters/evaluate/card.h"
#include "filters/evaluate/predictions_input.h"
#include "formats/weights/model_validation.h"

void mm_evaluation_run_free(mm_evaluation_run *e)
{
    for (size_t i = 0; i < e->report.nstrata; i++)
        mm_strata_free(&e->strata[i]);
    free(e->strata);
    mm_strata_free(&e->callback);
    free(e->split);
    free(e->image);
    free(e->side);
    free(e->positive);
    mm_attributes_free(&e->attributes);
    mm_model_info_free(&e->model);
    mm_evaluation_free(&e->evaluation);
    mm_joined_free(&e->joined);
    mm_predictions_free(&e->table);
    mm_linear_probe_free(&e->probe);
    mm_repeats_free(&e->repeats);
    *e = (mm_evaluation_run){0};
}

/* Reads the table of a file and scores it; both are the caller's to free, also after an error. */
static int read_scored(mm_predictions *table, mm_scored *scored, const char *path, const mm_evaluation_run_options *o, const mm_common *common,
                       mm_error *error)
{
    char *operand = (char *)path;
    if (mm_predictions_read(table, &operand, 1, o->logits, NULL, common, error))
        return error->code;
    return mm_scored_predictions(scored, table, o->positive, path, error);
}

int mm_compare_with_file(mm_comparison *comparison, const mm_scored *scored, const mm_evaluation_run_options *o, const mm_common *common,
                         mm_error *error)
{
    mm_predictions table = {0};
    mm_scored other = {0};
    size_t unmatched = 0;
    int code = read_scored(&table, &other, o->compare, o, common, error);
    if (!code)
        code = mm_compare_scores(comparison, &unmatched, scored, &other, (size_t)o->draws, o->seed, error);
    if (!code && unmatched && !common->quiet)
        mm_warn("%zu records are only in one of '%s' and '%s'", unmatched, scored->name, other.name);
    mm_scored_free(&other);
    mm_predictions_free(&table);
    return code;
}

/* These predictions together with those of other trainings, and beside the file of options->compare. */
static int repeat(mm_repeats *repeats, const mm_scored *scored, const mm_evaluation_run_options *o, const mm_common *common, mm_error *error)
{
    const size_t n = 1 + o->again.n, files = n + (o->compare != NULL);
    mm_predictions *table = calloc(files, sizeof *table);
    mm_scored *all = calloc(files, sizeof *all);
    int code = table && all ? MM_OK : mm_no_memory(error);
    for (size_t k = 1; k < files && !code; k++)
        code = read_scored(&table[k], &all[k], k < n ? o->again.items[k - 1] : o->compare, o, common, error);
    if (!code) {
        all[0] = *scored;
        code = mm_compare_repeats(repeats, all, n, files > n ? &all[n] : NULL, (size_t)o->draws, o->seed, error);
    }
    for (size_t k = 1; table && all && k < files; k++) {
        mm_scored_free(&all[k]);
        mm_predictions_free(&table[k]);
    }
    free(table);
    free(all);
    return code;
}

/* ---- model ---- */

static bool is_average(const char *name)
{
    const char *last = strrchr(name, '.');
    last = last ? last + 1 : name;
    return !strcmp(last, "running_mean") || !strcmp(last, "running_var") || !strcmp(last, "num_batches_tracked");
}

static int take_model(mm_evaluation_run *e, const mm_evaluation_run_options *c, mm_error *error)
{
    const char *path = c->model;
    mm_weights weights = {0};
    int code = mm_model_load(path, &e->model, &weights, error);
    for (size_t i = 0; i < weights.params.count && !code; i++)
        e->parameters += is_average(weights.params.item[i].name) ? 0 : weights.params.item[i].count;
    mm_weights_free(&weights);
    return code ? code : mm_model_apply(&e->model, path, !c->card, &e->table, error);
}

static int calibrate(mm_evaluation_run *e, mm_error *error)
{
    mm_predictions *t = &e->table;
    mm_tempering *to = &e->report.tempering;
    int code = mm_calibration_error(t->prob, t->label, t->n, t->K, MM_CALIBRATION_BINS, &to->calibration_error, error);
    if (!code)
        code = mm_temperature_fit(t->log_prob, t->label, t->n, t->K, &to->temperature, error);
    if (code)
        return code;
    to->fitted = true;
    to->log_loss = mm_log_loss(t->prob, t->label, t->n, t->K);
    mm_temperature_apply(t->prob, t->log_prob, t->n, t->K, to->temperature);
    t->temperature *= to->temperature;
    return 0;
}

/* ---- attributes ---- */

static int take_sides(mm_evaluation_run *e, mm_error *error)
{
    const mm_predictions *t = &e->table;
    char **value;
    int code = mm_attributes_of(&e->attributes, "side", t->key, t->n, &value, NULL, error);
    if (!code && !(e->side = calloc(t->n, 1)))
        code = mm_no_memory(error);
    for (size_t i = 0; i < t->n && !code; i++)
        e->side[i] = value[i] && mm_side_of_word(value[i]) ? mm_side_of_word(value[i]) : mm_side_of_key(t->key[i]);
    free(value);
    return code;
}

/* An attribute that is only of use when every record has it; else *value is NULL. */
static int take_all(const mm_evaluation_run *e, const char *name, char ***value, mm_error *error)
{
    const mm_predictions *t = &e->table;
    int code = mm_attributes_of(&e->attributes, name, t->key, t->n, value, NULL, error);
    bool all = !code;
    for (size_t i = 0; i < t->n && all; i++)
        all = (*value)[i] != NULL;
    if (!all) {
        free(*value);
        *value = NULL;
    }
    return code;
}

/* How many records are from each part of the data set. */
static int count_splits(mm_evaluation_run *e, mm_error *error)
{
    const mm_predictions *t = &e->table;
    char unknown[] = "unknown", **value = NULL;
    size_t known = 0, *number = malloc(t->n * sizeof *number), splits = 0;
    int code = number ? mm_attributes_of(&e->attributes, "split", t->key, t->n, &value, NULL, error) : mm_no_memory(error);
    for (size_t i = 0; i < t->n && !code; i++) {
        known += value[i] != NULL;
        e->report.not_test += value[i] && strcmp(value[i], "test") != 0;
        value[i] = value[i] ? value[i] : unknown;
    }
    if (!code && known)
        code = mm_number_names(value, t->n, number, &splits, error);
    if (!code && splits && !(e->split = calloc(splits, sizeof *e->split)))
        code = mm_no_memory(error);
    for (size_t i = 0; i < t->n && splits && !code; i++) {
        e->split[number[i]].name = value[i] == unknown ? "unknown" : value[i];
        e->split[number[i]].records++;
    }
    e->report.splits = code ? 0 : splits;
    free(number);
    free(value);
    return code;
}

static int take_attributes(mm_evaluation_run *e, const mm_evaluation_run_options *c, const mm_common *common, mm_error *error)
{
    static const char *const always[] = {"side", "source", "split", "pathology", "patient"};
    enum { ALWAYS = sizeof always / sizeof *always };
    size_t names = ALWAYS + c->by.n, found = 0;
    char **name = calloc(names, sizeof *name), **value = NULL;
    int code = name ? 0 : mm_no_memory(error);
    for (size_t i = 0; i < names && !code; i++)
        if (!(name[i] = i < ALWAYS ? strdup(always[i]) : mm_strata_attribute(c->by.items[i - ALWAYS])))
            code = mm_no_memory(error);
    if (!code)
        code = mm_attributes_read(&e->attributes, c->attributes, (const char *const *)name, names, common, error);
    if (!code)
        code = mm_attributes_of(&e->attributes, always[0], e->table.key, e->table.n, &value, &found, error);
    free(value);
    if (!code && found == 0)
        code = mm_fail(error, MM_FAILURE, "'%s' has none of the %zu records (for patches, name the stream that holds them)",
                       c->attributes, e->table.n);
    if (!code && found < e->table.n && !common->quiet)
        mm_warn("'%s' has only %zu of %zu records", c->attributes, found, e->table.n);
    if (!code)
        code = take_sides(e, error);
    if (!code)
        code = take_all(e, "source", &e->image, error);
    if (!code)
        code = count_splits(e, error);
    for (size_t i = 0; name && i < names; i++)
        free(name[i]);
    free(name);
    return code;
}

/* Who of these patients was learnt from: has records in another part of the data set than `test`, beside the ones that
 * were predicted. */
static int count_shared(mm_evaluation_run *e, mm_error *error)
{
    const mm_attributes *a = &e->attributes;
    const mm_predictions *t = &e->table;
    size_t split = mm_attributes_column(a, "split"), patient = mm_attributes_column(a, "patient");
    size_t *own = malloc((a->n + 1) * sizeof *own), *place = malloc((t->n + 1) * sizeof *place);
    char **other = malloc((a->n + 1) * sizeof *other);
    bool *seen = calloc(e->evaluation.patients + 1, sizeof *seen);
    int code = own && place && other && seen ? mm_find_names(a->key, a->n, t->key, t->n, own, error) : mm_no_memory(error);
    for (size_t i = 0; i < a->n && !code; i++) {
        const char *part_of = a->value[i * a->names + split];
        if (own[i] == SIZE_MAX && part_of && strcmp(part_of, "test") != 0 && a->value[i * a->names + patient])
            other[e->report.elsewhere++] = a->value[i * a->names + patient];
    }
    if (!code)
        code = mm_find_names(t->patient, t->n, other, e->report.elsewhere, place, error);
    for (size_t i = 0; i < t->n && !code; i++)
        if (place[i] != SIZE_MAX && !seen[e->joined.patient[i]]) {
            seen[e->joined.patient[i]] = true;
            e->report.shared++;
        }
    free(own);
    free(place);
    free(other);
    free(seen);
    return code;
}

static int part(mm_evaluation_run *e, const mm_evaluation_run_options *c, mm_error *error)
{
    const mm_predictions *t = &e->table;
    int code = 0;
    if (c->by.n && !(e->strata = calloc(c->by.n, sizeof *e->strata)))
        return mm_no_memory(error);
    for (size_t i = 0; i < c->by.n && !code; i++) {
        char **value, *name = mm_strata_attribute(c->by.items[i]);
        code = name ? mm_attributes_of(&e->attributes, name, t->key, t->n, &value, NULL, error) : mm_no_memory(error);
        if (!code) {
            code = mm_strata_make(&e->strata[i], c->by.items[i], value, &e->evaluation, &e->joined.data, &e->options, error);
            free(value);
        }
        free(name);
        e->report.nstrata += !code;
    }
    if (!code && c->callback) {
        char **value;
        code = mm_attributes_of(&e->attributes, "pathology", t->key, t->n, &value, NULL, error);
        if (!code)
            code = mm_strata_callback(&e->callback, value, &e->evaluation, &e->joined.data, &e->options, error);
        free(value);
        e->report.callback = &e->callback;
    }
    return code;
}

/* ---- all ---- */

static int read_inputs(mm_evaluation_run *e, const mm_evaluation_run_options *c, const mm_common *common, mm_error *error)
{
    mm_predictions *t = &e->table;
    int code = c->probe ? mm_linear_probe_run(&e->probe, c->probe, c->C, common, error)
                        : mm_predictions_read(t, common->operands, common->noperands, c->logits, c->thresholds, common, error);
    if (!code && c->probe)
        code = mm_linear_probe_predictions(&e->probe, t, error);
    if (!code)
        code = mm_positive_classes(&e->positive, t, c->positive, error);
    if (!code && t->mixed && !common->quiet)
        mm_warn("the tables have different thresholds or temperatures: none is applied");
    if (!code && c->model)
        code = take_model(e, c, error);
    if (!code && c->calibrate)
        code = calibrate(e, error);
    if (!code && c->attributes)
        code = take_attributes(e, c, common, error);
    return code;
}

static void set_options(mm_evaluation_run *e, const mm_evaluation_run_options *c)
{
    bool given = c->threshold >= 0;
    e->given = mm_threshold_probability("given", c->threshold);
    e->options = (mm_evaluation_options){
        .positive_class = e->positive, .threshold = given ? &e->given : e->table.threshold,
        .thresholds = given ? 1 : e->table.thresholds, .prevalence = c->prevalence >= 0 ? c->prevalence : NAN, .draws = (size_t)c->draws,
        .seed = c->seed};
    if (c->calibrate || (c->positive && !given))
        e->options.thresholds = 0; /* those of the table were for other probabilities, or for another question */
}

/* Records whose order is lost: for the two-way question, else for the class where they are most. */
static size_t count_saturated(const mm_evaluation *e)
{
    size_t most = e->positive_class ? e->headline.saturated : 0;
    for (size_t k = 0; k < e->K && !e->positive_class; k++)
        most = e->of_class[k].saturated > most ? e->of_class[k].saturated : most;
    return most;
}

static void warn(const mm_evaluation_run *e)
{
    size_t saturated = count_saturated(&e->evaluation);
    for (size_t k = 0; k < e->table.K; k++)
        if (e->evaluation.predicted.of_class[k].recall.whole == 0)
            mm_warn("class '%s' without samples: it has no recall and no area", e->table.class_name[k]);
    if (saturated)
        mm_warn("%zu records have a probability of exactly 0 or 1: their order is lost, and their ties count half in the areas", saturated);
    if (e->report.shared)
        mm_warn("%zu of these %zu patients have records in another part of the data set than test: the figures may flatter",
                e->report.shared, e->evaluation.patients);
    if (e->table.no_patient)
        mm_warn("%zu records without a patient: each counts as a patient of its own", e->table.no_patient);
}

static int compare_grey(mm_evaluation_run *e, const mm_scored *scored, const mm_evaluation_run_options *c, mm_error *error)
{
    bool known;
    int code = mm_linear_probe_compare_grey(&e->probe, scored, e->positive, (size_t)c->draws, c->seed, &e->grey, &known, error);
    e->report.grey = !code && known ? &e->grey : NULL;
    return code;
}

int mm_evaluate_files(mm_evaluation_run *e, const mm_evaluation_run_options *c, const mm_common *common, mm_error *error)
{
    int code = read_inputs(e, c, common, error);
    if (code)
        return code;
    set_options(e, c);
    code = mm_join(&e->joined, &e->table, e->side, e->image, error);
    if (!code)
        code = mm_evaluate(&e->evaluation, &e->joined.data, &e->options, error);
    bool unasked = !code && !e->evaluation.positive_class; /* no two-way question */
    if (unasked && (c->compare || c->again.n || c->callback))
        code = mm_fail(error, MM_USAGE, "%s needs --positive: which of %zu classes are positive is not known",
                       c->compare ? "--compare" : c->again.n ? "--again" : "--without-callback", e->table.K);
    const mm_scored scored = {c->probe ? "the probe" : "these predictions", e->table.n, e->table.key, e->table.patient, e->evaluation.rank, e->evaluation.positive};
    if (!code && c->compare)
        code = mm_compare_with_file(&e->comparison, &scored, c, common, error);
    if (!code && c->again.n)
        code = repeat(&e->repeats, &scored, c, common, error);
    if (!code && c->probe && !unasked)
        code = compare_grey(e, &scored, c, error);
    if (!code && c->attributes)
        code = count_shared(e, error);
    if (!code)
        code = part(e, c, error);
    if (!code && !common->quiet)
        warn(e);
    e->report.table = &e->table;
    e->report.evaluation = &e->evaluation;
    e->report.options = &e->options;
    e->report.strata = e->strata;
    e->report.repeats = c->again.n ? &e->repeats : NULL;
    e->report.comparison = c->compare ? &e->comparison : NULL;
    e->report.other = c->compare;
    e->report.split = e->split;
    e->report.probe = c->probe ? &e->probe : NULL;
    return code;
}

static int write_card(FILE *out, const mm_evaluation_run *e, const json_t *figures, const char *path, const mm_common *common,
                      mm_error *error)
{
    const mm_card card = {.figures = figures, .model = &e->model, .name = basename(path), .parameters = e->parameters,
                          .data = common->operands, .ndata = common->noperands};
    return mm_card_write(out, &card, error);
}

int mm_evaluation_run_report(FILE *out, const mm_evaluation_run *e, const mm_evaluation_run_options *o, const mm_common *common,
                             mm_error *error)
{
    json_t *figures = mm_report_figures(&e->report, error);
    int code = figures ? 0 : error->code;
    if (!code && o->json)
        code = mm_report_json(out, figures, error);
    else if (!code && o->card)
        code = write_card(out, e, figures, o->model, common, error);
    else if (!code)
        mm_report_text(out, figures);
    json_decref(figures);
    return code;
}
