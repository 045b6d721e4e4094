/* Labelled examples from records: see examples.h. */
#include "filters/evaluate/examples.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/text.h"
#include "common/image/finite.h"
#include "common/image/geometry.h"
#include "common/image/grey.h"
#include "common/table/groups.h"
#include "common/table/predictions.h"

/* ---- classes ---- */

static size_t find_class(const mm_example_classes *c, size_t number)
{
    size_t k = 0;
    while (k < c->K && c->number[k] != number)
        k++;
    return k;
}

static int add_class(mm_example_classes *c, size_t number, mm_error *error)
{
    if (mm_grow(&c->number, &c->room[0], c->K + 1, sizeof *c->number, error) ||
        mm_grow(&c->name, &c->room[1], c->K + 1, sizeof *c->name, error))
        return error->code;
    c->number[c->K] = number;
    c->name[c->K++] = NULL;
    return MM_OK;
}

/* Finds the class of a record, or makes it where these examples say which classes there are. */
static int take_class(mm_examples *s, size_t number, const char *name, mm_error *error)
{
    const mm_example_classes *known = s->trained ? &s->trained->classes : &s->classes;
    size_t k = find_class(known, number);
    if (k == known->K && s->trained)
        return mm_fail(error, MM_FAILURE, "label %zu%s%.60s%s is not a class of '%s'", number, name ? " ('" : "", name ? name : "",
                       name ? "')" : "", s->trained_on);
    if (k == known->K && add_class(&s->classes, number, error))
        return error->code;
    if (name && known->name[k] && strcmp(name, known->name[k]))
        return mm_fail(error, MM_FAILURE, "label %zu is class '%.60s' here and '%.60s' in records before", number, name, known->name[k]);
    if (name && !known->name[k] && !s->trained && !(s->classes.name[k] = strdup(name)))
        return mm_no_memory(error);
    return MM_OK;
}

static void sort_classes(mm_example_classes *c)
{
    for (size_t i = 1; i < c->K; i++)
        for (size_t k = i; k > 0 && c->number[k] < c->number[k - 1]; k--) {
            size_t number = c->number[k];
            char *name = c->name[k];
            c->number[k] = c->number[k - 1];
            c->name[k] = c->name[k - 1];
            c->number[k - 1] = number;
            c->name[k - 1] = name;
        }
}

/* A name that can be a column's in a table of predictions. */
static bool is_name(const char *name)
{
    bool good = strcmp(name, MM_CALL_COLUMN) && strcmp(name, MM_REMARKS_COLUMN);
    for (; *name && good; name++)
        good = (unsigned char)*name >= ' ' && *name != 127;
    return good;
}

static int name_classes(mm_example_classes *c, mm_error *error)
{
    char counted[32];
    for (size_t k = 0; k < c->K; k++) {
        snprintf(counted, sizeof counted, "class%zu", c->number[k]);
        if (!c->name[k] && !(c->name[k] = strdup(counted)))
            return mm_no_memory(error);
        if (!is_name(c->name[k]))
            return mm_fail(error, MM_FAILURE, "label %zu: a table of predictions cannot have the class '%.60s'", c->number[k], c->name[k]);
        for (size_t j = 0; j < k; j++)
            if (!strcmp(c->name[j], c->name[k]))
                return mm_fail(error, MM_FAILURE, "labels %zu and %zu are both of class '%s'", c->number[j], c->number[k], c->name[k]);
    }
    return MM_OK;
}

int mm_examples_number(mm_examples *s, mm_error *error)
{
    sort_classes(&s->classes);
    int code = name_classes(&s->classes, error);
    for (size_t i = 0; i < s->n && !code; i++)
        s->label[i] = find_class(s->trained ? &s->trained->classes : &s->classes, s->label[i]);
    return code;
}

/* ---- records ---- */

static int label_of(const mm_record *record, size_t *label, mm_error *error)
{
    const char *text = mm_record_get(record, "label");
    long number = 0;
    if (!text || !*text)
        return mm_fail(error, MM_FAILURE, "has no label");
    if (mm_parse_long(text, 0, INT_MAX, &number))
        return mm_fail(error, MM_FAILURE, "label '%s' is not a class", text);
    *label = (size_t)number;
    return MM_OK;
}

static int grey_of(const mm_record *record, double *grey, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    int code = mm_geometry_pixels(record, &image, &shape, error);
    if (code)
        return code;
    float *single = malloc(image->count * sizeof *single);
    double *values = malloc(image->count * sizeof *values);
    code = single && values ? MM_OK : mm_no_memory(error);
    if (!code) {
        mm_grey_values(image->dtype, image->data, 0, image->count, single);
        for (size_t i = 0; i < image->count; i++)
            values[i] = single[i];
        mm_grey_statistics(values, image->count, grey);
    }
    free(single);
    free(values);
    return code;
}

static bool same_shape(const mm_tensor *t, int ndim, const size_t *dim)
{
    return t->ndim == ndim && !memcmp(t->dim, dim, (size_t)ndim * sizeof *dim);
}

static const char *shape_text(int ndim, const size_t *dim, char text[128])
{
    size_t length = 0;
    *text = '\0';
    for (int i = 0; i < ndim && length < 100; i++)
        length += (size_t)snprintf(text + length, 128 - length, "%s%zu", i ? " x " : "", dim[i]);
    return text;
}

/* The first features say what shape all have. */
static int check_features(mm_examples *s, const mm_tensor *t, mm_error *error)
{
    const mm_examples *known = s->trained ? s->trained : s;
    char here[128], there[128];
    if (!t)
        return mm_fail(error, MM_FAILURE, "has no tensor 'features': 'mmpredict --features' computes it");
    if (known->F && !same_shape(t, known->ndim, known->dim))
        return mm_fail(error, MM_FAILURE, "tensor 'features' has the shape %s, %s%s%s it is %s (the layer and --pool of mmpredict must be "
                       "the same)", shape_text(t->ndim, t->dim, here), s->trained ? "in '" : "in the records before",
                       s->trained ? s->trained_on : "", s->trained ? "'" : "", shape_text(known->ndim, known->dim, there));
    if (!t->count)
        return mm_fail(error, MM_FAILURE, "tensor 'features' is empty");
    s->F = t->count;
    s->ndim = t->ndim;
    memcpy(s->dim, t->dim, sizeof s->dim);
    return mm_check_finite(t, 1, error);
}

static int grow(mm_examples *s, mm_error *error)
{
    const size_t n = s->n + 1;
    if (mm_grow(&s->key, &s->room[0], n, sizeof *s->key, error) || mm_grow(&s->patient, &s->room[1], n, sizeof *s->patient, error) ||
        mm_grow(&s->nameless, &s->room[2], n, sizeof *s->nameless, error) || mm_grow(&s->label, &s->room[3], n, sizeof *s->label, error) ||
        mm_grow(&s->grey, &s->room[4], n, MM_GREY_STATISTICS * sizeof *s->grey, error))
        return error->code;
    return s->features ? mm_grow(&s->x, &s->room[5], n, s->F * sizeof *s->x, error) : MM_OK;
}

static int take_names(mm_examples *s, const mm_record *record, mm_error *error)
{
    const char *patient = mm_record_get(record, "patient");
    s->nameless[s->n] = !patient || !*patient;
    s->key[s->n] = strdup(record->key);
    s->patient[s->n] = strdup(s->nameless[s->n] ? record->key : patient);
    if (s->key[s->n] && s->patient[s->n])
        return MM_OK;
    free(s->key[s->n]);
    free(s->patient[s->n]);
    return mm_no_memory(error);
}

int mm_examples_add(mm_examples *s, const mm_record *record, mm_error *error)
{
    const mm_tensor *t = s->features ? mm_record_tensor(record, "features") : NULL;
    const bool bare = s->features && !mm_record_tensor(record, "image");
    const char *class = mm_record_get(record, "class");
    double grey[MM_GREY_STATISTICS] = {0};
    size_t label = 0;
    int code = bare ? MM_OK : grey_of(record, grey, error);
    if (!code)
        code = label_of(record, &label, error);
    if (!code && s->features)
        code = check_features(s, t, error);
    if (!code && s->features)
        code = take_class(s, label, class && *class ? class : NULL, error);
    if (!code)
        code = grow(s, error);
    if (!code)
        code = take_names(s, record, error);
    if (code)
        return code;
    s->label[s->n] = label;
    s->bare += bare;
    memcpy(s->grey + s->n * MM_GREY_STATISTICS, grey, sizeof grey);
    for (size_t f = 0; f < s->F; f++)
        s->x[s->n * s->F + f] = mm_number(t->dtype, t->data, f);
    s->n++;
    return MM_OK;
}

void mm_examples_free(mm_examples *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->key[i]);
        free(s->patient[i]);
    }
    for (size_t k = 0; k < s->classes.K; k++)
        free(s->classes.name[k]);
    free(s->classes.number);
    free(s->classes.name);
    free(s->key);
    free(s->patient);
    free(s->nameless);
    free(s->label);
    free(s->grey);
    free(s->x);
    *s = (mm_examples){.n = 0};
}

int mm_examples_shared(const mm_examples *s, const mm_examples *others, size_t *shared, mm_error *error)
{
    size_t *number = malloc((s->n + 1) * sizeof *number), *place = malloc((s->n + 1) * sizeof *place), patients = 0;
    bool *seen = calloc(s->n + 1, sizeof *seen);
    *shared = 0;
    int code = number && place && seen ? mm_number_names(s->patient, s->n, number, &patients, error) : mm_no_memory(error);
    if (!code)
        code = mm_find_names(s->patient, s->n, others->patient, others->n, place, error);
    for (size_t i = 0; i < s->n && !code; i++)
        if (place[i] != SIZE_MAX && !seen[number[i]]) {
            seen[number[i]] = true;
            ++*shared;
        }
    free(number);
    free(place);
    free(seen);
    return code;
}
