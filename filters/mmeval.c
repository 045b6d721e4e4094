/* mmeval: evaluates predictions; also the baselines on features and grey statistics, and heatmaps against masks. */
#include "common/base/lock.h"
#include "common/cli/program.h"
#include "common/cli/skipped.h"
#include "filters/evaluate/evaluation_run.h"
#include "filters/evaluate/heat_run.h"
#include "filters/evaluate/report_files.h"
#include "filters/evaluate/yardstick.h"
#include "filters/picture/curves.h"
#include "filters/picture/plot.h"
#include "formats/weights/model_validation.h"

typedef struct options {
    bool heatmaps;
    const char *plot, *baseline, *predictions, *store, *curves;
    double near, spacing;
    mm_evaluation_run_options evaluation;
} options;

static const options DEFAULTS = {.near = 16, .evaluation = {.threshold = -1, .prevalence = -1, .draws = 2000, .seed = 1}};

static const mm_option OPTIONS[] = {
    {.name = "json", .type = MM_OPT_FLAG, .offset = offsetof(options, evaluation.json), .help = "report for programs, as JSON"},
    {.name = "card", .type = MM_OPT_FLAG, .offset = offsetof(options, evaluation.card),
     .help = "report as a model card in Markdown, with --model"},
    {.name = "plot", .type = MM_OPT_STRING, .offset = offsetof(options, plot), .argument = "FILE",
     .help = "draw ROC, reliability and confusion, or with --heatmaps free-response ROC, into FILE.png or FILE.svg"},
    {.name = "curves", .type = MM_OPT_STRING, .offset = offsetof(options, curves), .argument = "LOG",
     .help = "draw the curves of a training from mmtrain's log instead, into -o FILE.png or FILE.svg"},
    {.name = "positive", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.positive), .argument = "CLASS[,CLASS]",
     .help = "classes that count as positive (the second of two; else all but background)"},
    {.name = "model", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.model), .argument = "FILE",
     .help = "apply the thresholds and the temperature that validation left in this model"},
    {.name = "threshold", .type = MM_OPT_DOUBLE, .offset = offsetof(options, evaluation.threshold), .argument = "P", .min = 0, .max = 1,
     .help = "apply this threshold, chosen elsewhere, to P(positive)"},
    {.name = "thresholds", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.thresholds), .argument = "FILE",
     .help = "the table's thresholds (else FILE.thresholds.json beside a table FILE)"},
    {.name = "store", .type = MM_OPT_STRING, .offset = offsetof(options, store), .argument = "FILE",
     .help = "choose thresholds on these (validation) predictions or heatmaps and write them into this model"},
    {.name = "calibrate", .type = MM_OPT_FLAG, .offset = offsetof(options, evaluation.calibrate),
     .help = "fit a temperature on these predictions; with --store, write it into the model too"},
    {.name = "prevalence", .type = MM_OPT_DOUBLE, .offset = offsetof(options, evaluation.prevalence), .argument = "P", .min = 0, .max = 1,
     .help = "predictive values for this share of positives, e.g. 0.006"},
    {.name = "attributes", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.attributes), .argument = "FILE",
     .help = "manifest or stream with attributes of the records: sides, and those that --by needs"},
    {.name = "by", .type = MM_OPT_LIST, .offset = offsetof(options, evaluation.by), .argument = "NAME[:EDGE,...]",
     .help = "figures for each value of this attribute, e.g. density, or lesion_size:100,200"},
    {.name = "without-callback", .type = MM_OPT_FLAG, .offset = offsetof(options, evaluation.callback),
     .help = "show benign without callback apart from the other negatives"},
    {.name = "logits", .type = MM_OPT_FLAG, .offset = offsetof(options, evaluation.logits), .help = "the columns hold logits"},
    {.name = "compare", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.compare), .argument = "FILE",
     .help = "compare with these predictions, or heatmaps, of the same records"},
    {.name = "again", .type = MM_OPT_LIST, .offset = offsetof(options, evaluation.again), .argument = "FILE",
     .help = "predictions of the same records by another training: mean and spread of the areas; may be repeated"},
    {.name = "baseline", .type = MM_OPT_STRING, .offset = offsetof(options, baseline), .argument = "TRAIN.mms",
     .help = "a logistic model of four grey statistics, fitted on TRAIN.mms; operands are streams"},
    {.name = "probe", .type = MM_OPT_STRING, .offset = offsetof(options, evaluation.probe), .argument = "TRAIN.mms",
     .help = "logistic regression on the tensor 'features', fitted on TRAIN.mms; operands are streams"},
    {.name = "C", .type = MM_OPT_DOUBLE, .offset = offsetof(options, evaluation.C), .argument = "C", .min = 1e-9, .max = 1e9,
     .help = "inverse strength of the probe's L2 penalty (chosen by folds within TRAIN.mms)"},
    {.name = "predictions", .type = MM_OPT_STRING, .offset = offsetof(options, predictions), .argument = "FILE",
     .help = "write the table of predictions of the probe or of the baseline, or of images by their hottest points, into FILE"},
    {.name = "heatmaps", .type = MM_OPT_FLAG, .offset = offsetof(options, heatmaps),
     .help = "measure heatmaps against lesion masks; operands are streams"},
    {.name = "near", .type = MM_OPT_DOUBLE, .offset = offsetof(options, near), .argument = "PIXELS", .min = 0, .max = 100000,
     .help = "a mark or hottest point this near to a lesion finds it (16)"},
    {.name = "spacing", .type = MM_OPT_DOUBLE, .offset = offsetof(options, spacing), .argument = "PIXELS", .min = 0, .max = 100000,
     .help = "least distance between the marks of a heatmap (half of its window)"},
    {.name = "draws", .type = MM_OPT_INT, .offset = offsetof(options, evaluation.draws), .argument = "N", .min = 100, .max = 1000000,
     .help = "samples of the bootstrap over patients (2000)"},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(options, evaluation.seed), .argument = "N",
     .help = "seed of the bootstrap (1)"},
};

static const mm_program PROGRAM = {.name = "mmeval", .operands = "[FILE...]", .summary = "measure predictions against the truth",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

static mm_canvas_format format_of(const options *o)
{
    mm_canvas_format format = MM_CANVAS_PNG;
    mm_canvas_format_of(o->plot, &format, NULL); /* the name was checked before */
    return format;
}

static int draw(const options *o, const mm_evaluation_run *e, const mm_report_files *out, mm_error *error)
{
    const uint8_t *chosen = e->evaluation.positive_class;
    const char *positive = chosen && e->table.K == 2 ? e->table.class_name[chosen[1]] : "not background";
    int code = mm_plot_evaluation(&e->evaluation, &e->joined.data, o->evaluation.positive ? o->evaluation.positive : positive, format_of(o),
                                  out->file[MM_REPORT_PLOT], error);
    return code ? mm_fail_in(error, "'%s'", o->plot) : 0;
}

/* Predictions, of a probe too: the report and, where asked for, picture and table; thresholds into a model last. */
static int evaluate(const options *o, const mm_common *common, const mm_report_files *out, mm_error *error)
{
    mm_evaluation_run e = {0};
    int code = mm_evaluate_files(&e, &o->evaluation, common, error);
    if (!code && o->store && !o->evaluation.calibrate && !e.evaluation.positive_class)
        code = mm_fail(error, MM_USAGE, "--store has no thresholds: which of %zu classes are positive is not known", e.table.K);
    if (!code && out->file[MM_REPORT_PLOT]) /* before the report, which standard output cannot take back */
        code = draw(o, &e, out, error);
    if (!code && o->store)
        code = mm_model_store(o->store, &e.table, e.evaluation.chosen, e.evaluation.choices, o->evaluation.calibrate, error);
    if (!code)
        code = mm_evaluation_run_report(out->file[MM_REPORT_TEXT], &e, &o->evaluation, common, error);
    if (!code && out->file[MM_REPORT_PREDICTIONS])
        fwrite(e.probe.table.data, 1, e.probe.table.bytes, out->file[MM_REPORT_PREDICTIONS]);
    if (!code)
        mm_report_skipped(e.table.left_out + e.probe.counts[0].skipped, e.table.skipped + e.probe.counts[0].before);
    mm_evaluation_run_free(&e);
    return code;
}

static int draw_froc(const void *context, const mm_froc *froc, const mm_froc_summary *summary, FILE *out, mm_error *error)
{
    const options *o = context;
    int code = mm_plot_froc(froc, summary, format_of(o), out, error);
    return code ? mm_fail_in(error, "'%s'", o->plot) : 0;
}

static int heatmaps(const options *o, const mm_common *common, const mm_report_files *out, mm_error *error)
{
    const mm_heat_run_options run = {.near = o->near, .spacing = o->spacing, .draw = draw_froc, .context = o,
                                     .store = o->store, .compare = o->evaluation.compare, .json = o->evaluation.json,
                                     .draws = (size_t)o->evaluation.draws, .seed = o->evaluation.seed};
    return mm_heat_run(out, &run, common, error);
}

/* Options that do not go together. */
static int check(const options *o, mm_error *error)
{
    const mm_evaluation_run_options *e = &o->evaluation;
    bool streams = o->heatmaps || o->baseline || e->probe, threshold = e->threshold >= 0;
    const char *wrong = NULL;
    if (!!o->heatmaps + !!o->baseline + !!e->probe > 1)
        wrong = "--heatmaps, --baseline and --probe do not go together";
    else if (e->C > 0 && !e->probe)
        wrong = "--C goes with --probe=TRAIN.mms";
    else if (o->predictions && !streams)
        wrong = "--predictions goes with --probe, --baseline and --heatmaps";
    else if (streams && (e->model || threshold || e->card || e->calibrate))
        wrong = "--model, --threshold, --card and --calibrate are for predictions";
    else if (e->probe && o->store)
        wrong = "--store goes with predictions, with --heatmaps and with --baseline";
    else if ((o->heatmaps || o->baseline) && (e->attributes || e->prevalence >= 0))
        wrong = "--attributes and --prevalence are for predictions and for --probe";
    else if (o->baseline && o->plot)
        wrong = "--plot goes with predictions, with --probe and with --heatmaps";
    else if (e->model && (e->positive || threshold))
        wrong = "--model brings thresholds of its own, for the default question: leave out --threshold and --positive";
    else if (e->thresholds && (e->positive || threshold || e->model || streams))
        wrong = "--thresholds brings thresholds of its own, for predictions: leave out --threshold, --positive and --model";
    else if (o->store && (e->positive || e->model))
        wrong = "--store chooses thresholds anew, for the default question: leave out --model and --positive";
    else if (e->calibrate && (e->model || threshold))
        wrong = "--calibrate gives the scores another scale: --model and --threshold do not go with it";
    else if (e->again.n && streams)
        wrong = "--again is for predictions";
    else if ((e->by.n || e->callback) && !e->attributes)
        wrong = "--by and --without-callback need --attributes=FILE";
    else if (e->card && (e->json || !e->model))
        wrong = "--card goes with --model and without --json";
    return wrong ? mm_fail(error, MM_USAGE, "%s", wrong) : 0;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    const char *const path[MM_REPORT_FILES] = {common->output, o->plot, o->predictions};
    mm_report_files out = MM_REPORT_FILES_CLOSED;
    mm_canvas_format format;
    mm_lock model = MM_UNLOCKED;
    if (o->curves)
        return mm_curves_draw(o->curves, common->output, error);
    int code = check(o, error);
    if (!code && o->plot)
        code = mm_canvas_format_of(o->plot, &format, error);
    if (!code)
        code = mm_lock_take(&model, o->store, error);
    if (!code)
        code = mm_report_files_open(&out, path, error);
    if (!code)
        code = o->heatmaps   ? heatmaps(o, common, &out, error)
               : o->baseline ? mm_yardstick_run(&out, o->baseline, o->store, &o->evaluation, common, error)
                             : evaluate(o, common, &out, error);
    code = mm_report_files_end(&out, code, error);
    mm_lock_release(&model);
    return code;
}

int main(int argc, char **argv)
{
    options o = DEFAULTS;
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
