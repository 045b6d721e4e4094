/* Networks from descriptions, their layers by name, their weights: see net.h. */
#include "common/nn/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/nn/family.h"

static const char TRUNK[] = "trunk.";
enum { TRUNK_LENGTH = sizeof TRUNK - 1 };

/* ---- building ---- */

/* The networks that are known, for an error. */
static int unknown(const char *description, mm_error *error)
{
    mm_text list = {0};
    for (const mm_family *const *f = mm_net_families; *f; f++)
        for (const char *const *name = (*f)->networks; *name; name++) {
            mm_text_puts(&list, list.bytes ? ", " : "");
            mm_text_puts(&list, *name);
        }
    int code = list.failed ? mm_no_memory(error)
                           : mm_fail(error, MM_USAGE, "network '%s' is not known; there are %s, and each of them with +[512-512-1024]x2",
                                     description, list.data);
    free(list.data);
    return code;
}

static bool find_variant(const char *name, size_t length, mm_variant *v)
{
    for (const mm_family *const *f = mm_net_families; *f && length < sizeof v->name; f++) {
        *v = (mm_variant){.family = *f};
        memcpy(v->name, name, length);
        if ((*f)->find(v->name, v))
            return true;
    }
    return false;
}

bool mm_net_is_whole(const char *description) { return strchr(description, '+') != NULL; }

/* What a description says. */
typedef struct recipe {
    mm_variant variant;
    bool whole;
    mm_residual unit; /* whole: its blocks */
    size_t units;
} recipe;

/* False: the description is invalid. */
static bool parse(const char *description, recipe *r)
{
    const size_t length = strcspn(description, "+");
    r->whole = mm_net_is_whole(description);
    return strlen(description) < sizeof ((mm_net *)NULL)->description && find_variant(description, length, &r->variant) &&
           (!r->whole || mm_whole_parse(description + length + 1, &r->unit, &r->units));
}

static void add_layers(mm_builder *b, const recipe *r)
{
    mm_net *net = b->net;
    const mm_variant *v = &r->variant;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_input, .out = 3}, "input");
    b->prefix = r->whole ? TRUNK : "";
    v->family->trunk(b, v);
    net->trunk = (size_t)b->at;
    b->prefix = "";
    if (r->whole)
        mm_whole_head(b, r->unit, r->units, net->classes);
    else
        v->family->head(b, v, net->classes);
}

/* True if layer i can read x: an earlier layer, of maps or rows as the kind takes them. The input is grey, which only convolutions
 * understand. */
static bool can_read(const mm_net *net, size_t i, int x)
{
    const mm_layer *l = &net->layers[i];
    return x >= 0 && x < (int)i && l->kind->takes & (net->layers[x].rows ? MM_ROWS : MM_MAPS) &&
           (net->layers[x].kind != &mm_layer_input || l->kind->storage);
}

static int misfit(const mm_net *net, const mm_layer *l, const mm_layer *x, const mm_layer *second, mm_error *error)
{
    char with[128] = "";
    if (l->kind->inputs > 1)
        snprintf(with, sizeof with, " and %s (%zu channels in %s)", second->name, second->out, second->rows ? "rows" : "maps");
    else if (l->groups > 1)
        snprintf(with, sizeof with, " in %zu groups", l->groups);
    return mm_fail(error, MM_FAILURE, "layer '%s' of %s (%s) cannot make %zu channels of %s (%zu channels in %s)%s", l->name,
                   net->description, l->kind->name, l->out, x->name, x->out, x->rows ? "rows" : "maps", with);
}

static int check_layer(const mm_net *net, size_t i, mm_error *error)
{
    const mm_layer *l = &net->layers[i];
    if (!l->kind || !l->kind->forward)
        return mm_fail(error, MM_FAILURE, "layer '%s' of %s has an unknown kind", l->name, net->description);
    const int inputs[2] = {l->from, l->kind->inputs > 1 ? l->second : l->from};
    for (int k = 0; k < 2; k++)
        if (!can_read(net, i, inputs[k]))
            return mm_fail(error, MM_FAILURE, "layer '%s' of %s (%s) cannot read %s", l->name, net->description, l->kind->name,
                           inputs[k] >= 0 && inputs[k] < (int)i ? net->layers[inputs[k]].name : "a later layer");
    const mm_layer *x = &net->layers[inputs[0]], *second = &net->layers[inputs[1]];
    return l->kind->fits && !l->kind->fits(l, x, second) ? misfit(net, l, x, second, error) : MM_OK;
}

static int check_layers(mm_net *net, mm_error *error)
{
    for (size_t i = 1; i < net->nlayers; i++) {
        if (check_layer(net, i, error))
            return error->code;
        net->random = net->random || net->layers[i].kind->random;
    }
    const mm_layer *last = &net->layers[net->nlayers - 1];
    if (!last->rows || last->out != net->classes)
        return mm_fail(error, MM_FAILURE, "layer '%s' of %s does not make logits", last->name, net->description);
    return MM_OK;
}

/* ---- weights ---- */

struct mm_weight_list {
    mm_net *net;
    size_t layer;
};

void mm_weight_add(mm_weight_list *list, const char *suffix, mm_weight_kind kind, int ndim, const size_t *dim)
{
    mm_net *net = list->net;
    mm_weight *w = &net->weights[net->nweights++];
    *w = (mm_weight){.kind = kind, .layer = (int)list->layer, .ndim = ndim, .count = 1};
    snprintf(w->name, sizeof w->name, "%s.%s", net->layers[list->layer].name, suffix);
    for (int i = 0; i < ndim; i++) {
        w->dim[i] = dim[i];
        w->count *= dim[i];
    }
    if (kind == MM_WEIGHT || kind == MM_BIAS)
        net->parameters += w->count;
}

static int list_weights(mm_net *net, mm_error *error)
{
    enum { MOST = 5 }; /* of one layer */
    net->weights = calloc(MOST * net->nlayers, sizeof *net->weights);
    if (!net->weights)
        return mm_no_memory(error);
    for (size_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].kind->weights)
            net->layers[i].kind->weights(&net->layers[i], &(mm_weight_list){net, i});
    return MM_OK;
}

static int build(const char *description, const recipe *r, size_t classes, mm_net **out, mm_error *error)
{
    if (classes < 1 || classes > 65536)
        return mm_fail(error, MM_USAGE, "a network has 1 to 65536 classes, not %zu", classes);
    mm_net *net = calloc(1, sizeof *net);
    if (!net)
        return mm_no_memory(error);
    const mm_variant *v = &r->variant;
    net->family = v->family;
    net->std = v->std;
    net->whole = r->whole;
    net->classes = classes;
    snprintf(net->description, sizeof net->description, "%s", description);
    snprintf(net->base, sizeof net->base, "%s", v->name);
    snprintf(net->block, sizeof net->block, "%s", v->block);
    snprintf(net->split, sizeof net->split, "%s", v->split);
    mm_builder b = {.net = net, .prefix = "", .epsilon = 1e-5f, .momentum = 0.1f};
    add_layers(&b, r);
    int code = b.failed ? mm_no_memory(error) : MM_OK;
    if (code || (code = check_layers(net, error)) || (code = list_weights(net, error)))
        mm_net_free(net);
    else
        *out = net;
    return code;
}

int mm_net_build(const char *description, size_t classes, mm_net **net, mm_error *error)
{
    recipe r;
    return parse(description, &r) ? build(description, &r, classes, net, error) : unknown(description, error);
}

int mm_net_build_variant(const mm_variant *variant, size_t classes, mm_net **net, mm_error *error)
{
    return build(variant->name, &(recipe){.variant = *variant}, classes, net, error);
}

void mm_net_free(mm_net *net)
{
    if (!net)
        return;
    free(net->layers);
    free(net->weights);
    free(net);
}

int mm_net_init(const mm_net *net, uint64_t seed, mm_params *table, mm_error *error)
{
    for (size_t i = 0; i < net->nweights; i++) {
        const mm_weight *w = &net->weights[i];
        const mm_layer *l = &net->layers[w->layer];
        mm_param *p = mm_params_add(table, w->name, w->kind == MM_BATCHES ? MM_I64 : MM_F32, w->ndim, w->dim, error);
        if (!p)
            return error->code;
        if (w->kind == MM_BATCHES)
            continue;
        mm_random r;
        mm_random_init(&r, seed, mm_hash_string(w->name), 0);
        l->kind->init(l, w->kind, w->count, &r, p->data);
    }
    return MM_OK;
}

/* ---- layers by name ---- */

static bool in_trunk(const mm_net *net, size_t layer) { return net->whole && layer && layer <= net->trunk; }

/* True if the layer's name is the prefix (length n) or begins with the prefix and a dot, "trunk." before it or not. */
static bool under(const mm_net *net, size_t layer, const char *prefix, size_t n)
{
    const char *name = net->layers[layer].name;
    for (int k = 0; k < 2; k++, name += TRUNK_LENGTH) {
        if (n && !strncmp(name, prefix, n) && (name[n] == '.' || !name[n]))
            return true;
        if (!in_trunk(net, layer))
            break;
    }
    return false;
}

/* Names that could have been meant: the first parts of the layers' names, each once. */
static int not_a_layer(const mm_net *net, const char *name, size_t length, mm_error *error)
{
    mm_text list = {0};
    const char *last = "";
    size_t last_length = 0;
    for (size_t i = 1; i < net->nlayers; i++) {
        const char *at = net->layers[i].name + (in_trunk(net, i) ? TRUNK_LENGTH : 0);
        const size_t n = strcspn(at, ".");
        if (n == last_length && !strncmp(at, last, n))
            continue;
        mm_text_puts(&list, last_length ? ", " : "");
        mm_text_add(&list, at, n);
        last = at;
        last_length = n;
    }
    int code = list.failed ? mm_no_memory(error)
                           : mm_fail(error, MM_USAGE, "'%.*s' is not a layer of %s; there are %s", (int)length, name, net->description,
                                     list.data);
    free(list.data);
    return code;
}

static bool word_is(const char *word, size_t n, const char *is) { return strlen(is) == n && !strncmp(word, is, n); }

/* Marks the layers with weights that a word means; returns how many. */
static size_t mark(const mm_net *net, const char *word, size_t n, bool *trained)
{
    const bool all = word_is(word, n, "all"), top = word_is(word, n, "top"), missing = word_is(word, n, "missing"),
               last = word_is(word, n, "last") || (top && !net->whole);
    size_t hits = 0;
    for (size_t i = 1; i < net->nlayers; i++) {
        if (!net->layers[i].kind->weights)
            continue;
        const bool hit = all || (missing && net->layers[i].missing) || (top && net->whole && !in_trunk(net, i)) ||
                         (last && i + 1 == net->nlayers) || under(net, i, word, n);
        trained[i] = trained[i] || hit;
        hits += hit;
    }
    return hits;
}

static int mark_list(const mm_net *net, const char *list, bool *trained, mm_error *error)
{
    for (const char *p = list;; p++) {
        const size_t n = strcspn(p, ",");
        if (word_is(p, n, "block") ? mark_list(net, net->block, trained, error) : !mark(net, p, n, trained) && !word_is(p, n, "missing"))
            return not_a_layer(net, p, n, error);
        p += n;
        if (!*p)
            return MM_OK;
    }
}

int mm_net_select(const mm_net *net, const char *spec, bool *trained, mm_error *error)
{
    memset(trained, 0, net->nlayers * sizeof *trained);
    return mark_list(net, spec, trained, error);
}

int mm_net_mark_missing(mm_net *net, const char *names, mm_error *error)
{
    for (const char *p = names;; p++) {
        const size_t n = strcspn(p, ",");
        size_t hits = 0;
        for (size_t i = 1; i < net->nlayers; i++)
            if (word_is(p, n, net->layers[i].name))
                hits = net->layers[i].missing = true;
        if (!hits)
            return mm_fail(error, MM_DAMAGED, "'%.*s' is not a layer of %s", (int)n, p, net->description);
        p += n;
        if (!*p)
            return MM_OK;
    }
}

int mm_net_name_layers(const mm_net *net, const char *spec, char *text, size_t size, mm_error *error)
{
    size_t at = 0;
    for (const char *p = spec;; p++) {
        const size_t n = strcspn(p, ",");
        const char *name = word_is(p, n, "block") ? net->block : word_is(p, n, "last") ? net->layers[net->nlayers - 1].name : p;
        const int length = snprintf(text + at, size - at, "%s%.*s", at ? "," : "", name == p ? (int)n : (int)strlen(name), name);
        if (length < 0 || (size_t)length >= size - at)
            return mm_fail(error, MM_USAGE, "'%s': a list of layers is too long", spec);
        at += (size_t)length;
        p += n;
        if (!*p)
            return MM_OK;
    }
}

int mm_net_find_layer(const mm_net *net, const char *name, size_t *layer, mm_error *error)
{
    for (size_t i = net->nlayers; i-- > 1;)
        if (under(net, i, name, strlen(name))) {
            *layer = i;
            return MM_OK;
        }
    return not_a_layer(net, name, strlen(name), error);
}
