/* What a trainer keeps in a checkpoint, and takes from one: see trainer.h. */
#include "common/nn/trainer_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/threshold.h"

/* ---- tables within the table: names begin with these ---- */

#define MODEL "model/"
#define BEST "best/"
#define AVERAGE "ema/"

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

/* ---- numbers ---- */

typedef enum entry_type { COUNT, FLAG, REAL } entry_type; /* size_t, bool: a scalar of i64; double: of f64 */

/* A number of the trainer that a checkpoint keeps under a name. */
typedef struct entry {
    const char *name;
    entry_type type;
    size_t offset; /* in struct mm_trainer */
} entry;

enum { POSITION = 4 }; /* the first entries, which say where the training is */

static const entry entries[] = {
    {"trainer.stage", COUNT, offsetof(mm_trainer, at.stage)},
    {"trainer.epoch", COUNT, offsetof(mm_trainer, at.epoch)},
    {"trainer.step", COUNT, offsetof(mm_trainer, at.step)},
    {"trainer.steps", COUNT, offsetof(mm_trainer, at.steps)},
    {"trainer.stage_begun", FLAG, offsetof(mm_trainer, staged)},
    {"trainer.stage_best", REAL, offsetof(mm_trainer, stage_best)},
    {"trainer.epochs_no_better", COUNT, offsetof(mm_trainer, worse)},
    {"trainer.epochs_unslowed", COUNT, offsetof(mm_trainer, unslowed)},
    {"trainer.lr_factor", REAL, offsetof(mm_trainer, lr_factor)},
    {"trainer.images", COUNT, offsetof(mm_trainer, seen)},
    {"trainer.correct", COUNT, offsetof(mm_trainer, correct)},
    {"trainer.loss_sum", REAL, offsetof(mm_trainer, loss_sum)},
    {"trainer.best.stage", COUNT, offsetof(mm_trainer, best_epoch.stage)},
    {"trainer.best.epoch", COUNT, offsetof(mm_trainer, best_epoch.epoch)},
    {"trainer.best.lr", REAL, offsetof(mm_trainer, best_epoch.lr)},
    {"trainer.best.train.images", COUNT, offsetof(mm_trainer, best_epoch.train.n)},
    {"trainer.best.train.loss", REAL, offsetof(mm_trainer, best_epoch.train.loss)},
    {"trainer.best.train.accuracy", REAL, offsetof(mm_trainer, best_epoch.train.accuracy)},
    {"trainer.best.validation.images", COUNT, offsetof(mm_trainer, best_epoch.validation.n)},
    {"trainer.best.validation.loss", REAL, offsetof(mm_trainer, best_epoch.validation.loss)},
    {"trainer.best.validation.accuracy", REAL, offsetof(mm_trainer, best_epoch.validation.accuracy)},
    {"trainer.best.validation.auc", REAL, offsetof(mm_trainer, best_epoch.validation.auc)},
    {"trainer.best.validation.rank", REAL, offsetof(mm_trainer, best_epoch.validation.threshold)},
};
enum { ENTRIES = sizeof entries / sizeof *entries, ADDED = 1 }; /* the last one, which checkpoints of version 0.1.0 lack */

static int put_entry(mm_params *table, const mm_trainer *t, const entry *e, mm_error *error)
{
    const char *field = (const char *)t + e->offset;
    mm_param *p = mm_params_add(table, e->name, e->type == REAL ? MM_F64 : MM_I64, 0, NULL, error);
    if (!p)
        return error->code;
    if (e->type == REAL)
        *(double *)p->data = *(const double *)field;
    else
        *(int64_t *)p->data = e->type == FLAG ? *(const bool *)field : (int64_t)*(const size_t *)field;
    return MM_OK;
}

static const mm_param *state_param(const mm_params *table, const char *name, mm_dtype dtype, size_t count, mm_error *error)
{
    const mm_param *p = mm_params_find(table, name);
    if (p && p->dtype == dtype && p->count == count)
        return p;
    mm_fail(error, MM_DAMAGED, p ? "'%s' does not fit this training" : "'%s' is missing", name);
    return NULL;
}

static int take_entries(mm_trainer *t, const entry *first, size_t n, const mm_params *table, mm_error *error)
{
    for (const entry *e = first; e < first + n; e++) {
        char *field = (char *)t + e->offset;
        const mm_param *p = state_param(table, e->name, e->type == REAL ? MM_F64 : MM_I64, 1, error);
        if (!p)
            return error->code;
        if (e->type == REAL)
            *(double *)field = *(const double *)p->data;
        else if (e->type == FLAG)
            *(bool *)field = *(const int64_t *)p->data != 0;
        else
            *(size_t *)field = (size_t)*(const int64_t *)p->data;
    }
    return MM_OK;
}

/* Version 0.1.0 stored the threshold as a probability. */
static int take_added(mm_trainer *t, const mm_params *table, mm_error *error)
{
    const mm_param *old = mm_params_find(table, "trainer.best.validation.threshold");
    if (!old)
        return take_entries(t, entries + ENTRIES - ADDED, ADDED, table, error);
    old = state_param(table, old->name, MM_F64, 1, error);
    if (!old)
        return error->code;
    t->best_epoch.validation.threshold = mm_threshold_probability("youden", *(const double *)old->data).rank;
    return MM_OK;
}

int mm_trainer_saved_position(const mm_params *table, mm_position *position, mm_error *error)
{
    mm_trainer t = {0};
    if (take_entries(&t, entries, POSITION, table, error))
        return error->code;
    *position = t.at;
    return MM_OK;
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

static int put_lengths(mm_params *table, const mm_schedule *s, mm_error *error)
{
    size_t lengths[MM_MAX_STAGES];
    for (size_t i = 0; i < s->n; i++)
        lengths[i] = s->stage[i].epochs;
    return put_counts(table, "trainer.stage_epochs", lengths, s->n, error);
}

/* Of the model: its weights or, if `average`, their running average. */
static int put_model(mm_trainer *t, bool average, mm_params *table, mm_error *error)
{
    mm_params now = {0};
    int code = mm_model_use_average(t->model, average, error);
    if (!code)
        code = mm_model_get(t->model, &now, error);
    if (!code)
        code = put_under(table, average ? AVERAGE : MODEL, &now, error);
    mm_params_free(&now);
    return code ? code : mm_model_use_average(t->model, false, error);
}

static int put_weights(mm_trainer *t, mm_params *table, mm_error *error)
{
    if (put_model(t, false, table, error) || put_under(table, BEST, &t->best, error))
        return error->code;
    return t->options.optimiser.ema > 0 ? put_model(t, true, table, error) : MM_OK;
}

int mm_trainer_save(mm_trainer *t, mm_params *table, mm_error *error)
{
    const size_t K = t->net->classes;
    for (size_t i = 0; i < ENTRIES; i++)
        if (put_entry(table, t, &entries[i], error))
            return error->code;
    if (put_lengths(table, &t->options.schedule, error) || put_counts(table, "trainer.class_counts", t->counts, K, error) ||
        (t->given_counts && put_counts(table, "trainer.given_counts", t->given_counts, K, error)) ||
        put_weights(t, table, error) || (t->staged && mm_model_get_optimiser(t->model, table, error)))
        return error->code;
    return MM_OK;
}

static int check_position(const mm_trainer *t, mm_error *error)
{
    const mm_schedule *s = &t->options.schedule;
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

static int take_given_counts(mm_trainer *t, const mm_params *table, mm_error *error)
{
    const size_t K = t->net->classes;
    if (!mm_params_find(table, "trainer.given_counts"))
        return MM_OK;
    if (!t->given_counts && !(t->given_counts = calloc(K, sizeof *t->given_counts)))
        return mm_no_memory(error);
    return take_counts(table, "trainer.given_counts", t->given_counts, K, error);
}

static int take_model(mm_trainer *t, bool average, const mm_params *table, mm_error *error)
{
    mm_params now = {0};
    int code = take_from_under(&now, average ? AVERAGE : MODEL, table, error);
    if (!code)
        code = mm_model_use_average(t->model, average, error);
    if (!code)
        code = mm_model_set(t->model, &now, error);
    mm_params_free(&now);
    return code ? code : mm_model_use_average(t->model, false, error);
}

static int take_weights(mm_trainer *t, const mm_params *table, mm_error *error)
{
    if ((t->options.optimiser.ema > 0 && take_model(t, true, table, error)) || take_model(t, false, table, error))
        return error->code;
    return take_from_under(&t->best, BEST, table, error);
}

int mm_trainer_restore(mm_trainer *t, const mm_params *table, mm_error *error)
{
    mm_epoch *best = &t->best_epoch;
    if (take_counts(table, "trainer.class_counts", t->counts, t->net->classes, error) ||
        take_lengths(&t->options.schedule, table, error) || take_entries(t, entries, ENTRIES - ADDED, table, error) ||
        take_added(t, table, error) || check_position(t, error))
        return error->code;
    best->best = best->epoch > 0;
    best->train.auc = best->train.threshold = NAN;
    if (take_given_counts(t, table, error) || take_weights(t, table, error) ||
        (t->staged && (mm_trainer_begin_stage(t, error) || mm_model_set_optimiser(t->model, table, error))))
        return error->code;
    return mm_trainer_begin_together(t, error);
}
