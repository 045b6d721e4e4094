/* mmpredict: runs a stream's images through one or more networks; probabilities become text, or a tensor in the stream. */
#include <stdlib.h>

#include "common/cli/program.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "filters/predict/batches.h"
#include "filters/predict/predictions_output.h"
#include "filters/predict/startup.h"

typedef struct options {
    mm_strings models;
    const char *device, *features, *threshold, *thresholds;
    long batch; /* 0: by the size of the images */
    int tta, precision;
    bool logits, stream, pool;
} options;

static const mm_option OPTIONS[] = {
    {.name = "model", .type = MM_OPT_LIST, .offset = offsetof(options, models), .argument = "FILE",
     .help = "the classifier; the probabilities of several are averaged"},
    {.name = "tta", .type = MM_OPT_CHOICE, .offset = offsetof(options, tta), .argument = "HOW", .choices = "none|flips",
     .help = "flips: mean over the image and its three mirror images"},
    {.name = "logits", .type = MM_OPT_FLAG, .offset = offsetof(options, logits), .help = "logits instead of probabilities"},
    {.name = "stream", .type = MM_OPT_FLAG, .offset = offsetof(options, stream),
     .help = "write the stream, with the tensor 'prob', instead of text", .neutral = true},
    {.name = "threshold", .type = MM_OPT_STRING, .offset = offsetof(options, threshold), .argument = "NAME",
     .help = "add the column 'call': 1 from the model's threshold of that name on"},
    {.name = "thresholds", .type = MM_OPT_STRING, .offset = offsetof(options, thresholds), .argument = "FILE",
     .help = "write the model's thresholds into this JSON file, not beside the table", .neutral = true},
    {.name = "features", .type = MM_OPT_STRING, .offset = offsetof(options, features), .argument = "LAYER",
     .help = "write the stream, with the layer's output as tensor 'features'"},
    {.name = "pool", .type = MM_OPT_FLAG, .offset = offsetof(options, pool), .help = "--features: the mean over all positions"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(options, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(options, batch), .argument = "N", .min = 1, .max = 4096,
     .help = "images to compute at once (by their size; 32 patches)", .neutral = true},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(options, device), .argument = "NAME",
     .help = "auto, cpu or cuda[:N]", .neutral = true},
};

enum { RECORDS = 32 }; /* read together when --batch does not say */

static const mm_program PROGRAM = {.name = "mmpredict", .operands = "[FILE...]", .summary = "classify images",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

typedef struct state {
    const options *options;
    const mm_common *common;
    bool stream; /* is the output, not a table */
    mm_ensemble ensemble;
    mm_batches *batches;
    mm_predictions_output out;
    mm_head head; /* of the segment under way, for the warning that it differs from training */
    bool warned;
    mm_progress progress;
} state;

static int open_models(state *s, mm_error *error)
{
    const options *o = s->options;
    if (o->models.n == 0)
        return mm_fail(error, MM_USAGE, "--model=FILE is missing");
    if (o->logits && (o->models.n > 1 || o->tta))
        return mm_fail(error, MM_USAGE, "--logits goes with one model and without --tta: only probabilities can be averaged");
    if (o->features && (o->models.n > 1 || o->tta))
        return mm_fail(error, MM_USAGE, "--features goes with one model and without --tta");
    if (o->threshold && (o->models.n > 1 || o->tta || o->logits))
        return mm_fail(error, MM_USAGE, "--threshold goes with one model, without --tta and --logits: it was chosen on its probabilities");
    if ((o->threshold || o->thresholds) && s->stream)
        return mm_fail(error, MM_USAGE, "--threshold and --thresholds go with a table");
    if (o->pool && !o->features)
        return mm_fail(error, MM_USAGE, "--pool goes with --features=LAYER");
    if (mm_ensemble_open(&s->ensemble, o->models.items, o->models.n, o->device, (size_t)s->common->threads,
                         (mm_precision)o->precision, (size_t)o->batch, error))
        return error->code;
    if (o->features && mm_loaded_model_features(s->ensemble.network, o->features, o->pool, error))
        return mm_fail_in(error, "--features");
    mm_say_device(s->ensemble.device, s->common->quiet);
    return MM_OK;
}

static int open_streams(state *s, const char *command_line, mm_error *error)
{
    const options *o = s->options;
    const mm_batch_options batches = {.batch = o->batch ? (size_t)o->batch : RECORDS, .labels = MM_LABELS_UNUSED,
                                      .blocks = s->stream, .skip = s->common->skip};
    if (mm_batches_open(&s->batches, s->common->operands, s->common->noperands, &batches, error))
        return error->code;
    s->out = (mm_predictions_output){.output.fd = -1, .program = PROGRAM.name, .command_line = command_line,
                                     .common = s->common, .ensemble = &s->ensemble, .logits = o->logits,
                                     .averaged = s->ensemble.n > 1 || o->tta, .thresholds = o->thresholds, .threshold = o->threshold};
    return mm_predictions_output_open(&s->out, s->stream, error);
}

static void warn_once(state *s, const mm_batch_item *item)
{
    char why[512];
    bool silent = s->warned || s->common->quiet;
    for (size_t m = 0; m < s->ensemble.n && !silent; m++)
        if (mm_model_info_differs(&s->ensemble.network[m].info, &s->head, item->height, item->width, why, sizeof why)) {
            mm_warn("'%s': %s", s->options->models.items[m], why);
            s->warned = true;
        }
}

static int take_batch(state *s, mm_batch_item *item, mm_error *error)
{
    const mm_images images = {item->image, item->n, item->height, item->width, item->dtype, item->full_scale};
    const size_t K = s->ensemble.classes;
    size_t each = 0;
    mm_features f = {0};
    warn_once(s, item);
    if (s->options->features) {
        if (mm_loaded_model_feature_shape(s->ensemble.network, item->height, item->width, &f.ndim, f.dim, error))
            return mm_fail_in(error, "record '%s'", item->record[0]->key);
        each = f.dim[0] * f.dim[1] * f.dim[2];
    }
    double *p = calloc(item->n * K, sizeof *p), *log_p = s->options->logits ? NULL : calloc(item->n * K, sizeof *log_p);
    float *features = each ? calloc(item->n * each, sizeof *features) : NULL;
    int code = p && (log_p || s->options->logits) && (features || !each) ? MM_OK : mm_no_memory(error);
    if (!code && mm_ensemble_predict(&s->ensemble, &images, s->options->tta, p, log_p, features, error))
        code = mm_fail_in(error, "record '%s'", item->record[0]->key);
    for (size_t i = 0; i < item->n && !code; i++) {
        f.data = features ? features + i * each : NULL;
        code = mm_predictions_output_record(&s->out, item->record[i], p + i * K, log_p ? log_p + i * K : NULL, &f, error);
    }
    mm_progress_count(&s->progress, item->n);
    free(features);
    free(log_p);
    free(p);
    return code;
}

static int take_head(state *s, mm_batch_item *item, mm_error *error)
{
    mm_head_clear(&s->head);
    if (mm_head_copy(&s->head, &item->head))
        return mm_no_memory(error);
    return mm_predictions_output_head(&s->out, &item->head, error);
}

static int take_item(state *s, mm_batch_item *item, mm_error *error)
{
    switch (item->kind) {
    case MM_BATCH_HEAD:
        return take_head(s, item, error);
    case MM_BATCH_IMAGES:
        return take_batch(s, item, error);
    case MM_BATCH_BLOCK:
        return mm_predictions_output_block(&s->out, &item->block, error);
    default:
        return mm_predictions_output_done(&s->out, item->skipped, item->skipped_before, error);
    }
}

static int read_all(state *s, mm_error *error)
{
    mm_batch_item item = {0};
    int code = MM_OK;
    mm_progress_begin(&s->progress, s->common);
    while (!code && !(code = mm_batches_next(s->batches, &item, error)) && item.kind != MM_BATCH_END)
        code = take_item(s, &item, error);
    mm_progress_end(&s->progress);
    mm_batch_item_clear(&item);
    return code;
}

static int predict(state *s, const char *command_line, mm_error *error)
{
    if (open_models(s, error) || open_streams(s, command_line, error) || read_all(s, error))
        return error->code;
    size_t before, here = mm_batches_skipped(s->batches, &before);
    if (mm_predictions_output_commit(&s->out, here, before, error))
        return error->code;
    mm_report_skipped(here, before);
    return MM_OK;
}

static int run(void *values, const mm_common *common, mm_error *error)
{
    const options *o = values;
    state s = {.options = o, .common = common, .stream = o->stream || o->features, .out.output.fd = -1};
    char *command_line = mm_options_canonical(&PROGRAM, values, common);
    int code = command_line ? predict(&s, command_line, error) : mm_no_memory(error);
    mm_predictions_output_close(&s.out);
    mm_batches_close(s.batches);
    mm_ensemble_close(&s.ensemble);
    mm_head_clear(&s.head);
    free(command_line);
    return code;
}

int main(int argc, char **argv)
{
    options o = {.device = "auto"};
    mm_begin_predict(PROGRAM.name);
    return mm_program_main(&PROGRAM, &o, run, argc, argv);
}
