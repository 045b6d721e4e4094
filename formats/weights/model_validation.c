/* Thresholds and temperature in model files: see model_validation.h. */
#include "formats/weights/model_validation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/output.h"
#include "common/stats/calibration.h"

/* Can these be the model's own predictions? */
static int check(const mm_model_info *info, const char *name, const mm_predictions *t, mm_error *error)
{
    bool same = info->nclasses == t->K;
    for (size_t k = 0; same && k < t->K; k++)
        same = strcmp(info->classes[k], t->class_name[k]) == 0;
    if (!same)
        return mm_fail(error, MM_FAILURE, "'%s' has other classes than the predictions", name);
    if (t->averaged)
        return mm_fail(error, MM_FAILURE, "the predictions are means over models or mirror images: thresholds and temperature of "
                       "'%s' apply only to its own predictions", name);
    if (t->mixed)
        return mm_fail(error, MM_FAILURE, "the predictions come from different models, not from '%s' alone", name);
    return 0;
}

/* Tables have nine digits. */
static bool same_temperature(const mm_model_info *info, const mm_predictions *t)
{
    return fabs(t->temperature / (info->temperature > 0 ? info->temperature : 1) - 1) < 1e-6;
}

int mm_model_apply(const mm_model_info *info, const char *name, bool needed, mm_predictions *t, mm_error *error)
{
    int code = check(info, name, t, error);
    if (code)
        return code;
    if (needed && !info->thresholds.n && !(info->temperature > 0))
        return mm_fail(error, MM_FAILURE, "'%s' holds no threshold: it was trained without a validation set of both kinds (see "
                       "mmeval --store)", name);
    if (t->temperature == 1 && info->temperature > 0) {
        mm_temperature_apply(t->prob, t->log_prob, t->n, t->K, info->temperature);
        t->temperature = info->temperature;
    }
    if (!same_temperature(info, t))
        return mm_fail(error, MM_FAILURE, "the predictions are at temperature %g, '%s' is at %g: predict anew", t->temperature, name,
                       info->temperature > 0 ? info->temperature : 1);
    t->thresholds = 0;
    for (size_t i = 0; i < info->thresholds.n && i < MM_THRESHOLDS; i++)
        t->threshold[t->thresholds++] = mm_model_info_threshold(info, i);
    return 0;
}

static int set(mm_model_info *info, const char *path, const mm_predictions *t, const mm_threshold *threshold, size_t n,
               bool calibrated, mm_error *error)
{
    int code = check(info, path, t, error);
    if (!code && calibrated) {
        info->froc1.n = same_temperature(info, t) ? info->froc1.n : 0;
        info->temperature = t->temperature;
    }
    if (!code && !same_temperature(info, t))
        code = mm_fail(error, MM_FAILURE, "the predictions are at temperature %g, '%s' is at %g: calibrate anew (--calibrate)",
                       t->temperature, path, info->temperature > 0 ? info->temperature : 1);
    return code ? code : mm_model_info_thresholds(info, threshold, n, error);
}

/* A change to the description of a model. */
typedef struct change {
    const mm_predictions *table; /* NULL: only the threshold on heat */
    const mm_threshold *threshold;
    size_t n;
    bool calibrated;
    const char *mode;
    double froc1;
} change;

static int apply(mm_model_info *info, const char *path, const change *c, mm_error *error)
{
    return c->table ? set(info, path, c->table, c->threshold, c->n, c->calibrated, error)
                    : mm_figures_set(&info->froc1, c->mode, c->froc1, error);
}

static int rewrite(const char *path, const change *c, mm_error *error)
{
    mm_model_info info = {0};
    mm_weights weights = {0};
    mm_output output = {.fd = -1};
    int code = mm_model_load(path, &info, &weights, error);
    if (!code && weights.format != MM_SAFETENSORS)
        code = mm_fail(error, MM_USAGE, "'%s' is not a model file (safetensors): it cannot hold thresholds", path);
    if (!code)
        code = apply(&info, path, c, error);
    if (!code)
        code = mm_output_open(&output, path, true, error);
    if (!code)
        code = mm_model_write(output.fd, path, &info, &weights.params, error);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    mm_model_info_free(&info);
    mm_weights_free(&weights);
    return code;
}

int mm_model_store(const char *path, const mm_predictions *t, const mm_threshold *threshold, size_t n, bool calibrated,
                   mm_error *error)
{
    return rewrite(path, &(change){.table = t, .threshold = threshold, .n = n, .calibrated = calibrated}, error);
}

int mm_model_store_froc1(const char *path, const char *mode, double threshold, mm_error *error)
{
    return rewrite(path, &(change){.mode = mode, .froc1 = threshold}, error);
}
