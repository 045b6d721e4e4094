/* Residual units (He et al. 2016): see family.h. */
#include <stdio.h>

#include "common/nn/family.h"

static int projection(mm_builder *b, const char *prefix, int input, size_t out, const mm_residual *u)
{
    b->at = input;
    if (u->plain)
        return mm_builder_add(b, (mm_layer){.kind = &mm_layer_shortcut, .out = out, .stride = u->stride}, "%sshortcut", prefix);
    mm_builder_conv(b, out, 1, u->stride, prefix, "downsample.0");
    return mm_builder_norm(b, prefix, "downsample.1");
}

static void residual(mm_builder *b, const char *prefix, mm_residual u)
{
    const int input = b->at;
    const size_t out = u.bottleneck ? u.widths[2] : u.widths[1];
    const bool same = u.stride == 1 && mm_builder_channels(b, input) == out;
    const bool first = !u.bottleneck || b->early_stride; /* has the stride */
    mm_builder_conv(b, u.widths[0], u.bottleneck ? 1 : 3, first ? u.stride : 1, prefix, "conv1");
    mm_builder_norm(b, prefix, "bn1");
    mm_builder_relu(b, prefix, "relu1");
    mm_builder_conv(b, u.widths[1], 3, first ? 1 : u.stride, prefix, "conv2");
    int main_branch = mm_builder_norm(b, prefix, "bn2");
    if (u.bottleneck) {
        mm_builder_relu(b, prefix, "relu2");
        mm_builder_conv(b, out, 1, 1, prefix, "conv3");
        main_branch = mm_builder_norm(b, prefix, "bn3");
    }
    const int shortcut = same ? input : projection(b, prefix, input, out, &u);
    b->at = main_branch;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = shortcut}, "%sadd", prefix);
    mm_builder_relu(b, prefix, "relu");
}

void mm_builder_residuals(mm_builder *b, const char *prefix, size_t units, mm_residual u)
{
    for (size_t i = 0; i < units; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%zu.", prefix, i);
        residual(b, name, u);
        u.stride = 1;
    }
}
