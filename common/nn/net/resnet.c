/* ResNets (He et al. 2016).
 *
 *   resnet18 resnet34 resnet50   torchvision's, v1.5: stride in the 3x3 convolution
 *   resnet50-keras               Keras' original: stride in the first 1x1, convolutions with bias, batch norm epsilon 1e-3,
 *                                maximum pooling without padding
 *   resnet50-tfkeras             Keras' later one: the same except for epsilon 1.001e-5 and padded pooling
 *
 * Torchvision's weights were trained on input divided by 0.226 of full scale (mean of its three channels); Keras' are not
 * divided. */
#include <stdio.h>
#include <string.h>

#include "common/nn/family.h"

typedef struct design {
    const char *name;
    size_t units[4];
    bool bottleneck, keras;
    size_t pool_pad;
    float epsilon; /* 0: the builder's */
    double std;
} design;

static const design designs[] = {
    {"resnet18", {2, 2, 2, 2}, false, false, 1, 0, 57.6},
    {"resnet34", {3, 4, 6, 3}, false, false, 1, 0, 57.6},
    {"resnet50", {3, 4, 6, 3}, true, false, 1, 0, 57.6},
    {"resnet50-keras", {3, 4, 6, 3}, true, true, 0, 1e-3f, 1},
    {"resnet50-tfkeras", {3, 4, 6, 3}, true, true, 1, 1.001e-5f, 1},
};

static bool find(const char *name, mm_variant *v)
{
    for (size_t i = 0; i < sizeof designs / sizeof *designs; i++)
        if (!strcmp(name, designs[i].name)) {
            v->design = &designs[i];
            v->std = designs[i].std;
            snprintf(v->split, sizeof v->split, "layer1");
            snprintf(v->block, sizeof v->block, "layer4.%zu", designs[i].units[3] - 1);
            return true;
        }
    return false;
}

static void trunk(mm_builder *b, const mm_variant *v)
{
    const design *d = v->design;
    b->bias = b->early_stride = d->keras;
    b->epsilon = d->epsilon > 0 ? d->epsilon : b->epsilon;
    mm_builder_conv(b, 64, 7, 2, "", "conv1");
    mm_builder_norm(b, "", "bn1");
    mm_builder_relu(b, "", "relu");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_maxpool, .kernel = 3, .stride = 2, .pad = d->pool_pad}, "maxpool");
    for (size_t i = 0; i < 4; i++) {
        const size_t width = (size_t)64 << i;
        char name[24];
        snprintf(name, sizeof name, "layer%zu", i + 1);
        mm_builder_residuals(b, name, d->units[i], (mm_residual){{width, width, 4 * width}, i ? 2 : 1, d->bottleneck, false});
    }
}

static void head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "avgpool");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

const mm_family mm_family_resnet = {
    .title = "ResNet (He et al. 2016), as torchvision and Keras have it",
    .networks = (const char *const[]){"resnet18", "resnet34", "resnet50", "resnet50-keras", "resnet50-tfkeras", NULL},
    .weights = "torchvision (resnet50-19c8e357.pth and others), keras.applications (resnet50_weights_*.h5)",
    .find = find, .trunk = trunk, .head = head};
