/* mmtrain: a stream of epochs -> a model file. */
#include <stdio.h>
#include <stdlib.h>

#include "common/cli/launcher.h"
#include "filters/predict/startup.h"
#include "common/cli/interrupt.h"
#include "common/cli/message.h"
#include "filters/train/ranks.h"
#include "filters/train/training.h"
#include "filters/train/memory_plan.h"
#include "filters/train/run.h"

typedef struct config {
    const char *net, *classes, *init, *mean, *checkpoint, *log, *device;
    mm_training_options training;
    double std;
    int precision, ranks;
    bool resume, deterministic, plan;
    mm_size size;
    uint64_t seed;
} config;

static const mm_option OPTIONS[] = {
    {.name = "net", .type = MM_OPT_STRING, .offset = offsetof(config, net), .argument = "DESCRIPTION",
     .help = "resnet50, resnet18, resnet50+[512-512-1024]x2, ... (by recipe or --init)"},
    {.name = "classes", .type = MM_OPT_STRING, .offset = offsetof(config, classes), .argument = "N|NAMES",
     .help = "number of classes, or their names with commas (by recipe or --init)"},
    {"init", 0, MM_OPT_STRING, offsetof(config, init), "FILE", "first weights: safetensors, npz, pth, h5; or a model (random)"},
    {.name = "recipe", .type = MM_OPT_CHOICE, .offset = offsetof(config, training.recipe), .argument = "NAME",
     .choices = "none|patch|whole", .help = "the published stages for patches, or for whole images"},
    {.name = "stage", .type = MM_OPT_LIST, .offset = offsetof(config, training.stages), .argument = "STAGE",
     .help = "a stage instead: 'train=fc lr=1e-3 wd=1e-4 epochs=3 bn=batch', as often as wanted"},
    {"epochs", 0, MM_OPT_STRING, offsetof(config, training.epochs), "N,N,...", "epochs of the stages, or one number for all"},
    {"lr", 0, MM_OPT_STRING, offsetof(config, training.lr), "X,X,...", "learning rates of the stages, or one for all"},
    {"wd", 0, MM_OPT_STRING, offsetof(config, training.wd), "X,X,...", "weight decays of the stages, or one for all"},
    {.name = "bn", .type = MM_OPT_CHOICE, .offset = offsetof(config, training.bn), .argument = "HOW", .choices = "stage|batch|frozen",
     .help = "batch norm of layers that are not trained, in all stages"},
    {"adam", 0, MM_OPT_STRING, offsetof(config, training.adam), "B1,B2,EPSILON", "numbers of the optimiser (0.9,0.999,1e-8)"},
    {.name = "stop-after", .type = MM_OPT_INT, .offset = offsetof(config, training.stop_after), .argument = "N", .min = 1, .max = 1000000,
     .help = "end a stage when N epochs in a row were no better than its best (never)"},
    {.name = "plateau", .type = MM_OPT_INT, .offset = offsetof(config, training.plateau), .argument = "N", .min = 1, .max = 1000000,
     .help = "make the learning rate smaller when N epochs were no better (never)"},
    {"plateau-factor", 0, MM_OPT_DOUBLE, offsetof(config, training.plateau_factor), "X", "by this factor (0.1)", 1e-6, 1},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(config, training.batch), .argument = "N", .min = 1, .max = 65536,
     .help = "images of a step (256 patches, 12 whole images, else 32)"},
    {.name = "micro-batch", .type = MM_OPT_INT, .offset = offsetof(config, training.micro_batch), .argument = "N", .min = 1, .max = 65536,
     .help = "images computed at once; less memory, other batch norm (all of the batch)"},
    {.name = "mean", .type = MM_OPT_STRING, .offset = offsetof(config, mean), .argument = "NUMBER|STREAM",
     .help = "grey level to subtract, 0..255, or a stream to measure it on (of --init)"},
    {.name = "std", .type = MM_OPT_DOUBLE, .offset = offsetof(config, std), .argument = "NUMBER", .min = 1e-6, .max = 1e6,
     .help = "grey levels to divide by (of --init; 57.6 for torchvision's weights, else 1)", .published = "1"},
    {.name = "balance", .type = MM_OPT_CHOICE, .offset = offsetof(config, training.balance), .argument = "HOW", .choices = "none|loss",
     .help = "loss: weight records by 1 / frequency of their class"},
    {.name = "smoothing", .type = MM_OPT_DOUBLE, .offset = offsetof(config, training.smoothing), .argument = "X", .min = 0, .max = 0.99,
     .help = "label smoothing: spread this share of each label over all classes (0)"},
    {.name = "val", .type = MM_OPT_STRING, .offset = offsetof(config, training.val), .argument = "FILE",
     .help = "stream to validate on after each epoch; the best epoch is kept, else the last"},
    {.name = "best", .type = MM_OPT_CHOICE, .offset = offsetof(config, training.best), .argument = "FIGURE",
     .choices = "recipe|accuracy|auc|loss", .help = "of the validation, that the best epoch is chosen by (whole: auc, else accuracy)"},
    {.name = "augment", .type = MM_OPT_STRING, .offset = offsetof(config, training.augment), .argument = "RANGES", .bare = true,
     .help = "change images at random as mmaugment does, 'rotate=10 zoom=0.9,1.1 ...' or as usual"},
    {"checkpoint", 0, MM_OPT_STRING, offsetof(config, checkpoint), "FILE", "save the state there after each epoch", .neutral = true},
    {.name = "resume", .type = MM_OPT_FLAG, .offset = offsetof(config, resume), .help = "go on from the checkpoint, if there is one", .neutral = true},
    {"log", 0, MM_OPT_STRING, offsetof(config, log), "FILE", "a line per step and epoch, tab-separated", .neutral = true},
    {.name = "seed", .letter = 's', .type = MM_OPT_U64, .offset = offsetof(config, seed), .argument = "N", .help = "of random first weights and of --augment (1)"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(config, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "ranks", .type = MM_OPT_CHOICE, .offset = offsetof(config, ranks), .argument = "HOW", .choices = MM_RANKS_CHOICES,
     .help = "auto: train together with the other processes that mpirun started", .neutral = true},
    {.name = "sync-bn", .type = MM_OPT_FLAG, .offset = offsetof(config, training.sync_bn),
     .help = "batch norm takes its statistics over the images of all ranks"},
    {.name = "plan", .type = MM_OPT_FLAG, .offset = offsetof(config, plan),
     .help = "print how much memory the training would need, on CPU and GPU, and end", .neutral = true},
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(config, size), .argument = "HxW", .min = 1, .max = 65536,
     .help = "of the images, for --plan (224x224, whole images 1152x896)", .neutral = true},
    {.name = "deterministic", .type = MM_OPT_FLAG, .offset = offsetof(config, deterministic), .neutral = true,
     .help = "insist on the same bytes from run to run, as is the default but for ,atomics"},
    {"device", 0, MM_OPT_STRING, offsetof(config, device), "NAME", "auto, cpu or cuda[:N]", .neutral = true},
};

static const mm_program PROGRAM = {.name = "mmtrain", .operands = "[FILE...]", .summary = "train a classifier on a stream of epochs",
                                   .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true};

typedef struct state {
    config config;
    mm_common common;
    char *command; /* canonical */
    mm_trainer_options trainer;
    mm_device *device;
    mm_train_run session;
    mm_batches *feed;
    mm_batch_item item;
    mm_augment_options augmenting;
    mm_training training;
    mm_training_log log;
    mm_progress progress;
    mm_group *group; /* the ranks that train together, or NULL */
    const volatile sig_atomic_t *interrupt; /* number of the signal that came, else 0 */
} state;

/* The batch is that of all ranks. Only the first of them says and writes anything. */
static int join_ranks(state *s, mm_error *error)
{
    if (mm_ranks_join((mm_ranks_use)s->config.ranks, &s->group, error) ||
        mm_ranks_share(s->group, &s->trainer, &s->command, &s->common, error))
        return error->code;
    if (!mm_group_leads(s->group))
        s->config.log = NULL;
    return MM_OK;
}

static mm_initial_model_options start_of(const state *s)
{
    const config *c = &s->config;
    return (mm_initial_model_options){c->net, c->classes, c->init, c->mean, c->std, mm_training_recipe(&c->training),
                              &s->trainer.schedule, c->seed};
}

static int plan(state *s, mm_error *error)
{
    const config *c = &s->config;
    const mm_memory_plan_options planning = {start_of(s), s->trainer, c->size, (mm_precision)c->precision, c->device,
                                  (size_t)s->common.threads, c->checkpoint != NULL};
    if (s->common.noperands)
        return mm_fail(error, MM_USAGE, "--plan reads no stream: say --size=HxW");
    return mm_memory_plan_print(&planning, s->common.output, error);
}

static int begin_session(state *s, mm_error *error)
{
    const config *c = &s->config;
    const mm_train_run_options options = {
        .start = start_of(s),
        .checkpoint = c->checkpoint, .resume = c->resume, .command = s->command,
        .precision = mm_precision_on(s->device, (mm_precision)c->precision)};
    int code = mm_train_run_begin(&s->session, &options, s->device, error);
    if (*s->session.warning)
        mm_warn("%s", s->session.warning);
    if (!code && *s->session.note && !s->common.quiet)
        mm_say("%s", s->session.note);
    return code;
}

static int open_feed(state *s, mm_error *error)
{
    const mm_batch_options how = {.batch = s->trainer.batch, .skip = s->common.skip, .interrupt = s->interrupt};
    mm_head head;
    int code = mm_train_run_feed(&s->session, s->common.operands, s->common.noperands, &how, &s->feed, &head, &s->item, error);
    if (!code && s->config.training.augment)
        code = mm_augment_options_note(&s->augmenting, PROGRAM.name, &head, error);
    if (!code)
        code = mm_train_run_begins_with(&s->session, &head, &s->item, error);
    mm_head_clear(&head);
    return code;
}

static int save_checkpoint(void *context, mm_error *error)
{
    state *s = context;
    return mm_train_run_save(&s->session, mm_training_log_bytes(&s->log), error);
}

static int train(state *s, mm_output *output, mm_error *error)
{
    const mm_model_info *info = &s->session.start.info;
    mm_training *t = &s->training;
    const bool first = mm_group_leads(s->group);
    *t = (mm_training){.trainer = s->session.trainer, .group = s->group, .feed = s->feed, .item = &s->item, .height = info->height,
                       .width = info->width, .batch = s->trainer.batch,
                       .augmenting = s->config.training.augment ? &s->augmenting : NULL,
                       .validation = (char *)s->config.training.val,
                       .class_names = (const char *const *)info->classes, .classes = info->nclasses, .log = &s->log,
                       .progress = &s->progress, .quiet = s->common.quiet, .skip = s->common.skip, .interrupt = s->interrupt,
                       .checkpoint = first && s->config.checkpoint ? save_checkpoint : NULL, .context = s};
    mm_progress_begin(&s->progress, &s->common);
    int code = mm_training_run(t, error);
    if (t->ignored && !s->common.quiet)
        mm_say("the stream has %zu epoch%s more than the schedule: ignored", t->ignored, t->ignored == 1 ? "" : "s");
    if (!code && !t->interrupted && !(code = mm_training_log_close(&s->log, error)) && first)
        code = mm_train_run_finish(&s->session, output, error);
    return code;
}

static int run(state *s, mm_output *output, mm_error *error)
{
    s->command = mm_options_canonical(&PROGRAM, &s->config, &s->common);
    int code = s->command ? join_ranks(s, error) : mm_no_memory(error);
    if (!code && mm_group_leads(s->group))
        code = mm_output_open(output, s->common.output, true, error);
    if (!code)
        code = mm_device_open(s->config.device, mm_launcher_local_rank(), (size_t)s->common.threads, &s->device, error);
    if (!code) {
        mm_say_device(s->device, s->common.quiet);
        code = mm_ranks_connect(s->group, s->device, s->common.quiet, error);
    }
    if (!code)
        code = begin_session(s, error);
    if (!code) {
        s->interrupt = mm_interrupt_catch();
        code = open_feed(s, error);
    }
    if (!code && s->item.kind == MM_BATCH_INTERRUPTED) /* the other ranks would wait for this one */
        return s->group ? mm_fail(error, MM_FAILURE, "interrupted before the first step") : MM_OK;
    if (!code)
        code = mm_train_run_train(&s->session, &s->trainer, error);
    if (!code)
        code = mm_training_log_open(&s->log, s->config.log, s->session.resumed ? s->session.checkpoint.log_bytes : 0, error);
    return code ? code : train(s, output, error);
}

static void tell_the_rest(state *s, bool unfinished)
{
    char text[3600];
    if (!mm_group_leads(s->group))
        return;
    if (unfinished && (s->session.trainer || s->session.saved)) {
        mm_train_run_rescue(&s->session, s->common.output, text, sizeof text);
        mm_say("%s", text);
    }
    if (s->feed)
        mm_training_report_skipped(&s->training, s->feed);
}

static void release(state *s)
{
    mm_error ignored;
    mm_training_log_close(&s->log, &ignored);
    mm_batch_item_clear(&s->item);
    mm_batches_close(s->feed);
    mm_train_run_end(&s->session);
    if (s->device)
        s->device->backend->close(s->device);
    free(s->command);
    mm_options_free(&PROGRAM, &s->config, &s->common);
}

int main(int argc, char **argv)
{
    mm_error error = {0};
    mm_output output = {.fd = -1};
    state s = {.config = {.device = "auto", .seed = 1, .training.plateau_factor = 0.1}};
    mm_begin_predict(PROGRAM.name);
    int code = mm_options_parse(&PROGRAM, argc, argv, &s.config, &s.common, &error);
    if (code < 0) { /* --help, --version */
        mm_options_free(&PROGRAM, &s.config, &s.common);
        return MM_OK;
    }
    if (!code && s.config.resume && !s.config.checkpoint)
        code = mm_fail(&error, MM_USAGE, "--resume wants --checkpoint=FILE");
    if (!code && s.config.deterministic)
        code = mm_check_deterministic(s.config.device, &error);
    if (!code)
        code = mm_training_configure(&s.config.training, &s.trainer, &error);
    if (!code && s.config.training.augment)
        code = mm_augment_options_parse(&s.augmenting, s.config.training.augment, s.config.seed, s.common.published, &error);
    if (!code)
        code = s.config.plan ? plan(&s, &error) : run(&s, &output, &error);
    mm_output_abort(&output);
    bool interrupted = s.interrupt && *s.interrupt && (s.training.interrupted || s.item.kind == MM_BATCH_INTERRUPTED);
    if (code && mm_ranks_blame(s.group, &error)) {
        error.code = code;
        mm_exit(&error);
    }
    tell_the_rest(&s, code || interrupted);
    mm_group *group = s.group;
    if (group && code && !group->all_failed)
        group->leave(group, code);
    release(&s);
    if (group)
        group->leave(group, 0);
    return interrupted && !code ? 128 + (int)*s.interrupt : code;
}
