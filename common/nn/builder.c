/* The builder that families of networks append their layers to: see family.h. */
#include <stdarg.h>
#include <stdio.h>

#include "common/base/grow.h"
#include "common/nn/family.h"

size_t mm_builder_channels(const mm_builder *b, int layer) { return b->failed ? 1 : b->net->layers[layer].out; }

int mm_builder_add(mm_builder *b, mm_layer layer, const char *name, ...)
{
    mm_net *net = b->net;
    mm_error ignored;
    if (b->failed || (b->failed = mm_grow(&net->layers, &b->room, net->nlayers + 1, sizeof layer, &ignored)))
        return 0;
    const int n = snprintf(layer.name, sizeof layer.name, "%s", b->prefix);
    va_list ap;
    va_start(ap, name);
    vsnprintf(layer.name + n, sizeof layer.name - (size_t)n, name, ap);
    va_end(ap);
    const mm_layer_kind none = {0}, *kind = layer.kind ? layer.kind : &none;
    layer.from = kind->inputs ? b->at : -1;
    layer.second = kind->inputs > 1 ? layer.second : -1;
    const mm_layer *read = layer.from >= 0 ? &net->layers[layer.from] : NULL;
    if (!layer.in && read)
        layer.in = read->out;
    if (!layer.out)
        layer.out = layer.in;
    if (!layer.groups)
        layer.groups = 1;
    layer.rows = kind->makes ? kind->makes == MM_ROWS : read && read->rows;
    net->layers[net->nlayers] = layer;
    return b->at = (int)net->nlayers++;
}

int mm_builder_conv(mm_builder *b, size_t out, size_t kernel, size_t stride, const char *prefix, const char *name)
{
    return mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2,
                                        .same = b->same, .bias = b->bias}, "%s%s", prefix, name);
}

int mm_builder_depthwise(mm_builder *b, size_t kernel, size_t stride, const char *prefix, const char *name)
{
    const size_t channels = mm_builder_channels(b, b->at);
    return mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .kernel = kernel, .stride = stride, .pad = kernel / 2, .groups = channels,
                                        .same = b->same, .bias = b->bias}, "%s%s", prefix, name);
}

int mm_builder_norm(mm_builder *b, const char *prefix, const char *name)
{
    return mm_builder_add(b, (mm_layer){.kind = &mm_layer_norm, .epsilon = b->epsilon, .momentum = b->momentum}, "%s%s", prefix, name);
}

int mm_builder_relu(mm_builder *b, const char *prefix, const char *name)
{
    return mm_builder_add(b, (mm_layer){.kind = &mm_layer_relu, .limit = b->limit}, "%s%s", prefix, name);
}

int mm_builder_concat(mm_builder *b, int second, const char *prefix, const char *name)
{
    const size_t out = mm_builder_channels(b, b->at) + mm_builder_channels(b, second);
    return mm_builder_add(b, (mm_layer){.kind = &mm_layer_concat, .second = second, .out = out}, "%s%s", prefix, name);
}
