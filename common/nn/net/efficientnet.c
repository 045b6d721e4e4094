/* EfficientNet-Lite0 (Tan, Le 2019; Google's lite variant of 2020): inverted bottlenecks with relu6 and without
 * squeeze-and-excitation. "Same" padding, epsilon and momentum of batch norms are TensorFlow's, where its weights come from.
 *
 *   efficientnet-lite0   names of efficientnet-lite0-pytorch; files with timm's names of tf_efficientnet_lite0 match too
 *
 * Its public weights were trained on (v - 127) / 128. */
#include <stdio.h>
#include <string.h>

#include "common/nn/family.h"

typedef struct stage {
    size_t expansion, kernel, stride, channels, repeats;
} stage;

static const stage stages[] = {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3},
                               {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};
enum { STAGES = sizeof stages / sizeof *stages };

static bool find(const char *name, mm_variant *v)
{
    if (strcmp(name, "efficientnet-lite0"))
        return false;
    v->std = 128;
    snprintf(v->split, sizeof v->split, "_blocks.2");
    snprintf(v->block, sizeof v->block, "_blocks.15,_conv_head,_bn1");
    return true;
}

/* An inverted bottleneck: expand, filter each channel, project; the input is added where shapes agree. */
static void bottleneck(mm_builder *b, const char *prefix, const stage *s, size_t stride)
{
    const int input = b->at;
    const size_t in = mm_builder_channels(b, input);
    if (s->expansion > 1) {
        mm_builder_conv(b, s->expansion * in, 1, 1, prefix, "_expand_conv");
        mm_builder_norm(b, prefix, "_bn0");
        mm_builder_relu(b, prefix, "_relu0");
    }
    mm_builder_depthwise(b, s->kernel, stride, prefix, "_depthwise_conv");
    mm_builder_norm(b, prefix, "_bn1");
    mm_builder_relu(b, prefix, "_relu1");
    mm_builder_conv(b, s->channels, 1, 1, prefix, "_project_conv");
    mm_builder_norm(b, prefix, "_bn2");
    if (stride == 1 && s->channels == in)
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = input}, "%s_add", prefix);
}

static void trunk(mm_builder *b, const mm_variant *v)
{
    const mm_builder usual = *b;
    size_t n = 0;
    (void)v;
    b->same = true;
    b->limit = 6;
    b->epsilon = 1e-3f;
    b->momentum = 0.01f;
    mm_builder_conv(b, 32, 3, 2, "", "_conv_stem");
    mm_builder_norm(b, "", "_bn0");
    mm_builder_relu(b, "", "_relu0");
    for (const stage *s = stages; s < stages + STAGES; s++)
        for (size_t i = 0; i < s->repeats; i++) {
            char prefix[24];
            snprintf(prefix, sizeof prefix, "_blocks.%zu.", n++);
            bottleneck(b, prefix, s, i ? 1 : s->stride);
        }
    mm_builder_conv(b, 1280, 1, 1, "", "_conv_head");
    mm_builder_norm(b, "", "_bn1");
    mm_builder_relu(b, "", "_relu1");
    b->same = usual.same; /* what a whole-image network puts on it is usual again */
    b->limit = usual.limit;
    b->epsilon = usual.epsilon;
    b->momentum = usual.momentum;
}

static void head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "_avg_pooling");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_dropout, .rate = 0.2f}, "_dropout");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "_fc");
}

/* ---- timm's names ---- */

typedef struct naming {
    const char *ours, *timm, *first; /* first: in the block without an expansion, whose batch norms are counted from another one */
} naming;

static const naming outer[] = {{"_conv_stem", "conv_stem", NULL}, {"_bn0", "bn1", NULL},       {"_conv_head", "conv_head", NULL},
                               {"_bn1", "bn2", NULL},             {"_fc", "classifier", NULL}, {NULL, NULL, NULL}};
static const naming inner[] = {{"_expand_conv", "conv_pw", NULL},
                               {"_bn0", "bn1", NULL},
                               {"_depthwise_conv", "conv_dw", "conv_dw"},
                               {"_bn1", "bn2", "bn1"},
                               {"_project_conv", "conv_pwl", "conv_pw"},
                               {"_bn2", "bn3", "bn2"},
                               {NULL, NULL, NULL}};

static const naming *look_up(const naming *table, const char *ours)
{
    while (table->ours && strcmp(table->ours, ours))
        table++;
    return table->ours ? table : NULL;
}

/* "_blocks.4._expand_conv" is "blocks.2.1.conv_pw": blocks are counted within their stages. */
static bool other_name(const char *layer, char *name, size_t size)
{
    size_t block, at = 0;
    int end = 0;
    if (sscanf(layer, "_blocks.%2zu.%n", &block, &end) != 1 || !end) {
        const naming *n = look_up(outer, layer);
        return n && snprintf(name, size, "%s", n->timm) > 0;
    }
    while (at < STAGES && block >= stages[at].repeats)
        block -= stages[at++].repeats;
    const naming *n = at < STAGES ? look_up(inner, layer + end) : NULL;
    return n && snprintf(name, size, "blocks.%zu.%zu.%s", at, block, stages[at].expansion > 1 ? n->timm : n->first) > 0;
}

const mm_family mm_family_efficientnet = {
    .title = "EfficientNet-Lite0 (Tan, Le 2019; Google's lite variant), as efficientnet-lite0-pytorch and timm have it",
    .networks = (const char *const[]){"efficientnet-lite0", NULL},
    .weights = "efficientnet-lite0-pytorch (efficientnet-lite0-57934424.pth), timm (tf_efficientnet_lite0)",
    .find = find, .trunk = trunk, .head = head, .other_name = other_name};
