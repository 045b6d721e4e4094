/* Where a training starts: see initial_model.h. */
#include "filters/train/initial_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/train/measure.h"
#include "common/base/text.h"
#include "common/cli/options.h"
#include "formats/weights/keras.h"
#include "formats/weights/origin.h"
#include "common/nn/match_net.h"
#include "common/stream/meta.h"

typedef struct source {
    mm_weights weights;
    mm_model_info info;
    bool given, model; /* a file was named; it is one of our models */
} source;

static int load(source *from, const char *path, mm_error *error)
{
    if (!path)
        return MM_OK;
    from->given = true;
    if (mm_weights_load(&from->weights, path, error))
        return error->code;
    from->model = mm_weights_note(&from->weights, "mmpipe") != NULL;
    return from->model ? mm_model_info_read(&from->info, &from->weights, path, error) : MM_OK;
}

static bool is_whole(const mm_train_options *o)
{
    const char *recipe = mm_train_options_recipe(o);
    return recipe && !strcmp(recipe, "whole");
}

static int choose_net(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    const char *keras = mm_weights_note(&from->weights, MM_KERAS_NOTE);
    const char *base = from->model ? from->info.net : keras ? keras : o->recipe ? "resnet50" : NULL;
    const bool whole = is_whole(o);
    char text[128];
    if (o->net)
        return mm_model_info_text(&s->info.net, o->net, error);
    if (!base)
        return mm_fail(error, MM_USAGE, "--net=DESCRIPTION is missing");
    snprintf(text, sizeof text, "%.80s%s", base, whole && !mm_net_is_whole(base) ? "+[512-512-1024]x2" : "");
    return mm_model_info_text(&s->info.net, text, error);
}

static int inherit_classes(const source *from, mm_initial_model *s, mm_error *error)
{
    mm_text list = {0};
    for (size_t k = 0; k < from->info.nclasses; k++) {
        mm_text_puts(&list, k ? "," : "");
        mm_text_puts(&list, from->info.classes[k]);
    }
    int code = !list.failed ? mm_model_info_classes(&s->info, list.data, error) : mm_no_memory(error);
    free(list.data);
    return code;
}

static int choose_classes(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    /* A whole-image network that starts from a patch classifier answers another question. */
    bool same_question = from->model && mm_net_is_whole(from->info.net) == mm_net_is_whole(s->info.net);
    if (o->classes) {
        if (mm_model_info_classes(&s->info, o->classes, error))
            return mm_fail_in(error, "--classes");
        return MM_OK;
    }
    if (same_question)
        return inherit_classes(from, s, error);
    if (!o->recipe)
        return mm_fail(error, MM_USAGE, "--classes=N|NAMES is missing");
    return mm_model_info_classes(&s->info, is_whole(o) ? "2" : "5", error);
}

static int choose_mean(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    char text[600];
    mm_measure measured;
    if (!o->mean && from->model) {
        s->info.mean = from->info.mean;
        return mm_model_info_text(&s->info.mean_source, from->info.mean_source ? from->info.mean_source : "inherited", error);
    }
    if (!o->mean)
        return mm_fail(error, MM_USAGE, "the mean is not known: give --mean=STREAM to measure it, --mean=NUMBER, or --init=MODEL");
    if (mm_parse_double(o->mean, 0, 255, &s->info.mean) == MM_OK)
        return mm_model_info_text(&s->info.mean_source, "given", error);
    if (mm_measure_file(o->mean, s->info.nclasses, o->skip, &measured, error))
        return mm_fail_in(error, "--mean");
    s->info.mean = measured.mean;
    s->class_counts = measured.count;
    snprintf(text, sizeof text, "measured on %.200s: %zu records, %zu pixels", basename(o->mean), measured.records, measured.pixels);
    return mm_model_info_text(&s->info.mean_source, text, error);
}

static bool has_frozen(const mm_schedule *schedule)
{
    for (size_t i = 0; i < schedule->n; i++)
        if (schedule->stage[i].bn == MM_BN_FROZEN)
            return true;
    return false;
}

static int choose_std(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    const double expected = from->given && !from->model && s->net->std > 0 ? s->net->std : 1;
    s->info.std = o->std > 0 ? o->std : from->model ? from->info.std : expected;
    if (expected > 1 && s->info.std == 1 && has_frozen(&o->trainer.schedule))
        return mm_fail(error, MM_USAGE,
                       "--std=1 with bn=frozen on '%s': its running statistics were taken on input of unit scale (--std=%g)",
                       o->init, expected);
    return MM_OK;
}

/* ---- weights ---- */

static int match(const mm_train_options *o, const source *from, mm_initial_model *s, mm_match *m, mm_error *error)
{
    if (mm_keras_check(&from->weights, s->net->base, o->init, error))
        return error->code;
    if (mm_match_net(s->net, &from->weights.params, &o->match, o->partial ? MM_MATCH_SOME : MM_MATCH_TRUNK, m, error))
        return mm_fail_in(error, "'%s'", o->init);
    mm_match_mark(m, s->net);
    return MM_OK;
}

/* The model's `init`: the file, how much of it was found and, if that is not just the last layer, what was not. */
static int describe_init(const mm_train_options *o, const source *from, const mm_match *m, mm_initial_model *s, mm_error *error)
{
    char text[1200], found[900];
    mm_match_text(m, &s->weights, &from->weights.params, 6, s->report, sizeof s->report);
    if (o->partial)
        mm_match_text(m, &s->weights, &from->weights.params, 4, found, sizeof found);
    else
        snprintf(found, sizeof found, "%zu of %zu", m->matched, m->matched + m->missing);
    snprintf(text, sizeof text, "%.200s: %s", basename(o->init), found);
    return mm_model_info_text(&s->info.init, text, error);
}

/* The model's origins and terms. */
static int describe_origin(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    const mm_model_info *of = from->model ? &from->info : NULL;
    if (from->given && mm_origin_set(&s->info, o->init, of, o->init_licence, error))
        return error->code;
    return mm_origin_terms(&s->info, o->data_terms, of, error);
}

static int first_weights(const mm_train_options *o, const source *from, mm_initial_model *s, mm_error *error)
{
    char text[80];
    mm_match m = {0};
    if (mm_net_init(s->net, o->seed, &s->weights, error))
        return error->code;
    if (!from->given) {
        snprintf(text, sizeof text, "random, seed %llu", (unsigned long long)o->seed);
        return mm_model_info_text(&s->info.init, text, error);
    }
    int code = match(o, from, s, &m, error);
    if (!code && mm_match_copy(&m, &s->weights, &from->weights.params, error))
        code = mm_fail_in(error, "'%s'", o->init);
    if (!code)
        code = describe_init(o, from, &m, s, error);
    mm_match_free(&m);
    return code;
}

/* ---- stages ---- */

static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p != 0)
        if (strcspn(p, ",") == n && !strncmp(p, word, n))
            return true;
    return false;
}

/* Makes a stage train the layers that are missing; *added when it would not have done so by itself. */
static int train_missing(const mm_net *net, mm_stage *stage, bool *added, mm_error *error)
{
    bool *trained = calloc(net->nlayers, sizeof *trained), lacks = false;
    if (!trained)
        return mm_no_memory(error);
    int code = mm_net_select(net, stage->train, trained, error);
    for (size_t i = 1; i < net->nlayers; i++)
        lacks = lacks || (net->layers[i].missing && !trained[i]);
    free(trained);
    if (code)
        return code;
    const size_t n = strlen(stage->train);
    if (lacks && (size_t)snprintf(stage->train + n, sizeof stage->train - n, ",missing") >= sizeof stage->train - n)
        return mm_fail(error, MM_USAGE, "a stage's list of layers is too long");
    *added = *added || lacks || has_word(stage->train, "missing");
    return MM_OK;
}

/* The model's `missing`. */
static int list_missing(mm_initial_model *s, mm_error *error)
{
    mm_text text = {0};
    for (size_t i = 1; i < s->net->nlayers; i++)
        if (s->net->layers[i].missing) {
            mm_text_puts(&text, text.bytes ? "," : "");
            mm_text_puts(&text, s->net->layers[i].name);
        }
    int code = text.failed ? mm_no_memory(error) : mm_model_info_text(&s->info.missing, text.data, error);
    free(text.data);
    return code;
}

/* What is missing is random: it must not be frozen, nor normalise by running statistics, in any stage. */
static int complete_schedule(const mm_train_options *o, mm_initial_model *s, mm_error *error)
{
    bool added = false;
    s->schedule = o->trainer.schedule;
    for (size_t i = 0; i < s->schedule.n; i++)
        if (train_missing(s->net, &s->schedule.stage[i], &added, error))
            return error->code;
    const size_t n = strlen(s->report);
    if (added && *s->report)
        snprintf(s->report + n, sizeof s->report - n, "; what is missing trains in all stages");
    return added ? list_missing(s, error) : MM_OK;
}

/* The model's `recipe`, with the names of layers. */
static int describe_stages(const mm_schedule *schedule, mm_initial_model *s, mm_error *error)
{
    mm_text text = {0};
    for (size_t i = 0; i < schedule->n; i++) {
        char line[1000];
        mm_stage stage = schedule->stage[i];
        int code = mm_net_name_layers(s->net, schedule->stage[i].train, stage.train, sizeof stage.train, error);
        for (size_t k = 0; k < stage.nparts && !code; k++)
            code = mm_net_name_layers(s->net, schedule->stage[i].part[k].layers, stage.part[k].layers, sizeof stage.part[k].layers, error);
        if (code) {
            free(text.data);
            return error->code;
        }
        mm_stage_print(&stage, line, sizeof line);
        mm_text_puts(&text, i ? "\n" : "");
        mm_text_puts(&text, line);
    }
    if (text.failed) {
        free(text.data);
        return mm_no_memory(error);
    }
    s->info.recipe = text.data;
    return MM_OK;
}

/* The model's `training`. */
static int describe_training(const mm_train_options *o, mm_initial_model *s, mm_error *error)
{
    mm_text text = {0};
    mm_train_options_describe(o, &text);
    s->info.training = text.data;
    return text.failed ? mm_no_memory(error) : MM_OK;
}

static int make(const mm_train_options *o, source *from, mm_initial_model *s, mm_error *error)
{
    if (load(from, o->init, error) || choose_net(o, from, s, error) || choose_classes(o, from, s, error) ||
        mm_net_build(s->info.net, s->info.nclasses, &s->net, error) || choose_std(o, from, s, error) ||
        first_weights(o, from, s, error) || describe_origin(o, from, s, error) || choose_mean(o, from, s, error) ||
        complete_schedule(o, s, error) || describe_training(o, s, error) ||
        (!s->net->whole && mm_model_info_text(&s->info.split, s->net->split, error)))
        return error->code;
    return describe_stages(&s->schedule, s, error);
}

static int make_network(const mm_train_options *o, source *from, mm_initial_model *s, mm_error *error)
{
    mm_match m = {0};
    if (load(from, o->init, error) || choose_net(o, from, s, error) || choose_classes(o, from, s, error) ||
        mm_net_build(s->info.net, s->info.nclasses, &s->net, error) || (from->given && match(o, from, s, &m, error)))
        return error->code;
    mm_match_free(&m);
    return complete_schedule(o, s, error);
}

int mm_initial_model_network(const mm_train_options *o, mm_initial_model *s, mm_error *error)
{
    source from = {0};
    *s = (mm_initial_model){0};
    int code = make_network(o, &from, s, error);
    mm_weights_free(&from.weights);
    mm_model_info_free(&from.info);
    return code;
}

int mm_initial_model_resume(const mm_train_options *o, mm_model_info *info, mm_initial_model *s, mm_error *error)
{
    *s = (mm_initial_model){.info = *info};
    *info = (mm_model_info){0};
    if (mm_net_build(s->info.net, s->info.nclasses, &s->net, error) ||
        (s->info.missing && mm_net_mark_missing(s->net, s->info.missing, error)))
        return error->code;
    return complete_schedule(o, s, error);
}

int mm_initial_model_make(const mm_train_options *o, mm_initial_model *s, mm_error *error)
{
    source from = {0};
    *s = (mm_initial_model){0};
    int code = make(o, &from, s, error);
    mm_weights_free(&from.weights);
    mm_model_info_free(&from.info);
    return code;
}

void mm_initial_model_free(mm_initial_model *s)
{
    mm_model_info_free(&s->info);
    mm_net_free(s->net);
    mm_params_free(&s->weights);
    free(s->class_counts);
    *s = (mm_initial_model){0};
}

int mm_initial_model_best(mm_model_info *info, const mm_epoch *best, mm_error *error)
{
    const mm_scores *v = &best->validation;
    char text[64];
    snprintf(text, sizeof text, "stage %zu epoch %zu", best->stage + 1, best->epoch);
    int code = mm_model_info_text(&info->best, text, error);
    if (code || v->n == 0)
        return code;
    if (mm_figures_set(&info->metrics, "accuracy", v->accuracy, error) || mm_figures_set(&info->metrics, "loss", v->loss, error))
        return error->code;
    if (!isnan(v->auc) && mm_figures_set(&info->metrics, "auc", v->auc, error))
        return error->code;
    const mm_threshold youden = mm_threshold_rank("youden", v->threshold);
    return isnan(v->threshold) ? MM_OK : mm_model_info_thresholds(info, &youden, 1, error);
}
