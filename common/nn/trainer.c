/* Training: see trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/roc.h"
#include "common/nn/plan.h"

static int meet(mm_trainer *t, mm_error *error)
{
    t->passes = calloc(t->config.group->size, sizeof *t->passes);
    t->shared = calloc(t->net->classes + t->config.group->size, sizeof *t->shared);
    if (!t->passes || !t->shared)
        return mm_no_memory(error);
    return mm_data_parallel_new(t->model, t->config.group, &t->together, error);
}

/* All ranks start from the same numbers. */
int mm_trainer_begin_together(mm_trainer *t, mm_error *error)
{
    mm_group *group = t->config.group;
    double first[4] = {(double)t->at.steps, (double)t->at.epoch, t->config.mean, t->config.std};
    if (!group)
        return MM_OK;
    if (group->spread(group, first, sizeof first, error))
        return error->code;
    if (first[0] != (double)t->at.steps || first[1] != (double)t->at.epoch)
        return mm_fail(error, MM_FAILURE, "does not begin at the step of rank 0: the checkpoint must lie where all ranks see it");
    if (first[2] != t->config.mean || first[3] != t->config.std)
        return mm_fail(error, MM_FAILURE, "mean and std are %g and %g, those of rank 0 %g and %g", t->config.mean, t->config.std,
                       first[2], first[3]);
    return mm_data_parallel_begin(t->together, error);
}

/* Where a device's memory was too small, the error tells what would fit. */
static int too_large(const mm_trainer *t, mm_error *error)
{
    mm_plan_advise(t->device, t->model ? mm_plan_held(t->model) : 0, t->net, t->precision, &t->config, error);
    return error->code;
}

int mm_trainer_new(const mm_net *net, mm_device *device, mm_dtype precision, const mm_trainer_options *config,
                   const mm_params *weights, mm_trainer **trainer, mm_error *error)
{
    *trainer = NULL;
    mm_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return mm_no_memory(error);
    t->net = net;
    t->device = device;
    t->precision = precision;
    t->config = *config;
    t->config.class_counts = NULL;
    t->config.micro_batch = mm_trainer_micro(config);
    t->at = (mm_position){.epoch = 1};
    t->lr_factor = 1;
    t->stage_best = -HUGE_VAL;
    t->trained = calloc(net->nlayers, sizeof *t->trained);
    t->counts = calloc(net->classes, sizeof *t->counts);
    t->given_counts = config->class_counts ? calloc(net->classes, sizeof *t->counts) : NULL;
    t->weights = calloc(t->config.batch, sizeof *t->weights);
    t->losses = calloc(t->config.batch, sizeof *t->losses);
    t->logits = calloc(t->config.batch, net->classes * sizeof *t->logits);
    int code = MM_OK;
    if (!t->trained || !t->counts || !t->weights || !t->losses || !t->logits || (config->class_counts && !t->given_counts))
        code = mm_no_memory(error);
    /* A stage whose layers do not exist shall not be found out after days. */
    for (size_t i = 0; i < t->config.schedule.n && !code; i++)
        code = mm_net_select(net, t->config.schedule.stage[i].train, t->trained, error);
    if (!code)
        code = mm_model_new(net, device, precision, t->config.micro_batch, config->height, config->width, &t->model, error);
    if (!code && config->adam.epsilon > 0)
        mm_model_adam(t->model, config->adam);
    if (!code && weights)
        code = mm_model_set(t->model, weights, error);
    if (!code && config->group)
        code = meet(t, error);
    if (!code && weights)
        code = mm_trainer_begin_together(t, error);
    if (code) {
        too_large(t, error);
        mm_trainer_free(t);
        return code;
    }
    if (config->class_counts)
        memcpy(t->given_counts, config->class_counts, net->classes * sizeof *t->counts);
    t->executors.model = t->model;
    *trainer = t;
    return MM_OK;
}

void mm_trainer_free(mm_trainer *t)
{
    mm_error ignored;
    if (!t)
        return;
    if (t->model)
        mm_model_wait(t->model, &ignored); /* results that are on the way come to memory of t */
    mm_executors_free(&t->executors);
    mm_data_parallel_free(t->together);
    mm_model_free(t->model);
    mm_params_free(&t->best);
    free(t->trained);
    free(t->counts);
    free(t->given_counts);
    free(t->score);
    free(t->positive);
    free(t->weights);
    free(t->losses);
    free(t->logits);
    free(t->passes);
    free(t->shared);
    free(t);
}

mm_position mm_trainer_position(const mm_trainer *t) { return t->at; }
bool mm_trainer_finished(const mm_trainer *t) { return t->at.epoch > t->config.schedule.epochs; }
const size_t *mm_trainer_class_counts(const mm_trainer *t) { return t->counts; }

bool mm_trainer_diverged(const mm_trainer *t) { return t->diverged; }
const mm_schedule *mm_trainer_schedule(const mm_trainer *t) { return &t->config.schedule; }

static const mm_stage *stage_of(const mm_trainer *t) { return &t->config.schedule.stage[t->at.stage]; }

/* Layers of the current stage get their optimiser. */
int mm_trainer_begin_stage(mm_trainer *t, mm_error *error)
{
    mm_executors_clear(&t->executors, MM_TRAIN);
    if (mm_net_select(t->net, stage_of(t)->train, t->trained, error) || mm_model_stage(t->model, t->trained, error))
        return too_large(t, error);
    t->staged = true;
    return MM_OK;
}

int mm_trainer_begin_epoch(mm_trainer *t, mm_error *error)
{
    size_t stage = mm_schedule_stage(&t->config.schedule, t->at.epoch, NULL);
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

/* ---- steps ---------------------------------------------------------------------------------------------------- */

static size_t argmax(const float *p, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

/* Counts the classes of the step's images; *all: images of all ranks. */
static int count_step(mm_trainer *t, const mm_batch *batch, size_t *all, mm_error *error)
{
    mm_group *group = t->config.group;
    const size_t n = batch->images.n, K = t->net->classes, micro = t->config.micro_batch;
    *all = n;
    if (!group) {
        for (size_t i = 0; i < n; i++)
            t->counts[batch->label[i]]++;
        return MM_OK;
    }
    memset(t->shared, 0, (K + group->size) * sizeof *t->shared);
    for (size_t i = 0; i < n; i++)
        t->shared[batch->label[i]]++;
    t->shared[K + group->rank] = (double)n;
    if (group->sum(group, t->shared, K + group->size, MM_F64, error))
        return error->code;
    for (size_t k = 0; k < K; k++)
        t->counts[k] += (size_t)t->shared[k];
    *all = 0;
    for (size_t r = 0; r < group->size; r++) {
        size_t images = (size_t)t->shared[K + r];
        *all += images;
        t->passes[r] = (images + micro - 1) / micro;
        if (t->config.sync && t->passes[r] != t->passes[0]) {
            mm_group_fails(group);
            return mm_fail(error, MM_FAILURE, "batch norm over the ranks wants as many micro-batches on each: rank 0 has %zu, rank %zu %zu",
                           t->passes[0], r, t->passes[r]);
        }
    }
    return MM_OK;
}

/* Weights of the images of one step in its loss, which is the mean of `all` of them. */
static void set_weights(mm_trainer *t, const mm_batch *batch, size_t all)
{
    const size_t *counts = t->given_counts ? t->given_counts : t->counts;
    size_t n = batch->images.n, total = 0;
    for (size_t k = 0; k < t->net->classes; k++)
        total += counts[k];
    for (size_t i = 0; i < n; i++) {
        double w = 1.0 / (double)all;
        size_t own = counts[batch->label[i]];
        if (t->config.balance)
            w *= (double)total / ((double)t->net->classes * (double)(own ? own : 1));
        t->weights[i] = (float)w;
    }
}

static mm_executor_options train_config(const mm_trainer *t, const mm_images *images, size_t n)
{
    const bool at_once = t->config.micro_batch == t->config.batch; /* the same on all ranks */
    return (mm_executor_options){.mode = MM_TRAIN, .bn = stage_of(t)->bn, .batch = n, .height = images->height,
                                .width = images->width, .smoothing = (float)t->config.smoothing,
                                .group = t->config.group, .sync = t->config.sync,
                                .exchange = t->config.group && at_once};
}

/* One part of a step: gradients are set by the first and added by the others. Alone, the last one also updates; ranks have to
 * meet before. Results come when the device is waited for. */
static int micro_step(mm_trainer *t, const mm_batch *batch, size_t at, size_t n, mm_error *error)
{
    const mm_images *im = &batch->images;
    const mm_stage *stage = stage_of(t);
    mm_executor_options config = train_config(t, im, n);
    mm_executor *ex;
    if (mm_executors_get(&t->executors, &config, &ex, error)) {
        mm_fail_in(error, "%zu images of %zux%zu at once", n, im->height, im->width);
        return too_large(t, error);
    }
    if (mm_executor_input(ex, im->image + at, n, im->dtype, im->full_scale, t->config.mean, t->config.std, error) ||
        (im->warp && mm_executor_warp(ex, im->warp + at, error)) ||
        mm_executor_labels(ex, batch->label + at, t->weights + at, error))
        return too_large(t, error);
    if (t->config.group ? mm_executor_forward(ex, error) || mm_executor_backward(ex, at > 0, error)
                        : mm_executor_step(ex, at == 0, at + n == im->n, stage->lr * t->lr_factor, stage->weight_decay, error))
        return too_large(t, error);
    return mm_executor_fetch(ex, t->losses + at, t->logits + at * t->net->classes, error);
}

void mm_trainer_next(mm_trainer *t, const mm_batch *next) { t->next = next; }

/* Images of the next step go to the device while this one is computed, where that has an executor for them. */
static int bring_next(mm_trainer *t, mm_error *error)
{
    const mm_batch *next = t->next;
    t->next = NULL;
    if (!next || next->images.n == 0)
        return MM_OK;
    const mm_images *im = &next->images;
    const size_t n = im->n < t->config.micro_batch ? im->n : t->config.micro_batch;
    const mm_executor_options config = train_config(t, im, n);
    mm_executor *ex = mm_executors_find(&t->executors, &config);
    return ex ? mm_executor_ahead(ex, im->image, n, im->dtype, error) : MM_OK;
}

/* Waits for what the device found. */
static int take_results(mm_trainer *t, const mm_batch *batch, double *loss, mm_error *error)
{
    const size_t K = t->net->classes;
    if (mm_model_wait(t->model, error))
        return error->code;
    *loss = 0;
    for (size_t i = 0; i < batch->images.n; i++) {
        *loss += t->losses[i];
        t->correct += argmax(t->logits + i * K, K) == (size_t)batch->label[i];
    }
    return MM_OK;
}

/* Loss and right answers of the step, of all ranks. */
static int share_results(mm_trainer *t, double *loss, size_t before, mm_error *error)
{
    mm_group *group = t->config.group;
    double sums[2] = {*loss, (double)(t->correct - before)};
    if (!group)
        return MM_OK;
    if (group->sum(group, sums, 2, MM_F64, error))
        return error->code;
    *loss = sums[0];
    t->correct = before + (size_t)sums[1];
    return MM_OK;
}

int mm_trainer_step(mm_trainer *t, const mm_batch *batch, mm_step *result, mm_error *error)
{
    size_t n = batch->images.n, all, correct = t->correct;
    double loss = 0;
    if (n == 0 || n > t->config.batch)
        return mm_fail(error, MM_FAILURE, "a step of %zu images, 1..%zu are wanted", n, t->config.batch);
    if (count_step(t, batch, &all, error))
        return error->code;
    set_weights(t, batch, all);
    for (size_t at = 0; at < n; at += t->config.micro_batch) {
        size_t part = n - at < t->config.micro_batch ? n - at : t->config.micro_batch;
        if (micro_step(t, batch, at, part, error))
            return error->code;
    }
    const double lr = stage_of(t)->lr * t->lr_factor;
    if (t->together && (mm_data_parallel_gradients(t->together, error) ||
                        mm_model_update(t->model, lr, stage_of(t)->weight_decay, error)))
        return error->code;
    if (bring_next(t, error) || take_results(t, batch, &loss, error) || share_results(t, &loss, correct, error))
        return error->code;
    t->diverged = !isfinite(loss);
    if (t->diverged) {
        mm_group_fails(t->config.group);
        return mm_fail(error, MM_FAILURE, "the loss is %f at step %zu of epoch %zu", loss, t->at.step + 1, t->at.epoch);
    }
    if (t->together && !t->config.sync && mm_data_parallel_averages(t->together, t->passes, error))
        return error->code;
    t->at.step++;
    t->at.steps++;
    t->seen += all;
    t->loss_sum += loss * (double)all;
    *result = (mm_step){all, loss, lr, (double)t->correct / (double)t->seen};
    return MM_OK;
}

/* ---- validation ----------------------------------------------------------------------------------------------- */

static int grow_validation(mm_trainer *t, size_t n, mm_error *error)
{
    if (t->validated + n <= t->validated_room)
        return MM_OK;
    size_t room = 2 * (t->validated + n);
    double *score = realloc(t->score, room * sizeof *score);
    if (!score)
        return mm_no_memory(error);
    t->score = score;
    uint8_t *positive = realloc(t->positive, room);
    if (!positive)
        return mm_no_memory(error);
    t->positive = positive;
    t->validated_room = room;
    return MM_OK;
}

/* A batch that is another rank's to predict: room for its scores. */
static int leave_room(mm_trainer *t, const mm_batch *batch, mm_error *error)
{
    if (grow_validation(t, batch->images.n, error))
        return error->code;
    for (size_t i = 0; i < batch->images.n; i++) {
        t->score[t->validated] = 0;
        t->positive[t->validated++] = batch->label[i] != 0;
    }
    return MM_OK;
}

int mm_trainer_validate(mm_trainer *t, const mm_batch *batch, mm_error *error)
{
    size_t n = batch->images.n, K = t->net->classes;
    const mm_group *group = t->config.group;
    if (group && t->validations++ % group->size != group->rank)
        return leave_room(t, batch, error);
    const mm_predict_options config = {t->config.micro_batch, 0, t->config.mean, t->config.std};
    float *logits = malloc((n ? n : 1) * K * sizeof *logits);
    int code = logits ? grow_validation(t, n, error) : mm_no_memory(error);
    if (!code)
        code = mm_predict(&t->executors, &config, &batch->images, K, logits, NULL, error) ? too_large(t, error) : MM_OK;
    for (size_t i = 0; i < n && !code; i++) {
        const float *z = logits + i * K;
        size_t label = (size_t)batch->label[i], top = argmax(z, K);
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += exp((double)z[k] - (double)z[top]);
        t->validated_loss += log(sum) + (double)z[top] - (double)z[label];
        t->validated_correct += top == label;
        t->score[t->validated] = 1.0 - (double)(float)(exp((double)z[0] - (double)z[top]) / sum);
        t->positive[t->validated++] = label != 0;
    }
    free(logits);
    return code;
}

/* Puts together what the ranks have predicted. */
static int share_validation(mm_trainer *t, mm_error *error)
{
    mm_group *group = t->config.group;
    double sums[3] = {(double)t->validated, (double)t->validated_correct, t->validated_loss};
    t->validations = 0;
    if (!group)
        return MM_OK;
    if (group->sum(group, sums, 3, MM_F64, error))
        return error->code;
    if (sums[0] != (double)t->validated * (double)group->size)
        return mm_fail(error, MM_FAILURE, "the ranks do not read the same validation stream: %zu records here, %.0f in all of %zu",
                       t->validated, sums[0], group->size);
    t->validated_correct = (size_t)sums[1];
    t->validated_loss = sums[2];
    return group->sum(group, t->score, t->validated, MM_F64, error);
}

static int validation_scores(mm_trainer *t, mm_scores *scores, mm_error *error)
{
    size_t n = t->validated, positives = 0;
    *scores = (mm_scores){.n = n, .auc = NAN, .threshold = NAN};
    if (share_validation(t, error))
        return error->code;
    if (n == 0)
        return MM_OK;
    scores->loss = t->validated_loss / (double)n;
    scores->accuracy = (double)t->validated_correct / (double)n;
    t->validated = t->validated_correct = 0;
    t->validated_loss = 0;
    t->diverged = !isfinite(scores->loss);
    if (t->diverged) {
        mm_group_fails(t->config.group);
        return mm_fail(error, MM_FAILURE, "the validation loss is %f after epoch %zu", scores->loss, t->at.epoch);
    }
    for (size_t i = 0; i < n; i++)
        positives += t->positive[i];
    if (positives == 0 || positives == n)
        return MM_OK;
    mm_roc roc;
    if (mm_roc_make(&roc, t->score, t->positive, n, error))
        return error->code;
    scores->auc = mm_roc_area(&roc);
    scores->threshold = roc.threshold[mm_roc_youden(&roc)];
    mm_roc_free(&roc);
    return MM_OK;
}

/* What epochs are compared by; larger is better. */
static double merit(const mm_trainer *t, const mm_epoch *e)
{
    if (t->config.best == MM_BEST_LAST || e->validation.n == 0)
        return (double)e->epoch;
    if (t->config.best == MM_BEST_LOSS)
        return -e->validation.loss;
    return t->config.best == MM_BEST_AUC && !isnan(e->validation.auc) ? e->validation.auc : e->validation.accuracy;
}

/* Does what is to be done when epochs no longer get better. */
static void look_back(mm_trainer *t, mm_epoch *e)
{
    const mm_trainer_options *c = &t->config;
    mm_schedule *s = &t->config.schedule;
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
    *result = (mm_epoch){.stage = t->at.stage, .epoch = t->at.epoch, .lr = stage_of(t)->lr * t->lr_factor};
    result->train = (mm_scores){t->seen, t->loss_sum / (double)t->seen, (double)t->correct / (double)t->seen, NAN, NAN};
    if (validation_scores(t, &result->validation, error))
        return error->code;
    result->best = t->best_epoch.epoch == 0 || merit(t, result) > merit(t, &t->best_epoch);
    if (result->best) {
        if (mm_model_get(t->model, &t->best, error))
            return error->code;
        t->best_epoch = *result;
    }
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
