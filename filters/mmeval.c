/* mmeval: predictions in, figures out; also the logistic yardstick on grey statistics, and heatmaps against masks. */
#include <math.h>
#include <stdlib.h>

#include "cli/emitter.h"
#include "cli/output.h"
#include "cli/predictions_input.h"
#include "cli/program.h"
#include "cli/sink.h"
#include "data/beside.h"
#include "data/record_figures.h"
#include "data/report.h"
#include "formats/model.h"
#include "formats/plot.h"
#include "formats/report_json.h"

typedef struct config {
    bool json, logits, heatmaps;
    const char *plot, *positive, *compare, *baseline, *manifest, *model;
    double threshold, near;
    long draws;
    uint64_t seed;
} config;

static const config DEFAULTS = {.threshold = -1, .near = 16, .draws = 2000, .seed = 1};

static const mm_option OPTIONS[] = {
    {.name = "json", .type = MM_OPT_FLAG, .offset = offsetof(config, json), .help = "report for programs, as JSON"},
    {.name = "plot", .type = MM_OPT_STRING, .offset = offsetof(config, plot), .argument = "FILE",
     .help = "draw ROC curves and confusion matrix into FILE.png or FILE.svg"},
    {.name = "positive", .type = MM_OPT_STRING, .offset = offsetof(config, positive), .argument = "CLASS[,CLASS]",
     .help = "classes that count as positive (of two the second; all but background)"},
    {.name = "threshold", .type = MM_OPT_DOUBLE, .offset = offsetof(config, threshold), .argument = "P", .min = 0, .max = 1,
     .help = "apply this threshold, chosen elsewhere, to P(positive)"},
    {.name = "model", .type = MM_OPT_STRING, .offset = offsetof(config, model), .argument = "FILE",
     .help = "apply the threshold that this model's training chose on its validation set"},
    {.name = "logits", .type = MM_OPT_FLAG, .offset = offsetof(config, logits), .help = "the columns hold logits"},
    {.name = "compare", .type = MM_OPT_STRING, .offset = offsetof(config, compare), .argument = "FILE",
     .help = "set these predictions of the same records beside"},
    {.name = "manifest", .type = MM_OPT_STRING, .offset = offsetof(config, manifest), .argument = "FILE",
     .help = "take the side of each record from this manifest, for figures per breast"},
    {.name = "baseline", .type = MM_OPT_STRING, .offset = offsetof(config, baseline), .argument = "TRAIN.mms",
     .help = "a logistic model of four grey statistics, fitted on TRAIN.mms; operands are streams"},
    {.name = "heatmaps", .type = MM_OPT_FLAG, .offset = offsetof(config, heatmaps),
     .help = "measure heatmaps against lesion masks; operands are streams"},
    {.name = "near", .type = MM_OPT_DOUBLE, .offset = offsetof(config, near), .argument = "PIXELS", .min = 0, .max = 100000,
     .help = "a hottest point this near to a lesion hits it (16)"},
    {.name = "draws", .type = MM_OPT_INT, .offset = offsetof(config, draws), .argument = "N", .min = 100, .max = 1000000,
     .help = "samples of the bootstrap over patients (2000)"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(config, seed), .argument = "N", .help = "of the bootstrap (1)"},
};

static const mm_program PROGRAM = {.name = "mmeval", .operands = "[FILE...]", .summary = "measure predictions against the truth",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

static int beside(mm_comparison *comparison, const mm_scored *scored, const config *c, const mm_common *common, mm_error *error)
{
    char *path = (char *)c->compare;
    mm_predictions table = {0};
    mm_scored other = {0};
    size_t unmatched = 0;
    int code = mm_predictions_read(&table, &path, 1, c->logits, common, error);
    if (!code)
        code = mm_scored_predictions(&other, &table, c->positive, c->compare, error);
    if (!code)
        code = mm_beside(comparison, &unmatched, scored, &other, (size_t)c->draws, c->seed, error);
    if (!code && unmatched && !common->quiet)
        mm_warn("%zu records are only in one of '%s' and '%s'", unmatched, scored->name, other.name);
    mm_scored_free(&other);
    mm_predictions_free(&table);
    return code;
}

static void tell(const mm_evaluation *e, const mm_predictions *t, const mm_common *common)
{
    for (size_t k = 0; k < t->K && !common->quiet; k++)
        if (mm_class_of_confusion(e->confusion, t->K, k).samples == 0)
            mm_warn("class '%s' without samples: it has no recall and no area", t->class_name[k]);
    if (e->no_patient && !common->quiet)
        mm_warn("%zu records without a patient: each is taken for a patient of its own", e->no_patient);
}

static int draw(const config *c, const mm_evaluation *e, const mm_predictions *t, mm_canvas_format format, mm_output *plot,
                mm_error *error)
{
    const char *positive = t->K == 2 && e->positive_class ? t->class_name[e->positive_class[1]] : "not background";
    FILE *out = mm_output_file(plot, error);
    int code = out ? mm_plot_evaluation(e, t, c->positive ? c->positive : positive, format, out, error) : error->code;
    return code ? mm_fail_in(error, "'%s'", c->plot) : 0;
}

/* Predictions: the report and, where asked for, the picture and the comparison. */
static int evaluate(const config *c, const mm_common *common, FILE *out, mm_output *plot, mm_error *error)
{
    mm_predictions t = {0};
    mm_evaluation e = {0};
    mm_comparison comparison;
    mm_canvas_format format = MM_CANVAS_PNG;
    uint8_t *positive = NULL;
    char *sides = NULL;
    int code = c->plot ? mm_canvas_format_of(c->plot, &format, error) : 0;
    if (!code)
        code = mm_predictions_read(&t, common->operands, common->noperands, c->logits, common, error);
    if (!code && c->positive && !(positive = calloc(t.K, 1)))
        code = mm_fail(error, MM_FAILURE, "out of memory");
    if (!code && positive)
        code = mm_positive_of_list(&t, c->positive, positive, error);
    if (!code && c->model)
        code = mm_model_threshold(c->model, &t.threshold, error);
    if (!code && c->manifest)
        code = mm_sides_read(&sides, c->manifest, t.key, t.n, error);
    mm_evaluation_options o = {.positive_class = positive, .side = sides, .threshold = c->threshold >= 0 ? c->threshold : t.threshold,
                               .draws = (size_t)c->draws, .seed = c->seed};
    if (!code)
        code = mm_evaluate(&e, &t, &o, error);
    if (!code && c->compare && !e.positive_class)
        code = mm_fail(error, MM_USAGE, "--compare needs --positive: there is no telling which of %zu classes are positive", t.K);
    const mm_scored scored = {"these predictions", t.n, t.key, t.patient, e.score, e.positive};
    if (!code && c->compare)
        code = beside(&comparison, &scored, c, common, error);
    if (!code)
        tell(&e, &t, common);
    if (!code && c->plot) /* before the report, which standard output cannot take back */
        code = draw(c, &e, &t, format, plot, error);
    if (!code && c->json)
        code = mm_report_json(out, &e, &t, &o, c->compare ? &comparison : NULL, c->compare, error);
    else if (!code)
        mm_report_text(out, &e, &t, &o, c->compare ? &comparison : NULL, c->compare);
    if (!code)
        mm_report_skipped(t.left_out, t.skipped);
    free(positive);
    free(sides);
    mm_evaluation_free(&e);
    mm_predictions_free(&t);
    return code;
}

static int add_greys(void *set, const mm_record *record, mm_error *error)
{
    return mm_grey_set_add(set, record, error);
}

static int baseline(const config *c, const mm_common *common, FILE *out, mm_error *error)
{
    mm_grey_set train = {0}, test = {0};
    mm_sink_counts counts = {0};
    mm_comparison comparison;
    mm_scored scored = {0};
    mm_area area;
    char *path = (char *)c->baseline;
    int code = mm_sink_run(&path, 1, common, add_greys, &train, &counts, error);
    if (!code)
        code = mm_sink_run(common->operands, common->noperands, common, add_greys, &test, &counts, error);
    if (!code)
        code = mm_yardstick(&scored, &area, &train, &test, (size_t)c->draws, c->seed, error);
    if (!code && c->compare)
        code = beside(&comparison, &scored, c, common, error);
    if (!code && c->json)
        code = c->compare ? mm_report_json_comparison(out, &comparison, scored.name, c->compare, error)
                          : mm_report_json_area(out, &area, scored.name, error);
    else if (!code)
        mm_report_yardstick(out, &area, train.n, c->compare ? &comparison : NULL, scored.name, c->compare);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    mm_scored_free(&scored);
    mm_grey_set_free(&train);
    mm_grey_set_free(&test);
    return code;
}

static int add_heat(void *set, const mm_record *record, mm_error *error)
{
    return mm_heat_set_add(set, record, error);
}

static int heatmaps(const config *c, const mm_common *common, FILE *out, mm_error *error)
{
    mm_heat_set set = {0};
    mm_sink_counts counts = {0};
    mm_heat_summary summary;
    int code = mm_sink_run(common->operands, common->noperands, common, add_heat, &set, &counts, error);
    if (!code)
        code = mm_heat_set_summarise(&summary, &set, c->near, (size_t)c->draws, c->seed, error);
    if (!code && c->json)
        code = mm_report_json_heat(out, &summary, c->near, error);
    else if (!code)
        mm_report_heat(out, &summary, c->near);
    if (!code)
        mm_report_skipped(counts.skipped, counts.before);
    mm_heat_set_free(&set);
    return code;
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    const config *c = options;
    mm_output report = {.fd = -1}, plot = {.fd = -1};
    bool streams = c->heatmaps || c->baseline;
    if (c->heatmaps && (c->baseline || c->compare))
        return mm_fail(error, MM_USAGE, "--heatmaps goes with neither --baseline nor --compare");
    if (streams && (c->plot || c->model || c->threshold >= 0))
        return mm_fail(error, MM_USAGE, "--plot, --threshold and --model are for predictions");
    if (c->model && (c->positive || c->threshold >= 0))
        return mm_fail(error, MM_USAGE, "--model brings a threshold of its own, for the default question: leave out --threshold and --positive");
    int code = mm_output_open(&report, common->output, false, error);
    if (!code && c->plot)
        code = mm_output_open(&plot, c->plot, true, error);
    FILE *out = code ? NULL : mm_output_file(&report, error);
    if (!code && !out)
        code = error->code;
    if (!code)
        code = c->heatmaps ? heatmaps(c, common, out, error) : c->baseline ? baseline(c, common, out, error)
                                                             : evaluate(c, common, out, &plot, error);
    if (!code)
        code = mm_output_commit(&report, error);
    if (!code && c->plot)
        code = mm_output_commit(&plot, error);
    mm_output_abort(&report);
    mm_output_abort(&plot);
    return code;
}

int main(int argc, char **argv)
{
    config c = DEFAULTS;
    return mm_program_main(&PROGRAM, &c, run, argc, argv);
}
