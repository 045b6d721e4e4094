/* What a trainer keeps in a checkpoint, and takes from one: see trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tables within the table: names begin with these. */
#define MODEL "model/"
#define BEST "best/"

static int copy_param(mm_params *to, const char *name, const mm_param *p, mm_error *error)
{
    mm_param *copy = mm_params_add(to, name, p->dtype, p->ndim, p->dim, error);
    if (!copy)
        return error->code;
    memcpy(copy->data, p->data, p->bytes);
    return MM_OK;
}

static int put_under(mm_params *to, const char *prefix, const mm_params *from, mm_error *error)
{
    char name[160];
    for (size_t i = 0; i < from->count; i++) {
        snprintf(name, sizeof name, "%s%s", prefix, from->item[i].name);
        if (copy_param(to, name, &from->item[i], error))
            return error->code;
    }
    return MM_OK;
}

static int take_from_under(mm_params *to, const char *prefix, const mm_params *from, mm_error *error)
{
    for (size_t i = 0; i < from->count; i++)
        if (strncmp(from->item[i].name, prefix, strlen(prefix)) == 0 &&
            copy_param(to, from->item[i].name + strlen(prefix), &from->item[i], error))
            return error->code;
    return MM_OK;
}

/* The trainer's own numbers, in the order in which they lie in the table: whole numbers, then real ones. */
enum { WHOLE = 13, REAL = 10 };

static void pack(const mm_trainer *t, int64_t *whole, double *real)
{
    const mm_epoch *b = &t->best_epoch;
    const size_t w[WHOLE] = {t->at.stage, t->at.epoch, t->at.step, t->at.steps, t->staged, t->seen, t->correct,
                             b->stage, b->epoch, b->train.n, b->validation.n, t->worse, t->unslowed};
    const double r[REAL] = {t->loss_sum, b->train.loss, b->train.accuracy, b->train.auc,
                            b->validation.loss, b->validation.accuracy, b->validation.auc, b->validation.threshold,
                            t->stage_best, t->lr_factor};
    for (size_t i = 0; i < WHOLE; i++)
        whole[i] = (int64_t)w[i];
    memcpy(real, r, sizeof r);
}

static void unpack(mm_trainer *t, const int64_t *whole, const double *real)
{
    size_t w[WHOLE];
    for (size_t i = 0; i < WHOLE; i++)
        w[i] = (size_t)whole[i];
    t->at = (mm_position){w[0], w[1], w[2], w[3]};
    t->staged = w[4];
    t->seen = w[5];
    t->correct = w[6];
    t->worse = w[11];
    t->unslowed = w[12];
    t->loss_sum = real[0];
    t->stage_best = real[8];
    t->lr_factor = real[9];
    t->best_epoch = (mm_epoch){.stage = w[7], .epoch = w[8], .train = {w[9], real[1], real[2], real[3], NAN},
                               .validation = {w[10], real[4], real[5], real[6], real[7]}, .best = w[8] > 0};
}

static int put_counts(mm_params *table, const char *name, const size_t *counts, size_t n, mm_error *error)
{
    mm_param *p = mm_params_add(table, name, MM_I64, 1, &n, error);
    if (!p)
        return error->code;
    for (size_t i = 0; i < n; i++)
        ((int64_t *)p->data)[i] = (int64_t)counts[i];
    return MM_OK;
}

int mm_trainer_save(mm_trainer *t, mm_params *table, mm_error *error)
{
    size_t lengths[MM_MAX_STAGES];
    const size_t nwhole = WHOLE, nreal = REAL, K = t->net->classes;
    mm_param *whole = mm_params_add(table, "trainer.whole", MM_I64, 1, &nwhole, error);
    if (!whole)
        return error->code;
    int64_t *w = whole->data;
    mm_param *real = mm_params_add(table, "trainer.real", MM_F64, 1, &nreal, error);
    if (!real)
        return error->code;
    pack(t, w, real->data);
    for (size_t i = 0; i < t->config.schedule.n; i++)
        lengths[i] = t->config.schedule.stage[i].epochs;
    if (put_counts(table, "trainer.stage_epochs", lengths, t->config.schedule.n, error) ||
        put_counts(table, "trainer.class_counts", t->counts, K, error) ||
        (t->given_counts && put_counts(table, "trainer.given_counts", t->given_counts, K, error)))
        return error->code;
    mm_params now = {0};
    int code = mm_model_get(t->model, &now, error);
    if (!code)
        code = put_under(table, MODEL, &now, error);
    mm_params_free(&now);
    if (!code)
        code = put_under(table, BEST, &t->best, error);
    if (!code && t->staged)
        code = mm_model_get_adam(t->model, table, error);
    return code;
}

static const mm_param *state_param(const mm_params *table, const char *name, mm_dtype dtype, size_t count, mm_error *error)
{
    const mm_param *p = mm_params_find(table, name);
    if (p && p->dtype == dtype && p->count == count)
        return p;
    mm_fail(error, MM_DAMAGED, p ? "'%s' does not fit this training" : "'%s' is missing", name);
    return NULL;
}

int mm_trainer_saved_position(const mm_params *table, mm_position *position, mm_error *error)
{
    const mm_param *whole = state_param(table, "trainer.whole", MM_I64, WHOLE, error);
    if (!whole)
        return error->code;
    const int64_t *w = whole->data;
    *position = (mm_position){(size_t)w[0], (size_t)w[1], (size_t)w[2], (size_t)w[3]};
    return MM_OK;
}

static int check_position(const mm_trainer *t, mm_error *error)
{
    const mm_schedule *s = &t->config.schedule;
    bool good = t->at.epoch >= 1 && t->at.epoch <= s->epochs + 1 && t->at.stage < s->n && t->best_epoch.epoch < t->at.epoch &&
                t->best_epoch.stage < s->n;
    return good ? MM_OK : mm_fail(error, MM_DAMAGED, "its position does not fit this schedule");
}

static int take_counts(const mm_params *table, const char *name, size_t *counts, size_t n, mm_error *error)
{
    const mm_param *p = state_param(table, name, MM_I64, n, error);
    for (size_t i = 0; p && i < n; i++)
        counts[i] = (size_t)((const int64_t *)p->data)[i];
    return p ? MM_OK : error->code;
}

/* Stages that ended early stay as short as they were. */
static int take_lengths(mm_schedule *s, const mm_params *table, mm_error *error)
{
    size_t lengths[MM_MAX_STAGES];
    if (take_counts(table, "trainer.stage_epochs", lengths, s->n, error))
        return error->code;
    s->epochs = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (lengths[i] < 1 || lengths[i] > s->stage[i].epochs)
            return mm_fail(error, MM_DAMAGED, "its stages do not fit this schedule");
        s->stage[i].epochs = lengths[i];
        s->epochs += lengths[i];
    }
    return MM_OK;
}

int mm_trainer_restore(mm_trainer *t, const mm_params *table, mm_error *error)
{
    const mm_param *whole = state_param(table, "trainer.whole", MM_I64, WHOLE, error);
    const mm_param *real = whole ? state_param(table, "trainer.real", MM_F64, REAL, error) : NULL;
    if (!real || take_counts(table, "trainer.class_counts", t->counts, t->net->classes, error) ||
        take_lengths(&t->config.schedule, table, error))
        return error->code;
    unpack(t, whole->data, real->data);
    if (check_position(t, error))
        return error->code;
    if (mm_params_find(table, "trainer.given_counts")) {
        if (!t->given_counts && !(t->given_counts = calloc(t->net->classes, sizeof *t->given_counts)))
            return mm_no_memory(error);
        if (take_counts(table, "trainer.given_counts", t->given_counts, t->net->classes, error))
            return error->code;
    }
    mm_params now = {0};
    int code = take_from_under(&now, MODEL, table, error);
    if (!code)
        code = mm_model_set(t->model, &now, error);
    mm_params_free(&now);
    if (!code)
        code = take_from_under(&t->best, BEST, table, error);
    if (!code && t->staged)
        code = mm_trainer_begin_stage(t, error);
    if (!code && t->staged)
        code = mm_model_set_adam(t->model, table, error);
    return code ? code : mm_trainer_begin_together(t, error);
}
