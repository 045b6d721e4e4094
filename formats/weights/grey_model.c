/* The model of grey statistics as JSON: see grey_model.h. */
#include "formats/weights/grey_model.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/output.h"

enum { N = MM_GREY_STATISTICS, LARGEST = 65536 };

static json_t *array_of(const double *v)
{
    return json_pack("[f,f,f,f]", v[0], v[1], v[2], v[3]);
}

static char *text_of(const mm_grey_model *m)
{
    const mm_logistic *l = &m->logistic;
    json_t *o = json_pack("{s:[s,s,s,s], s:I, s:I, s:o, s:o, s:o, s:f}", "statistics", "mean", "sd", "minimum", "maximum",
                          "height", (json_int_t)m->height, "width", (json_int_t)m->width, "mean", array_of(l->mean),
                          "scale", array_of(l->scale), "weight", array_of(l->weight), "intercept", l->weight[N]);
    char *text = o ? json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(o);
    return text;
}

int mm_grey_model_write(const char *path, const mm_grey_model *m, mm_error *error)
{
    char *text = text_of(m);
    if (!text)
        return mm_no_memory(error);
    mm_output output = {.fd = -1};
    int code = mm_output_open(&output, path, false, error);
    FILE *file = code ? NULL : mm_output_file(&output, error);
    if (!code && !file)
        code = error->code;
    if (!code && fprintf(file, "%s\n", text) < 0)
        code = mm_fail(error, MM_FAILURE, "cannot write '%s':", path);
    if (!code)
        code = mm_output_commit(&output, error);
    mm_output_abort(&output);
    free(text);
    return code;
}

static bool take_array(const json_t *o, const char *name, double *v)
{
    const json_t *a = json_object_get(o, name);
    bool good = json_is_array(a) && json_array_size(a) == N;
    for (size_t i = 0; i < N && good; i++) {
        good = json_is_number(json_array_get(a, i));
        v[i] = json_number_value(json_array_get(a, i));
    }
    return good;
}

static bool take_extent(const json_t *o, const char *name, size_t *extent)
{
    const json_int_t v = json_integer_value(json_object_get(o, name));
    *extent = (size_t)v;
    return v >= 1 && v <= LARGEST;
}

static bool take(mm_grey_model *m, const json_t *o)
{
    const mm_logistic *l = &m->logistic;
    const json_t *intercept = json_object_get(o, "intercept");
    bool good = take_extent(o, "height", &m->height) && take_extent(o, "width", &m->width) && take_array(o, "mean", l->mean) &&
                take_array(o, "scale", l->scale) && take_array(o, "weight", l->weight) && json_is_number(intercept);
    for (size_t i = 0; i < N && good; i++)
        good = l->scale[i] >= 0;
    l->weight[N] = json_number_value(intercept);
    return good;
}

int mm_grey_model_read(mm_grey_model *m, const char *path, mm_error *error)
{
    json_error_t why;
    FILE *file = fopen(path, "re");
    if (!file)
        return mm_fail(error, MM_FAILURE, "cannot open '%s':", path);
    json_t *o = json_loadf(file, 0, &why);
    fclose(file);
    *m = (mm_grey_model){.logistic = {.F = N, .K = 2, .rows = 1, .mean = calloc(N, sizeof(double)), .scale = calloc(N, sizeof(double)),
                                      .weight = calloc(N + 1, sizeof(double))}};
    int code = m->logistic.mean && m->logistic.scale && m->logistic.weight ? MM_OK : mm_no_memory(error);
    if (!code && !(o && take(m, o)))
        code = mm_fail(error, MM_DAMAGED, "'%s' is not a model of grey statistics (mmeval --baseline=TRAIN.mms --store=FILE writes one)",
                       path);
    json_decref(o);
    if (code)
        mm_logistic_free(&m->logistic);
    return code;
}
