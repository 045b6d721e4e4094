/* Values of options: see option_value.h. */
#include "common/cli/option_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

/* ---- from text ---- */

/* Position of `text` in "a|b|c", -1 when absent. */
static int choice_of(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (int i = 0; *choices; i++) {
        size_t k = strcspn(choices, "|");
        if (k == n && memcmp(choices, text, n) == 0)
            return i;
        choices += k + (choices[k] == '|');
    }
    return -1;
}

static bool bounded(const mm_option *o) { return o->min != 0 || o->max != 0; }
static double least(const mm_option *o) { return bounded(o) ? o->min : -HUGE_VAL; }
static double most(const mm_option *o) { return bounded(o) ? o->max : HUGE_VAL; }

static int set_int(const mm_option *o, long *field, const char *text)
{
    return mm_parse_long(text, bounded(o) ? (long)o->min : -2000000000, bounded(o) ? (long)o->max : 2000000000, field);
}

static int set_count(const mm_option *o, size_t *field, const char *text)
{
    long v;
    int code = mm_parse_long(text, bounded(o) ? (long)o->min : 0, bounded(o) ? (long)o->max : 2000000000, &v);
    if (!code)
        *field = (size_t)v;
    return code;
}

static int set_u64(uint64_t *field, const char *text)
{
    size_t v;
    if (!mm_slice_number((mm_slice){text, strlen(text)}, &v))
        return MM_USAGE;
    *field = v;
    return MM_OK;
}

static int set_choice(const mm_option *o, int *field, const char *text)
{
    int i = choice_of(o->choices, text);
    if (i < 0)
        return MM_USAGE;
    *field = i;
    return MM_OK;
}

static int set_size(const mm_option *o, mm_size *field, const char *text)
{
    return mm_parse_size(text, bounded(o) ? (size_t)o->min : 1, bounded(o) ? (size_t)o->max : 1000000, field);
}

static int set_range(const mm_option *o, mm_range *field, const char *text)
{
    const char *comma = strchr(text, ',');
    char *low = comma ? strndup(text, (size_t)(comma - text)) : NULL;
    mm_range r = {0, 0};
    bool good = low && !mm_parse_double(low, least(o), most(o), &r.low) &&
                !mm_parse_double(comma + 1, least(o), most(o), &r.high) && r.low <= r.high;
    free(low);
    if (!good)
        return MM_USAGE;
    *field = r;
    return MM_OK;
}

static int add_string(mm_strings *list, const char *text, mm_error *error)
{
    if (mm_grow(&list->items, &list->room, list->n + 1, sizeof *list->items, error))
        return error->code;
    list->items[list->n++] = text;
    return MM_OK;
}

/* MM_USAGE without an error's text: the value is not one of the option's. */
static int set_field(const mm_option *o, void *field, const char *text, mm_error *error)
{
    switch (o->type) {
    case MM_OPT_FLAG:
        *(bool *)field = true;
        return MM_OK;
    case MM_OPT_INT:
        return set_int(o, field, text);
    case MM_OPT_COUNT:
        return set_count(o, field, text);
    case MM_OPT_U64:
        return set_u64(field, text);
    case MM_OPT_DOUBLE:
        return mm_parse_double(text, least(o), most(o), field);
    case MM_OPT_STRING:
        *(const char **)field = text;
        return MM_OK;
    case MM_OPT_LIST:
        return add_string(field, text, error);
    case MM_OPT_CHOICE:
        return set_choice(o, field, text);
    case MM_OPT_SIZE:
        return set_size(o, field, text);
    case MM_OPT_RANGE:
        return set_range(o, field, text);
    }
    return MM_USAGE;
}

int mm_option_set(const mm_option *o, void *values, const char *text, mm_error *error)
{
    int code = set_field(o, (char *)values + o->offset, text, error);
    if (code != MM_USAGE)
        return code;
    if (o->choices)
        return mm_fail(error, MM_USAGE, "--%s=%s: expected one of %s", o->name, text, o->choices);
    if (bounded(o))
        return mm_fail(error, MM_USAGE, "--%s=%s: expected %s from %g to %g", o->name, text, o->argument, o->min, o->max);
    return mm_fail(error, MM_USAGE, "--%s=%s: expected %s", o->name, text, o->argument);
}

/* ---- to text ---- */

/* The shortest text that reads back as the same number. */
static void print_number(mm_text *t, double v)
{
    char text[64];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    mm_text_puts(t, text);
}

/* A word as a shell takes it: quoted when it holds anything but plain characters. */
static void print_word(mm_text *t, const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/=+@%");
    if (*word && !word[plain]) {
        mm_text_puts(t, word);
        return;
    }
    mm_text_puts(t, "'");
    for (; *word; word++)
        if (*word == '\'')
            mm_text_puts(t, "'\\''");
        else
            mm_text_add(t, word, 1);
    mm_text_puts(t, "'");
}

static void print_choice(mm_text *t, const char *choices, int n)
{
    for (; n > 0; n--)
        choices += strcspn(choices, "|") + 1;
    mm_text_add(t, choices, strcspn(choices, "|"));
}

static void print_value(mm_text *t, const mm_option *o, const void *field)
{
    const mm_size *size = field;
    const mm_range *range = field;
    switch (o->type) {
    case MM_OPT_INT:
        print_number(t, (double)*(const long *)field);
        break;
    case MM_OPT_COUNT:
        mm_text_number(t, *(const size_t *)field);
        break;
    case MM_OPT_U64:
        mm_text_number(t, *(const uint64_t *)field);
        break;
    case MM_OPT_DOUBLE:
        print_number(t, *(const double *)field);
        break;
    case MM_OPT_CHOICE:
        print_choice(t, o->choices, *(const int *)field);
        break;
    case MM_OPT_SIZE:
        mm_text_number(t, size->height);
        mm_text_puts(t, "x");
        mm_text_number(t, size->width);
        break;
    case MM_OPT_RANGE:
        print_number(t, range->low);
        mm_text_puts(t, ",");
        print_number(t, range->high);
        break;
    case MM_OPT_FLAG:
    case MM_OPT_STRING:
    case MM_OPT_LIST:
        break;
    }
}

static void print_name(mm_text *t, const mm_option *o)
{
    mm_text_puts(t, " --");
    mm_text_puts(t, o->name);
}

static void print_string(mm_text *t, const mm_option *o, const char *value)
{
    print_name(t, o);
    if (o->bare && !*value)
        return;
    mm_text_puts(t, o->bare ? "=" : " ");
    print_word(t, value);
}

void mm_option_print(mm_text *t, const mm_option *o, const void *values)
{
    const void *field = (const char *)values + o->offset;
    const mm_strings *list = field;
    switch (o->type) {
    case MM_OPT_FLAG:
        if (*(const bool *)field)
            print_name(t, o);
        break;
    case MM_OPT_STRING:
        if (*(const char *const *)field)
            print_string(t, o, *(const char *const *)field);
        break;
    case MM_OPT_LIST:
        for (size_t i = 0; i < list->n; i++)
            print_string(t, o, list->items[i]);
        break;
    default:
        print_name(t, o);
        mm_text_puts(t, " ");
        print_value(t, o, field);
    }
}
