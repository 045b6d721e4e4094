/* A network with every kind of inner layer, of a family that exists for tests only: convolutions without batch norm, average
 * pooling, concatenation of maps and of rows, squeeze-and-excitation, groups, depthwise, sigmoids, and fully connected layers in
 * the middle. Few of its channels fill a block or a lane. */
#ifndef MM_TESTS_UNIT_NN_INNER_H
#define MM_TESTS_UNIT_NN_INNER_H

#include "common/nn/family.h"

/* Scales the last layer by what a small network makes of its means. */
static inline void inner_excitation(mm_builder *b)
{
    const int x = b->at;
    const size_t channels = mm_builder_channels(b, x);
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "se.mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 5}, "se.fc1");
    mm_builder_relu(b, "se.", "relu");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = channels}, "se.fc2");
    const int factors = mm_builder_add(b, (mm_layer){.kind = &mm_layer_sigmoid}, "se.sigmoid");
    b->at = x;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_scale, .second = factors}, "se.scale");
}

static inline void inner_trunk(mm_builder *b, const mm_variant *v)
{
    (void)v;
    mm_builder_conv(b, 7, 3, 1, "", "stem");
    mm_builder_relu(b, "", "relu0");
    const int pooled = mm_builder_add(b, (mm_layer){.kind = &mm_layer_avgpool, .kernel = 3, .stride = 2, .pad = 1}, "avgpool");
    b->bias = true;
    mm_builder_conv(b, 17, 1, 1, "", "branch");
    mm_builder_relu(b, "", "relu1");
    b->bias = false;
    mm_builder_concat(b, pooled, "", "concat");
    inner_excitation(b);
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .kernel = 3, .stride = 2, .pad = 1, .groups = 3}, "grouped");
    mm_builder_norm(b, "", "norm1");
    const int shortcut = mm_builder_relu(b, "", "relu2");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .kernel = 3, .stride = 1, .pad = 1, .groups = 24}, "depthwise");
    mm_builder_norm(b, "", "norm2");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = shortcut}, "add");
    mm_builder_relu(b, "", "relu3");
    mm_builder_conv(b, 19, 1, 1, "", "project");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_sigmoid}, "gate");
}

static inline void inner_head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    const int means = mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 10}, "fc1");
    mm_builder_relu(b, "", "relu4");
    mm_builder_concat(b, means, "", "both");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 7}, "fc2");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_sigmoid}, "sigmoid");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc3");
}

static inline int inner_build(size_t classes, mm_net **net, mm_error *error)
{
    static const mm_family family = {.title = "inner layers", .trunk = inner_trunk, .head = inner_head};
    return mm_net_build_variant(&(mm_variant){.family = &family, .name = "inner", .block = "project"}, classes, net, error);
}

#endif
