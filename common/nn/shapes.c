/* Shapes of a network's outputs, numbers of its weights. */
#include <stdlib.h>

#include "common/nn/internal.h"
#include "common/nn/layer.h"

static size_t windows(const mm_layer *l, size_t size)
{
    if (l->same)
        return (size + l->stride - 1) / l->stride;
    return size + 2 * l->pad < l->kernel ? 0 : (size + 2 * l->pad - l->kernel) / l->stride + 1;
}

mm_shape mm_layer_windows(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return (mm_shape){x->n, l->out, windows(l, x->h), windows(l, x->w)};
}

mm_shape mm_layer_pair(const mm_layer *l, const mm_shape *x, size_t window)
{
    (void)window;
    return x[0].h == x[1].h && x[0].w == x[1].w ? (mm_shape){x->n, l->out, x->h, x->w} : (mm_shape){0};
}

/* The image is too small, or two layers that are read together have different sizes. */
static int no_shape(const mm_net *net, size_t i, const mm_shape *shapes, mm_error *error)
{
    const mm_layer *l = &net->layers[i];
    if (l->second < 0)
        return mm_fail(error, MM_USAGE, "a batch of %zu images of %zu x %zu is too small for %s", shapes->n, shapes->h, shapes->w,
                       net->description);
    const mm_shape *x = &shapes[l->from], *second = &shapes[l->second];
    return mm_fail(error, MM_USAGE, "layer '%s' of %s (%s) cannot read %s of %zu x %zu with %s of %zu x %zu", l->name, net->description,
                   l->kind->name, net->layers[l->from].name, x->h, x->w, net->layers[l->second].name, second->h, second->w);
}

/* True if the last layer reads the mean of the last features, in training with dropout between. */
static bool ends_in_mean(const mm_net *net)
{
    int i = net->layers[net->nlayers - 1].from;
    while (net->layers[i].kind == &mm_layer_dropout)
        i = net->layers[i].from;
    return net->layers[i].kind == &mm_layer_mean;
}

int mm_net_shapes(const mm_net *net, size_t batch, size_t height, size_t width, size_t window, mm_shape *shapes,
                  mm_error *error)
{
    if (window && !ends_in_mean(net))
        return mm_fail(error, MM_USAGE, "%s cannot be computed densely: its last layer does not read the mean of the last features",
                       net->description);
    shapes[0] = (mm_shape){batch, net->layers[0].out, height, width};
    for (size_t i = 0; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        if (i) {
            const mm_shape x[2] = {shapes[l->from], shapes[l->second >= 0 ? l->second : l->from]};
            shapes[i] = l->kind->shape ? l->kind->shape(l, x, window) : (mm_shape){x->n, l->out, x->h, x->w};
        }
        if (!shapes[i].n || !shapes[i].h || !shapes[i].w)
            return no_shape(net, i, shapes, error);
    }
    return 0;
}

/* Prepends a layer to what lies between it and the features; in and out: extents of what it reads and makes. */
static void prepend(mm_feature_axis *a, const mm_layer *l, size_t in, size_t out)
{
    const mm_op_desc window = {.kernel = l->kernel ? l->kernel : 1, .stride = l->stride ? l->stride : 1, .pad = l->pad, .same = l->same};
    const double middle = (double)(window.kernel - 1) / 2 - (double)mm_op_pad(&window, in, out);
    a->centre = a->centre * (double)window.stride + middle;
    a->stride *= (double)window.stride;
}

int mm_net_feature_axes(const mm_net *net, size_t layer, size_t height, size_t width, mm_feature_axis axis[2], mm_error *error)
{
    if (net->layers[layer].rows)
        return mm_fail(error, MM_USAGE, "layer '%s' of %s (%s) has no rows and columns", net->layers[layer].name, net->description,
                       net->layers[layer].kind->name);
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    int code = shapes ? mm_net_shapes(net, 1, height, width, 0, shapes, error) : mm_no_memory(error);
    if (!code) {
        axis[0] = (mm_feature_axis){.n = shapes[layer].h, .stride = 1};
        axis[1] = (mm_feature_axis){.n = shapes[layer].w, .stride = 1};
    }
    for (size_t i = layer; i && !code; i = (size_t)net->layers[i].from) {
        const mm_layer *l = &net->layers[i];
        prepend(&axis[0], l, shapes[l->from].h, shapes[i].h);
        prepend(&axis[1], l, shapes[l->from].w, shapes[i].w);
    }
    free(shapes);
    return code;
}

/* Along the chain of layers that ends there; shortcuts run beside it at the same steps. */
size_t mm_net_step(const mm_net *net, size_t layer)
{
    size_t step = 1;
    for (int at = (int)layer; at > 0; at = net->layers[at].from)
        step *= net->layers[at].stride ? net->layers[at].stride : 1;
    return step;
}

size_t mm_net_weight(const mm_net *net, size_t layer, mm_weight_kind kind)
{
    size_t i = 0;
    while (net->weights[i].layer != (int)layer || net->weights[i].kind != kind)
        i++;
    return i;
}
