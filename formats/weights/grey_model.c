/* The model of grey statistics as JSON: see grey_model.h. */
#include "formats/weights/grey_model.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/weights/json_file.h"

enum { N = MM_GREY_STATISTICS, LARGEST = 65536 };

static const char *const NAMES[N] = {"mean", "sd", "minimum", "maximum"};

static json_t *array_of(const double *v)
{
    return json_pack("[f,f,f,f]", v[0], v[1], v[2], v[3]);
}

int mm_grey_model_write(const char *path, const mm_grey_model *m, mm_error *error)
{
    const mm_logistic *l = &m->logistic;
    json_t *o = json_pack("{s:[s,s,s,s], s:I, s:I, s:o, s:o, s:o, s:f}", "statistics", NAMES[0], NAMES[1], NAMES[2], NAMES[3],
                          "height", (json_int_t)m->height, "width", (json_int_t)m->width, "mean", array_of(l->mean),
                          "scale", array_of(l->scale), "weight", array_of(l->weight), "intercept", l->weight[N]);
    return mm_json_write(path, o, 17, error);
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

/* True if the model is of these statistics, in this order. */
static bool names_agree(const json_t *o)
{
    const json_t *names = json_object_get(o, "statistics");
    bool good = json_is_array(names) && json_array_size(names) == N;
    for (size_t i = 0; i < N && good; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        good = name && !strcmp(name, NAMES[i]);
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
    bool good = names_agree(o) && take_extent(o, "height", &m->height) && take_extent(o, "width", &m->width) && take_array(o, "mean", l->mean) &&
                take_array(o, "scale", l->scale) && take_array(o, "weight", l->weight) && json_is_number(intercept);
    for (size_t i = 0; i < N && good; i++)
        good = l->scale[i] >= 0;
    l->weight[N] = json_number_value(intercept);
    return good;
}

int mm_grey_model_read(mm_grey_model *m, const char *path, mm_error *error)
{
    json_error_t why;
    json_t *o;
    if (mm_json_read(path, &o, &why, error))
        return error->code;
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
