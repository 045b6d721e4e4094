/* From a command line to a description of a training: see train_options.h. */
#include "filters/train/train_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "filters/predict/startup.h"

/* What options that are not given become. */
static const struct {
    const char *name;
    size_t batch;
    mm_best_by best;
    mm_update_rule rule;
} recipes[] = {{NULL, 32, MM_BEST_ACCURACY, MM_ADAM},
               {"patch", 256, MM_BEST_ACCURACY, MM_ADAM},
               {"whole", 12, MM_BEST_AUC, MM_ADAM},
               {"transfer", 32, MM_BEST_AUC, MM_ADAMW}};

const char *mm_train_options_recipe(const mm_train_options *o)
{
    return recipes[o->recipe].name;
}

/* It is read anew after each epoch. */
static int check_validation(const char *path, mm_error *error)
{
    struct stat st;
    if (strcmp(path, "-") && stat(path, &st))
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    if (!strcmp(path, "-") || !S_ISREG(st.st_mode))
        return mm_fail(error, MM_USAGE, "--val=%s: expected a file, since it is read after each epoch", path);
    return MM_OK;
}

static int complete_optimiser(mm_train_options *o, mm_error *error)
{
    mm_optimiser *optimiser = &o->trainer.optimiser;
    static const mm_update_rule rules[] = {MM_ADAM, MM_ADAM, MM_ADAMW, MM_SGD};
    optimiser->rule = o->optimiser ? rules[o->optimiser] : recipes[o->recipe].rule;
    const bool sgd = optimiser->rule == MM_SGD;
    if (sgd ? o->adam != NULL : o->momentum != NULL)
        return mm_fail(error, MM_USAGE, sgd ? "--adam excludes --optimizer=sgd" : "--momentum needs --optimizer=sgd");
    optimiser->momentum = 0.9;
    if (o->momentum && mm_parse_double(o->momentum, 0, 0.9999, &optimiser->momentum))
        return mm_fail(error, MM_USAGE, "--momentum=%s: expected a number from 0 to 0.9999", o->momentum);
    return o->adam ? mm_schedule_adam(optimiser, o->adam, error) : MM_OK;
}

static int complete_schedule(mm_train_options *o, mm_error *error)
{
    static const char *const bn[] = {NULL, "batch", "frozen"};
    const mm_schedule_options schedule = {.recipe = mm_train_options_recipe(o), .stages = o->stages.items, .n = o->stages.n,
                                          .bn = bn[o->bn], .epochs = o->epochs, .lr = o->lr, .wd = o->wd,
                                          .lr_schedule = o->lr_schedule, .warm_up = o->warm_up};
    if (o->validation && check_validation(o->validation, error))
        return error->code;
    return mm_schedule_make(&o->trainer.schedule, &schedule, error);
}

static int complete_trainer(mm_train_options *o, mm_error *error)
{
    mm_trainer_options *t = &o->trainer;
    if (!o->validation && (t->best || t->stop_after || t->plateau))
        return mm_fail(error, MM_USAGE, "--%s needs --val=FILE", t->best ? "best" : t->stop_after ? "stop-after" : "plateau");
    if (t->mixup > 0 && t->mixup < 0.1)
        return mm_fail(error, MM_USAGE, "--mixup=%g: expected 0, or at least 0.1", t->mixup);
    t->seed = o->seed;
    if (!t->batch)
        t->batch = recipes[o->recipe].batch;
    if (t->mixup > 0 && mm_trainer_micro(t) < 2)
        return mm_fail(error, MM_USAGE, "--mixup needs 2 images at once, not --%s=1", t->batch < 2 ? "batch" : "micro-batch");
    if (o->validation && !t->best)
        t->best = recipes[o->recipe].best;
    return complete_optimiser(o, error) ? error->code : complete_schedule(o, error);
}

static void describe(mm_text *text, const char *name, double value)
{
    char word[60];
    snprintf(word, sizeof word, "%s%s=%.9g", text->bytes ? " " : "", name, value);
    if (value > 0)
        mm_text_puts(text, word);
}

void mm_train_options_describe(const mm_train_options *o, mm_text *text)
{
    const mm_optimiser *optimiser = &o->trainer.optimiser;
    if (optimiser->rule)
        mm_text_puts(text, optimiser->rule == MM_SGD ? "optimizer=sgd" : "optimizer=adamw");
    if (optimiser->rule == MM_SGD)
        describe(text, "momentum", optimiser->momentum);
    describe(text, "clip-norm", optimiser->clip);
    describe(text, "ema", optimiser->ema);
    describe(text, "mixup", o->trainer.mixup);
}

int mm_train_options_complete(mm_train_options *o, bool published, mm_error *error)
{
    if (o->resume && !o->checkpoint)
        return mm_fail(error, MM_USAGE, "--resume needs --checkpoint=FILE");
    if (!o->init && (o->partial || o->match.prefix || o->match.averages || o->init_licence))
        return mm_fail(error, MM_USAGE, "--%s needs --init=FILE", o->partial ? "partial" : o->match.prefix ? "prefix"
                       : o->init_licence ? "init-licence" : "weights");
    if (published && recipes[o->recipe].rule != MM_ADAM)
        return mm_fail(error, MM_USAGE, "--as=published excludes --recipe=%s", recipes[o->recipe].name);
    if ((o->deterministic && mm_check_deterministic(o->device, error)) || complete_trainer(o, error))
        return error->code;
    return o->augment ? mm_augment_options_parse(&o->augmentation, o->augment, o->seed, published, error) : MM_OK;
}
