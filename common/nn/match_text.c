/* What a match found, for people: see match.h. */
#include <stdarg.h>
#include <stdio.h>

#include "common/nn/match.h"

/* Text of a fixed size that is filled from the left. */
typedef struct line {
    char *text;
    size_t size, at;
} line;

static void append(line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(line *l, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = l->at < l->size ? vsnprintf(l->text + l->at, l->size - l->at, format, ap) : 0;
    va_end(ap);
    l->at += n > 0 ? (size_t)n : 0;
}

/* Names of a kind, at most `most` of them. */
typedef struct names {
    line *to;
    const char *kind;
    size_t most, n;
} names;

static void add_name(names *l, const char *name)
{
    if (l->n < l->most && !l->n)
        append(l->to, "; %s: %s", l->kind, name);
    else if (l->n < l->most)
        append(l->to, ", %s", name);
    l->n++;
}

static void end_names(names *l)
{
    if (l->n > l->most && l->most)
        append(l->to, " and %zu more", l->n - l->most);
    else if (l->n > l->most)
        append(l->to, "; %zu %s", l->n, l->kind);
}

static void append_conversions(line *l, const mm_match *m, const mm_params *network, const mm_params *file)
{
    const size_t count = network->count;
    if (m->both || m->averages)
        append(l, "; %s weights%s", m->averages ? "EMA" : "plain",
               !m->both ? "" : m->averages ? ", not the plain ones" : ", not their EMA");
    if (m->grey)
        append(l, "; %s of one channel, for three equal ones", network->item[0].name);
    const size_t weight = count - (count > 1 && network->item[count - 1].ndim == 1) - 1; /* of the last layer */
    if (m->other_name)
        append(l, "; %s is its %s", network->item[weight].name, file->item[m->source[weight]].name);
    if (m->one_logit)
        append(l, "; one logit, as the second of two classes");
    if (m->no_bias)
        append(l, "; %s 0, as it has none", network->item[count - 1].name);
}

void mm_match_text(const mm_match *m, const mm_params *network, const mm_params *file, size_t list, char *text, size_t size)
{
    line l = {text, size, 0};
    names missing = {&l, "missing", list, 0}, left = {&l, "left over", list, 0};
    append(&l, "%zu of %zu tensors", m->matched, m->matched + m->missing);
    append_conversions(&l, m, network, file);
    for (size_t i = 0; i < network->count; i++)
        if (mm_match_is_missing(m, network, i))
            add_name(&missing, network->item[i].name);
    end_names(&missing);
    for (size_t i = 0; i < file->count; i++)
        if (mm_match_is_left(m, file, i))
            add_name(&left, file->item[i].name);
    end_names(&left);
    if (m->other_shape)
        append(&l, " (%zu of another shape)", m->other_shape);
}
