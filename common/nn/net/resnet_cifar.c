/* ResNets for small images (He et al. 2016, section 4.2): resnet20-cifar, 32, 44, 56, 110 and every other depth of 6 n + 2.
 * Three stages of 16, 32 and 64 channels, shortcuts without parameters (option A). */
#include <stdio.h>

#include "common/nn/family.h"

static bool find(const char *name, mm_variant *v)
{
    int end = 0;
    if (sscanf(name, "resnet%3zu-cifar%n", &v->depth, &end) != 1 || !end || name[end] || v->depth < 8 || v->depth > 998 ||
        v->depth % 6 != 2)
        return false;
    snprintf(v->split, sizeof v->split, "layer1");
    snprintf(v->block, sizeof v->block, "layer3.%zu", (v->depth - 2) / 6 - 1);
    return true;
}

static void trunk(mm_builder *b, const mm_variant *v)
{
    mm_builder_conv(b, 16, 3, 1, "", "conv1");
    mm_builder_norm(b, "", "bn1");
    mm_builder_relu(b, "", "relu");
    for (size_t i = 0; i < 3; i++) {
        const size_t width = (size_t)16 << i;
        char name[24];
        snprintf(name, sizeof name, "layer%zu", i + 1);
        mm_builder_residuals(b, name, (v->depth - 2) / 6, (mm_residual){{width, width, width}, i ? 2 : 1, false, true});
    }
}

static void head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "avgpool");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

const mm_family mm_family_resnet_cifar = {
    .title = "ResNet for small images (He et al. 2016, section 4.2), of every depth 6 n + 2",
    .networks = (const char *const[]){"resnet20-cifar", "resnet56-cifar", NULL},
    .weights = NULL,
    .find = find, .trunk = trunk, .head = head};
