/* A training and its files: see session.h. */
#include "filters/train/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int go_on(mm_train_run *s, mm_error *error)
{
    const mm_train_run_options *o = &s->options;
    mm_checkpoint *cp = &s->checkpoint;
    if (cp->previous)
        snprintf(s->warning, sizeof s->warning, "'%s' cannot be used (%s): going on from '%s.previous'", o->checkpoint, cp->why,
                 o->checkpoint);
    if (mm_checkpoint_agrees(cp, o->checkpoint, o->command, s->device->threads, o->precision, error) ||
        mm_trainer_saved_position(&cp->state, &s->position, error) ||
        mm_net_build(cp->info.net, cp->info.nclasses, &s->start.net, error))
        return error->code;
    s->start.info = cp->info;
    cp->info = (mm_model_info){0};
    s->saved = true;
    s->saved_at = s->position;
    snprintf(s->note, sizeof s->note, "goes on from '%s': epoch %zu, step %zu", o->checkpoint, s->position.epoch,
             s->position.step + 1);
    return MM_OK;
}

/* A forgotten --resume must not cost what was learnt. */
static int refuse_to_overwrite(const mm_train_run_options *o, mm_error *error)
{
    struct stat st;
    if (!o->checkpoint || stat(o->checkpoint, &st) || !S_ISREG(st.st_mode))
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "'%s' is there already: go on from it with --resume, or remove it to start anew", o->checkpoint);
}

int mm_train_run_begin(mm_train_run *s, const mm_train_run_options *options, mm_device *device, mm_error *error)
{
    s->options = *options;
    s->device = device;
    s->position = (mm_position){.epoch = 1};
    if (options->resume ? mm_checkpoint_load(options->checkpoint, &s->checkpoint, &s->resumed, error)
                        : refuse_to_overwrite(options, error))
        return error->code;
    if (s->resumed)
        return go_on(s, error);
    if (mm_initial_model_make(&options->start, &s->start, error))
        return error->code;
    if (*s->start.report)
        snprintf(s->note, sizeof s->note, "'%s': %s", options->start.init, s->start.report);
    return MM_OK;
}

int mm_train_run_feed(mm_train_run *s, char **operands, size_t n, const mm_batch_options *how, mm_batches **feed, mm_head *head,
                    mm_batch_item *item, mm_error *error)
{
    const mm_model_info *info = &s->start.info;
    mm_batch_options config = *how;
    *head = (mm_head){0};
    config.one_size = true;
    config.labels = MM_LABELS_WANTED;
    config.classes = info->nclasses;
    config.class_names = (const char *const *)info->classes;
    config.first_epoch = s->position.epoch;
    config.first_record = s->position.step * how->batch;
    return mm_batches_open(feed, operands, n, &config, error) || mm_batches_first(*feed, head, item, error) ? error->code : MM_OK;
}

int mm_train_run_begins_with(mm_train_run *s, const mm_head *head, const mm_batch_item *item, mm_error *error)
{
    mm_model_info *info = &s->start.info;
    if (s->resumed || item->kind == MM_BATCH_INTERRUPTED)
        return MM_OK;
    if (item->kind == MM_BATCH_IMAGES)
        return mm_model_info_stream(info, head, item->height, item->width, error);
    return mm_fail(error, MM_FAILURE, "the %s", item->kind == MM_BATCH_DONE ? "first epoch holds no record" : "stream holds no epoch");
}

int mm_train_run_train(mm_train_run *s, mm_trainer_options *config, mm_error *error)
{
    const mm_model_info *info = &s->start.info;
    config->height = info->height;
    config->width = info->width;
    config->mean = info->mean;
    config->std = info->std;
    config->class_counts = s->start.class_counts;
    if (mm_trainer_new(s->start.net, s->device, s->options.precision, config, s->resumed ? NULL : &s->start.weights, &s->trainer,
                       error))
        return error->code;
    if (s->resumed && mm_trainer_restore(s->trainer, &s->checkpoint.state, error))
        return mm_fail_in(error, "'%s'", s->options.checkpoint);
    mm_params_free(&s->start.weights);
    mm_params_free(&s->checkpoint.state);
    return MM_OK;
}

int mm_train_run_save(mm_train_run *s, size_t log_bytes, mm_error *error)
{
    mm_checkpoint cp = {.info = s->start.info, .command_line = (char *)s->options.command, .threads = s->device->threads,
                        .precision = s->options.precision, .log_bytes = log_bytes};
    mm_position at;
    int code = mm_trainer_save(s->trainer, &cp.state, error);
    if (!code)
        code = mm_trainer_saved_position(&cp.state, &at, error);
    if (!code)
        cp.next_epoch = at.epoch;
    if (code)
        mm_fail_in(error, "checkpoint '%s'", s->options.checkpoint);
    else
        code = mm_checkpoint_save(s->options.checkpoint, &cp, error);
    mm_params_free(&cp.state);
    if (!code) {
        s->saved = true;
        s->saved_at = mm_trainer_position(s->trainer);
    }
    return code;
}

static int write_model(mm_train_run *s, mm_output *output, mm_error *error)
{
    mm_epoch best;
    const mm_params *weights = mm_trainer_best(s->trainer, &best);
    if (mm_initial_model_best(&s->start.info, &best, error) ||
        mm_model_write(output->fd, output->name, &s->start.info, weights, error))
        return error->code;
    return mm_output_commit(output, error);
}

enum { NAME = 1000 };

/* Where the best model goes when there is no finished one; empty: nowhere. */
static void name_of_best(const char *model, char name[NAME])
{
    bool somewhere = model && strcmp(model, "-") && strncmp(model, "/dev/", 5) && strlen(model) < NAME - 8;
    snprintf(name, NAME, "%.990s%s", somewhere ? model : "", somewhere ? ".best" : "");
}

int mm_train_run_finish(mm_train_run *s, mm_output *output, mm_error *error)
{
    char stale[NAME];
    name_of_best(output->to_stdout ? NULL : output->name, stale);
    if (write_model(s, output, error))
        return error->code;
    if (*stale)
        unlink(stale);
    return MM_OK;
}

/* Writes MODEL.best; the epoch it is of, 0 when there is nothing to write or nowhere to. `why`: what went wrong. */
static size_t write_best(mm_train_run *s, const char *name, char *why, size_t size)
{
    mm_epoch best;
    mm_error error;
    mm_output output = {.fd = -1};
    if (!s->trainer || !mm_trainer_best(s->trainer, &best) || !*name)
        return 0;
    if (mm_output_open(&output, name, true, &error) || write_model(s, &output, &error)) {
        snprintf(why, size, "%s; ", error.text);
        best.epoch = 0;
    }
    mm_output_abort(&output);
    return best.epoch;
}

void mm_train_run_rescue(mm_train_run *s, const char *model, char *text, size_t size)
{
    const char *checkpoint = s->options.checkpoint;
    char name[NAME], best[1200] = "", why[1100] = "", go[1200] = "";
    name_of_best(model, name);
    size_t epoch = write_best(s, name, why, sizeof why);
    bool diverged = s->trainer && mm_trainer_diverged(s->trainer);
    if (epoch)
        snprintf(best, sizeof best, "the best model so far, of epoch %zu, is in '%s'; ", epoch, name);
    else if (!s->trainer || !mm_trainer_best(s->trainer, NULL))
        snprintf(best, sizeof best, "no epoch was finished: there is no model; ");
    if (diverged)
        snprintf(go, sizeof go, "--resume would meet the same again: start anew with a smaller --lr%s%s", epoch ? " and --init=" : "",
                 epoch ? name : "");
    else if (s->saved)
        snprintf(go, sizeof go, "the same command with --resume goes on from '%.1000s': epoch %zu, step %zu", checkpoint,
                 s->saved_at.epoch, s->saved_at.step + 1);
    else
        snprintf(go, sizeof go, "%s", checkpoint ? "nothing was saved: start anew" : "with --checkpoint it could go on");
    snprintf(text, size, "%s%s%s", why, best, go);
}

void mm_train_run_end(mm_train_run *s)
{
    mm_trainer_free(s->trainer);
    mm_initial_model_free(&s->start);
    mm_checkpoint_free(&s->checkpoint);
    *s = (mm_train_run){0};
}
