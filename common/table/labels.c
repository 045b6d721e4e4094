/* Labels of images: see labels.h. */
#include "common/table/labels.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const outcome[2] = {"benign", "malignant"};

/* The lines of one image. */
typedef struct lines {
    const mm_manifest *m;
    const size_t *row;
    size_t n;
} lines;

static const char *cell(const lines *l, size_t i, const char *column)
{
    return mm_manifest_get(l->m, l->row[i], column);
}

/* 1 if a lesion is malignant, 0 if all are benign or the image is normal, else -1. */
static int read_pathology(const lines *l, long *number, mm_error *error)
{
    *number = -1;
    bool malignant = false, known = true;
    for (size_t i = 0; i < l->n; i++) {
        const char *word;
        if (mm_vocabulary_find("pathology", cell(l, i, "pathology"), &word, error) ||
            mm_vocabulary_find("abnormality", cell(l, i, "abnormality"), &word, error))
            return mm_fail_in(error, "line %zu", l->m->line[l->row[i]]);
        mm_pathology p = mm_pathology_of(cell(l, i, "pathology"));
        mm_abnormality a = mm_abnormality_of(cell(l, i, "abnormality"));
        if (*cell(l, i, "mask") && (p == MM_PATHOLOGY_NORMAL || a == MM_NORMAL))
            return mm_fail(error, MM_DAMAGED, "line %zu: a lesion with a place is '%s'", l->m->line[l->row[i]],
                           cell(l, i, p == MM_PATHOLOGY_NORMAL ? "pathology" : "abnormality"));
        malignant = malignant || p == MM_MALIGNANT;
        known = known && (p == MM_BENIGN || p == MM_PATHOLOGY_NORMAL || a == MM_NORMAL);
    }
    *number = malignant ? 1 : known ? 0 : -1;
    return MM_OK;
}

/* "1", or "1.0" of a program that had the column as fractions. */
static bool whole_number(const char *text, long *number)
{
    char *end;
    size_t digits = strspn(text, "0123456789");
    *number = strtol(text, &end, 10);
    if (!digits || digits > 9)
        return false;
    return !*end || (*end == '.' && strspn(end + 1, "0") == strlen(end + 1));
}

static long number_of(const mm_class_names *classes, const char *name)
{
    for (size_t i = 0; i < classes->n; i++)
        if (!strcasecmp(classes->name[i], name))
            return (long)i;
    return -1;
}

static bool has_numbers_as_names(const mm_class_names *classes)
{
    long number;
    for (size_t i = 0; i < classes->n; i++)
        if (whole_number(classes->name[i], &number))
            return true;
    return false;
}

/* The class that a cell means by its name, 1.0 being the name 1, or, unless names are numbers themselves, by its number; or -1. */
static long number_in_list(const mm_class_names *classes, const char *text, bool by_number)
{
    char name[24];
    long number, found = number_of(classes, text);
    if (found >= 0 || !whole_number(text, &number))
        return found;
    snprintf(name, sizeof name, "%ld", number);
    found = number_of(classes, name);
    return found >= 0 || !by_number || has_numbers_as_names(classes) || (size_t)number >= classes->n ? found : number;
}

/* The number of a word for an outcome, or -1. A letter is none: density has a class B, too. */
static long number_of_outcome(const char *word)
{
    mm_pathology p = strlen(word) > 1 ? mm_pathology_of(word) : MM_PATHOLOGY_BAD;
    return p == MM_MALIGNANT ? 1 : p == MM_BENIGN || p == MM_PATHOLOGY_NORMAL ? 0 : -1;
}

/* Label and class by the user's list. */
static int read_listed(const lines *l, const mm_class_names *classes, mm_label *label, mm_error *error)
{
    const char *cells[2] = {cell(l, 0, "label"), cell(l, 0, "class")};
    for (size_t i = 0; i < 2; i++) {
        long number = number_in_list(classes, cells[i], i == 0);
        if (mm_vocabulary_empty(cells[i]) && number < 0)
            continue;
        if (number < 0)
            return mm_fail(error, MM_DAMAGED, "line %zu: %s '%.40s' is none of the %zu classes", l->m->line[l->row[0]],
                           i ? "class" : "label", cells[i], classes->n);
        if (label->number >= 0 && label->number != number)
            return mm_fail(error, MM_DAMAGED, "line %zu: label '%.40s' and class '%.40s' contradict each other", l->m->line[l->row[0]],
                           cells[0], cells[1]);
        label->number = number;
        label->class = classes->name[number];
    }
    return MM_OK;
}

/* The cell `label` alone: its number, and its class if it is a word. */
static int read_label(const lines *l, mm_label *label, mm_error *error)
{
    const char *text = cell(l, 0, "label");
    if (mm_vocabulary_empty(text) || whole_number(text, &label->number))
        return MM_OK;
    if (!strcasecmp(text, "true") || !strcasecmp(text, "false")) {
        label->number = !strcasecmp(text, "true");
        return MM_OK;
    }
    label->number = number_of_outcome(text);
    if (label->number < 0)
        return mm_fail(error, MM_DAMAGED, "line %zu: label '%.40s' is not a whole number from 0, nor benign or malignant; --classes names "
                       "other classes", l->m->line[l->row[0]], text);
    label->class = outcome[label->number];
    return MM_OK;
}

/* The cell `class`: a name, which has a number of its own only if it is an outcome. */
static int read_class(const lines *l, mm_label *label, mm_error *error)
{
    const char *name = cell(l, 0, "class");
    long number = number_of_outcome(name);
    if (mm_vocabulary_empty(name))
        return MM_OK;
    if (label->class ? number != label->number : number >= 0 && label->number < 0) {
        if (label->class)
            return mm_fail(error, MM_DAMAGED, "line %zu: label '%.40s' and class '%.40s' contradict each other", l->m->line[l->row[0]],
                           cell(l, 0, "label"), name);
        label->number = number;
    }
    label->class = number >= 0 ? outcome[number] : name;
    return MM_OK;
}

/* A class that is an outcome is the one of the pathology. */
static int check_outcome(const lines *l, long number, const mm_label *label, mm_error *error)
{
    long named = label->class ? number_of_outcome(label->class) : -1;
    if (number < 0 || named < 0 || named == number)
        return MM_OK;
    return mm_fail(error, MM_DAMAGED, "line %zu: class '%.40s', but %s of key '%.60s' is %s", l->m->line[l->row[0]], label->class,
                   number ? "a lesion" : "the pathology", cell(l, 0, "key"), outcome[number]);
}

/* Beside a pathology the label is 0 or 1, unless a class names another scale. */
static int join_pathology(const lines *l, long number, mm_label *label, mm_error *error)
{
    const mm_manifest *m = l->m;
    bool other_scale = label->class && number_of_outcome(label->class) < 0;
    if (number < 0 || other_scale)
        return MM_OK;
    if (label->number >= 0 && label->number != number)
        return mm_fail(error, MM_DAMAGED, label->number < 2 ? "line %zu: label %ld, but %s of key '%.60s' %s"
                       : "line %zu: label %ld, which is neither 0 (benign) nor 1 (malignant), but %s of key '%.60s' %s; --classes or a "
                         "column 'class' names other labels", m->line[l->row[0]], label->number, number ? "a lesion" : "the pathology",
                       cell(l, 0, "key"), number ? "is malignant" : "is benign");
    *label = (mm_label){number, outcome[number]};
    return MM_OK;
}

int mm_label_of(const mm_manifest *m, const mm_row_groups *images, size_t image, const mm_class_names *classes, mm_label *label,
                mm_error *error)
{
    const size_t first = images->first[image];
    lines l = {m, images->row + first, images->first[image + 1] - first};
    long number;
    *label = (mm_label){.number = -1};
    int code = read_pathology(&l, &number, error);
    bool listed = classes && classes->n;
    if (!code)
        code = listed ? read_listed(&l, classes, label, error) : read_label(&l, label, error);
    if (!code && !listed)
        code = read_class(&l, label, error);
    if (!code)
        code = check_outcome(&l, number, label, error);
    return code || listed ? code : join_pathology(&l, number, label, error);
}

/* An image's label and where it was found. */
typedef struct found {
    mm_label label;
    size_t line;
} found;

static int by_number(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->label.number != y->label.number)
        return x->label.number < y->label.number ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static int by_class(const void *a, const void *b)
{
    const found *x = a, *y = b;
    int order = strcmp(x->label.class, y->label.class);
    return order ? order : by_number(a, b);
}

/* Neighbours of one number with two names, or of one name with two numbers. */
static int check_neighbours(const found *f, size_t n, mm_error *error)
{
    for (size_t i = 1; i < n; i++)
        if ((f[i].label.number == f[i - 1].label.number) != !strcmp(f[i].label.class, f[i - 1].label.class))
            return mm_fail(error, MM_DAMAGED, "lines %zu and %zu: label %ld is class '%.40s', and label %ld is class '%.40s'",
                           f[i - 1].line, f[i].line, f[i - 1].label.number, f[i - 1].label.class, f[i].label.number, f[i].label.class);
    return MM_OK;
}

/* `named` have a number and a name, `bare` a number alone. */
static int check_found(found *named, size_t n, const found *bare, size_t nbare, mm_error *error)
{
    const found *words = NULL;
    qsort(named, n, sizeof *named, by_number);
    int code = MM_OK;
    for (size_t i = 0; i < n && !words; i++)
        if (number_of_outcome(named[i].label.class) == named[i].label.number)
            words = &named[i];
    for (size_t i = 0; i < nbare && !code && words; i++)
        if (bare[i].label.number > 1)
            code = mm_fail(error, MM_DAMAGED, "line %zu: label %ld, but by the words of line %zu label %ld is %s: --classes or a column "
                           "'class' names other labels", bare[i].line, bare[i].label.number, words->line, words->label.number,
                           words->label.class);
    if (!code)
        code = check_neighbours(named, n, error);
    qsort(named, n, sizeof *named, by_class);
    return code ? code : check_neighbours(named, n, error);
}

int mm_labels_check(const mm_manifest *m, const mm_row_groups *images, const mm_class_names *classes, mm_error *error)
{
    found *named = calloc(images->n + 1, sizeof *named), *bare = calloc(images->n + 1, sizeof *bare);
    size_t n = 0, nbare = 0;
    int code = named && bare ? MM_OK : mm_no_memory(error);
    for (size_t g = 0; g < images->n && !code; g++) {
        found f = {.line = m->line[images->row[images->first[g]]]};
        code = mm_label_of(m, images, g, classes, &f.label, error);
        if (code == MM_DAMAGED)
            code = MM_OK;
        else if (f.label.number >= 0 && f.label.class)
            named[n++] = f;
        else if (f.label.number >= 0)
            bare[nbare++] = f;
    }
    if (!code)
        code = check_found(named, n, bare, nbare, error);
    free(named);
    free(bare);
    return code;
}
