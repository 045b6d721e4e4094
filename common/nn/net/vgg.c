/* VGG-16 (Simonyan, Zisserman 2015), names and shapes of torchvision's state_dict.
 *
 *   vgg16 vgg16_bn             13 convolutions, without or with batch norm; mean over 7 x 7 bins, three fully connected layers
 *   vgg16-mean vgg16_bn-mean   the same trunk, the mean of all positions and one fully connected layer
 *
 * Torchvision's weights were trained on input divided by 0.226 of full scale (mean of its three channels). */
#include <stdio.h>
#include <string.h>

#include "common/nn/family.h"

typedef struct design {
    const char *name;
    bool norms, mean;
    const char *block; /* the three convolutions of 512 channels in front of the last pooling */
} design;

static const design designs[] = {
    {"vgg16", false, false, "features.24,features.26,features.28"},
    {"vgg16_bn", true, false, "features.34,features.35,features.37,features.38,features.40,features.41"},
    {"vgg16-mean", false, true, "features.24,features.26,features.28"},
    {"vgg16_bn-mean", true, true, "features.34,features.35,features.37,features.38,features.40,features.41"},
};

static bool find(const char *name, mm_variant *v)
{
    for (size_t i = 0; i < sizeof designs / sizeof *designs; i++)
        if (!strcmp(name, designs[i].name)) {
            v->design = &designs[i];
            v->std = 57.6;
            snprintf(v->split, sizeof v->split, designs[i].norms ? "features.13" : "features.9"); /* the second pooling */
            snprintf(v->block, sizeof v->block, "%s", designs[i].block);
            return true;
        }
    return false;
}

/* Layers are numbered through, as in torchvision's `features`. */
static void trunk(mm_builder *b, const mm_variant *v)
{
    static const struct { size_t convolutions, channels; } stages[] = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};
    const design *d = v->design;
    size_t n = 0;
    char name[24];
    b->bias = true;
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        for (size_t i = 0; i < stages[s].convolutions; i++) {
            snprintf(name, sizeof name, "features.%zu", n++);
            mm_builder_conv(b, stages[s].channels, 3, 1, "", name);
            if (d->norms) {
                snprintf(name, sizeof name, "features.%zu", n++);
                mm_builder_norm(b, "", name);
            }
            snprintf(name, sizeof name, "features.%zu", n++);
            mm_builder_relu(b, "", name);
        }
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_maxpool, .kernel = 2, .stride = 2}, "features.%zu", n++);
    }
    b->bias = false; /* of what a whole-image network puts on it */
}

static void head(mm_builder *b, const mm_variant *v, size_t classes)
{
    const design *d = v->design;
    if (d->mean) {
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "avgpool");
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
        return;
    }
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_bins, .kernel = 7, .out = 512 * 7 * 7}, "avgpool");
    for (size_t i = 0; i < 2; i++) {
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 4096}, "classifier.%zu", 3 * i);
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_relu}, "classifier.%zu", 3 * i + 1);
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_dropout, .rate = 0.5f}, "classifier.%zu", 3 * i + 2);
    }
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "classifier.6");
}

const mm_family mm_family_vgg = {
    .title = "VGG-16 (Simonyan, Zisserman 2015), as torchvision has it",
    .networks = (const char *const[]){"vgg16", "vgg16_bn", "vgg16-mean", "vgg16_bn-mean", NULL},
    .weights = "torchvision (vgg16-397923af.pth, vgg16_bn-6c64b313.pth)",
    .find = find, .trunk = trunk, .head = head};
