/* Training: life of a trainer, its stages and epochs. See trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/data_parallel.h"
#include "common/nn/stage.h"

/* ---- life ---- */

/* All ranks start from the same numbers. */
int mm_trainer_begin_together(mm_trainer *t, mm_error *error)
{
    mm_group *group = t->options.group;
    double first[4] = {(double)t->at.steps, (double)t->at.epoch, t->options.mean, t->options.std};
    if (!group)
        return MM_OK;
    if (group->spread(group, first, sizeof first, error))
        return error->code;
    if (first[0] != (double)t->at.steps || first[1] != (double)t->at.epoch)
        return mm_fail(error, MM_FAILURE, "does not begin at the step of rank 0: the checkpoint must lie where all ranks see it");
    if (first[2] != t->options.mean || first[3] != t->options.std)
        return mm_fail(error, MM_FAILURE, "mean and std are %g and %g, those of rank 0 %g and %g", t->options.mean, t->options.std,
                       first[2], first[3]);
    return mm_data_parallel_begin(t->model, error);
}

/* Room for one batch, and for counts. */
static int take_memory(mm_trainer *t, const size_t *class_counts, mm_error *error)
{
    const size_t batch = t->options.batch, classes = t->net->classes, ranks = t->options.group ? t->options.group->size : 0;
    t->counts = calloc(classes, sizeof *t->counts);
    t->given_counts = class_counts ? calloc(classes, sizeof *t->given_counts) : NULL;
    t->weights = calloc(batch, sizeof *t->weights);
    t->losses = calloc(batch, sizeof *t->losses);
    t->seeds = calloc(batch, sizeof *t->seeds);
    t->shares = calloc(batch, sizeof *t->shares);
    t->logits = calloc(batch, classes * sizeof *t->logits);
    t->passes = calloc(ranks + 1, sizeof *t->passes);
    t->shared = calloc(classes + ranks, sizeof *t->shared);
    if (!t->counts || (class_counts && !t->given_counts) || !t->weights || !t->losses || !t->seeds || !t->shares ||
        !t->logits || !t->passes || !t->shared)
        return mm_no_memory(error);
    if (class_counts)
        memcpy(t->given_counts, class_counts, classes * sizeof *t->given_counts);
    return MM_OK;
}

static int prepare(mm_trainer *t, size_t stage, mm_error *error)
{
    if (t->prepared == stage)
        return MM_OK;
    t->prepared = t->options.schedule.n;
    if (mm_stage_prepare(&t->executors, &t->options, stage, error))
        return error->code;
    t->prepared = stage;
    return MM_OK;
}

static int make(mm_trainer *t, const mm_params *weights, mm_error *error)
{
    const mm_trainer_options *o = &t->options;
    if (take_memory(t, o->class_counts, error) ||
        mm_model_new(t->net, t->device, t->precision, o->micro_batch, o->height, o->width, &t->model, error))
        return error->code;
    t->executors.model = t->model;
    mm_model_optimiser(t->model, &o->optimiser);
    if ((weights && mm_model_set(t->model, weights, error)) || (o->group && mm_data_parallel_join(t->model, o->group, error)) ||
        (weights && mm_trainer_begin_together(t, error)))
        return error->code;
    for (size_t stage = o->schedule.n; stage-- > 0;) /* so that the first one is ready in the end */
        if (prepare(t, stage, error))
            return error->code;
    return weights ? mm_model_begin_average(t->model, error) : MM_OK;
}

int mm_trainer_new(const mm_net *net, mm_device *device, mm_dtype precision, const mm_trainer_options *options,
                   const mm_params *weights, mm_trainer **trainer, mm_error *error)
{
    mm_trainer *t = *trainer = calloc(1, sizeof *t);
    if (!t)
        return mm_no_memory(error);
    *t = (mm_trainer){.net = net, .device = device, .precision = precision, .options = *options, .at = {.epoch = 1},
                      .prepared = options->schedule.n, .lr_factor = 1, .stage_best = -HUGE_VAL};
    t->options.micro_batch = mm_trainer_micro(options);
    int code = make(t, weights, error);
    t->options.class_counts = NULL;
    return code;
}

void mm_trainer_free(mm_trainer *t)
{
    mm_error ignored;
    if (!t)
        return;
    if (t->model)
        mm_model_wait(t->model, &ignored); /* results that are on the way come to memory of t */
    mm_executors_free(&t->executors);
    mm_model_free(t->model);
    mm_params_free(&t->best);
    free(t->counts);
    free(t->given_counts);
    free(t->validation.score);
    free(t->validation.positive);
    free(t->weights);
    free(t->losses);
    free(t->seeds);
    free(t->shares);
    free(t->logits);
    free(t->passes);
    free(t->shared);
    free(t);
}

size_t mm_trainer_bytes(const mm_trainer *t) { return t && t->model ? mm_model_bytes(t->model) : 0; }

mm_position mm_trainer_position(const mm_trainer *t) { return t->at; }
bool mm_trainer_finished(const mm_trainer *t) { return t->at.epoch > t->options.schedule.epochs; }
const size_t *mm_trainer_class_counts(const mm_trainer *t) { return t->counts; }

bool mm_trainer_diverged(const mm_trainer *t) { return t->diverged; }
const mm_schedule *mm_trainer_schedule(const mm_trainer *t) { return &t->options.schedule; }

const mm_stage *mm_trainer_stage(const mm_trainer *t) { return &t->options.schedule.stage[t->at.stage]; }

/* ---- stages and epochs ---- */

size_t mm_trainer_stage_steps(const mm_trainer *t) { return t->staged ? (size_t)mm_model_steps(t->model) : 0; }

double mm_trainer_lr_factor(const mm_trainer *t, size_t step)
{
    size_t first;
    mm_schedule_stage(&t->options.schedule, t->at.epoch, &first);
    return t->lr_factor * mm_stage_lr_factor(mm_trainer_stage(t), t->at.epoch - first, step);
}

int mm_trainer_begin_stage(mm_trainer *t, mm_error *error)
{
    if (prepare(t, t->at.stage, error))
        return error->code;
    t->staged = true;
    return MM_OK;
}

int mm_trainer_begin_epoch(mm_trainer *t, mm_error *error)
{
    size_t stage = mm_schedule_stage(&t->options.schedule, t->at.epoch, NULL);
    if (t->at.step > 0) /* goes on in the middle */
        return MM_OK;
    t->loss_sum = 0;
    t->seen = t->correct = 0;
    if (stage == t->at.stage && t->staged)
        return MM_OK;
    t->at.stage = stage;
    t->stage_best = -HUGE_VAL;
    t->worse = t->unslowed = 0;
    t->lr_factor = 1;
    return mm_trainer_begin_stage(t, error);
}

/* What epochs are compared by; larger is better. */
static double merit(const mm_trainer *t, const mm_epoch *e)
{
    if (t->options.best == MM_BEST_LAST || e->validation.n == 0)
        return (double)e->epoch;
    if (t->options.best == MM_BEST_LOSS)
        return -e->validation.loss;
    return t->options.best == MM_BEST_AUC && !isnan(e->validation.auc) ? e->validation.auc : e->validation.accuracy;
}

/* The validation loss parts epochs of equal merit. */
static bool is_better(const mm_trainer *t, const mm_epoch *e, const mm_epoch *than)
{
    double difference = merit(t, e) - merit(t, than);
    return difference > 0 || (difference == 0 && e->validation.loss < than->validation.loss);
}

/* Does what is to be done when epochs no longer get better. */
static void look_back(mm_trainer *t, mm_epoch *e)
{
    const mm_trainer_options *c = &t->options;
    mm_schedule *s = &t->options.schedule;
    bool better = merit(t, e) > t->stage_best;
    size_t first;
    if (better)
        t->stage_best = merit(t, e);
    t->worse = better ? 0 : t->worse + 1;
    t->unslowed = better ? 0 : t->unslowed + 1;
    mm_schedule_stage(s, t->at.epoch, &first);
    size_t done = t->at.epoch - first + 1, left = s->stage[t->at.stage].epochs - done;
    if (c->stop_after && t->worse >= c->stop_after && left) {
        s->stage[t->at.stage].epochs = done;
        s->epochs -= left;
        e->stopped = true;
    } else if (c->plateau && t->unslowed >= c->plateau && left) {
        t->lr_factor *= c->plateau_factor;
        t->unslowed = 0;
        e->slowed = true;
    }
}

int mm_trainer_end_epoch(mm_trainer *t, mm_epoch *result, mm_error *error)
{
    if (t->at.step == 0)
        return mm_fail(error, MM_FAILURE, "epoch %zu is empty", t->at.epoch);
    *result = (mm_epoch){.stage = t->at.stage, .epoch = t->at.epoch};
    result->lr = mm_trainer_stage(t)->lr * mm_trainer_lr_factor(t, mm_trainer_stage_steps(t) - 1);
    result->train = (mm_scores){t->seen, t->loss_sum / (double)t->seen, (double)t->correct / (double)t->seen, NAN, NAN};
    if (mm_trainer_validation_scores(t, &result->validation, error))
        return error->code;
    result->best = t->best_epoch.epoch == 0 || is_better(t, result, &t->best_epoch);
    if (result->best) {
        if (mm_model_use_average(t->model, true, error) || mm_model_get(t->model, &t->best, error))
            return error->code;
        t->best_epoch = *result;
    }
    if (mm_model_use_average(t->model, false, error))
        return error->code;
    look_back(t, result);
    t->at.epoch++;
    t->at.step = 0;
    return MM_OK;
}

const mm_params *mm_trainer_best(const mm_trainer *t, mm_epoch *best)
{
    if (best)
        *best = t->best_epoch;
    return t->best_epoch.epoch ? &t->best : NULL;
}
