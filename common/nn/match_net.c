/* Weights of a file for a network: see match_net.h. */
#include "common/nn/match_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/text.h"
#include "common/nn/family.h"

/* ---- which network ---- */

/* The name of a weight in files of the family's other kind: that of its layer changes. */
static void other_name(const mm_net *net, const mm_weight *w, char *name, size_t size)
{
    static const char TRUNK[] = "trunk.";
    const char *layer = net->layers[w->layer].name, *suffix = w->name + strlen(layer);
    const bool inner = !strncmp(layer, TRUNK, sizeof TRUNK - 1);
    char text[64];
    if (net->family->other_name(inner ? layer + sizeof TRUNK - 1 : layer, text, sizeof text))
        snprintf(name, size, "%s%s%s", inner ? TRUNK : "", text, suffix);
    else
        snprintf(name, size, "%s", w->name);
}

/* Names and shapes of a network's weights, without numbers. */
static int list_names(const mm_net *net, bool other, mm_params *table, mm_error *error)
{
    for (size_t i = 0; i < net->nweights; i++) {
        const mm_weight *w = &net->weights[i];
        char name[sizeof w->name + 16];
        snprintf(name, sizeof name, "%s", w->name);
        if (other)
            other_name(net, w, name, sizeof name);
        mm_param p = {.name = strdup(name), .dtype = MM_F32, .ndim = w->ndim, .count = w->count};
        memcpy(p.dim, w->dim, sizeof w->dim);
        if (!p.name || mm_grow(&table->item, &table->room, table->count + 1, sizeof p, error)) {
            free(p.name);
            return mm_no_memory(error);
        }
        table->item[table->count++] = p;
    }
    return MM_OK;
}

static int find_named(const mm_net *net, bool other, const mm_params *file, const mm_match_options *o, mm_params *table, mm_match *m,
                      mm_error *error)
{
    int code = list_names(net, other, table, error);
    return code ? code : mm_match_find(table, file, o, m, error);
}

/* Finds the file's tensors by the names, of the two kinds that a family may have, of which more match. */
static int find_tensors(const mm_net *net, const mm_params *file, const mm_match_options *o, mm_params *table, mm_match *m, mm_error *error)
{
    mm_params names = {0};
    mm_match second = {0};
    mm_error ignored;
    int code = find_named(net, false, file, o, table, m, error);
    if (net->family->other_name && (code || m->missing) && !find_named(net, true, file, o, &names, &second, &ignored) &&
        (code || second.matched > m->matched)) {
        const mm_params own = *table;
        const mm_match first = *m;
        *table = names;
        *m = second;
        names = own;
        second = first;
        code = MM_OK;
    }
    mm_match_free(&second);
    mm_params_free(&names);
    return code;
}

/* Number of the trunk's tensors, and of those that were not found. */
static size_t missing_in_trunk(const mm_net *net, const mm_match *m, size_t *all)
{
    size_t missing = 0;
    *all = 0;
    for (size_t i = 0; i < net->nweights; i++)
        if (net->weights[i].layer <= (int)net->trunk && net->weights[i].kind != MM_BATCHES) {
            *all += 1;
            missing += m->source[i] < 0;
        }
    return missing;
}

/* The share of names and shapes of the network's trunk and of the file that they have in common; 0 after a failure. */
static double likeness(const char *name, const mm_params *file, const mm_match_options *o)
{
    mm_net *net = NULL;
    mm_params table = {0};
    mm_match m = {0};
    mm_error ignored;
    double share = 0;
    if (!mm_net_build(name, 1000, &net, &ignored) && !find_tensors(net, file, o, &table, &m, &ignored)) {
        size_t all;
        const size_t missing = missing_in_trunk(net, &m, &all);
        share = (double)(all - missing) / (double)(all + m.strangers);
    }
    mm_match_free(&m);
    mm_params_free(&table);
    mm_net_free(net);
    return share;
}

/* Writes of what network the file is, if it is more like another one than like this one. */
static void name_network(const mm_net *net, const mm_params *file, const mm_match_options *o, char *text, size_t size)
{
    double best = likeness(net->base, file, o);
    *text = 0;
    for (const mm_family *const *f = mm_net_families; *f; f++)
        for (const char *const *name = (*f)->networks; *name; name++) {
            const double share = likeness(*name, file, o);
            if (share <= best || share < 0.5)
                continue;
            best = share;
            if (share == 1)
                snprintf(text, size, "; its names and shapes are those of %s", *name);
            else
                snprintf(text, size, "; its names and shapes are most like those of %s", *name);
        }
}

/* ---- judging ---- */

static void add_name(mm_text *text, const char *name, size_t n)
{
    if (n < 3)
        mm_text_puts(text, n ? ", " : "");
    if (n < 3)
        mm_text_puts(text, name);
    if (n == 3)
        mm_text_puts(text, ", ...");
}

/* "conv1.weight, bn1.weight, bn1.bias, ...": the first names that were not found. */
static void add_missing(mm_text *text, const mm_params *table, const mm_match *m)
{
    size_t n = 0;
    for (size_t i = 0; i < table->count; i++)
        if (mm_match_is_missing(m, table, i))
            add_name(text, table->item[i].name, n++);
}

/* The first names of the file that were not used, or of those that are strangers. */
static void add_unused(mm_text *text, const mm_params *file, const mm_match *m, bool strangers)
{
    size_t n = 0;
    for (size_t i = 0; i < file->count; i++)
        if (mm_match_is_left(m, file, i) && (!strangers || m->stranger[i]))
            add_name(text, file->item[i].name, n++);
    if (!n)
        mm_text_puts(text, "nothing");
    if (m->other_shape && !strangers) {
        mm_text_puts(text, "; tensors of another shape: ");
        mm_text_number(text, m->other_shape);
    }
}

typedef enum fault { FINE, NOTHING, LACKING, STRANGERS } fault;

static fault judge(const mm_net *net, const mm_match *m, mm_match_need need)
{
    size_t all;
    if (!m->matched)
        return NOTHING;
    if (need != MM_MATCH_SOME && (need == MM_MATCH_ALL ? m->missing : missing_in_trunk(net, m, &all)))
        return LACKING;
    return need != MM_MATCH_SOME && m->strangers ? STRANGERS : FINE;
}

static int refuse(const mm_net *net, const mm_params *file, const mm_match_options *o, const mm_params *table, const mm_match *m,
                  fault why, mm_error *error)
{
    mm_text ours = {0}, theirs = {0};
    char other[120];
    add_missing(&ours, table, m);
    add_unused(&theirs, file, m, why == STRANGERS);
    name_network(net, file, o, other, sizeof other);
    if (ours.failed || theirs.failed)
        mm_no_memory(error);
    else if (why == STRANGERS)
        mm_fail(error, MM_FAILURE, "it has %zu tensors in layers of %s that do not belong there: %s%s (--partial leaves them out)",
                m->strangers, net->description, theirs.data, other);
    else if (!file->count)
        mm_fail(error, MM_FAILURE, "it holds no tensors");
    else if (why == NOTHING)
        mm_fail(error, MM_FAILURE, "none of its %zu tensors matches %s by name and shape: it has %s; the network has %s%s", file->count,
                net->description, theirs.data, ours.data, other);
    else
        mm_fail(error, MM_FAILURE, "it lacks %zu tensors of %s for %zu classes: %s; it has left over: %s%s (--partial makes random ones)",
                m->missing, net->description, net->classes, ours.data, theirs.data, other);
    free(ours.data);
    free(theirs.data);
    return error->code;
}

/* ---- all ---- */

int mm_match_net(const mm_net *net, const mm_params *file, const mm_match_options *o, mm_match_need need, mm_match *m, mm_error *error)
{
    mm_params table = {0};
    *m = (mm_match){0};
    int code = find_tensors(net, file, o, &table, m, error);
    const fault why = code ? FINE : judge(net, m, need);
    if (why)
        code = refuse(net, file, o, &table, m, why, error);
    if (code)
        mm_match_free(m);
    mm_params_free(&table);
    return code;
}

void mm_match_mark(const mm_match *m, mm_net *net)
{
    for (size_t i = 0; i < net->nweights; i++) {
        const bool zero = m->no_bias && i + 1 == net->nweights;
        if (net->weights[i].kind != MM_BATCHES && m->source[i] < 0 && !zero)
            net->layers[net->weights[i].layer].missing = true;
    }
    for (size_t i = 1; i < net->nlayers; i++) {
        mm_layer *l = &net->layers[i];
        l->missing = l->missing || (l->kind == &mm_layer_norm && net->layers[l->from].missing);
    }
}
