/* Matching of a file's tensors with a network's: see match.h. */
#include "common/nn/match.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 320 };

/* Words that different authors use for the same layer. */
static const char *const synonyms[][2] = {{"linear.", "fc."}, {"fc.", "linear."}, {"shortcut.", "downsample."}};
enum { NUM_SYNONYMS = sizeof synonyms / sizeof *synonyms };

static bool is_counter(const char *name)
{
    static const char end[] = "num_batches_tracked";
    size_t n = strlen(name), m = sizeof end - 1;
    return n >= m && !strcmp(name + n - m, end);
}

static bool same_shape(const mm_param *a, const mm_param *b)
{
    return a->ndim == b->ndim && (a->ndim == 0 || !memcmp(a->dim, b->dim, (size_t)a->ndim * sizeof *a->dim));
}

/* Puts name with `from`, as a whole component, replaced by `to` into out; false when it does not occur. */
static bool replace(const char *name, const char *from, const char *to, char out[NAME])
{
    for (const char *at = strstr(name, from); at; at = strstr(at + 1, from))
        if (at == name || at[-1] == '.') {
            int n = snprintf(out, NAME, "%.*s%s%s", (int)(at - name), name, to, at + strlen(from));
            return n > 0 && n < NAME;
        }
    return false;
}

static long index_of(const mm_params *table, const char *name)
{
    const mm_param *p = mm_params_find(table, name);
    return p ? (long)(p - table->item) : -1;
}

static long find(const mm_params *network, const char *name)
{
    char other[NAME];
    long i = index_of(network, name);
    for (size_t s = 0; i < 0 && s < NUM_SYNONYMS; s++)
        if (replace(name, synonyms[s][0], synonyms[s][1], other))
            i = index_of(network, other);
    return i;
}

/* The network's tensor for a name of the file, or -1; *named is set when a name fits whatever the shape. */
static long target(const mm_params *network, const mm_param *p, const char *prefix, bool *named)
{
    char inside[NAME];
    size_t n = strlen(prefix);
    const char *name = strncmp(p->name, prefix, n) ? p->name : p->name + n;
    long i = find(network, name);
    if (i >= 0)
        *named = true;
    if (i >= 0 && same_shape(&network->item[i], p))
        return i;
    if (snprintf(inside, sizeof inside, "trunk.%s", name) >= NAME)
        return -1;
    i = find(network, inside);
    if (i >= 0)
        *named = true;
    return i >= 0 && same_shape(&network->item[i], p) ? i : -1;
}

/* Fills source and used for one prefix; returns how many tensors fit, counters left out. */
static size_t try(const mm_params *network, const mm_params *file, const char *prefix, mm_match *m)
{
    size_t fits = 0;
    for (size_t i = 0; i < network->count; i++)
        m->source[i] = -1;
    m->other_shape = 0;
    for (size_t i = 0; i < file->count; i++) {
        bool named = false;
        long t = target(network, &file->item[i], prefix, &named);
        m->used[i] = t >= 0 && m->source[t] < 0;
        if (m->used[i]) {
            m->source[t] = (long)i;
            fits += !is_counter(network->item[t].name);
        } else if (named && !is_counter(file->item[i].name)) {
            m->other_shape++;
        }
    }
    return fits;
}

/* What all names of the file begin with, up to a dot. */
static void common_prefix(const mm_params *file, char prefix[64])
{
    size_t n = file->count ? strlen(file->item[0].name) : 0;
    for (size_t i = 1; i < file->count; i++) {
        size_t k = 0;
        while (k < n && file->item[i].name[k] == file->item[0].name[k])
            k++;
        n = k;
    }
    while (n && file->item[0].name[n - 1] != '.')
        n--;
    if (n > 63)
        n = 0;
    if (n)
        memcpy(prefix, file->item[0].name, n);
    prefix[n] = 0;
}

static int copy(mm_param *to, const mm_param *from, mm_error *error)
{
    if (to->dtype == from->dtype) {
        memcpy(to->data, from->data, to->bytes);
        return 0;
    }
    if (to->dtype == MM_F32)
        return mm_param_floats(from, to->data, error);
    float v = 0; /* a counter of another width: i64 in the network */
    if (to->dtype != MM_I64 || to->count != 1)
        return mm_fail(error, MM_FAILURE, "tensor '%s' cannot be taken from data type '%s'", to->name, mm_dtype_name(from->dtype));
    int code = mm_param_floats(from, &v, error);
    if (!code)
        *(int64_t *)to->data = v >= 0 && v < 9e18f ? (int64_t)v : 0;
    return code;
}

int mm_match_params(mm_params *network, const mm_params *file, mm_match *m, mm_error *error)
{
    char shared[64];
    common_prefix(file, shared);
    const char *const prefixes[] = {"",         "module.",   "trunk.",   "module.trunk.", "model.", "net.",
                                    "backbone.", "encoder.", shared};
    *m = (mm_match){0};
    m->source = malloc((network->count + 1) * sizeof *m->source);
    m->used = malloc((file->count + 1) * sizeof *m->used);
    if (!m->source || !m->used) {
        mm_match_free(m);
        return mm_no_memory(error);
    }
    const char *best = "";
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t fits = try(network, file, prefixes[i], m);
        if (fits > m->matched) {
            m->matched = fits;
            best = prefixes[i];
        }
    }
    if (!m->matched) {
        mm_match_free(m);
        return mm_fail(error, MM_FAILURE, "none of its %zu tensors matches the network by name and shape", file->count);
    }
    try(network, file, best, m);
    snprintf(m->prefix, sizeof m->prefix, "%s", best);
    int code = 0;
    for (size_t i = 0; i < network->count && !code; i++) {
        if (m->source[i] >= 0)
            code = copy(&network->item[i], &file->item[m->source[i]], error);
        else
            m->missing += !is_counter(network->item[i].name);
    }
    for (size_t i = 0; i < file->count; i++)
        m->left_over += !m->used[i] && !is_counter(file->item[i].name);
    if (code)
        mm_match_free(m);
    return code;
}

void mm_match_free(mm_match *m)
{
    free(m->source);
    free(m->used);
    *m = (mm_match){0};
}

static size_t append(char *text, size_t size, size_t at, const char *format, ...) __attribute__((format(printf, 4, 5)));

static size_t append(char *text, size_t size, size_t at, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = at < size ? vsnprintf(text + at, size - at, format, ap) : 0;
    va_end(ap);
    return n > 0 ? at + (size_t)n : at;
}

void mm_match_text(const mm_match *m, const mm_params *network, const mm_params *file, size_t list, char *text, size_t size)
{
    size_t at = append(text, size, 0, "%zu of %zu tensors", m->matched, m->matched + m->missing), shown = 0;
    for (size_t i = 0; i < network->count; i++)
        if (m->source[i] < 0 && !is_counter(network->item[i].name)) {
            if (shown < list)
                at = append(text, size, at, shown ? ", %s" : "; missing: %s", network->item[i].name);
            shown++;
        }
    if (shown > list)
        at = append(text, size, at, list ? " and %zu more" : "; %zu missing", shown - list);
    shown = 0;
    for (size_t i = 0; i < file->count; i++)
        if (!m->used[i] && !is_counter(file->item[i].name)) {
            if (shown < list)
                at = append(text, size, at, shown ? ", %s" : "; left over: %s", file->item[i].name);
            shown++;
        }
    if (shown > list)
        at = append(text, size, at, list ? " and %zu more" : "; %zu left over", shown - list);
    if (m->other_shape)
        append(text, size, at, " (%zu of another shape)", m->other_shape);
}
