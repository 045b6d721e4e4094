/* Keras' names: see keras.h. */
#include "formats/weights/keras.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/weights/hdf5.h"

enum { NAME = 64 };

typedef enum layer_kind { CONV, NORM, DENSE } layer_kind;

typedef struct layer {
    char prefix[NAME]; /* torchvision's name */
    layer_kind kind;
} layer;

/* ---- layers ---- */

/* Part 0 of a bottleneck unit is the projection. */
static bool unit(layer *l, unsigned stage, unsigned index, unsigned part, layer_kind kind)
{
    l->kind = kind;
    if (stage < 2 || stage > 5 || part > 3)
        return false;
    if (part == 0)
        snprintf(l->prefix, NAME, "layer%u.%u.downsample.%u", stage - 1, index, kind == NORM);
    else
        snprintf(l->prefix, NAME, "layer%u.%u.%s%u", stage - 1, index, kind == NORM ? "bn" : "conv", part);
    return true;
}

/* conv1, bn_conv1, res2a_branch2a, bn2a_branch1, fc1000 */
static bool parse_original(const char *name, layer *l)
{
    char block, branch[3];
    unsigned stage, units;
    int used = 0;
    if (!strcmp(name, "conv1") || !strcmp(name, "bn_conv1")) {
        *l = name[0] == 'c' ? (layer){"conv1", CONV} : (layer){"bn1", NORM};
        return true;
    }
    if (sscanf(name, "fc%5u%n", &units, &used) == 1 && used && !name[used]) {
        *l = (layer){"fc", DENSE};
        return true;
    }
    bool norm = !strncmp(name, "bn", 2);
    if (!norm && strncmp(name, "res", 3))
        return false;
    if (sscanf(name + (norm ? 2 : 3), "%1u%c_branch%2s%n", &stage, &block, branch, &used) != 3 || !used ||
        name[(norm ? 2 : 3) + used] || block < 'a' || block > 'z')
        return false;
    if (!strcmp(branch, "1"))
        return unit(l, stage, (unsigned)(block - 'a'), 0, norm ? NORM : CONV);
    return branch[0] == '2' && branch[1] >= 'a' && branch[1] <= 'c' &&
           unit(l, stage, (unsigned)(block - 'a'), (unsigned)(branch[1] - 'a') + 1, norm ? NORM : CONV);
}

/* conv1_conv, conv1_bn, conv2_block1_0_conv, conv2_block1_1_bn, predictions */
static bool parse_later(const char *name, layer *l)
{
    unsigned stage, block, part;
    int used = 0;
    if (!strcmp(name, "predictions") || !strcmp(name, "probs")) {
        *l = (layer){"fc", DENSE};
        return true;
    }
    if (!strcmp(name, "conv1_conv") || !strcmp(name, "conv1_bn")) {
        *l = name[6] == 'c' ? (layer){"conv1", CONV} : (layer){"bn1", NORM};
        return true;
    }
    if (sscanf(name, "conv%1u_block%2u_%1u_%n", &stage, &block, &part, &used) != 3 || !used || block == 0)
        return false;
    bool norm = !strcmp(name + used, "bn");
    return (norm || !strcmp(name + used, "conv")) && unit(l, stage, block - 1, part, norm ? NORM : CONV);
}

/* ---- variables ---- */

typedef struct variable {
    const char *keras, *torch;
    layer_kind kind;
} variable;

/* Of convolutions and dense layers (CONV), and of batch norms. Keras 1 called the variance running_std. */
static const variable variables[] = {
    {"kernel", "weight", CONV},          {"W", "weight", CONV},           {"bias", "bias", CONV},
    {"b", "bias", CONV},                 {"gamma", "weight", NORM},       {"beta", "bias", NORM},
    {"moving_mean", "running_mean", NORM}, {"running_mean", "running_mean", NORM},
    {"moving_variance", "running_var", NORM}, {"running_std", "running_var", NORM},
};

/* Takes the variable off the end of a path: "conv1/kernel" becomes "conv1/", "conv1_W" "conv1". NULL: none is there. */
static const variable *cut_variable(char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        size_t m = strlen(variables[i].keras);
        if (n <= m || strcmp(path + n - m, variables[i].keras) || !strchr("/_", path[n - m - 1]))
            continue;
        path[n - m - (path[n - m - 1] == '_')] = 0;
        return &variables[i];
    }
    return NULL;
}

/* The last part of the path that is a layer's name. */
static bool find_layer(char *path, layer *l, bool *later)
{
    for (;;) {
        char *slash = strrchr(path, '/');
        const char *part = slash ? slash + 1 : path;
        *later = parse_later(part, l);
        if (*later || parse_original(part, l))
            return true;
        if (!slash)
            return false;
        *slash = 0;
    }
}

/* ---- the table ---- */

/* [height, width, in, out] to [out, in, height, width]; [in, out] to [out, in]. */
static int turn(mm_param *p, mm_error *error)
{
    size_t out = p->dim[p->ndim - 1], in = p->dim[p->ndim - 2], area = p->ndim == 4 ? p->dim[0] * p->dim[1] : 1;
    size_t size = mm_dtype_size(p->dtype);
    unsigned char *old = malloc(p->bytes + 1), *new = p->data;
    if (!old)
        return mm_no_memory(error);
    memcpy(old, new, p->bytes);
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t a = 0; a < area; a++, new += size)
                memcpy(new, old + ((a * in + i) * out + o) * size, size);
    free(old);
    if (p->ndim == 4) {
        p->dim[2] = p->dim[0];
        p->dim[3] = p->dim[1];
    }
    p->dim[0] = out;
    p->dim[1] = in;
    return 0;
}

/* Gives a tensor torchvision's name and order, if its own is known and the other is free. *later: of which scheme. */
static int translate(mm_weights *w, mm_param *p, bool *known, bool *later, mm_error *error)
{
    char path[600], name[2 * NAME];
    layer l;
    snprintf(path, sizeof path, "%s", p->name);
    char *colon = strrchr(path, ':');
    if (colon)
        *colon = 0;
    const variable *v = cut_variable(path);
    *known = v && find_layer(path, &l, later) && (l.kind == NORM) == (v->kind == NORM);
    if (!*known)
        return 0;
    bool kernel = l.kind != NORM && !strcmp(v->torch, "weight");
    snprintf(name, sizeof name, "%s.%s", l.prefix, v->torch);
    *known = p->ndim == (kernel ? l.kind == CONV ? 4 : 2 : 1) && !mm_params_find(&w->params, name);
    if (!*known)
        return 0;
    char *own = strdup(name);
    if (!own)
        return mm_no_memory(error);
    free(p->name);
    p->name = own;
    return kernel ? turn(p, error) : 0;
}

int mm_keras_decode(mm_weights *w, const void *bytes, size_t n, const char *name, mm_error *error)
{
    size_t found[2] = {0};
    int code = mm_hdf5_read(w, bytes, n, "optimizer_weights", name, error);
    for (size_t i = 0; i < w->params.count && !code; i++) {
        bool known, later = false;
        code = translate(w, &w->params.item[i], &known, &later, error);
        found[later] += known;
    }
    if (!code && found[0] + found[1])
        code = mm_weights_set_note(w, MM_KERAS_NOTE, found[1] > found[0] ? "resnet50-tfkeras" : "resnet50-keras", error);
    return code;
}

int mm_keras_check(const mm_weights *w, const char *net, const char *name, mm_error *error)
{
    const char *of = mm_weights_note(w, MM_KERAS_NOTE);
    if (!of || !strcmp(net, of))
        return 0;
    return mm_fail(error, MM_USAGE, "'%s' has the names of %s: in %s its weights would give wrong answers", name, of, net);
}
