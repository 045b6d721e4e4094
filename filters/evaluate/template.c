/* Templates: see template.h. */
#include "filters/evaluate/template.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 128 };

/* An object or an element that names are searched in, within others. */
typedef struct scope {
    const json_t *value;
    const char *name;
    const struct scope *outer;
} scope;

/* What is between two braces. */
typedef struct tag {
    char kind; /* '?', '^', '#', '/', or 0 for a value */
    char path[TEXT], width[TEXT], form[TEXT];
} tag;

/* ---- looking up ---- */

static const json_t *find(const scope *s, const char *path)
{
    const json_t *v = strcmp(path, ".") == 0 ? s->value : NULL;
    const char *current = s->name;
    char name[TEXT];
    for (bool first = true; *path && *path != '.'; first = false) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        const char *key = strcmp(name, "@") == 0 ? current : name;
        for (; first && s && !v; s = s->outer)
            v = json_object_get(s->value, key);
        if (!first)
            v = isdigit((unsigned char)*key) && json_is_array(v) ? json_array_get(v, strtoul(key, NULL, 10)) : json_object_get(v, key);
        path += n + (path[n] == '/');
    }
    return v;
}

/* The interval of a figure by a method. */
static const json_t *interval(const scope *s, const char *path, const char *method)
{
    char of[2 * TEXT];
    const char *last = strrchr(path, '/');
    snprintf(of, sizeof of, "%s/%s", path, method);
    const json_t *found = find(s, of);
    snprintf(of, sizeof of, "%s_%s", path, method);
    found = found ? found : find(s, of);
    snprintf(of, sizeof of, "%.*s_%s%s", last ? (int)(last - path) : 0, path, method, last ? last : "");
    return found ? found : find(s, of);
}

static bool is_there(const json_t *v)
{
    bool counts = json_integer_value(v) || json_string_length(v) || json_array_size(v) || json_object_size(v);
    return counts || json_is_true(v) || json_is_real(v);
}

/* ---- values ---- */

static double number(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* An interval as text; a missing one is "-" or, by a method, a remark. */
static const char *bounds(char text[TEXT], const json_t *pair, const char *method, bool percent)
{
    double low = number(json_array_get(pair, 0)), high = number(json_array_get(pair, 1));
    if (is_there(pair) && percent)
        snprintf(text, TEXT, "%.0f to %.0f", 100 * low, 100 * high);
    else if (is_there(pair))
        snprintf(text, TEXT, "%.3f to %.3f%s%s", low, high, method ? " " : "", method ? method : "");
    else
        snprintf(text, TEXT, "%s%s", method ? "no interval by " : "-", method ? method : "");
    return text;
}

static void print_figure(FILE *out, const scope *s, const tag *t, int width)
{
    static const struct { const char *name, *shown; } METHODS[] = {{"delong", "DeLong"}, {"wilson", "Wilson"}, {"logit", "logit"}};
    const json_t *v = find(s, t->path), *first = interval(s, t->path, "bootstrap"), *second = NULL;
    double value = number(json_is_object(v) ? json_object_get(v, "value") : v);
    char text[3 * TEXT], shown[TEXT] = "-", a[TEXT], b[TEXT];
    size_t m = 0;
    while (!(second = interval(s, t->path, METHODS[m].name)) && m < 2)
        m++;
    bool full = strcmp(t->form, "full") == 0, percent = strcmp(t->form, "percent") == 0;
    bool named = strcmp(t->form, "named") == 0 && !isnan(value), one = is_there(first), two = is_there(second);
    if (!isnan(value))
        snprintf(shown, TEXT, percent ? "%.0f %%" : "%.3f", percent ? 100 * value : value);
    bounds(a, first, named ? "bootstrap" : NULL, percent);
    bounds(b, second, named ? METHODS[m].shown : NULL, percent);
    if (strcmp(t->form, "row") == 0)
        snprintf(text, sizeof text, "%s | %s | %s%s%s%s", shown, a, b, two ? " (" : "", two ? METHODS[m].shown : "", two ? ")" : "");
    else if (named || (full && one && two))
        snprintf(text, sizeof text, "%s (%s, %s)", shown, a, b);
    else if (one || (full && two))
        snprintf(text, sizeof text, "%s (%s)", shown, one ? a : b);
    else
        snprintf(text, sizeof text, "%s", shown);
    fprintf(out, "%*s", width, text);
}

/* A word; for Markdown the marks that it would take for its own are escaped. */
static void print_word(FILE *out, const char *word, const tag *t, int width)
{
    bool escaped = strcmp(t->form, "words") == 0;
    if (!escaped)
        fprintf(out, "%*s", width, word);
    for (; escaped && *word; word++) {
        if (strchr("|*_<>`[]\\", *word))
            fputc('\\', out);
        fputc(*word == '\n' ? ' ' : *word, out);
    }
}

static size_t width_of(const scope *s, const char *widths)
{
    size_t widest = 0;
    for (size_t n; *widths; widths += n + (widths[n] == ',')) {
        size_t width = strtoul(widths, NULL, 10);
        char path[TEXT];
        const char *name;
        json_t *member;
        n = strcspn(widths, ",");
        snprintf(path, sizeof path, "%.*s", (int)n, widths);
        json_t *v = (json_t *)find(s, path); /* jansson's loops take no constants, and change nothing */
        width = json_is_string(v) ? json_string_length(v) : width;
        json_object_foreach(v, name, member)
            width = strlen(name) > width ? strlen(name) : width;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_value(FILE *out, const scope *s, const tag *t)
{
    bool left = *t->width == '-';
    int width = (int)width_of(s, t->width + left) * (left ? -1 : 1);
    const json_t *v = find(s, t->path);
    char text[TEXT];
    if (*t->path == '"') {
        fprintf(out, "%*.*s", width, (int)strlen(t->path) - 2, t->path + 1);
    } else if (strcmp(t->path, "@") == 0 || json_is_string(v)) {
        print_word(out, *t->path == '@' ? s->name : json_string_value(v), t, width);
    } else if (json_is_array(v) && json_is_real(json_array_get(v, 0))) {
        fputs(bounds(text, v, NULL, false), out);
    } else if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++) {
            fputs(i ? ", " : "", out);
            print_word(out, json_string_value(json_array_get(v, i)), t, 0);
        }
    } else if (json_is_integer(v)) {
        fprintf(out, "%*" JSON_INTEGER_FORMAT, width, json_integer_value(v));
    } else if (*t->form && strchr("-+.0123456789g", *t->form)) {
        snprintf(text, sizeof text, "%%%.20s", t->form);
        fprintf(out, text, number(v));
    } else {
        print_figure(out, s, t, width);
    }
}

/* ---- templates ---- */

/* Reads the tag at an opening brace: PATH, :WIDTH, |FORM. Returns what follows it. */
static const char *read_tag(const char *at, tag *t)
{
    *t = (tag){.kind = strchr("?^#/", at[1]) ? at[1] : 0};
    at += t->kind ? 2 : 1;
    for (char *part = t->path; *at != '}'; at += strcspn(at, ":|}")) {
        part = *at == ':' ? t->width : *at == '|' ? t->form : part;
        at += part != t->path;
        snprintf(part, TEXT, "%.*s", (int)strcspn(at, ":|}"), at);
    }
    return at + 1;
}

static const char *print(FILE *out, const scope *s, const char *text);

static const char *print_section(FILE *out, const scope *s, const tag *t, const char *text)
{
    json_t *v = (json_t *)find(s, t->path), *element;
    const char *name, *end = print(NULL, s, text);
    char index[24];
    size_t i;
    if (out && t->kind == (is_there(v) ? '?' : '^'))
        print(out, is_there(v) && json_is_object(v) ? &(scope){v, s->name, s} : s, text);
    if (!out || t->kind != '#')
        return end;
    json_object_foreach(v, name, element) {
        print(out, &(scope){element, name, s}, text);
    }
    json_array_foreach(v, i, element) {
        snprintf(index, sizeof index, "%zu", i);
        print(out, &(scope){element, index, s}, text);
    }
    return end;
}

/* Prints up to the {/} that ends the section, or to the end of the text; passes over it if out is NULL. Returns what follows. */
static const char *print(FILE *out, const scope *s, const char *text)
{
    for (tag t = {0};;) {
        size_t n = strcspn(text, "{");
        if (out)
            fwrite(text, 1, n, out);
        if (!text[n])
            return text + n;
        text = read_tag(text + n, &t);
        if (t.kind == '/')
            return text;
        if (t.kind)
            text = print_section(out, s, &t, text);
        else if (out)
            print_value(out, s, &t);
    }
}

void mm_template_print(FILE *out, const char *text, const json_t *tree)
{
    print(out, &(scope){tree, "", NULL}, text);
}
