/* One run of mmtrain: see run.h. */
#include "filters/train/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cli/interrupt.h"
#include "common/cli/skipped.h"
#include "common/cli/launcher.h"
#include "common/cli/message.h"
#include "common/nn/plan.h"
#include "filters/predict/startup.h"
#include "filters/train/epochs.h"
#include "filters/train/result.h"

static bool leads(const mm_train_run *r) { return mm_group_leads(r->options->trainer.group); }

/* What this run writes to from now to its end is its own. */
static int lock_files(mm_train_run *r, mm_error *error)
{
    const char *const files[] = {r->common->output, r->options->checkpoint, r->options->log};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (size_t k = 0; k < i; k++)
            if (files[i] && files[k] && !strcmp(files[i], files[k]) && r->locks[k].fd >= 0)
                return mm_fail(error, MM_USAGE, "'%s' is named as two outputs", files[i]);
        if (mm_lock_take(&r->locks[i], files[i], error))
            return error->code;
    }
    return MM_OK;
}

static void unlock_files(mm_train_run *r)
{
    for (size_t i = 0; i < sizeof r->locks / sizeof *r->locks; i++)
        mm_lock_release(&r->locks[i]);
}

/* Takes this rank's share of the batch. Only the first rank prints and writes anything. */
static int join_ranks(mm_train_run *r, mm_error *error)
{
    mm_train_options *o = r->options;
    if (mm_ranks_join(o->ranks, &o->trainer.group, error) ||
        mm_ranks_share(o->trainer.group, &o->trainer, &o->command, r->common, error))
        return error->code;
    if (leads(r))
        return mm_output_open(&r->output, r->common->output, true, error) ? error->code : lock_files(r, error);
    o->log = NULL;
    return MM_OK;
}

static int open_device(mm_train_run *r, mm_error *error)
{
    const mm_train_options *o = r->options;
    if (mm_device_open(o->device, mm_launcher_local_rank(), (size_t)r->common->threads, &r->device, error))
        return error->code;
    r->precision = mm_precision_on(r->device, o->precision);
    mm_say_device(r->device, r->common->quiet);
    return mm_ranks_connect(o->trainer.group, r->device, r->common->quiet, error);
}

/* ---- first weights, or a checkpoint ---- */

static int go_on(mm_train_run *r, mm_error *error)
{
    const mm_train_options *o = r->options;
    mm_checkpoint *cp = &r->checkpoint;
    if (cp->previous)
        mm_warn("'%s' cannot be used (%s): going on from '%s.previous'", o->checkpoint, cp->why, o->checkpoint);
    if (mm_checkpoint_agrees(cp, o->checkpoint, o->command, r->device->threads, r->precision, error) ||
        mm_trainer_saved_position(&cp->state, &r->position, error))
        return error->code;
    if (mm_initial_model_resume(o, &cp->info, &r->initial, error))
        return mm_fail_in(error, "'%s'", o->checkpoint);
    r->saved = true;
    r->saved_at = r->position;
    if (!r->common->quiet)
        mm_say("goes on from '%s': epoch %zu, step %zu", o->checkpoint, r->position.epoch, r->position.step + 1);
    return MM_OK;
}

/* A forgotten --resume must not cost what was learnt. */
static int refuse_to_overwrite(const char *checkpoint, mm_error *error)
{
    struct stat st;
    if (!checkpoint || stat(checkpoint, &st) || !S_ISREG(st.st_mode))
        return MM_OK;
    return mm_fail(error, MM_FAILURE, "'%s' is there already: go on from it with --resume, or remove it to start anew", checkpoint);
}

static int start(mm_train_run *r, mm_error *error)
{
    const mm_train_options *o = r->options;
    r->position = (mm_position){.epoch = 1};
    if (o->resume ? mm_checkpoint_load(o->checkpoint, &r->checkpoint, &r->resumed, error) : refuse_to_overwrite(o->checkpoint, error))
        return error->code;
    if (r->resumed)
        return go_on(r, error);
    if (mm_initial_model_make(o, &r->initial, error))
        return error->code;
    if (*r->initial.report && !r->common->quiet)
        mm_say("'%s': %s", o->init, r->initial.report);
    return MM_OK;
}

/* ---- the stream ---- */

/* Completes the model's description from the beginning of the stream. */
static int describe_stream(mm_train_run *r, const mm_head *head, mm_error *error)
{
    if (r->resumed || r->item.kind == MM_BATCH_INTERRUPTED)
        return MM_OK;
    if (r->item.kind == MM_BATCH_IMAGES)
        return mm_model_info_stream(&r->initial.info, head, r->item.height, r->item.width, error);
    return mm_fail(error, MM_FAILURE, "the %s", r->item.kind == MM_BATCH_DONE ? "first epoch holds no record" : "stream holds no epoch");
}

/* From the run's position on. */
static int open_stream(mm_train_run *r, mm_error *error)
{
    const mm_train_options *o = r->options;
    const mm_model_info *info = &r->initial.info;
    const mm_batch_options options = {.batch = o->trainer.batch, .one_size = true, .labels = MM_LABELS_WANTED,
                                      .classes = info->nclasses, .class_names = (const char *const *)info->classes,
                                      .skip = r->common->skip, .interrupt = r->interrupt,
                                      .first_epoch = r->position.epoch, .first_record = r->position.step * o->trainer.batch};
    mm_head head = {0};
    int code = mm_batches_open(&r->batches, r->common->operands, r->common->noperands, &options, error);
    if (!code)
        code = mm_batches_first(r->batches, &head, &r->item, error);
    if (!code && o->augment)
        code = mm_augment_options_note(&o->augmentation, "mmtrain", &head, error);
    if (!code)
        code = describe_stream(r, &head, error);
    mm_head_clear(&head);
    r->interrupted = !code && r->item.kind == MM_BATCH_INTERRUPTED;
    return code;
}

/* ---- the trainer ---- */

int mm_train_run_advise(const mm_train_run *r, mm_error *error)
{
    if (!r->trainer || !mm_trainer_diverged(r->trainer))
        mm_plan_advise(r->device, mm_trainer_bytes(r->trainer), r->initial.net, r->precision, &r->options->trainer, error);
    return error->code;
}

static int make_trainer(mm_train_run *r, mm_error *error)
{
    const mm_model_info *info = &r->initial.info;
    mm_trainer_options *t = &r->options->trainer;
    t->height = info->height;
    t->width = info->width;
    t->mean = info->mean;
    t->std = info->std;
    t->schedule = r->initial.schedule;
    t->class_counts = r->initial.class_counts;
    t->dtype = r->item.dtype;
    t->warp = r->options->augment != NULL;
    if (mm_trainer_new(r->initial.net, r->device, r->precision, t, r->resumed ? NULL : &r->initial.weights, &r->trainer, error))
        return mm_train_run_advise(r, error);
    if (r->resumed && mm_trainer_restore(r->trainer, &r->checkpoint.state, error)) {
        mm_train_run_advise(r, error);
        return mm_fail_in(error, "'%s'", r->options->checkpoint);
    }
    mm_params_free(&r->initial.weights);
    mm_params_free(&r->checkpoint.state);
    return MM_OK;
}

int mm_train_run_save(mm_train_run *r, mm_error *error)
{
    const char *path = r->options->checkpoint;
    mm_checkpoint cp = {.info = r->initial.info, .command_line = r->options->command, .threads = r->device->threads,
                        .precision = r->precision, .log_bytes = mm_training_log_bytes(&r->log)};
    if (!path || !leads(r))
        return MM_OK;
    int code = mm_trainer_save(r->trainer, &cp.state, error);
    cp.next_epoch = mm_trainer_position(r->trainer).epoch;
    if (code)
        mm_fail_in(error, "checkpoint '%s'", path);
    else
        code = mm_checkpoint_save(path, &cp, error);
    mm_params_free(&cp.state);
    if (!code) {
        r->saved = true;
        r->saved_at = mm_trainer_position(r->trainer);
    }
    return code;
}

/* ---- all ---- */

/* All that comes before the first step. */
static int begin(mm_train_run *r, mm_error *error)
{
    const mm_train_options *o = r->options;
    if (join_ranks(r, error) || open_device(r, error) || start(r, error))
        return error->code;
    r->interrupt = mm_interrupt_catch();
    if (open_stream(r, error))
        return error->code;
    if (r->interrupted) /* the other ranks would wait for this one */
        return o->trainer.group ? mm_fail(error, MM_FAILURE, "interrupted before the first step") : MM_OK;
    if (make_trainer(r, error))
        return error->code;
    return mm_training_log_open(&r->log, o->log, r->resumed ? r->checkpoint.log_bytes : 0, error);
}

int mm_train(mm_train_run *r, mm_error *error)
{
    int code = begin(r, error);
    if (code || r->interrupted)
        return code;
    mm_progress_begin(&r->progress, r->common);
    code = mm_train_epochs(r, error);
    if (r->ignored && !r->common->quiet)
        mm_say("the stream has %zu epoch%s more than the schedule: ignored", r->ignored, r->ignored == 1 ? "" : "s");
    if (code || r->interrupted)
        return code;
    if (mm_training_log_close(&r->log, error))
        return error->code;
    return leads(r) ? mm_train_result_write(r, error) : MM_OK;
}

/* What is to be said at the end, by the first rank. */
static void say_the_rest(mm_train_run *r, bool unfinished)
{
    size_t before, here;
    if (!leads(r))
        return;
    if (unfinished)
        mm_train_result_rescue(r);
    if (!r->batches)
        return;
    here = mm_batches_skipped(r->batches, &before);
    mm_report_skipped(here, before);
    if (r->validation_skipped)
        mm_say("%zu records of '%s' skipped", r->validation_skipped, r->options->validation);
}

static void release(mm_train_run *r)
{
    mm_error ignored;
    mm_training_log_close(&r->log, &ignored);
    mm_batch_item_clear(&r->item);
    mm_batches_close(r->batches);
    mm_trainer_free(r->trainer);
    mm_initial_model_free(&r->initial);
    mm_checkpoint_free(&r->checkpoint);
    if (r->device)
        r->device->backend->close(r->device);
}

int mm_train_run_end(mm_train_run *r, int code, mm_error *error)
{
    mm_group *group = r->options->trainer.group;
    const int signal = r->interrupt && r->interrupted ? *r->interrupt : 0;
    mm_output_abort(&r->output);
    if (code && mm_ranks_blame(group, error)) {
        error->code = code;
        unlock_files(r);
        mm_exit(error);
    }
    say_the_rest(r, (code && code != MM_USAGE) || signal);
    unlock_files(r);
    if (group && code && !group->all_failed)
        group->leave(group, code);
    release(r);
    if (group)
        group->leave(group, 0);
    return signal && !code ? 128 + signal : code;
}
