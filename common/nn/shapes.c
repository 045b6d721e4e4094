/* Shapes of a network's outputs, descriptions of its convolutions, numbers of its weights. */
#include "common/nn/internal.h"

static size_t windows(size_t size, const mm_layer *l)
{
    return size + 2 * l->pad < l->kernel ? 0 : (size + 2 * l->pad - l->kernel) / l->stride + 1;
}

int mm_net_shapes(const mm_net *net, size_t batch, size_t height, size_t width, size_t window, mm_shape *shapes,
                  mm_error *error)
{
    for (size_t i = 0; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        mm_shape x = l->from >= 0 ? shapes[l->from] : (mm_shape){batch, 3, height, width}, y = x;
        y.c = l->out;
        if (l->kind == MM_LAYER_CONV || l->kind == MM_LAYER_MAXPOOL) {
            y.h = windows(x.h, l);
            y.w = windows(x.w, l);
        } else if (l->kind == MM_LAYER_SHORTCUT) {
            y.h = (x.h + l->stride - 1) / l->stride;
            y.w = (x.w + l->stride - 1) / l->stride;
        } else if (l->kind == MM_LAYER_MEAN) {
            y.h = !window ? 1 : x.h < window ? 0 : x.h - window + 1;
            y.w = !window ? 1 : x.w < window ? 0 : x.w - window + 1;
        }
        if (!y.n || !y.h || !y.w || !x.h || !x.w)
            return mm_fail(error, MM_USAGE, "a batch of %zu images of %zu x %zu is too small for %s", batch, height,
                           width, net->description);
        shapes[i] = y;
    }
    return 0;
}

mm_op_desc mm_conv_desc(const mm_net *net, size_t layer, const mm_shape *shapes, mm_dtype precision)
{
    const mm_layer *l = &net->layers[layer];
    return (mm_op_desc){.kind = MM_OP_CONV, .dtype = precision, .x = shapes[l->from], .y = shapes[layer],
                        .kernel = l->kernel, .stride = l->stride, .pad = l->pad,
                        .grey = net->layers[l->from].kind == MM_LAYER_INPUT, .bias = l->bias};
}

size_t mm_net_weight(const mm_net *net, size_t layer, mm_weight_kind kind)
{
    size_t i = 0;
    while (net->weights[i].layer != (int)layer || net->weights[i].kind != kind)
        i++;
    return i;
}
