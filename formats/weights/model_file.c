/* A model file: a state_dict and what is needed to use it. */
#include "formats/weights/model_file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/stats/rank.h"
#include "common/table/classes.h"
#include "formats/weights/segmentation.h"

static void free_classes(mm_model_info *info)
{
    for (size_t i = 0; i < info->nclasses; i++)
        free(info->classes[i]);
    free(info->classes);
    info->classes = NULL;
    info->nclasses = 0;
}

void mm_model_info_free(mm_model_info *info)
{
    free_classes(info);
    free(info->version);
    free(info->net);
    free(info->mean_source);
    free(info->missing);
    free(info->init);
    free(info->init_sha256);
    free(info->init_source);
    free(info->init_licence);
    free(info->split);
    free(info->data_terms);
    free(info->recipe);
    free(info->training);
    free(info->segmentation);
    free(info->provenance);
    free(info->best);
    free(info->metrics.item);
    free(info->thresholds.item);
    free(info->log_odds.item);
    free(info->froc1.item);
    *info = (mm_model_info){0};
}

int mm_model_info_text(char **field, const char *text, mm_error *error)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        return mm_no_memory(error);
    free(*field);
    *field = copy;
    return 0;
}

/* ---- classes ---- */

static int check_class(const char *name, size_t n, mm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (isspace((unsigned char)name[i]) || iscntrl((unsigned char)name[i]))
            return mm_fail(error, MM_USAGE, "class name '%.*s' holds a blank", (int)n, name);
    return n ? 0 : mm_fail(error, MM_USAGE, "a class has no name");
}

static int add_class(mm_model_info *info, const char *name, size_t n, mm_error *error)
{
    int code = check_class(name, n, error);
    if (code)
        return code;
    char **classes = realloc(info->classes, (info->nclasses + 1) * sizeof *classes);
    if (!classes)
        return mm_no_memory(error);
    info->classes = classes;
    classes[info->nclasses] = strndup(name, n);
    if (!classes[info->nclasses])
        return mm_no_memory(error);
    info->nclasses++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check_unique(const mm_model_info *info, mm_error *error)
{
    char **sorted = malloc(info->nclasses * sizeof *sorted);
    if (!sorted)
        return mm_no_memory(error);
    memcpy(sorted, info->classes, info->nclasses * sizeof *sorted);
    qsort(sorted, info->nclasses, sizeof *sorted, by_name);
    size_t i = 1;
    while (i < info->nclasses && strcmp(sorted[i - 1], sorted[i]) != 0)
        i++;
    int code = i < info->nclasses ? mm_fail(error, MM_USAGE, "class name '%s' appears twice", sorted[i]) : 0;
    free(sorted);
    return code;
}

/* METHOD's names for its five classes, else numbers. */
static int add_numbered(mm_model_info *info, long n, mm_error *error)
{
    char number[32];
    int code = 0;
    for (long i = 0; i < n && !code; i++) {
        const char *name = n == MM_CLASSES ? mm_class_name((int)i) : number;
        snprintf(number, sizeof number, "class%ld", i);
        code = add_class(info, name, strlen(name), error);
    }
    return code;
}

int mm_model_info_classes(mm_model_info *info, const char *text, mm_error *error)
{
    char *end;
    long n = strtol(text, &end, 10);
    int code = 0;
    free_classes(info);
    if (isdigit((unsigned char)*text) && !*end) {
        if (n < 2 || n > 10000)
            return mm_fail(error, MM_USAGE, "'%s' is not a number of classes (2 to 10000)", text);
        text = n == 2 ? "benign,malignant" : NULL;
    }
    if (!text) {
        code = add_numbered(info, n, error);
    } else {
        for (const char *at = text; !code; at++) {
            size_t length = strcspn(at, ",");
            code = info->nclasses < 10000 ? add_class(info, at, length, error) : mm_fail(error, MM_USAGE, "too many classes");
            at += length;
            if (!*at)
                break;
        }
        if (!code && info->nclasses < 2)
            code = mm_fail(error, MM_USAGE, "'%s' is neither a number of classes nor a list of names with commas", text);
    }
    if (!code)
        code = check_unique(info, error);
    if (code)
        free_classes(info);
    return code;
}

int mm_model_info_class(const mm_model_info *info, const char *name)
{
    for (size_t i = 0; i < info->nclasses; i++)
        if (!strcmp(info->classes[i], name))
            return (int)i;
    return -1;
}

/* ---- figures ---- */

int mm_figures_set(mm_figures *f, const char *name, double value, mm_error *error)
{
    if (!*name || strlen(name) >= sizeof f->item->name || strpbrk(name, " \t\n="))
        return mm_fail(error, MM_FAILURE, "'%s' is not a name for a figure", name);
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->item[i].name, name)) {
            f->item[i].value = value;
            return 0;
        }
    if (mm_grow(&f->item, &f->room, f->n + 1, sizeof *f->item, error))
        return error->code;
    snprintf(f->item[f->n].name, sizeof f->item->name, "%s", name);
    f->item[f->n++].value = value;
    return 0;
}

const double *mm_figures_get(const mm_figures *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->item[i].name, name))
            return &f->item[i].value;
    return NULL;
}

int mm_model_info_thresholds(mm_model_info *info, const mm_threshold *t, size_t n, mm_error *error)
{
    info->thresholds.n = info->log_odds.n = 0;
    for (size_t i = 0; i < n; i++)
        if (mm_figures_set(&info->thresholds, t[i].name, t[i].value, error) ||
            mm_figures_set(&info->log_odds, t[i].name, mm_rank_log_odds(t[i].rank), error))
            return error->code;
    return 0;
}

mm_threshold mm_model_info_threshold(const mm_model_info *info, size_t i)
{
    const mm_figure *p = &info->thresholds.item[i];
    const double *odds = mm_figures_get(&info->log_odds, p->name);
    return mm_threshold_stored(p->name, p->value, odds ? *odds : NAN);
}

/* The shortest text that reads as the same number. */
static void print_number(char text[32], double v)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            return;
    }
}

static int write_figures(mm_weights *w, const char *key, const mm_figures *f, mm_error *error)
{
    if (!f->n)
        return 0;
    char *text = malloc(f->n * 80 + 1), number[32], *at = text;
    if (!text)
        return mm_no_memory(error);
    for (size_t i = 0; i < f->n; i++) {
        print_number(number, f->item[i].value);
        at += snprintf(at, 80, i ? " %s=%s" : "%s=%s", f->item[i].name, number);
    }
    int code = mm_weights_set_note(w, key, text, error);
    free(text);
    return code;
}

static int read_figures(mm_figures *f, const char *text, const char *name, mm_error *error)
{
    while (text && *text) {
        size_t n = strcspn(text, "=");
        char key[sizeof f->item->name], *end;
        if (text[n] != '=' || n >= sizeof key)
            return mm_fail(error, MM_DAMAGED, "'%s': figures of the model cannot be read", name);
        memcpy(key, text, n);
        key[n] = 0;
        double v = strtod(text + n + 1, &end);
        if (end == text + n + 1 || (*end && *end != ' '))
            return mm_fail(error, MM_DAMAGED, "'%s': figures of the model cannot be read", name);
        int code = mm_figures_set(f, key, v, error);
        if (code)
            return code;
        text = *end ? end + 1 : end;
    }
    return 0;
}

/* ---- the stream that trained it ---- */

int mm_model_info_stream(mm_model_info *info, const mm_head *head, size_t height, size_t width, mm_error *error)
{
    char segmentation[1024];
    size_t n = 1;
    for (size_t i = 0; i < head->nlines; i++)
        n += strlen(head->lines[i]) + 1;
    char *text = malloc(n), *at = text;
    if (!text)
        return mm_no_memory(error);
    *at = 0;
    for (size_t i = 0; i < head->nlines; i++)
        if (!strncmp(head->lines[i], "@PG\t", 4)) {
            size_t m = strlen(head->lines[i]);
            memcpy(at, head->lines[i], m);
            at += m;
            *at++ = '\n';
            *at = 0;
        }
    free(info->provenance);
    info->provenance = text;
    info->height = height;
    info->width = width;
    mm_segmentation_of(head, segmentation, sizeof segmentation);
    free(info->segmentation);
    info->segmentation = NULL;
    return *segmentation ? mm_model_info_text(&info->segmentation, segmentation, error) : MM_OK;
}

bool mm_model_info_option(const mm_model_info *info, const char *program, const char *option, char *word, size_t size)
{
    char command[64], given[64];
    snprintf(command, sizeof command, "\tCL:%s ", program);
    snprintf(given, sizeof given, " %s ", option);
    const char *line = info->provenance ? strstr(info->provenance, command) : NULL, *at = line ? strstr(line, given) : NULL;
    if (!at || at - line > (ptrdiff_t)strcspn(line, "\n"))
        return false;
    at += strlen(given);
    return snprintf(word, size, "%.*s", (int)strcspn(at, " \n"), at) < (int)size;
}

bool mm_model_info_differs(const mm_model_info *info, const mm_head *head, size_t height, size_t width, char *why, size_t size)
{
    char segmentation[1024];
    if (info->height && info->width && (info->height != height || info->width != width)) {
        snprintf(why, size, "images are %zux%zu, the model was trained on %zux%zu", height, width, info->height, info->width);
        return true;
    }
    mm_segmentation_of(head, segmentation, sizeof segmentation);
    const bool known = info->provenance && *info->provenance;
    if (known && mm_segmentations_differ(info->segmentation, segmentation)) {
        snprintf(why, size, "images went through segmentation '%s', those of the model's training through '%s'", segmentation,
                 info->segmentation);
        return true;
    }
    return false;
}

/* ---- notes ---- */

/* The plain strings and their keys. */
typedef struct {
    const char *key;
    char **field;
} text_field;

enum { NUM_TEXTS = 15 };

static void text_fields(mm_model_info *info, text_field f[NUM_TEXTS])
{
    const text_field all[NUM_TEXTS] = {
        {"mmpipe", &info->version},     {"net", &info->net},
        {"mean_source", &info->mean_source}, {"init", &info->init},
        {"recipe", &info->recipe},      {"segmentation", &info->segmentation},
        {"provenance", &info->provenance}, {"best", &info->best},
        {"missing", &info->missing},   {"init_sha256", &info->init_sha256},
        {"init_source", &info->init_source}, {"init_licence", &info->init_licence},
        {"data_terms", &info->data_terms}, {"training", &info->training},
        {"split", &info->split},
    };
    memcpy(f, all, sizeof all);
}

static int read_number(double *v, const mm_weights *w, const char *key, const char *name, mm_error *error)
{
    const char *text = mm_weights_note(w, key);
    char *end;
    if (!text)
        return mm_fail(error, MM_FAILURE, "'%s' is not a model: its %s is missing (see mmmodel convert)", name, key);
    *v = strtod(text, &end);
    if (end == text || *end || !isfinite(*v))
        return mm_fail(error, MM_DAMAGED, "'%s': %s '%s' is not a number", name, key, text);
    return 0;
}

static int read_all(mm_model_info *info, const mm_weights *w, const char *name, mm_error *error)
{
    text_field fields[NUM_TEXTS];
    text_fields(info, fields);
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        const char *text = mm_weights_note(w, fields[i].key);
        if (text && mm_model_info_text(fields[i].field, text, error))
            return error->code;
    }
    const char *classes = mm_weights_note(w, "classes"), *size = mm_weights_note(w, "image_size");
    if (!info->net || !classes)
        return mm_fail(error, MM_FAILURE, "'%s' is not a model: its %s is missing (see mmmodel convert)", name,
                       info->net ? "classes" : "network");
    if (!strchr(classes, ',') || mm_model_info_classes(info, classes, error))
        return mm_fail(error, MM_DAMAGED, "'%s': the names of its classes cannot be read", name);
    int code = read_number(&info->mean, w, "mean", name, error);
    if (!code)
        code = read_number(&info->std, w, "std", name, error);
    if (!code && info->std <= 0)
        code = mm_fail(error, MM_DAMAGED, "'%s': std is not above 0", name);
    int used = 0;
    if (!code && size && (sscanf(size, "%9zux%9zu%n", &info->height, &info->width, &used) != 2 || size[used] ||
                          info->height > 65536 || info->width > 65536))
        code = mm_fail(error, MM_DAMAGED, "'%s': image size '%s' cannot be read", name, size);
    if (!code)
        code = read_figures(&info->metrics, mm_weights_note(w, "metrics"), name, error);
    if (!code)
        code = read_figures(&info->thresholds, mm_weights_note(w, "thresholds"), name, error);
    if (!code)
        code = read_figures(&info->log_odds, mm_weights_note(w, "log_odds"), name, error);
    if (!code)
        code = read_figures(&info->froc1, mm_weights_note(w, "froc1"), name, error);
    for (size_t i = 0; i < info->froc1.n && !code; i++)
        if (!(info->froc1.item[i].value >= 0 && info->froc1.item[i].value <= 1))
            code = mm_fail(error, MM_DAMAGED, "'%s': froc1 of %s is not a number from 0 to 1", name, info->froc1.item[i].name);
    if (!code && mm_weights_note(w, "temperature"))
        code = read_number(&info->temperature, w, "temperature", name, error);
    if (!code && info->temperature < 0)
        code = mm_fail(error, MM_DAMAGED, "'%s': temperature is not above 0", name);
    return code;
}

int mm_model_info_read(mm_model_info *info, const mm_weights *w, const char *name, mm_error *error)
{
    mm_error own = {0};
    *info = (mm_model_info){0};
    int code = read_all(info, w, name, error ? error : &own);
    if (code)
        mm_model_info_free(info);
    return code;
}

static int write_classes(const mm_model_info *info, mm_weights *w, mm_error *error)
{
    size_t n = 1;
    for (size_t i = 0; i < info->nclasses; i++)
        n += strlen(info->classes[i]) + 1;
    char *text = calloc(n, 1), *at = text;
    if (!text)
        return mm_no_memory(error);
    for (size_t i = 0; i < info->nclasses; i++)
        at += snprintf(at, n - (size_t)(at - text), i ? ",%s" : "%s", info->classes[i]);
    int code = mm_weights_set_note(w, "classes", text, error);
    free(text);
    return code;
}

static void clear_notes(mm_weights *w)
{
    for (size_t i = 0; i < w->nnotes; i++) {
        free(w->notes[i].name);
        free(w->notes[i].value);
    }
    w->nnotes = 0;
}

int mm_model_info_write(const mm_model_info *info, mm_weights *w, mm_error *error)
{
    mm_error own = {0};
    mm_model_info copy = *info; /* text_fields points into it; its strings stay info's */
    text_field fields[NUM_TEXTS];
    char text[64];
    error = error ? error : &own;
    if (!info->net || !info->nclasses || !(info->std > 0) || !isfinite(info->mean))
        return mm_fail(error, MM_FAILURE, "a model needs net, classes, mean and std");
    copy.version = (char *)MM_VERSION;
    text_fields(&copy, fields);
    clear_notes(w);
    int code = mm_weights_set_note(w, "format", "pt", error);
    for (size_t i = 0; i < 2 && !code; i++)
        code = mm_weights_set_note(w, fields[i].key, *fields[i].field, error);
    if (!code)
        code = write_classes(info, w, error);
    print_number(text, info->mean);
    if (!code)
        code = mm_weights_set_note(w, "mean", text, error);
    print_number(text, info->std);
    if (!code)
        code = mm_weights_set_note(w, "std", text, error);
    for (size_t i = 2; i < NUM_TEXTS && !code; i++)
        if (*fields[i].field)
            code = mm_weights_set_note(w, fields[i].key, *fields[i].field, error);
    snprintf(text, sizeof text, "%zux%zu", info->height, info->width);
    if (!code && info->height && info->width)
        code = mm_weights_set_note(w, "image_size", text, error);
    if (!code)
        code = write_figures(w, "metrics", &info->metrics, error);
    if (!code)
        code = write_figures(w, "thresholds", &info->thresholds, error);
    if (!code)
        code = write_figures(w, "log_odds", &info->log_odds, error);
    if (!code)
        code = write_figures(w, "froc1", &info->froc1, error);
    print_number(text, info->temperature);
    if (!code && info->temperature > 0)
        code = mm_weights_set_note(w, "temperature", text, error);
    return code;
}

/* ---- files ---- */

int mm_model_load(const char *path, mm_model_info *info, mm_weights *weights, mm_error *error)
{
    *info = (mm_model_info){0};
    int code = mm_weights_load(weights, path, error);
    if (!code)
        code = mm_model_info_read(info, weights, path, error);
    if (code)
        mm_weights_free(weights);
    return code;
}

int mm_model_write(int fd, const char *name, const mm_model_info *info, const mm_params *params, mm_error *error)
{
    mm_weights w = {.params = *params};
    int code = mm_model_info_write(info, &w, error);
    if (!code)
        code = mm_safetensors_write(&w, fd, name, error);
    w.params = (mm_params){0}; /* the caller's */
    mm_weights_free(&w);
    return code;
}
