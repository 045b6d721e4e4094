/* mmtrain: a stream of epochs -> a model file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/computing.h"
#include "cli/emitter.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/training.h"
#include "formats/checkpoint.h"
#include "formats/network.h"
#include "formats/start.h"

typedef struct config {
    const char *net, *classes, *init, *mean, *epochs, *lr, *wd, *val, *checkpoint, *log, *device;
    mm_strings stages;
    long batch, micro_batch; /* 0: not given */
    double std;
    int recipe, bn, precision, balance, best;
    bool resume;
    uint64_t seed;
} config;

enum { RECIPE_NONE, RECIPE_PATCH, RECIPE_WHOLE };

static const mm_option OPTIONS[] = {
    {.name = "net", .type = MM_OPT_STRING, .offset = offsetof(config, net), .argument = "DESCRIPTION",
     .help = "resnet50, resnet18, resnet50+[512-512-1024]x2, ... (by recipe or --init)"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(config, classes), .argument = "N|NAMES",
     .help = "number of classes, or their names with commas (by recipe or --init)"},
    {.name = "init", .type = MM_OPT_STRING, .offset = offsetof(config, init), .argument = "FILE",
     .help = "first weights: safetensors, npz, pth; or a model (random)"},
    {.name = "recipe", .type = MM_OPT_CHOICE, .offset = offsetof(config, recipe), .argument = "NAME",
     .choices = "none|patch|whole", .help = "the published stages for patches, or for whole images"},
    {.name = "stage", .type = MM_OPT_LIST, .offset = offsetof(config, stages), .argument = "STAGE",
     .help = "a stage instead: 'train=fc lr=1e-3 wd=1e-4 epochs=3 bn=batch', as often as wanted"},
    {.name = "epochs", .type = MM_OPT_STRING, .offset = offsetof(config, epochs), .argument = "N,N,...",
     .help = "epochs of the stages, or one number for all"},
    {.name = "lr", .type = MM_OPT_STRING, .offset = offsetof(config, lr), .argument = "X,X,...",
     .help = "learning rates of the stages, or one for all"},
    {.name = "wd", .type = MM_OPT_STRING, .offset = offsetof(config, wd), .argument = "X,X,...",
     .help = "weight decays of the stages, or one for all"},
    {.name = "bn", .type = MM_OPT_CHOICE, .offset = offsetof(config, bn), .argument = "HOW", .choices = "stage|batch|frozen",
     .help = "batch norm of layers that are not trained, in all stages"},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(config, batch), .argument = "N", .min = 1, .max = 65536,
     .help = "images of a step (256 patches, 12 whole images, else 32)"},
    {.name = "micro-batch", .type = MM_OPT_INT, .offset = offsetof(config, micro_batch), .argument = "N", .min = 1, .max = 65536,
     .help = "images computed at once; less memory, other batch norm (all of the batch)"},
    {.name = "mean", .type = MM_OPT_STRING, .offset = offsetof(config, mean), .argument = "NUMBER|STREAM",
     .help = "grey level to subtract, 0..255, or a stream to measure it on (of --init)"},
    {.name = "std", .type = MM_OPT_DOUBLE, .offset = offsetof(config, std), .argument = "NUMBER", .min = 1e-6, .max = 1e6,
     .help = "grey levels to divide by (of --init; 57.6 for torchvision's weights, else 1)", .published = "1"},
    {.name = "balance", .type = MM_OPT_CHOICE, .offset = offsetof(config, balance), .argument = "HOW", .choices = "none|loss",
     .help = "loss: weight records by 1 / frequency of their class"},
    {.name = "val", .type = MM_OPT_STRING, .offset = offsetof(config, val), .argument = "FILE",
     .help = "stream to validate on after each epoch; the best epoch is kept, else the last"},
    {.name = "best", .type = MM_OPT_CHOICE, .offset = offsetof(config, best), .argument = "FIGURE",
     .choices = "recipe|accuracy|auc|loss", .help = "of the validation, that the best epoch is chosen by (whole: auc, else accuracy)"},
    {.name = "checkpoint", .type = MM_OPT_STRING, .offset = offsetof(config, checkpoint), .argument = "FILE",
     .help = "save the state there after each epoch", .neutral = true},
    {.name = "resume", .type = MM_OPT_FLAG, .offset = offsetof(config, resume), .help = "go on from the checkpoint, if there is one", .neutral = true},
    {.name = "log", .type = MM_OPT_STRING, .offset = offsetof(config, log), .argument = "FILE",
     .help = "a line per step and epoch, tab-separated", .neutral = true},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(config, seed), .argument = "N", .help = "of random first weights (1)"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(config, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(config, device), .argument = "NAME",
     .help = "auto, cpu or cuda[:N]", .neutral = true},
};

static const mm_program PROGRAM = {.name = "mmtrain", .operands = "[FILE...]", .summary = "train a classifier on a stream of epochs",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true};

typedef struct state {
    config config;
    mm_common common;
    mm_schedule schedule;
    mm_device *device;
    mm_start start;           /* info, net; of a checkpoint when there is one */
    mm_checkpoint checkpoint; /* what was resumed from, then what is saved */
    bool resumed;
    mm_position position;     /* where it was saved */
    mm_feed *feed;
    mm_feed_item item;
    mm_trainer *trainer;
    mm_training training;
    mm_training_log log;
    mm_progress progress;
    const volatile sig_atomic_t *interrupt; /* number of the signal that came, else 0 */
} state;

static const char *recipe_name(const config *c)
{
    return c->recipe == RECIPE_PATCH ? "patch" : c->recipe == RECIPE_WHOLE ? "whole" : NULL;
}

/* ---- before the first step ---------------------------------------------------------------------------------------- */

/* Read anew after each epoch: what can be read but once is found out before the first. */
static int check_validation(const config *c, mm_error *error)
{
    struct stat st;
    if (!c->val)
        return MM_OK;
    if (strcmp(c->val, "-") && stat(c->val, &st))
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", c->val);
    if (!strcmp(c->val, "-") || !S_ISREG(st.st_mode))
        return mm_fail(error, MM_USAGE, "--val=%s: a file is wanted, which is read after each epoch", c->val);
    return MM_OK;
}

static int make_schedule(state *s, mm_error *error)
{
    config *c = &s->config;
    const mm_schedule_options options = {recipe_name(c), c->stages.items, c->stages.n,
                                         c->bn ? (c->bn == 1 ? "batch" : "frozen") : NULL, c->epochs, c->lr, c->wd};
    if (c->batch == 0)
        c->batch = c->recipe == RECIPE_PATCH ? 256 : c->recipe == RECIPE_WHOLE ? 12 : 32;
    if (c->resume && !c->checkpoint)
        return mm_fail(error, MM_USAGE, "--resume wants --checkpoint=FILE");
    if (c->best && !c->val)
        return mm_fail(error, MM_USAGE, "--best wants --val=FILE");
    return check_validation(c, error) || mm_schedule_make(&s->schedule, &options, error) ? error->code : MM_OK;
}

/* Network, classes, first weights and mean: of the checkpoint, or made from the options. */
static int make_start(state *s, const char *command, mm_error *error)
{
    const config *c = &s->config;
    const mm_start_options o = {c->net, c->classes, c->init, c->mean, c->std, recipe_name(c), &s->schedule, c->seed};
    s->position = (mm_position){.epoch = 1};
    if (c->resume && mm_checkpoint_load(c->checkpoint, &s->checkpoint, &s->resumed, error))
        return error->code;
    if (!s->resumed) {
        if (mm_start_make(&o, &s->start, error))
            return error->code;
        if (*s->start.report && !s->common.quiet)
            mm_say("'%s': %s", c->init, s->start.report);
        return MM_OK;
    }
    if (s->checkpoint.previous)
        mm_warn("'%s' cannot be used (%s): going on from '%s.previous'", c->checkpoint, s->checkpoint.why, c->checkpoint);
    if (mm_checkpoint_agrees(&s->checkpoint, c->checkpoint, command, s->device->threads,
                             mm_precision_on(s->device, (mm_precision)c->precision), error) ||
        mm_trainer_saved_position(&s->checkpoint.state, &s->position, error) ||
        mm_net_build(s->checkpoint.info.net, s->checkpoint.info.nclasses, &s->start.net, error))
        return error->code;
    s->start.info = s->checkpoint.info;
    s->checkpoint.info = (mm_model_info){0};
    if (!s->common.quiet)
        mm_say("goes on from '%s': epoch %zu, step %zu", c->checkpoint, s->position.epoch, s->position.step + 1);
    return MM_OK;
}

/* The first batch tells the size of the images. */
static int open_feed(state *s, mm_error *error)
{
    mm_feed_config feed = {.batch = (size_t)s->config.batch, .one_size = true, .labels = MM_LABELS_WANTED,
                           .classes = s->start.info.nclasses, .class_names = (const char *const *)s->start.info.classes,
                           .skip = s->common.skip, .interrupt = s->interrupt, .first_epoch = s->position.epoch,
                           .first_record = s->position.step * (size_t)s->config.batch};
    mm_head head;
    if (mm_feed_open(&s->feed, s->common.operands, s->common.noperands, &feed, error))
        return error->code;
    int code = mm_feed_first(s->feed, &head, &s->item, error);
    if (!code && s->item.kind == MM_FEED_BATCH && !s->resumed)
        code = mm_model_info_stream(&s->start.info, &head, s->item.height, s->item.width, error);
    else if (!code && s->item.kind == MM_FEED_DONE && !s->resumed)
        code = mm_fail(error, MM_FAILURE, "the first epoch holds no record");
    else if (!code && s->item.kind == MM_FEED_END && !s->resumed)
        code = mm_fail(error, MM_FAILURE, "the stream holds no epoch");
    mm_head_clear(&head);
    s->training.validation_feed = feed;
    s->training.validation_feed.one_size = false;
    s->training.validation_feed.first_epoch = s->training.validation_feed.first_record = 0;
    return code;
}

static int make_trainer(state *s, mm_error *error)
{
    const config *c = &s->config;
    const mm_model_info *info = &s->start.info;
    mm_trainer_config t = {.schedule = s->schedule, .batch = (size_t)c->batch, .micro_batch = (size_t)c->micro_batch,
                           .height = info->height, .width = info->width, .mean = info->mean, .std = info->std,
                           .balance = c->balance == 1, .class_counts = s->start.class_counts};
    static const mm_best_by by_recipe[] = {MM_BEST_ACCURACY, MM_BEST_ACCURACY, MM_BEST_AUC};
    static const mm_best_by chosen[] = {MM_BEST_LAST, MM_BEST_ACCURACY, MM_BEST_AUC, MM_BEST_LOSS};
    t.best = !c->val ? MM_BEST_LAST : c->best ? chosen[c->best] : by_recipe[c->recipe];
    mm_dtype precision = mm_precision_on(s->device, (mm_precision)c->precision);
    if (mm_trainer_new(s->start.net, s->device, precision, &t, s->resumed ? NULL : &s->start.weights, &s->trainer, error))
        return error->code;
    if (s->resumed && mm_trainer_restore(s->trainer, &s->checkpoint.state, error))
        return mm_fail_in(error, "'%s'", c->checkpoint);
    mm_params_free(&s->start.weights);
    mm_params_free(&s->checkpoint.state);
    return MM_OK;
}

/* ---- training, and what comes out ----------------------------------------------------------------------------------- */

static int save_checkpoint(void *context, mm_error *error)
{
    state *s = context;
    mm_checkpoint cp = {.info = s->start.info, .command_line = s->checkpoint.command_line, .threads = s->device->threads,
                        .precision = mm_precision_on(s->device, (mm_precision)s->config.precision),
                        .log_bytes = mm_training_log_bytes(&s->log)};
    int code = mm_trainer_save(s->trainer, &cp.state, error);
    if (!code)
        code = mm_checkpoint_save(s->config.checkpoint, &cp, error);
    mm_params_free(&cp.state);
    return code;
}

static int write_model(state *s, mm_output *output, mm_error *error)
{
    mm_epoch best;
    const mm_params *weights = mm_trainer_best(s->trainer, &best);
    if (mm_start_best(&s->start.info, &best, error) ||
        mm_model_write(output->fd, output->name, &s->start.info, weights, error))
        return error->code;
    return mm_output_commit(output, error);
}

/* Where the best model goes when there is no finished one: the caller frees it. NULL: nowhere. */
static char *name_of_best(const mm_common *common)
{
    const char *model = common->output;
    if (!model || !strcmp(model, "-") || !strncmp(model, "/dev/", 5))
        return NULL;
    size_t n = strlen(model) + sizeof ".best";
    char *name = malloc(n);
    if (name)
        snprintf(name, n, "%s.best", model);
    return name;
}

/* After a failure: what was learnt is not lost, but does not lie where a finished model would. */
static void rescue_best(state *s)
{
    mm_epoch best;
    mm_error error;
    mm_output output = {.fd = -1};
    char *name = name_of_best(&s->common);
    if (!s->trainer || !mm_trainer_best(s->trainer, &best)) {
        mm_say("no epoch was finished: there is no model");
    } else if (name) {
        if (mm_output_open(&output, name, true, &error) || write_model(s, &output, &error))
            mm_say("%s", error.text);
        else
            mm_say("the best model so far, of epoch %zu, is in '%s'", best.epoch, name);
        mm_output_abort(&output);
    }
    if (s->config.checkpoint && access(s->config.checkpoint, F_OK) == 0)
        mm_say("--resume goes on from '%s'", s->config.checkpoint);
    free(name);
}

static int train(state *s, mm_output *output, mm_error *error)
{
    s->training = (mm_training){.trainer = s->trainer, .feed = s->feed, .item = &s->item,
                                .height = s->start.info.height, .width = s->start.info.width,
                                .validation = (char *)s->config.val, .validation_feed = s->training.validation_feed,
                                .class_names = (const char *const *)s->start.info.classes, .classes = s->start.info.nclasses,
                                .log = &s->log, .progress = &s->progress, .quiet = s->common.quiet,
                                .interrupt = s->interrupt,
                                .checkpoint = s->config.checkpoint ? save_checkpoint : NULL, .context = s};
    mm_progress_begin(&s->progress, &s->common);
    int code = mm_training_run(&s->training, error);
    if (s->training.ignored && !s->common.quiet)
        mm_say("the stream has %zu epoch%s more than the schedule: ignored", s->training.ignored, s->training.ignored == 1 ? "" : "s");
    if (!code && !s->training.interrupted && !(code = mm_training_log_close(&s->log, error)))
        code = write_model(s, output, error);
    if (!code && !s->training.interrupted) {
        char *stale = name_of_best(&s->common); /* of a run that failed before: now there is the model itself */
        if (stale)
            unlink(stale);
        free(stale);
    }
    return code;
}

static int run(state *s, mm_output *output, mm_error *error)
{
    char *command = mm_options_canonical(&PROGRAM, &s->config, &s->common);
    int code = command ? mm_output_open(output, s->common.output, true, error) : mm_fail(error, MM_FAILURE, "out of memory");
    if (!code)
        code = mm_device_open(s->config.device, (size_t)s->common.threads, &s->device, error);
    if (!code)
        code = make_start(s, command, error);
    free(s->checkpoint.command_line);
    s->checkpoint.command_line = command;
    if (!code) {
        s->interrupt = mm_interrupt_catch();
        code = open_feed(s, error);
    }
    if (!code && s->item.kind == MM_FEED_INTERRUPTED)
        return MM_OK;
    if (!code)
        code = make_trainer(s, error);
    if (!code)
        code = mm_training_log_open(&s->log, s->config.log, s->resumed ? s->checkpoint.log_bytes : 0, error);
    return code ? code : train(s, output, error);
}

static void release(state *s)
{
    mm_error ignored;
    mm_training_log_close(&s->log, &ignored);
    mm_trainer_free(s->trainer);
    mm_feed_item_clear(&s->item);
    mm_feed_close(s->feed);
    mm_start_free(&s->start);
    mm_checkpoint_free(&s->checkpoint);
    if (s->device)
        s->device->backend->close(s->device);
    mm_options_free(&PROGRAM, &s->config, &s->common);
}

int main(int argc, char **argv)
{
    mm_error error = {0};
    mm_output output = {.fd = -1};
    state s = {.config = {.device = "auto", .seed = 1}};
    mm_begin_computing(PROGRAM.name, argv);
    int code = mm_options_parse(&PROGRAM, argc, argv, &s.config, &s.common, &error);
    if (code < 0) { /* --help, --version */
        mm_options_free(&PROGRAM, &s.config, &s.common);
        return MM_OK;
    }
    if (!code)
        code = make_schedule(&s, &error);
    if (!code)
        code = run(&s, &output, &error);
    mm_output_abort(&output);
    bool interrupted = s.interrupt && *s.interrupt && (s.training.interrupted || s.item.kind == MM_FEED_INTERRUPTED);
    if (code) {
        error.code = code;
        mm_exit(&error);
    }
    if ((code || interrupted) && s.training.trainer)
        rescue_best(&s);
    if (s.feed) {
        size_t skipped_before, here = mm_feed_skipped(s.feed, &skipped_before);
        mm_report_skipped(here, skipped_before);
        if (s.training.validation_skipped)
            mm_say("%zu records of '%s' skipped", s.training.validation_skipped, s.config.val);
    }
    release(&s);
    return interrupted && !code ? 128 + (int)*s.interrupt : code;
}
