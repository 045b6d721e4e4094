/* Epochs of a training: see epochs.h. */
#include "filters/train/epochs.h"

#include <stdlib.h>

#include "common/base/random.h"
#include "common/cli/message.h"
#include "common/nn/stage.h"
#include "filters/train/pace.h"

typedef struct epochs {
    mm_train_run *run;
    mm_trainer *trainer;
    mm_group *group;     /* the ranks that train together, or NULL */
    mm_warp_plan *warps; /* of the batch that is under way; NULL: images stay as they are */
    uint64_t *records;   /* hashes of its records' keys */
    mm_pace pace;
    bool single;         /* a batch norm with one value of each channel was reported */
    mm_head head;        /* of the validation segment under way */
    bool warned;         /* that validation images differ from those of training */
} epochs;

/* ---- steps ---- */

static mm_batch batch_of(const mm_batch_item *item, const mm_warp_plan *warps)
{
    return (mm_batch){{item->image, item->n, item->height, item->width, item->dtype, item->full_scale, warps}, item->label, NULL};
}

static int check_size(const mm_train_run *r, mm_error *error)
{
    const mm_trainer_options *t = &r->options->trainer;
    if (r->item.height == t->height && r->item.width == t->width)
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "record '%s' is %zux%zu, training began with %zux%zu", r->item.record[0]->key, r->item.height,
                   r->item.width, t->height, t->width);
}

/* The last part of an epoch, or of each batch, may be one image. */
static void report_single(epochs *e)
{
    const mm_train_run *r = e->run;
    const mm_trainer_options *o = &r->options->trainer;
    if (e->single || r->common->quiet || r->item.n % mm_trainer_micro(o) != 1)
        return;
    const char *name = mm_stage_single_norm(r->initial.net, o, mm_trainer_position(e->trainer).stage, 1);
    e->single = name != NULL;
    if (name)
        mm_warn("batch norm '%s' sees one value of each channel where one image is left over of an epoch or batch: it and others "
                "normalise that image by their running statistics", name);
}

/* After a step of a stage whose cosine has a length of its own. */
static void report_cosine(const epochs *e)
{
    const mm_position at = mm_trainer_position(e->trainer);
    const size_t cosine = mm_trainer_schedule(e->trainer)->stage[at.stage].cosine;
    if (cosine && mm_trainer_stage_steps(e->trainer) == cosine + 1 && !e->run->common->quiet)
        mm_warn("stage %zu goes on after step %zu, with which its cosine ended: its learning rate is 0 from here on", at.stage + 1, cosine);
}

static int take_batch(epochs *e, mm_error *error)
{
    mm_train_run *r = e->run;
    mm_batch batch = batch_of(&r->item, e->warps);
    mm_batch_item waiting;
    mm_batch next;
    mm_step step;
    if (check_size(r, error) || (e->warps && mm_augment_options_warps(&r->options->augmentation, &r->item, e->warps, error)))
        return error->code;
    for (size_t i = 0; i < r->item.n; i++)
        e->records[i] = mm_hash_more(mm_hash_string(r->item.record[i]->key), "dropout");
    batch.record = e->records;
    report_single(e);
    if (mm_batches_peek(r->batches, &waiting)) {
        next = batch_of(&waiting, NULL);
        mm_trainer_next(e->trainer, &next);
    }
    if (mm_trainer_step(e->trainer, &batch, &step, error))
        return mm_train_run_advise(r, error);
    report_cosine(e);
    double images_per_s = mm_pace_step(&e->pace, step.images);
    mm_pace_show_step(&e->pace, e->trainer, &step, &r->progress);
    return mm_training_log_step(&r->log, mm_trainer_position(e->trainer), &step, images_per_s, error);
}

/* ---- validation ---- */

/* Says once that validation images have another size or went through another segmentation than those of training. */
static void compare(epochs *e, const mm_batch_item *item)
{
    const mm_train_run *r = e->run;
    char why[512];
    if (e->warned || r->common->quiet || !mm_model_info_differs(&r->initial.info, &e->head, item->height, item->width, why, sizeof why))
        return;
    mm_progress_end(&e->run->progress);
    mm_warn("validation stream '%s': %s", r->options->validation, why);
    e->warned = true;
}

static int validate_batch(epochs *e, const mm_batch_item *item, size_t *n, mm_error *error)
{
    const mm_batch batch = batch_of(item, NULL);
    compare(e, item);
    if (mm_trainer_validate(e->trainer, &batch, error))
        return mm_train_run_advise(e->run, error);
    *n += item->n;
    mm_progress_text(&e->run->progress, false, "epoch %zu/%zu: validation, %zu records", mm_trainer_position(e->trainer).epoch,
                     mm_trainer_schedule(e->trainer)->epochs, *n);
    return MM_OK;
}

static int take_validation(epochs *e, mm_batch_item *item, size_t *n, mm_error *error)
{
    if (item->kind == MM_BATCH_IMAGES)
        return validate_batch(e, item, n, error);
    if (item->kind != MM_BATCH_HEAD)
        return MM_OK;
    mm_head_clear(&e->head);
    return mm_head_copy(&e->head, &item->head) ? mm_no_memory(error) : MM_OK;
}

/* Through the validation stream; an interruption leaves it in the middle. */
static int validate(epochs *e, bool *whole, mm_error *error)
{
    mm_train_run *r = e->run;
    const mm_model_info *info = &r->initial.info;
    const mm_batch_options options = {.batch = r->options->trainer.batch, .labels = MM_LABELS_WANTED, .classes = info->nclasses,
                                      .class_names = (const char *const *)info->classes, .skip = r->common->skip,
                                      .interrupt = r->interrupt};
    char *path = (char *)r->options->validation;
    mm_batches *batches;
    mm_batch_item item = {0};
    size_t n = 0, before;
    *whole = false;
    if (mm_batches_open(&batches, &path, 1, &options, error))
        return error->code;
    int code = MM_OK;
    while (!code && !(code = mm_batches_next(batches, &item, error)) && item.kind != MM_BATCH_END && item.kind != MM_BATCH_INTERRUPTED)
        code = take_validation(e, &item, &n, error);
    *whole = item.kind == MM_BATCH_END;
    mm_batch_item_clear(&item);
    r->validation_skipped = mm_batches_skipped(batches, &before);
    r->validation_skipped += before;
    mm_batches_close(batches);
    if (!code && *whole && n == 0)
        code = mm_fail(error, MM_FAILURE, "holds no record");
    return code ? mm_fail_in(error, "validation stream '%s'", path) : MM_OK;
}

/* ---- epochs ---- */

/* Classes that never come are a mistake in the data or in --classes. */
static int check_classes(const epochs *e, mm_error *error)
{
    const mm_model_info *info = &e->run->initial.info;
    const size_t *counts = mm_trainer_class_counts(e->trainer);
    size_t present = 0, last = 0;
    for (size_t k = 0; k < info->nclasses; k++)
        if (counts[k]) {
            present++;
            last = k;
        }
    if (present == 1) {
        mm_group_fails(e->group);
        return mm_fail(error, MM_FAILURE, "all records of the first epoch are of class %zu, '%s': there is nothing to learn",
                       last, info->classes[last]);
    }
    for (size_t k = 0; k < info->nclasses; k++)
        if (!counts[k] && !e->run->common->quiet)
            mm_warn("no record is of class %zu, '%s'", k, info->classes[k]);
    return MM_OK;
}

/* All ranks must have come to the same kind of item; one that is interrupted interrupts all. */
static int agree(epochs *e, mm_batch_kind kind, mm_error *error)
{
    double ranks[MM_BATCH_INTERRUPTED + 1] = {0};
    const mm_position at = mm_trainer_position(e->trainer);
    if (!e->group)
        return MM_OK;
    ranks[kind] = 1;
    if (e->group->sum(e->group, ranks, MM_BATCH_INTERRUPTED + 1, MM_F64, error))
        return error->code;
    e->run->interrupted = ranks[MM_BATCH_INTERRUPTED] > 0;
    if (e->run->interrupted || ranks[kind] == (double)e->group->size)
        return MM_OK;
    mm_group_fails(e->group);
    return mm_fail(error, MM_FAILURE, "the streams of the ranks are not of the same length: after step %zu of epoch %zu some have come "
                                      "to an end (mmread --shard gives all of them as much)",
                   at.step, at.epoch);
}

static int begin_epoch(epochs *e, mm_error *error)
{
    mm_pace_begin_epoch(&e->pace);
    return mm_trainer_begin_epoch(e->trainer, error) ? mm_train_run_advise(e->run, error) : MM_OK;
}

/* Says that the stage of an epoch, the last one, was shorter than its cosine. */
static void report_short_cosine(const epochs *e, const mm_epoch *epoch)
{
    const mm_schedule *s = mm_trainer_schedule(e->trainer);
    const size_t cosine = s->stage[epoch->stage].cosine, steps = mm_trainer_stage_steps(e->trainer);
    const bool over = mm_trainer_finished(e->trainer) || mm_schedule_stage(s, epoch->epoch + 1, NULL) != epoch->stage;
    if (over && steps < cosine)
        mm_warn("stage %zu ended after %zu steps, before its cosine of %zu: its last learning rate was %.3g", epoch->stage + 1, steps,
                cosine, epoch->lr);
}

static int end_epoch(epochs *e, mm_error *error)
{
    mm_train_run *r = e->run;
    const mm_position at = mm_trainer_position(e->trainer);
    mm_epoch epoch;
    bool whole = true;
    if (at.epoch == 1 && at.step > 0 && check_classes(e, error))
        return error->code;
    if (r->options->validation && at.step > 0 && validate(e, &whole, error))
        return error->code;
    if (agree(e, whole ? MM_BATCH_DONE : MM_BATCH_INTERRUPTED, error))
        return error->code;
    r->interrupted |= !whole;
    if (r->interrupted)
        return MM_OK;
    if (mm_trainer_end_epoch(e->trainer, &epoch, error))
        return error->code;
    double images_per_s = mm_pace_end_epoch(&e->pace, at.step);
    if (!r->common->quiet) {
        mm_progress_end(&r->progress);
        mm_pace_say_epoch(e->trainer, &epoch, images_per_s);
        report_short_cosine(e, &epoch);
    }
    if (mm_training_log_epoch(&r->log, at.step, &epoch, images_per_s, error))
        return error->code;
    return mm_train_run_save(r, error);
}

/* ---- all ---- */

static int take_item(epochs *e, mm_error *error)
{
    mm_train_run *r = e->run;
    const bool finished = mm_trainer_finished(e->trainer);
    switch (r->item.kind) {
    case MM_BATCH_HEAD:
        r->ignored += finished;
        if (finished)
            mm_progress_text(&r->progress, true, "the schedule is done; waiting for the end of the stream");
        return finished ? MM_OK : begin_epoch(e, error);
    case MM_BATCH_IMAGES:
        return finished ? MM_OK : take_batch(e, error);
    case MM_BATCH_DONE:
        return finished ? MM_OK : end_epoch(e, error);
    case MM_BATCH_INTERRUPTED:
        r->interrupted = true;
        return MM_OK;
    default:
        return MM_OK;
    }
}

/* Item by item, from the one after the first HEAD. */
static int take_all(epochs *e, mm_error *error)
{
    mm_train_run *r = e->run;
    int code = MM_OK;
    r->ignored = r->item.kind != MM_BATCH_END && mm_trainer_finished(e->trainer);
    if (r->item.kind != MM_BATCH_END && !r->ignored)
        code = begin_epoch(e, error);
    while (!code && !(code = agree(e, r->item.kind, error)) && !r->interrupted && r->item.kind != MM_BATCH_END) {
        code = take_item(e, error);
        if (code || r->interrupted)
            break;
        code = mm_batches_next(r->batches, &r->item, error);
        mm_error ignored; /* what happened to the stream is what is to be said */
        if (code)
            mm_train_run_save(r, &ignored);
    }
    mm_progress_end(&r->progress);
    return code;
}

static int check_end(const epochs *e, mm_error *error)
{
    if (mm_trainer_finished(e->trainer))
        return MM_OK;
    mm_group_fails(e->group);
    return mm_fail(error, MM_FAILURE, "the stream ends after epoch %zu, the schedule has %zu: mmread --epochs=%zu makes as many of a file",
                   mm_trainer_position(e->trainer).epoch - 1, mm_trainer_schedule(e->trainer)->epochs,
                   mm_trainer_schedule(e->trainer)->epochs);
}

int mm_train_epochs(mm_train_run *r, mm_error *error)
{
    epochs e = {.run = r, .trainer = r->trainer, .group = r->options->trainer.group};
    const size_t batch = r->options->trainer.batch;
    e.records = calloc(batch, sizeof *e.records);
    e.warps = r->options->augment ? calloc(batch, sizeof *e.warps) : NULL;
    int code = e.records && (e.warps || !r->options->augment) ? take_all(&e, error) : mm_no_memory(error);
    if (!code)
        code = r->interrupted ? mm_train_run_save(r, error) : check_end(&e, error);
    mm_head_clear(&e.head);
    free(e.warps);
    free(e.records);
    return code;
}
