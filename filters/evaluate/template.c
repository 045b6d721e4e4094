/* Templates: see template.h. */
#include "filters/evaluate/template.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 64, TEXT = 120 };

/* An object or an element that names are searched in, within others. */
typedef struct scope {
    const json_t *value;
    const char *name;
    const struct scope *outer;
} scope;

/* A value that was found, the object that it lies in, and the one that this lies in. */
typedef struct place {
    const json_t *value, *parent, *grandparent;
    char name[NAME], group[NAME]; /* of the value in the parent, of the parent in the grandparent */
} place;

/* What is between two braces. */
typedef struct tag {
    char kind; /* '?', '^', '#', '/', or 0 for a value */
    char path[NAME], width[NAME], form[NAME];
} tag;

/* ---- looking up ---- */

/* Goes on by one name of the path; returns the rest. */
static const char *go_into(place *p, const char *path, const char *current)
{
    size_t n = strcspn(path, "/");
    p->grandparent = p->parent;
    p->parent = p->value;
    memcpy(p->group, p->name, NAME);
    snprintf(p->name, NAME, "%.*s", *path == '@' ? NAME : (int)n, *path == '@' ? current : path);
    p->value = json_is_array(p->parent) ? json_array_get(p->parent, (size_t)strtoul(p->name, NULL, 10)) : json_object_get(p->parent, p->name);
    return path + n + (path[n] == '/');
}

static place find(const scope *s, const char *path)
{
    const char *current = s->name;
    if (strcmp(path, ".") == 0)
        return (place){.value = s->value};
    for (; s; s = s->outer) {
        place p = {.value = json_is_object(s->value) ? s->value : NULL};
        const char *rest = go_into(&p, path, current);
        if (!p.value)
            continue;
        while (*rest)
            rest = go_into(&p, rest, current);
        return p;
    }
    return (place){0};
}

static bool is_there(const json_t *v)
{
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_INTEGER: return json_integer_value(v) != 0;
    case JSON_STRING: return json_string_length(v) > 0;
    case JSON_ARRAY: return json_array_size(v) > 0;
    case JSON_OBJECT: return json_object_size(v) > 0;
    default: return json_is_true(v) || json_is_real(v);
    }
}

/* ---- values ---- */

static double number(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The interval of a figure by a method. */
static const json_t *interval(const place *p, const char *method)
{
    char key[2 * NAME];
    if (json_is_object(p->value))
        return json_object_get(p->value, method);
    snprintf(key, sizeof key, "%s_%s", p->name, method);
    const json_t *own = json_object_get(p->parent, key);
    snprintf(key, sizeof key, "%s_%s", p->group, method);
    return own ? own : json_object_get(json_object_get(p->grandparent, key), p->name);
}

/* "0.750 to 0.860", numbers times `scale` as `format` says; "-" without an interval. */
static const char *bounds(char text[TEXT], const json_t *pair, const char *format, double scale)
{
    snprintf(text, TEXT, "-");
    if (is_there(pair))
        snprintf(text, TEXT, format, scale * number(json_array_get(pair, 0)), scale * number(json_array_get(pair, 1)));
    return text;
}

static const char *named_bounds(char text[TEXT], const json_t *pair, const char *method)
{
    char between[TEXT];
    if (is_there(pair))
        snprintf(text, TEXT, "%.40s %s", bounds(between, pair, "%.3f to %.3f", 1), method);
    else
        snprintf(text, TEXT, "no interval by %s", method);
    return text;
}

static void print_figure(FILE *out, const place *p, const char *form, int width)
{
    static const struct { const char *name, *shown; } METHODS[] = {{"delong", "DeLong"}, {"wilson", "Wilson"}, {"logit", "logit"}};
    double value = number(json_is_object(p->value) ? json_object_get(p->value, "value") : p->value);
    const json_t *first = interval(p, "bootstrap"), *second = NULL;
    char text[4 * TEXT], v[TEXT] = "-", a[TEXT], b[TEXT];
    size_t m = 0;
    while (!(second = interval(p, METHODS[m].name)) && m < 2)
        m++;
    bool one = is_there(first), two = is_there(second) && strcmp(form, "full") == 0;
    if (!isnan(value))
        snprintf(v, TEXT, "%.3f", value);
    bounds(a, first, "%.3f to %.3f", 1);
    bounds(b, second, "%.3f to %.3f", 1);
    if (strcmp(form, "row") == 0)
        snprintf(text, sizeof text, "%s | %s | %s%s%s%s", v, a, b, is_there(second) ? " (" : "", is_there(second) ? METHODS[m].shown : "",
                 is_there(second) ? ")" : "");
    else if (strcmp(form, "percent") == 0)
        snprintf(text, sizeof text, "%.0f %%%s", 100 * value, one ? bounds(a, first, " (%.0f to %.0f)", 100) : "");
    else if (strcmp(form, "value") == 0 || strcmp(form, "bootstrap") == 0)
        snprintf(text, sizeof text, "%s", *form == 'v' ? v : a);
    else if (strcmp(form, "named") == 0 && !isnan(value))
        snprintf(text, sizeof text, "%s (%s, %s)", v, named_bounds(a, first, "bootstrap"), named_bounds(b, second, METHODS[m].shown));
    else
        snprintf(text, sizeof text, "%s%s%s%s%s%s", v, one || two ? " (" : "", one ? a : "", one && two ? ", " : "", two ? b : "",
                 one || two ? ")" : "");
    fprintf(out, "%*s", width, text);
}

/* A word; for Markdown the marks that it would take for its own are escaped. */
static void print_word(FILE *out, const char *word, const tag *t, int width)
{
    if (strcmp(t->form, "words") != 0) {
        fprintf(out, "%*s", width, word);
        return;
    }
    for (; *word; word++) {
        if (strchr("|*_<>`[]\\", *word))
            fputc('\\', out);
        fputc(*word == '\n' ? ' ' : *word, out);
    }
}

static int width_of(const scope *s, const tag *t)
{
    const char *name = t->width + (*t->width == '-');
    place p = find(s, name);
    int width = p.value ? (int)json_integer_value(p.value) : atoi(name);
    return *t->width == '-' ? -width : width;
}

static void print_value(FILE *out, const scope *s, const tag *t)
{
    int width = width_of(s, t);
    place p = find(s, t->path);
    if (*t->path == '"') {
        fprintf(out, "%*.*s", width, (int)strlen(t->path) - 2, t->path + 1);
    } else if (strcmp(t->path, "@") == 0) {
        print_word(out, s->name, t, width);
    } else if (json_is_string(p.value)) {
        print_word(out, json_string_value(p.value), t, width);
    } else if (json_is_array(p.value)) {
        for (size_t i = 0; i < json_array_size(p.value); i++) {
            fputs(i ? ", " : "", out);
            print_word(out, json_string_value(json_array_get(p.value, i)), t, 0);
        }
    } else if (json_is_integer(p.value)) {
        fprintf(out, "%*" JSON_INTEGER_FORMAT, width, json_integer_value(p.value));
    } else if (*t->form && strchr("-+.0123456789g", *t->form)) {
        char conversion[NAME + 1];
        snprintf(conversion, sizeof conversion, "%%%.60s", t->form);
        fprintf(out, conversion, number(p.value));
    } else {
        print_figure(out, &p, t->form, width);
    }
}

/* ---- templates ---- */

/* Reads the tag at an opening brace; returns what follows it. */
static const char *read_tag(const char *at, tag *t)
{
    *t = (tag){.kind = strchr("?^#/", at[1]) ? at[1] : 0};
    at += t->kind ? 2 : 1;
    char *const part[] = {t->path, t->width, t->form};
    const char *const ends[] = {":|}", "|}", "}"};
    for (int i = 0; i < 3; i++) { /* PATH, :WIDTH, |FORM */
        if (i > 0 && *at != ":|"[i - 1])
            continue;
        at += i > 0;
        size_t n = strcspn(at, ends[i]);
        snprintf(part[i], NAME, "%.*s", (int)n, at);
        at += n;
    }
    return at + 1;
}

/* The {/} that belongs to the section whose text begins here. */
static const char *section_end(const char *text)
{
    const char *open = text;
    for (int depth = 1; depth;) {
        tag t;
        open = strchr(text, '{');
        text = read_tag(open, &t);
        depth += t.kind == '/' ? -1 : t.kind != 0;
    }
    return open;
}

static void print(FILE *out, const scope *s, const char *text, const char *end);

static void print_section(FILE *out, const scope *s, const tag *t, const char *text, const char *end)
{
    json_t *v = (json_t *)find(s, t->path).value, *element; /* jansson's loops take no constants, and change nothing */
    const char *name;
    char index[24];
    size_t i;
    if (t->kind == '^' ? !is_there(v) : t->kind == '?' && is_there(v))
        print(out, json_is_object(v) ? &(scope){v, s->name, s} : s, text, end);
    if (t->kind == '#')
        json_object_foreach(v, name, element)
            print(out, &(scope){element, name, s}, text, end);
    if (t->kind == '#')
        json_array_foreach(v, i, element) {
            snprintf(index, sizeof index, "%zu", i);
            print(out, &(scope){element, index, s}, text, end);
        }
}

static void print(FILE *out, const scope *s, const char *text, const char *end)
{
    while (text < end) {
        const char *open = memchr(text, '{', (size_t)(end - text));
        fwrite(text, 1, (size_t)((open ? open : end) - text), out);
        if (!open)
            return;
        tag t;
        text = read_tag(open, &t);
        if (t.kind) {
            const char *close = section_end(text);
            print_section(out, s, &t, text, close);
            text = close + strlen("{/}");
        } else {
            print_value(out, s, &t);
        }
    }
}

void mm_template_print(FILE *out, const char *text, const json_t *tree)
{
    print(out, &(scope){tree, "", NULL}, text, text + strlen(text));
}
