/* Networks from descriptions: see net.h.
 *
 * A builder appends layers one by one and remembers how many channels the last one has; the first failure (memory) makes
 * all further appends do nothing. Weights are listed from the finished layers. */
#include "common/nn/net.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/base/random.h"

#define TORCH_EPSILON 1e-5f

typedef struct builder {
    mm_net *net;
    size_t room;
    int at;     /* the layer that the next one reads */
    bool keras; /* convolutions with bias, the stride of a bottleneck in its first 1x1 */
    bool failed;
} builder;

static __attribute__((format(printf, 3, 4))) mm_layer *append(builder *b, mm_layer layer, const char *name, ...)
{
    mm_net *net = b->net;
    if (b->failed)
        return NULL;
    mm_error ignored;
    if (mm_grow(&net->layers, &b->room, net->nlayers + 1, sizeof layer, &ignored)) {
        b->failed = true;
        return NULL;
    }
    va_list ap;
    va_start(ap, name);
    vsnprintf(layer.name, sizeof layer.name, name, ap);
    va_end(ap);
    layer.from = b->at;
    if (!layer.in && b->at >= 0)
        layer.in = net->layers[b->at].out;
    if (!layer.out)
        layer.out = layer.in;
    if (layer.kind != MM_LAYER_NORM)
        layer.add = -1;
    net->layers[net->nlayers] = layer;
    b->at = (int)net->nlayers++;
    return &net->layers[b->at];
}

static void conv(builder *b, const char *prefix, const char *name, size_t out, size_t kernel, size_t stride)
{
    append(b, (mm_layer){.kind = MM_LAYER_CONV, .out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2,
                         .bias = b->keras}, "%s%s", prefix, name);
}

static void norm(builder *b, const char *prefix, const char *name, bool relu, int add)
{
    append(b, (mm_layer){.kind = MM_LAYER_NORM, .relu = relu, .add = add}, "%s%s", prefix, name);
}

/* A residual unit. Bottleneck: 1x1, 3x3 at the stride (Keras: the first 1x1), 1x1 with widths[0..2]; else two 3x3. Where the shape changes the
 * shortcut is a projection, or (plain) subsampling. */
typedef struct unit {
    size_t widths[3], stride;
    bool bottleneck, plain;
} unit;

static void residual(builder *b, const char *prefix, unit u)
{
    int input = b->at;
    size_t out = u.bottleneck ? u.widths[2] : u.widths[1];
    if (b->failed)
        return;
    bool same = u.stride == 1 && b->net->layers[input].out == out;
    bool first = !u.bottleneck || b->keras; /* has the stride */
    conv(b, prefix, "conv1", u.widths[0], u.bottleneck ? 1 : 3, first ? u.stride : 1);
    norm(b, prefix, "bn1", true, -1);
    conv(b, prefix, "conv2", u.widths[1], 3, first ? 1 : u.stride);
    if (u.bottleneck) {
        norm(b, prefix, "bn2", true, -1);
        conv(b, prefix, "conv3", out, 1, 1);
    }
    int main_branch = b->at, shortcut = input;
    if (!same) {
        b->at = input;
        if (u.plain) {
            append(b, (mm_layer){.kind = MM_LAYER_SHORTCUT, .out = out, .stride = u.stride}, "%sshortcut", prefix);
        } else {
            conv(b, prefix, "downsample.0", out, 1, u.stride);
            norm(b, prefix, "downsample.1", false, -1);
        }
        shortcut = b->at;
        b->at = main_branch;
    }
    norm(b, prefix, u.bottleneck ? "bn3" : "bn2", true, shortcut);
}

static void stack(builder *b, const char *prefix, size_t units, unit u)
{
    for (size_t i = 0; i < units; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%zu.", prefix, i);
        residual(b, name, u);
        u.stride = 1;
    }
}

typedef struct trunk_kind {
    const char *name;
    size_t units[4];
    bool bottleneck, keras;
    size_t pool_pad;
    float epsilon;
} trunk_kind;

static void trunk(builder *b, const char *prefix, const trunk_kind *k)
{
    b->keras = k->keras;
    b->net->epsilon = k->epsilon;
    append(b, (mm_layer){.kind = MM_LAYER_INPUT, .out = 3}, "input");
    conv(b, prefix, "conv1", 64, 7, 2);
    norm(b, prefix, "bn1", true, -1);
    append(b, (mm_layer){.kind = MM_LAYER_MAXPOOL, .kernel = 3, .stride = 2, .pad = k->pool_pad}, "%smaxpool", prefix);
    for (size_t i = 0; i < 4; i++) {
        size_t width = (size_t)64 << i;
        char name[24];
        snprintf(name, sizeof name, "%slayer%zu", prefix, i + 1);
        stack(b, name, k->units[i], (unit){{width, width, 4 * width}, i ? 2 : 1, k->bottleneck, false});
    }
}

static void cifar(builder *b, size_t units)
{
    b->net->epsilon = TORCH_EPSILON;
    append(b, (mm_layer){.kind = MM_LAYER_INPUT, .out = 3}, "input");
    conv(b, "", "conv1", 16, 3, 1);
    norm(b, "", "bn1", true, -1);
    for (size_t i = 0; i < 3; i++) {
        size_t width = (size_t)16 << i;
        char name[24];
        snprintf(name, sizeof name, "layer%zu", i + 1);
        stack(b, name, units, (unit){{width, width, width}, i ? 2 : 1, false, true});
    }
}

/* "[512-512-1024]x2" or "[512-512-1024]x2/2" to the end of the text. */
static bool parse_top(const char *text, unit *u, size_t *units)
{
    int end = 0;
    *u = (unit){.stride = 1, .bottleneck = true};
    if (sscanf(text, "[%4zu-%4zu-%4zu]x%1zu%n", &u->widths[0], &u->widths[1], &u->widths[2], units, &end) != 4 || !end)
        return false;
    if (!strcmp(text + end, "/2"))
        u->stride = 2;
    else if (text[end])
        return false;
    for (int i = 0; i < 3; i++)
        if (u->widths[i] == 0 || u->widths[i] > 9999) /* a number with a sign is read as one that is too large */
            return false;
    return *units > 0 && *units < 10;
}

static bool build_layers(builder *b, const char *description)
{
    static const trunk_kind known[] = {
        {"resnet18", {2, 2, 2, 2}, false, false, 1, TORCH_EPSILON},
        {"resnet34", {3, 4, 6, 3}, false, false, 1, TORCH_EPSILON},
        {"resnet50", {3, 4, 6, 3}, true, false, 1, TORCH_EPSILON},
        {"resnet50-keras", {3, 4, 6, 3}, true, true, 0, 1e-3f},
        {"resnet50-tfkeras", {3, 4, 6, 3}, true, true, 1, 1.001e-5f},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].name);
        if (strncmp(description, known[i].name, length))
            continue;
        if (!description[length]) {
            trunk(b, "", &known[i]);
            return true;
        }
        unit u;
        size_t units;
        if (description[length] == '+' && parse_top(description + length + 1, &u, &units)) {
            trunk(b, "trunk.", &known[i]);
            stack(b, "block1", units, u);
            stack(b, "block2", units, u);
            return true;
        }
    }
    size_t depth;
    int end = 0;
    if (sscanf(description, "resnet%3zu-cifar%n", &depth, &end) == 1 && end && !description[end] && depth >= 8 &&
        depth <= 998 && depth % 6 == 2) {
        cifar(b, (depth - 2) / 6);
        return true;
    }
    return false;
}

static void add_weight(mm_net *net, size_t layer, const char *suffix, mm_weight_kind kind, int ndim, const size_t *dim)
{
    mm_weight *w = &net->weights[net->nweights++];
    *w = (mm_weight){.kind = kind, .layer = (int)layer, .ndim = ndim, .count = 1};
    snprintf(w->name, sizeof w->name, "%s.%s", net->layers[layer].name, suffix);
    for (int i = 0; i < ndim; i++) {
        w->dim[i] = dim[i];
        w->count *= dim[i];
    }
    if (kind == MM_WEIGHT || kind == MM_BIAS)
        net->parameters += w->count;
}

static void add_weights(mm_net *net, size_t layer)
{
    const mm_layer *l = &net->layers[layer];
    const size_t dim[4] = {l->out, l->in, l->kernel, l->kernel};
    switch (l->kind) {
    case MM_LAYER_CONV:
        add_weight(net, layer, "weight", MM_WEIGHT, 4, dim);
        if (l->bias)
            add_weight(net, layer, "bias", MM_BIAS, 1, dim);
        break;
    case MM_LAYER_NORM:
        add_weight(net, layer, "weight", MM_WEIGHT, 1, dim);
        add_weight(net, layer, "bias", MM_BIAS, 1, dim);
        add_weight(net, layer, "running_mean", MM_RUNNING_MEAN, 1, dim);
        add_weight(net, layer, "running_var", MM_RUNNING_VAR, 1, dim);
        add_weight(net, layer, "num_batches_tracked", MM_BATCHES, 0, NULL);
        break;
    case MM_LAYER_FC:
        add_weight(net, layer, "weight", MM_WEIGHT, 2, dim);
        add_weight(net, layer, "bias", MM_BIAS, 1, dim);
        break;
    default: break;
    }
}

/* In the order of a state_dict: as the layers, but a projection comes after the unit's last norm. */
static int list_weights(mm_net *net)
{
    net->weights = calloc(5 * net->nlayers, sizeof *net->weights);
    if (!net->weights)
        return MM_FAILURE;
    size_t deferred[2], n = 0;
    for (size_t i = 0; i < net->nlayers; i++) {
        if (strstr(net->layers[i].name, ".downsample.")) {
            deferred[n++] = i;
            continue;
        }
        add_weights(net, i);
        if (net->layers[i].kind == MM_LAYER_NORM && net->layers[i].add >= 0) {
            for (size_t k = 0; k < n; k++)
                add_weights(net, deferred[k]);
            n = 0;
        }
    }
    return 0;
}

int mm_net_build(const char *description, size_t classes, mm_net **out, mm_error *error)
{
    if (classes < 1 || classes > 65536)
        return mm_fail(error, MM_USAGE, "a network has 1 to 65536 classes, not %zu", classes);
    mm_net *net = calloc(1, sizeof *net);
    if (!net)
        return mm_no_memory(error);
    net->classes = classes;
    builder b = {.net = net, .at = -1};
    if (strlen(description) >= sizeof net->description || !build_layers(&b, description)) {
        mm_net_free(net);
        return mm_fail(error, MM_USAGE, "network '%s' is not known", description);
    }
    memcpy(net->description, description, strlen(description) + 1);
    append(&b, (mm_layer){.kind = MM_LAYER_MEAN}, "avgpool");
    append(&b, (mm_layer){.kind = MM_LAYER_FC, .out = classes}, "fc");
    if (b.failed || list_weights(net)) {
        mm_net_free(net);
        return mm_no_memory(error);
    }
    *out = net;
    return 0;
}

void mm_net_free(mm_net *net)
{
    if (!net)
        return;
    free(net->layers);
    free(net->weights);
    free(net);
}

/* True if the layer's name is the prefix (length n) or starts with the prefix and a dot. */
static bool under(const char *name, const char *prefix, size_t n)
{
    return !strncmp(name, prefix, n) && (name[n] == '.' || !name[n]);
}

int mm_net_select(const mm_net *net, const char *spec, bool *trained, mm_error *error)
{
    bool whole = net->nlayers > 1 && !strncmp(net->layers[1].name, "trunk.", 6);
    memset(trained, 0, net->nlayers * sizeof *trained);
    for (const char *p = spec; ; p++) {
        size_t n = strcspn(p, ","), hits = 0;
        bool all = n == 3 && !strncmp(p, "all", 3), top = n == 3 && !strncmp(p, "top", 3);
        for (size_t i = 0; i < net->nlayers; i++) {
            const mm_layer *l = &net->layers[i];
            if (l->kind != MM_LAYER_CONV && l->kind != MM_LAYER_NORM && l->kind != MM_LAYER_FC)
                continue;
            bool in_trunk = whole && !strncmp(l->name, "trunk.", 6);
            bool hit = all || (top && (whole ? !in_trunk : l->kind == MM_LAYER_FC)) ||
                       (n && (under(l->name, p, n) || (in_trunk && under(l->name + 6, p, n))));
            trained[i] = trained[i] || hit;
            hits += hit;
        }
        if (!hits)
            return mm_fail(error, MM_USAGE, "'%.*s' is not a layer of %s", (int)n, p, net->description);
        p += n;
        if (!*p)
            return 0;
    }
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
        float *v = p->data;
        mm_random r;
        mm_random_init(&r, seed, mm_hash_string(w->name), 0);
        double deviation = sqrt(2 / (double)(l->out * l->kernel * l->kernel)), bound = 1 / sqrt((double)l->in);
        for (size_t k = 0; k < w->count; k++)
            if (l->kind == MM_LAYER_CONV && w->kind == MM_WEIGHT)
                v[k] = (float)(deviation * mm_random_normal(&r));
            else if (l->kind == MM_LAYER_FC)
                v[k] = (float)mm_random_range(&r, -bound, bound);
            else
                v[k] = w->kind == MM_WEIGHT || w->kind == MM_RUNNING_VAR;
    }
    return 0;
}
