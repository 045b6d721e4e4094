/* From the first batch to the end of the schedule: see training.h. */
#include "filters/train/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cli/job.h"
#include "common/cli/message.h"

/* ---- options ---- */

static int check_validation(const char *path, mm_error *error)
{
    struct stat st;
    if (!path)
        return MM_OK;
    if (strcmp(path, "-") && stat(path, &st))
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    if (!strcmp(path, "-") || !S_ISREG(st.st_mode))
        return mm_fail(error, MM_USAGE, "--val=%s: a file is wanted, which is read after each epoch", path);
    return MM_OK;
}

const char *mm_training_recipe(const mm_training_options *o)
{
    static const char *const names[] = {NULL, "patch", "whole"};
    return names[o->recipe];
}

int mm_training_configure(const mm_training_options *o, mm_trainer_options *config, mm_error *error)
{
    static const long batches[] = {32, 256, 12};
    static const mm_best_by by_recipe[] = {MM_BEST_ACCURACY, MM_BEST_ACCURACY, MM_BEST_AUC};
    static const mm_best_by chosen[] = {MM_BEST_LAST, MM_BEST_ACCURACY, MM_BEST_AUC, MM_BEST_LOSS};
    static const char *const bn[] = {NULL, "batch", "frozen"};
    const mm_schedule_options schedule = {mm_training_recipe(o), o->stages.items, o->stages.n, bn[o->bn], o->epochs, o->lr, o->wd};
    *config = (mm_trainer_options){.batch = (size_t)(o->batch ? o->batch : batches[o->recipe]),
                                  .micro_batch = (size_t)o->micro_batch,
                                  .best = !o->val ? MM_BEST_LAST : o->best ? chosen[o->best] : by_recipe[o->recipe],
                                  .balance = o->balance == 1, .smoothing = o->smoothing, .stop_after = (size_t)o->stop_after,
                                  .plateau = (size_t)o->plateau, .plateau_factor = o->plateau_factor, .sync = o->sync_bn};
    if (!o->val && (o->best || o->stop_after || o->plateau))
        return mm_fail(error, MM_USAGE, "--%s wants --val=FILE", o->best ? "best" : o->stop_after ? "stop-after" : "plateau");
    if ((o->adam && mm_schedule_adam(&config->adam, o->adam, error)) || check_validation(o->val, error))
        return error->code;
    return mm_schedule_make(&config->schedule, &schedule, error);
}

/* ---- steps and epochs ---- */

/* Of the epoch that is under way. */
typedef struct pace {
    double begun, last;           /* seconds */
    size_t images, steps;         /* since `begun` */
    double training;              /* seconds of steps, waiting for images included, without validation */
    size_t steps_an_epoch;        /* 0: not known yet */
    double seconds_an_epoch;      /* with validation */
} pace;

static void describe_time(double seconds, char *text, size_t size)
{
    if (!(seconds >= 0 && seconds < 1e9))
        snprintf(text, size, "?");
    else if (seconds < 3600)
        snprintf(text, size, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(text, size, "%d:%02d:%02d", (int)seconds / 3600, (int)seconds / 60 % 60, (int)seconds % 60);
}

static void show_step(const mm_training *t, const pace *c, mm_position at, const mm_step *step)
{
    const mm_schedule *s = mm_trainer_schedule(t->trainer);
    char left[40], steps[60] = "";
    double epochs_left = (double)(s->epochs - at.epoch);
    double this_epoch = c->steps_an_epoch ? 1 - (double)at.step / (double)c->steps_an_epoch : 0;
    describe_time(c->steps_an_epoch ? (epochs_left + (this_epoch > 0 ? this_epoch : 0)) * c->seconds_an_epoch : NAN, left,
                  sizeof left);
    if (c->steps_an_epoch)
        snprintf(steps, sizeof steps, "/%zu", c->steps_an_epoch);
    mm_progress_text(t->progress, false,
                     "stage %zu/%zu epoch %zu/%zu step %zu%s: loss %.4f, accuracy %.3f, %.1f images/s, %s left, %.1f GiB",
                     at.stage + 1, s->n, at.epoch, s->epochs, at.step, steps, step->loss, step->accuracy,
                     (double)c->images / (c->training + 1e-9), left, mm_memory());
}

static mm_batch batch_of(const mm_batch_item *item, const mm_warp_plan *plans)
{
    return (mm_batch){{item->image, item->n, item->height, item->width, item->dtype, item->full_scale, plans}, item->label};
}

static int take_batch(mm_training *t, pace *c, mm_error *error)
{
    const mm_batch_item *item = t->item;
    const mm_batch batch = batch_of(item, t->plans);
    mm_batch_item waiting;
    mm_batch next;
    mm_step step;
    if (item->height != t->height || item->width != t->width)
        return mm_fail(error, MM_FAILURE, "record '%s' is %zux%zu, training began with %zux%zu", item->record[0]->key,
                       item->height, item->width, t->height, t->width);
    if (t->augmenting && mm_augment_options_plans(t->augmenting, item, t->plans, error))
        return error->code;
    if (mm_batches_peek(t->feed, &waiting)) {
        next = batch_of(&waiting, NULL);
        mm_trainer_next(t->trainer, &next);
    }
    if (mm_trainer_step(t->trainer, &batch, &step, error))
        return error->code;
    double now = mm_seconds(), rate = (double)step.images / (now - c->last + 1e-9);
    c->training += now - c->last;
    c->last = now;
    c->images += step.images;
    c->steps++;
    mm_position at = mm_trainer_position(t->trainer);
    show_step(t, c, at, &step);
    return mm_training_log_step(t->log, at, &step, rate, error);
}

/* Through the validation stream; an interruption leaves it in the middle. */
static int validate(mm_training *t, bool *whole, mm_error *error)
{
    mm_batches *feed;
    mm_batch_item item = {0};
    const mm_batch_options config = {.batch = t->batch, .labels = MM_LABELS_WANTED, .classes = t->classes,
                                   .class_names = t->class_names, .skip = t->skip, .interrupt = t->interrupt};
    size_t n = 0, before;
    *whole = false;
    if (mm_batches_open(&feed, &t->validation, 1, &config, error))
        return error->code;
    int code = MM_OK;
    while (!code && !(code = mm_batches_next(feed, &item, error)) && item.kind != MM_BATCH_END && item.kind != MM_BATCH_INTERRUPTED)
        if (item.kind == MM_BATCH_IMAGES) {
            const mm_batch batch = batch_of(&item, NULL);
            code = mm_trainer_validate(t->trainer, &batch, error);
            n += item.n;
            mm_progress_text(t->progress, false, "epoch %zu/%zu: validation, %zu records", mm_trainer_position(t->trainer).epoch,
                             mm_trainer_schedule(t->trainer)->epochs, n);
        }
    *whole = item.kind == MM_BATCH_END;
    mm_batch_item_clear(&item);
    t->validation_skipped = mm_batches_skipped(feed, &before);
    t->validation_skipped += before;
    mm_batches_close(feed);
    if (!code && *whole && n == 0)
        code = mm_fail(error, MM_FAILURE, "holds no record");
    return code ? mm_fail_in(error, "validation stream '%s'", t->validation) : MM_OK;
}

static void say_epoch(const mm_training *t, const mm_epoch *e, double rate)
{
    const mm_schedule *s = mm_trainer_schedule(t->trainer);
    char validation[160] = "", area[40] = "";
    if (t->quiet)
        return;
    if (!isnan(e->validation.auc))
        snprintf(area, sizeof area, ", AUC %.4f", e->validation.auc);
    if (e->validation.n)
        snprintf(validation, sizeof validation, "; validation loss %.4f, accuracy %.4f%s%s", e->validation.loss,
                 e->validation.accuracy, area, e->best ? " (best so far)" : "");
    mm_progress_end(t->progress);
    mm_say("epoch %zu/%zu, stage %zu: loss %.4f, accuracy %.4f%s; %.1f images/s, %.1f GiB", e->epoch, s->epochs, e->stage + 1,
           e->train.loss, e->train.accuracy, validation, rate, mm_memory());
    if (e->stopped)
        mm_say("stage %zu ends here: it gets no better", e->stage + 1);
    if (e->slowed)
        mm_say("it gets no better: the learning rate becomes smaller");
}

/* Classes that never come are a mistake in the data or in --classes. */
static int check_classes(const mm_training *t, mm_error *error)
{
    const size_t *counts = mm_trainer_class_counts(t->trainer);
    size_t present = 0, last = 0;
    for (size_t k = 0; k < t->classes; k++)
        if (counts[k]) {
            present++;
            last = k;
        }
    if (present == 1) {
        mm_group_fails(t->group);
        return mm_fail(error, MM_FAILURE, "all records of the first epoch are of class %zu, '%s': there is nothing to tell apart",
                       last, t->class_names[last]);
    }
    for (size_t k = 0; k < t->classes; k++)
        if (!counts[k] && !t->quiet)
            mm_warn("no record is of class %zu, '%s'", k, t->class_names[k]);
    return MM_OK;
}

/* All ranks must have come to the same kind of item; one that is interrupted interrupts all. */
static int agree(mm_training *t, mm_batch_kind kind, mm_error *error)
{
    mm_group *group = t->group;
    double ranks[MM_BATCH_INTERRUPTED + 1] = {0};
    if (!group)
        return MM_OK;
    ranks[kind] = 1;
    if (group->sum(group, ranks, MM_BATCH_INTERRUPTED + 1, MM_F64, error))
        return error->code;
    t->interrupted = ranks[MM_BATCH_INTERRUPTED] > 0;
    if (t->interrupted || ranks[kind] == (double)group->size)
        return MM_OK;
    mm_group_fails(group);
    return mm_fail(error, MM_FAILURE, "the streams of the ranks are not of the same length: after step %zu of epoch %zu some have come "
                                      "to an end (mmread --shard gives all of them as much)",
                   mm_trainer_position(t->trainer).step, mm_trainer_position(t->trainer).epoch);
}

static int end_epoch(mm_training *t, pace *c, mm_error *error)
{
    mm_position at = mm_trainer_position(t->trainer);
    mm_epoch epoch;
    bool whole = true;
    if (at.epoch == 1 && at.step > 0 && check_classes(t, error))
        return error->code;
    if (t->validation && at.step > 0 && validate(t, &whole, error))
        return error->code;
    if (agree(t, whole ? MM_BATCH_DONE : MM_BATCH_INTERRUPTED, error))
        return error->code;
    if (!whole || t->interrupted) {
        t->interrupted = true;
        return MM_OK;
    }
    if (mm_trainer_end_epoch(t->trainer, &epoch, error))
        return error->code;
    double rate = c->steps ? (double)c->images / (c->training + 1e-9) : NAN;
    say_epoch(t, &epoch, rate);
    if (c->steps == at.step) {
        c->steps_an_epoch = at.step;
        c->seconds_an_epoch = mm_seconds() - c->begun;
    }
    if (mm_training_log_epoch(t->log, at.step, &epoch, rate, error))
        return error->code;
    return t->checkpoint ? t->checkpoint(t->context, error) : MM_OK;
}

static int begin_epoch(mm_training *t, pace *c, mm_error *error)
{
    c->begun = c->last = mm_seconds();
    c->images = c->steps = 0;
    c->training = 0;
    return mm_trainer_begin_epoch(t->trainer, error);
}

static int take_item(mm_training *t, pace *c, mm_error *error)
{
    bool finished = mm_trainer_finished(t->trainer);
    switch (t->item->kind) {
    case MM_BATCH_HEAD:
        t->ignored += finished;
        if (finished)
            mm_progress_text(t->progress, true, "the schedule is done; waiting for the end of the stream");
        return finished ? MM_OK : begin_epoch(t, c, error);
    case MM_BATCH_IMAGES:
        return finished ? MM_OK : take_batch(t, c, error);
    case MM_BATCH_DONE:
        return finished ? MM_OK : end_epoch(t, c, error);
    case MM_BATCH_INTERRUPTED:
        t->interrupted = true;
        return MM_OK;
    default:
        return MM_OK;
    }
}

static int run(mm_training *t, mm_error *error)
{
    pace c = {0};
    int code = MM_OK;
    t->interrupted = false;
    t->ignored = t->item->kind != MM_BATCH_END && mm_trainer_finished(t->trainer);
    if (t->item->kind != MM_BATCH_END && !t->ignored)
        code = begin_epoch(t, &c, error);
    while (!code && !(code = agree(t, t->item->kind, error)) && !t->interrupted && t->item->kind != MM_BATCH_END) {
        code = take_item(t, &c, error);
        if (code || t->interrupted)
            break;
        code = mm_batches_next(t->feed, t->item, error);
        mm_error ignored; /* what happened to the feed is what is to be told */
        if (code && t->checkpoint)
            t->checkpoint(t->context, &ignored);
    }
    mm_progress_end(t->progress);
    mm_position at = mm_trainer_position(t->trainer);
    if (!code && t->interrupted)
        return t->checkpoint ? t->checkpoint(t->context, error) : MM_OK;
    if (!code && !mm_trainer_finished(t->trainer)) {
        mm_group_fails(t->group);
        code = mm_fail(error, MM_FAILURE, "the stream ends after epoch %zu, the schedule has %zu", at.epoch - 1,
                       mm_trainer_schedule(t->trainer)->epochs);
    }
    return code;
}

int mm_training_run(mm_training *t, mm_error *error)
{
    t->plans = t->augmenting ? calloc(t->batch, sizeof *t->plans) : NULL;
    int code = t->augmenting && !t->plans ? mm_no_memory(error) : run(t, error);
    free(t->plans);
    t->plans = NULL;
    return code;
}

void mm_training_report_skipped(const mm_training *t, const mm_batches *feed)
{
    size_t skipped_before, here = mm_batches_skipped(feed, &skipped_before);
    mm_report_skipped(here, skipped_before);
    if (t->validation_skipped)
        mm_say("%zu records of '%s' skipped", t->validation_skipped, t->validation);
}
