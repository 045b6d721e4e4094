/* Stages of a training: see schedule.h. */
#include "common/nn/schedule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number that fills the whole word. */
static int number(const char *text, double min, double max, double *value)
{
    char *end;
    errno = 0;
    double v = strtod(text, &end);
    if (end == text || *end || !isfinite(v) || v < min || v > max)
        return MM_USAGE;
    *value = v;
    return MM_OK;
}

static int count(const char *text, size_t *value)
{
    double v;
    if (strspn(text, "0123456789") != strlen(text) || number(text, 1, 1e6, &v))
        return MM_USAGE;
    *value = (size_t)v;
    return MM_OK;
}

enum { MAX_LR = 1000 };

/* "top:1e-2,layer4:3e-3,1e-3": rates of parts, and of all other layers at the end. */
static int learning_rates(mm_stage *stage, const char *list)
{
    stage->nparts = 0;
    for (const char *end; (end = strchr(list, ',')); list = end + 1) {
        const char *colon = memchr(list, ':', (size_t)(end - list));
        char value[40];
        mm_lr_part *part = &stage->part[stage->nparts];
        if (stage->nparts == MM_PARTS - 1 || !colon || colon == list || (size_t)(colon - list) >= sizeof part->layers ||
            (size_t)(end - colon) > sizeof value)
            return MM_USAGE;
        snprintf(part->layers, sizeof part->layers, "%.*s", (int)(colon - list), list);
        snprintf(value, sizeof value, "%.*s", (int)(end - colon - 1), colon + 1);
        if (number(value, 0, MAX_LR, &part->lr))
            return MM_USAGE;
        stage->nparts++;
    }
    return number(list, 0, MAX_LR, &stage->lr);
}

/* "constant", "cosine" or "cosine:STEPS" */
static int lr_schedule(mm_stage *stage, const char *text)
{
    stage->cosine = 0;
    stage->lr_schedule = strcmp(text, "constant") ? MM_LR_COSINE : MM_LR_CONSTANT;
    if (!strcmp(text, "constant") || !strcmp(text, "cosine"))
        return MM_OK;
    return strncmp(text, "cosine:", 7) ? MM_USAGE : count(text + 7, &stage->cosine);
}

/* A number of steps, which may be 0. */
static int warm_up(mm_stage *stage, const char *text)
{
    stage->warm_up = 0;
    return strcmp(text, "0") ? count(text, &stage->warm_up) : MM_OK;
}

static int set_word(mm_stage *stage, const char *name, const char *value)
{
    if (strcmp(name, "train") == 0) {
        if (!*value || strlen(value) >= sizeof stage->train)
            return MM_USAGE;
        snprintf(stage->train, sizeof stage->train, "%s", value);
        return MM_OK;
    }
    if (strcmp(name, "lr") == 0)
        return learning_rates(stage, value);
    if (strcmp(name, "wd") == 0)
        return number(value, 0, MAX_LR, &stage->weight_decay);
    if (strcmp(name, "epochs") == 0)
        return count(value, &stage->epochs);
    if (strcmp(name, "bn") == 0) {
        stage->bn = strcmp(value, "frozen") == 0 ? MM_BN_FROZEN : MM_BN_BATCH;
        return strcmp(value, "frozen") && strcmp(value, "batch") ? MM_USAGE : MM_OK;
    }
    if (strcmp(name, "schedule") == 0)
        return lr_schedule(stage, value);
    if (strcmp(name, "warmup") == 0)
        return warm_up(stage, value);
    return MM_USAGE;
}

/* The cosine begins when the warm-up ends. */
static int check_lr_schedule(const mm_stage *stage, mm_error *error)
{
    if (!stage->cosine || stage->warm_up < stage->cosine)
        return MM_OK;
    return mm_fail(error, MM_USAGE, "schedule=cosine:%zu ends before the warm-up of %zu steps", stage->cosine, stage->warm_up);
}

int mm_stage_parse(const char *text, mm_stage *stage, mm_error *error)
{
    char words[600];
    if (strlen(text) >= sizeof words)
        return mm_fail(error, MM_USAGE, "stage '%.60s...' is too long", text);
    snprintf(words, sizeof words, "%s", text);
    *stage = (mm_stage){.lr = -1};
    char *rest = words;
    for (char *word; (word = strtok_r(rest, " \t\n", &rest));) {
        char *value = strchr(word, '=');
        if (!value)
            return mm_fail(error, MM_USAGE, "stage '%s': '%s' is not NAME=VALUE", text, word);
        *value++ = 0;
        if (!set_word(stage, word, value))
            continue;
        if (strcmp(word, "lr") == 0 && strpbrk(value, ":,"))
            return mm_fail(error, MM_USAGE,
                           "stage '%s': 'lr=%s': expected up to %d parts LAYERS:RATE and the rate of all others, as in top:1e-2,1e-3",
                           text, value, MM_PARTS - 1);
        if (strcmp(word, "lr") == 0 || strcmp(word, "wd") == 0)
            return mm_fail(error, MM_USAGE, "stage '%s': '%s=%s' is not a number from 0 to %d", text, word, value, MAX_LR);
        return mm_fail(error, MM_USAGE,
                       "stage '%s': '%s=%s' is not one of train=LAYERS, lr=NUMBER, wd=NUMBER, epochs=N, bn=batch|frozen, "
                       "schedule=constant|cosine|cosine:STEPS, warmup=STEPS", text, word, value);
    }
    if (!stage->train[0] || stage->lr < 0 || !stage->epochs)
        return mm_fail(error, MM_USAGE, "stage '%s' lacks %s", text,
                       !stage->train[0] ? "train=LAYERS" : stage->lr < 0 ? "lr=NUMBER" : "epochs=N");
    return MM_OK;
}

int mm_schedule_add(mm_schedule *schedule, const mm_stage *stage, mm_error *error)
{
    if (schedule->n == MM_MAX_STAGES)
        return mm_fail(error, MM_USAGE, "more than %d stages", MM_MAX_STAGES);
    schedule->stage[schedule->n++] = *stage;
    schedule->epochs += stage->epochs;
    return MM_OK;
}

int mm_schedule_recipe(mm_schedule *schedule, const char *name, mm_error *error)
{
    static const mm_stage patch[] = {{"last", 1e-3, 1e-4, 3, MM_BN_BATCH},
                                     {"block,last", 1e-4, 1e-4, 10, MM_BN_BATCH},
                                     {"all", 1e-5, 1e-4, 37, MM_BN_BATCH}};
    static const mm_stage whole[] = {{"top", 1e-4, 1e-3, 30, MM_BN_BATCH}, {"all", 1e-5, 1e-3, 20, MM_BN_BATCH}};
    static const mm_stage transfer[] = {{"all", 1e-3, 1e-2, 6, MM_BN_BATCH, {{"last", 3e-3}}, 1, MM_LR_COSINE, 0, 20}};
    static const struct {
        const char *name;
        const mm_stage *stage;
        size_t n;
    } recipes[] = {{"patch", patch, 3}, {"whole", whole, 2}, {"transfer", transfer, 1}};
    *schedule = (mm_schedule){0};
    size_t k = 0;
    while (k < sizeof recipes / sizeof *recipes && strcmp(name, recipes[k].name))
        k++;
    if (k == sizeof recipes / sizeof *recipes)
        return mm_fail(error, MM_USAGE, "recipe '%s' is none of patch, whole, transfer", name);
    for (size_t i = 0; i < recipes[k].n; i++)
        if (mm_schedule_add(schedule, &recipes[k].stage[i], error))
            return error->code;
    return MM_OK;
}

/* The numbers of "a,b,c" into values[n]; a single one counts for all. */
static int column(const mm_schedule *schedule, const char *list, const char *what, char values[][40], mm_error *error)
{
    size_t n = 0;
    for (const char *at = list; n < schedule->n; at++) {
        size_t length = strcspn(at, ",");
        if (length == 0 || length >= 40)
            return mm_fail(error, MM_USAGE, "--%s=%s: expected numbers with commas between them", what, list);
        snprintf(values[n++], 40, "%.*s", (int)length, at);
        at += length;
        if (!*at)
            break;
        if (n == schedule->n)
            n = MM_MAX_STAGES + 1;
    }
    if (n == 1)
        for (; n < schedule->n; n++)
            memcpy(values[n], values[0], sizeof values[0]);
    if (n != schedule->n)
        return mm_fail(error, MM_USAGE, "--%s=%s: expected one number, or one for each of %zu stages", what, list, schedule->n);
    return MM_OK;
}

int mm_schedule_epochs(mm_schedule *schedule, const char *list, mm_error *error)
{
    char values[MM_MAX_STAGES][40];
    if (column(schedule, list, "epochs", values, error))
        return error->code;
    schedule->epochs = 0;
    for (size_t i = 0; i < schedule->n; i++) {
        if (count(values[i], &schedule->stage[i].epochs))
            return mm_fail(error, MM_USAGE, "--epochs=%s: '%s' is not a number of epochs", list, values[i]);
        schedule->epochs += schedule->stage[i].epochs;
    }
    return MM_OK;
}

int mm_schedule_lr(mm_schedule *schedule, const char *list, mm_error *error)
{
    char values[MM_MAX_STAGES][40];
    if (column(schedule, list, "lr", values, error))
        return error->code;
    for (size_t i = 0; i < schedule->n; i++)
        if (schedule->stage[i].nparts)
            return mm_fail(error, MM_USAGE, "--lr=%s would replace the learning rates of parts of stage %zu", list, i + 1);
        else if (number(values[i], 0, MAX_LR, &schedule->stage[i].lr))
            return mm_fail(error, MM_USAGE, "--lr=%s: '%s' is not a learning rate from 0 to %d", list, values[i], MAX_LR);
    return MM_OK;
}

int mm_schedule_weight_decay(mm_schedule *schedule, const char *list, mm_error *error)
{
    char values[MM_MAX_STAGES][40];
    if (column(schedule, list, "wd", values, error))
        return error->code;
    for (size_t i = 0; i < schedule->n; i++)
        if (number(values[i], 0, MAX_LR, &schedule->stage[i].weight_decay))
            return mm_fail(error, MM_USAGE, "--wd=%s: '%s' is not a weight decay from 0 to %d", list, values[i], MAX_LR);
    return MM_OK;
}

int mm_schedule_lr_schedule(mm_schedule *schedule, const char *list, mm_error *error)
{
    char values[MM_MAX_STAGES][40];
    if (column(schedule, list, "schedule", values, error))
        return error->code;
    for (size_t i = 0; i < schedule->n; i++)
        if (lr_schedule(&schedule->stage[i], values[i]))
            return mm_fail(error, MM_USAGE, "--schedule=%s: '%s' is not constant, cosine or cosine:STEPS", list, values[i]);
    return MM_OK;
}

int mm_schedule_warm_up(mm_schedule *schedule, const char *list, mm_error *error)
{
    char values[MM_MAX_STAGES][40];
    if (column(schedule, list, "warmup", values, error))
        return error->code;
    for (size_t i = 0; i < schedule->n; i++)
        if (warm_up(&schedule->stage[i], values[i]))
            return mm_fail(error, MM_USAGE, "--warmup=%s: '%s' is not a number of steps", list, values[i]);
    return MM_OK;
}

int mm_schedule_make(mm_schedule *schedule, const mm_schedule_options *o, mm_error *error)
{
    *schedule = (mm_schedule){0};
    if (!o->recipe == !o->n)
        return mm_fail(error, MM_USAGE, o->n ? "--recipe and --stage exclude each other" : "--recipe=patch|whole|transfer or --stage is missing");
    if (o->recipe && mm_schedule_recipe(schedule, o->recipe, error))
        return error->code;
    for (size_t i = 0; i < o->n; i++) {
        mm_stage stage;
        if (mm_stage_parse(o->stages[i], &stage, error) || mm_schedule_add(schedule, &stage, error))
            return error->code;
    }
    for (size_t i = 0; i < schedule->n && o->bn; i++)
        if (set_word(&schedule->stage[i], "bn", o->bn))
            return mm_fail(error, MM_USAGE, "--bn=%s: expected batch or frozen", o->bn);
    if ((o->epochs && mm_schedule_epochs(schedule, o->epochs, error)) || (o->lr && mm_schedule_lr(schedule, o->lr, error)) ||
        (o->wd && mm_schedule_weight_decay(schedule, o->wd, error)) ||
        (o->lr_schedule && mm_schedule_lr_schedule(schedule, o->lr_schedule, error)) ||
        (o->warm_up && mm_schedule_warm_up(schedule, o->warm_up, error)))
        return error->code;
    for (size_t i = 0; i < schedule->n; i++)
        if (check_lr_schedule(&schedule->stage[i], error))
            return error->code;
    return MM_OK;
}

int mm_schedule_adam(mm_optimiser *adam, const char *list, mm_error *error)
{
    char words[3][40] = {"", "", ""};
    int used = 0;
    if (sscanf(list, "%39[^,],%39[^,],%39[^,]%n", words[0], words[1], words[2], &used) != 3 || list[used] ||
        number(words[0], 0, 0.999999, &adam->b1) || number(words[1], 0, 0.9999999, &adam->b2) ||
        number(words[2], 1e-30, 1, &adam->epsilon))
        return mm_fail(error, MM_USAGE, "--adam=%s: expected three numbers with commas between them, as in 0.9,0.999,1e-8", list);
    return MM_OK;
}

size_t mm_schedule_stage(const mm_schedule *schedule, size_t epoch, size_t *first)
{
    size_t begin = 1, stage = 0;
    while (stage + 1 < schedule->n && epoch >= begin + schedule->stage[stage].epochs)
        begin += schedule->stage[stage++].epochs;
    if (first)
        *first = begin;
    return stage;
}

double mm_stage_lr_factor(const mm_stage *s, size_t epoch, size_t step)
{
    const double warm = step < s->warm_up ? 0.01 + 0.99 * (double)step / (double)s->warm_up : 1, pi = 3.141592653589793;
    double done = (double)epoch / (double)s->epochs;
    if (s->lr_schedule == MM_LR_CONSTANT)
        return warm;
    if (s->cosine)
        done = step < s->warm_up ? 0 : (double)(step - s->warm_up) / (double)(s->cosine - s->warm_up);
    return done < 1 ? warm * (1 + cos(pi * done)) / 2 : 0;
}

void mm_stage_print(const mm_stage *stage, char *text, size_t size)
{
    char parts[(MM_PARTS - 1) * (sizeof stage->part->layers + 24)] = "";
    for (size_t i = 0, n = 0; i < stage->nparts; i++)
        n += (size_t)snprintf(parts + n, sizeof parts - n, "%s:%.9g,", stage->part[i].layers, stage->part[i].lr);
    char schedule[80] = "", warm[40] = "";
    if (stage->lr_schedule == MM_LR_COSINE)
        snprintf(schedule, sizeof schedule, stage->cosine ? " schedule=cosine:%zu" : " schedule=cosine", stage->cosine);
    if (stage->warm_up)
        snprintf(warm, sizeof warm, " warmup=%zu", stage->warm_up);
    snprintf(text, size, "train=%s lr=%s%.9g wd=%.9g epochs=%zu bn=%s%s%s", stage->train, parts, stage->lr, stage->weight_decay,
             stage->epochs, stage->bn == MM_BN_FROZEN ? "frozen" : "batch", schedule, warm);
}
