/* mmpredict: a stream's images through one or more networks; probabilities as text, or as a tensor in the stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/predict/startup.h"
#include "common/cli/progress.h"
#include "common/cli/skipped.h"
#include "filters/predict/batches.h"
#include "common/base/output.h"
#include "common/cli/program.h"
#include "common/table/predictions_text.h"
#include "filters/predict/ensemble.h"

typedef struct config {
    mm_strings models;
    const char *device;
    long batch; /* 0: by the size of the images */
    int tta, precision;
    bool logits, stream;
} config;

static const mm_option OPTIONS[] = {
    {.name = "model", .type = MM_OPT_LIST, .offset = offsetof(config, models), .argument = "FILE",
     .help = "the classifier; of several the mean of the probabilities"},
    {.name = "tta", .type = MM_OPT_CHOICE, .offset = offsetof(config, tta), .argument = "HOW", .choices = "none|flips",
     .help = "flips: mean over the image and its three mirror images"},
    {.name = "logits", .type = MM_OPT_FLAG, .offset = offsetof(config, logits), .help = "logits instead of probabilities"},
    {.name = "stream", .type = MM_OPT_FLAG, .offset = offsetof(config, stream),
     .help = "write the stream, with the tensor 'prob', instead of text", .neutral = true},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(config, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(config, batch), .argument = "N", .min = 1, .max = 4096,
     .help = "images to compute at once (by their size, 32 patches)", .neutral = true},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(config, device), .argument = "NAME",
     .help = "auto, cpu or cuda[:N]", .neutral = true},
};

enum { RECORDS = 32 }; /* read together when --batch does not say */

static const mm_program PROGRAM = {.name = "mmpredict", .operands = "[FILE...]", .summary = "classify images",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS};

typedef struct state {
    const config *config;
    const mm_common *common;
    char *command_line;
    mm_ensemble ensemble;
    mm_batches *feed;
    mm_head head; /* of the segment under way, for the warning that it differs from training */
    bool checked;
    size_t written, written_here; /* records in all, in this segment */
    mm_text text;
    mm_writer *writer; /* --stream */
    mm_progress progress;
} state;

static int open_models(state *s, mm_error *error)
{
    const config *c = s->config;
    if (c->models.n == 0)
        return mm_fail(error, MM_USAGE, "--model=FILE is missing");
    if (c->logits && (c->models.n > 1 || c->tta))
        return mm_fail(error, MM_USAGE, "--logits goes with one model and without --tta: probabilities have means, logits do not");
    if (mm_ensemble_open(&s->ensemble, c->models.items, c->models.n, c->device, (size_t)s->common->threads,
                         (mm_precision)c->precision, (size_t)c->batch, error))
        return error->code;
    mm_say_device(s->ensemble.device, s->common->quiet);
    return MM_OK;
}

static int write_record(state *s, mm_record *record, const float *p, mm_error *error)
{
    mm_tensor *t = mm_record_add(record, "prob", MM_F32, 1, &s->ensemble.classes, error);
    if (!t)
        return error->code;
    memcpy(t->data, p, s->ensemble.classes * sizeof *p);
    return mm_writer_record(s->writer, record, error);
}

static void warn_once(state *s, const mm_batch_item *item)
{
    char why[512];
    for (size_t m = 0; m < s->ensemble.n && !s->checked && !s->common->quiet; m++)
        if (mm_model_info_differs(&s->ensemble.network[m].info, &s->head, item->height, item->width, why, sizeof why))
            mm_warn("'%s': %s", s->config->models.items[m], why);
    s->checked = true;
}

static int take_batch(state *s, mm_batch_item *item, mm_error *error)
{
    const mm_images images = {item->image, item->n, item->height, item->width, item->dtype, item->full_scale};
    size_t K = s->ensemble.classes;
    float *p = calloc(item->n * K, sizeof *p);
    int code = p ? MM_OK : mm_no_memory(error);
    warn_once(s, item);
    if (!code && mm_ensemble_predict(&s->ensemble, &images, s->config->tta, s->config->logits, p, error))
        code = mm_fail_in(error, "record '%s'", item->record[0]->key);
    for (size_t i = 0; i < item->n && !code; i++) {
        if (s->writer)
            code = write_record(s, item->record[i], p + i * K, error);
        else
            mm_predictions_text_row(&s->text, item->record[i]->key, mm_record_get(item->record[i], "patient"), item->label[i],
                                    p + i * K, K);
        s->written++;
        s->written_here++;
    }
    mm_progress_count(&s->progress, item->n);
    free(p);
    return code;
}

static int take_head(state *s, mm_batch_item *item, mm_error *error)
{
    s->written_here = 0;
    mm_head_clear(&s->head);
    if (mm_head_copy(&s->head, &item->head) ||
        (s->writer && !s->common->no_pg && mm_head_add_program(&item->head, PROGRAM.name, s->command_line)))
        return mm_no_memory(error);
    return s->writer ? mm_writer_head(s->writer, &item->head, error) : MM_OK;
}

static int take_item(state *s, mm_batch_item *item, mm_error *error)
{
    switch (item->kind) {
    case MM_BATCH_HEAD:
        return take_head(s, item, error);
    case MM_BATCH_IMAGES:
        return take_batch(s, item, error);
    case MM_BATCH_BLOCK:
        return s->writer ? mm_writer_block(s->writer, &item->block, error) : MM_OK;
    default:
        return s->writer ? mm_write_done(s->writer, s->written_here, item->skipped, item->skipped_before, error) : MM_OK;
    }
}

static int read_all(state *s, mm_error *error)
{
    mm_batch_item item = {0};
    int code = MM_OK;
    while (!code && !(code = mm_batches_next(s->feed, &item, error)) && item.kind != MM_BATCH_END)
        code = take_item(s, &item, error);
    mm_batch_item_clear(&item);
    size_t before, here = mm_batches_skipped(s->feed, &before);
    if (code || s->writer)
        return code;
    if (s->written == 0 && here)
        return mm_fail(error, MM_FAILURE, "all %zu records were skipped", here);
    return MM_OK;
}

/* Thresholds that were chosen in validation hold for what this very model says of the images as they are. */
static void print_remarks(state *s)
{
    const mm_model_info *info = &s->ensemble.network[0].info;
    if (s->config->logits)
        return;
    if (s->ensemble.n > 1 || s->config->tta) {
        mm_predictions_text_averaged(&s->text);
        return;
    }
    for (size_t i = 0; i < info->thresholds.n; i++)
        mm_predictions_text_threshold(&s->text, info->thresholds.item[i].name, info->thresholds.item[i].value);
    if (info->temperature > 0)
        mm_predictions_text_temperature(&s->text, info->temperature);
}

/* The table appears only when everything that it rests on was read to its end. */
static int print_table(state *s, mm_output *output, mm_error *error)
{
    size_t before, here = mm_batches_skipped(s->feed, &before);
    FILE *out = mm_output_file(output, error);
    print_remarks(s);
    mm_predictions_text_skipped(&s->text, here + before);
    if (!s->text.ok)
        return mm_no_memory(error);
    if (!out)
        return error->code;
    fwrite(s->text.data, 1, s->text.bytes, out);
    return MM_OK;
}

static int start(state *s, mm_output *output, mm_error *error)
{
    mm_batch_options feed = {.batch = s->config->batch ? (size_t)s->config->batch : RECORDS, .labels = MM_LABELS_OPTIONAL,
                           .classes = s->ensemble.classes, .class_names = (const char *const *)s->ensemble.network[0].info.classes,
                           .blocks = s->config->stream, .skip = s->common->skip};
    if (mm_batches_open(&s->feed, s->common->operands, s->common->noperands, &feed, error) ||
        mm_output_open(output, s->common->output, s->config->stream, error))
        return error->code;
    if (s->config->stream && !(s->writer = mm_writer_new(output->fd, output->name)))
        return mm_no_memory(error);
    mm_predictions_text_header(&s->text, s->ensemble.network[0].info.classes, s->ensemble.classes);
    mm_progress_begin(&s->progress, s->common);
    return MM_OK;
}

static void release(state *s)
{
    mm_writer_free(s->writer);
    mm_batches_close(s->feed);
    mm_ensemble_close(&s->ensemble);
    mm_head_clear(&s->head);
    free(s->text.data);
    free(s->command_line);
}

static int run(void *options, const mm_common *common, mm_error *error)
{
    mm_output output = {.fd = -1};
    state s = {.config = options, .common = common, .text = {.ok = true},
               .command_line = mm_options_canonical(&PROGRAM, options, common)};
    int code = s.command_line ? open_models(&s, error) : mm_no_memory(error);
    if (!code)
        code = start(&s, &output, error);
    if (!code)
        code = read_all(&s, error);
    mm_progress_end(&s.progress);
    if (!code && !s.writer)
        code = print_table(&s, &output, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    if (!code) {
        size_t before, here = mm_batches_skipped(s.feed, &before);
        mm_report_skipped(here, before);
    }
    release(&s);
    return code;
}

int main(int argc, char **argv)
{
    config c = {.device = "auto"};
    mm_begin_predict(PROGRAM.name);
    return mm_program_main(&PROGRAM, &c, run, argc, argv);
}
