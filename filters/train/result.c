/* What a training leaves: see result.h. */
#include "filters/train/result.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"

static int write_model(mm_train_run *r, mm_output *output, mm_error *error)
{
    mm_epoch best;
    const mm_params *weights = mm_trainer_best(r->trainer, &best);
    if (mm_initial_model_best(&r->initial.info, &best, error) ||
        mm_model_write(output->fd, output->name, &r->initial.info, weights, error))
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

int mm_train_result_write(mm_train_run *r, mm_error *error)
{
    char stale[NAME];
    name_of_best(r->output.to_stdout ? NULL : r->output.name, stale);
    if (write_model(r, &r->output, error))
        return error->code;
    if (*stale)
        unlink(stale);
    return MM_OK;
}

/* Writes MODEL.best; the epoch it is of, 0 when there is nothing to write or nowhere to. `why`: what went wrong. */
static size_t write_best(mm_train_run *r, const char *name, char *why, size_t size)
{
    mm_epoch best;
    mm_error error;
    mm_output output = {.fd = -1};
    if (!r->trainer || !mm_trainer_best(r->trainer, &best) || !*name)
        return 0;
    if (mm_output_open(&output, name, true, &error) || write_model(r, &output, &error)) {
        snprintf(why, size, "%s; ", error.text);
        best.epoch = 0;
    }
    mm_output_abort(&output);
    return best.epoch;
}

/* How to go on; `epoch`: that of MODEL.best, `name`. */
static void describe_way(const mm_train_run *r, size_t epoch, const char *name, char *text, size_t size)
{
    const char *checkpoint = r->options->checkpoint;
    if (r->trainer && mm_trainer_diverged(r->trainer))
        snprintf(text, size, "--resume would meet the same again: start anew with a smaller --lr%s%s", epoch ? " and --init=" : "",
                 epoch ? name : "");
    else if (r->saved)
        snprintf(text, size, "the same command with --resume goes on from '%.1000s': epoch %zu, step %zu", checkpoint,
                 r->saved_at.epoch, r->saved_at.step + 1);
    else
        snprintf(text, size, "%s", checkpoint ? "nothing was saved: start anew" : "with --checkpoint it could go on");
}

void mm_train_result_rescue(mm_train_run *r)
{
    char name[NAME], best[1200] = "", why[1100] = "", way[1200];
    if (!r->trainer && !r->saved)
        return;
    name_of_best(r->common->output, name);
    size_t epoch = write_best(r, name, why, sizeof why);
    if (epoch)
        snprintf(best, sizeof best, "the best model so far, of epoch %zu, is in '%s'; ", epoch, name);
    else if (!r->trainer || !mm_trainer_best(r->trainer, NULL))
        snprintf(best, sizeof best, "no epoch was finished: there is no model; ");
    describe_way(r, epoch, name, way, sizeof way);
    mm_say("%s%s%s", why, best, way);
}
