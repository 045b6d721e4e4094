/* Steps of a training: see trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/data_parallel.h"
#include "common/nn/stage.h"

/* Ranks whose batch norm is one must come to it as often. */
static int check_passes(const mm_trainer *t, mm_error *error)
{
    for (size_t r = 1; r < t->options.group->size; r++)
        if (t->passes[r] != t->passes[0]) {
            mm_group_fails(t->options.group);
            return mm_fail(error, MM_FAILURE,
                           "batch norm over the ranks needs the same number of micro-batches on each: rank 0 has %zu, rank %zu %zu",
                           t->passes[0], r, t->passes[r]);
        }
    return MM_OK;
}

/* Counts the classes and images of all ranks in the step. */
static int count_together(mm_trainer *t, const mm_batch *batch, size_t *all, mm_error *error)
{
    mm_group *group = t->options.group;
    const size_t n = batch->images.n, K = t->net->classes, micro = t->options.micro_batch;
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
    }
    return t->options.sync ? check_passes(t, error) : MM_OK;
}

/* Counts the classes of the step's images; *all: images of all ranks. */
static int count_step(mm_trainer *t, const mm_batch *batch, size_t *all, mm_error *error)
{
    if (t->options.group)
        return count_together(t, batch, all, error);
    *all = batch->images.n;
    for (size_t i = 0; i < *all; i++)
        t->counts[batch->label[i]]++;
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
        if (t->options.balance)
            w *= (double)total / ((double)t->net->classes * (double)(own ? own : 1));
        t->weights[i] = (float)w;
    }
}

/* The same for any split of the step into micro-batches and ranks. */
static void set_seeds(mm_trainer *t, const mm_batch *batch)
{
    for (size_t i = 0; i < batch->images.n && t->net->random; i++) {
        mm_random r;
        mm_random_init(&r, t->options.seed, batch->record ? batch->record[i] : i, (uint32_t)t->at.steps);
        t->seeds[i] = mm_random_u64(&r);
    }
}

/* Which share of a mixed image is its own. */
static void set_shares(mm_trainer *t, const mm_batch *batch)
{
    for (size_t i = 0; i < batch->images.n && t->options.mixup > 0; i++) {
        mm_random r;
        mm_random_init(&r, t->options.seed, mm_hash_more(batch->record ? batch->record[i] : i, "mixup"), (uint32_t)t->at.steps);
        t->shares[i] = (float)mm_random_beta(&r, t->options.mixup);
    }
}

/* The image that image i of n is mixed with, within its micro-batch. */
static size_t partner(const mm_trainer *t, size_t i, size_t n)
{
    const size_t first = i / t->options.micro_batch * t->options.micro_batch;
    return first + (n - first < t->options.micro_batch ? n - first : t->options.micro_batch) - 1 - (i - first);
}

/* The label of an image, or of the larger part of a mixed one. */
static size_t label_of(const mm_trainer *t, const mm_batch *batch, size_t i)
{
    const bool own = t->options.mixup <= 0 || t->shares[i] >= 0.5f;
    return (size_t)batch->label[own ? i : partner(t, i, batch->images.n)];
}

/* The learning rate of all layers that no part names, then of the parts. */
static void learning_rates(const mm_trainer *t, double lr[MM_PARTS])
{
    const mm_stage *s = mm_trainer_stage(t);
    const double factor = mm_trainer_lr_factor(t, mm_trainer_stage_steps(t));
    lr[0] = s->lr * factor;
    for (size_t p = 0; p < s->nparts; p++)
        lr[p + 1] = s->part[p].lr * factor;
}

/* The images at .. at + n - 1 of a step. Results come when the device is waited for. */
static int micro_step(mm_trainer *t, const mm_batch *batch, const double *lr, size_t at, size_t n, mm_error *error)
{
    const mm_images *im = &batch->images;
    const mm_executor_options options = mm_stage_executor(&t->options, t->at.stage, n, im->height, im->width);
    mm_executor *ex;
    if (mm_executors_get(&t->executors, &options, &ex, error))
        return mm_fail_in(error, "%zu images of %zux%zu at once", n, im->height, im->width);
    if (mm_executor_input(ex, im->image + at, n, im->dtype, im->full_scale, t->options.mean, t->options.std, error) ||
        (im->warp && mm_executor_warp(ex, im->warp + at, error)) ||
        (t->options.mixup > 0 ? mm_executor_mix(ex, batch->label + at, t->weights + at, t->shares + at, error)
                              : mm_executor_labels(ex, batch->label + at, t->weights + at, error)) ||
        mm_executor_seeds(ex, t->seeds + at, error) ||
        mm_executor_step(ex, at == 0, at + n == im->n, lr, mm_trainer_stage(t)->weight_decay, error))
        return error->code;
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
    const size_t n = im->n < t->options.micro_batch ? im->n : t->options.micro_batch;
    const mm_executor_options options = mm_stage_executor(&t->options, t->at.stage, n, im->height, im->width);
    mm_executor *ex = mm_executors_find(&t->executors, &options);
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
        t->correct += mm_trainer_argmax(t->logits + i * K, K) == label_of(t, batch, i);
    }
    return MM_OK;
}

/* Loss and right answers of the step, of all ranks. */
static int share_results(mm_trainer *t, double *loss, size_t before, mm_error *error)
{
    mm_group *group = t->options.group;
    double sums[2] = {*loss, (double)(t->correct - before)};
    if (!group)
        return MM_OK;
    if (group->sum(group, sums, 2, MM_F64, error))
        return error->code;
    *loss = sums[0];
    t->correct = before + (size_t)sums[1];
    return MM_OK;
}

/* All micro-batches of a step. */
static int compute(mm_trainer *t, const mm_batch *batch, const double *lr, mm_error *error)
{
    const size_t n = batch->images.n, micro = t->options.micro_batch;
    for (size_t at = 0; at < n; at += micro)
        if (micro_step(t, batch, lr, at, n - at < micro ? n - at : micro, error))
            return error->code;
    return MM_OK;
}

static int check_loss(mm_trainer *t, double loss, mm_error *error)
{
    t->diverged = !isfinite(loss);
    if (!t->diverged)
        return MM_OK;
    mm_group_fails(t->options.group);
    return mm_fail(error, MM_FAILURE, "the loss is %f at step %zu of epoch %zu", loss, t->at.step + 1, t->at.epoch);
}

int mm_trainer_step(mm_trainer *t, const mm_batch *batch, mm_step *result, mm_error *error)
{
    size_t n = batch->images.n, all = 0, correct = t->correct;
    double loss = 0, lr[MM_PARTS];
    if (n == 0 || n > t->options.batch)
        return mm_fail(error, MM_FAILURE, "a step of %zu images: expected 1 to %zu", n, t->options.batch);
    if (count_step(t, batch, &all, error))
        return error->code;
    set_weights(t, batch, all);
    set_seeds(t, batch);
    set_shares(t, batch);
    learning_rates(t, lr);
    if (compute(t, batch, lr, error) || bring_next(t, error) || take_results(t, batch, &loss, error) ||
        share_results(t, &loss, correct, error) || check_loss(t, loss, error))
        return error->code;
    if (t->options.group && !t->options.sync && mm_data_parallel_averages(t->model, t->passes, error))
        return error->code;
    if (mm_model_average(t->model, error))
        return error->code;
    t->at.step++;
    t->at.steps++;
    t->seen += all;
    t->loss_sum += loss * (double)all;
    *result = (mm_step){all, loss, lr[0], (double)t->correct / (double)t->seen};
    return MM_OK;
}
