/* mmplans CARD.json NET HEIGHTxWIDTH BATCH bf16|fp32: makes cuDNN's plan for every convolution of a network, forward (in training
 * and folded, as prediction has it), data gradient and weight gradient, for a card described by CARD.json, which need not
 * be here. NET may be "grouped": convolutions with groups, as ResNeXt, RegNet and EfficientNet have them. Prints one line: shapes,
 * plans, the largest workspace. Fails when a plan cannot be made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/cuda/cuda.h"
#include "common/nn/family.h"
#include "common/nn/internal.h"
#include "common/nn/layer.h"

static int fail(const char *what)
{
    fprintf(stderr, "mmplans: %s\n", what);
    return 1;
}

static char *contents(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (f && text && fread(text, 1, (1 << 16) - 1, f) == 0)
        text[0] = '\0';
    if (f)
        fclose(f);
    return f ? text : NULL;
}

/* Adds a description unless it is there. */
static size_t add(cuda_conv_desc *list, size_t n, const cuda_conv_desc *c)
{
    for (size_t i = 0; i < n; i++)
        if (!memcmp(&list[i], c, sizeof *c))
            return n;
    list[n] = *c;
    return n + 1;
}

/* The layer of a kind that reads a layer; 0: there is none. */
static size_t reader(const mm_net *net, size_t layer, const mm_layer_kind *kind)
{
    for (size_t i = layer + 1; i < net->nlayers; i++)
        if (net->layers[i].kind == kind && net->layers[i].from == (int)layer)
            return i;
    return 0;
}

/* All convolutions of the network in one precision. */
static size_t collect(const mm_net *net, const mm_shape *shapes, bool bf16, cuda_conv_desc *list)
{
    size_t n = 0;
    for (size_t i = 1; i < net->nlayers; i++) {
        if (net->layers[i].kind != &mm_layer_conv)
            continue;
        const mm_op_desc d = mm_layer_conv.storage(net, i, shapes, bf16 ? MM_BF16 : MM_F32);
        cuda_conv_desc c;
        memset(&c, 0, sizeof c); /* compared as bytes */
        c.bf16 = bf16;
        c.n = d.x.n;
        c.c = d.grey ? 8 : d.x.c;
        c.h = d.x.h;
        c.w = d.x.w;
        c.out = d.y.c;
        c.p = d.y.h;
        c.q = d.y.w;
        c.kernel = d.kernel;
        c.stride = d.stride;
        cuda_conv_pad(&d, &c);
        c.groups = d.groups;
        c.limit = 0;
        c.kind = MM_OP_CONV;
        n = add(list, n, &c);
        c.kind = MM_OP_CONV_DW;
        n = add(list, n, &c);
        c.kind = MM_OP_CONV_DX;
        if (!d.grey)
            n = add(list, n, &c);
        c.kind = MM_OP_CONV;
        const size_t norm = reader(net, i, &mm_layer_norm), sum = reader(net, norm ? norm : i, &mm_layer_add),
                     relu = reader(net, sum ? sum : norm ? norm : i, &mm_layer_relu);
        c.bias = norm || d.bias;
        c.add = sum;
        c.relu = relu;
        c.limit = relu ? net->layers[relu].limit : 0;
        if (c.bias || c.add || c.relu)
            n = add(list, n, &c);
    }
    return n;
}

static void grouped_trunk(mm_builder *b, const mm_variant *v)
{
    static const struct {
        size_t channels, groups, kernel, stride;
    } all[] = {{32, 32, 3, 1}, {96, 96, 3, 2}, {144, 144, 5, 2}, {128, 32, 3, 1}, {256, 32, 3, 2}, {512, 32, 3, 1}, {1024, 32, 3, 2},
               {48, 2, 3, 2}, {120, 5, 3, 1}, {336, 14, 3, 2}};
    (void)v;
    mm_builder_conv(b, 32, 3, 2, "", "stem");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mm_builder_conv(b, all[i].channels, 1, 1, "", "expand");
        mm_builder_norm(b, "", "norm");
        mm_builder_relu(b, "", "relu");
        mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .kernel = all[i].kernel, .stride = all[i].stride, .pad = all[i].kernel / 2,
                                     .groups = all[i].groups}, "conv%zu", i);
        mm_builder_norm(b, "", "norm2");
        mm_builder_relu(b, "", "relu2");
    }
}

static void grouped_head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

static int build(const char *name, mm_net **net, mm_error *error)
{
    static const mm_family family = {.title = "grouped convolutions", .trunk = grouped_trunk, .head = grouped_head};
    if (!strcmp(name, "grouped"))
        return mm_net_build_variant(&(mm_variant){.family = &family, .name = "grouped"}, 5, net, error);
    return mm_net_build(name, strchr(name, '+') ? 2 : 5, net, error);
}

int main(int argc, char **argv)
{
    unsigned height, width, batch;
    char *json = argc == 6 ? contents(argv[1]) : NULL;
    mm_net *net;
    mm_error e;
    cuda_device device = {.card = 0};
    if (!json || sscanf(argv[3], "%ux%u", &height, &width) != 2 || sscanf(argv[4], "%u", &batch) != 1)
        return fail("usage: mmplans CARD.json NET HEIGHTxWIDTH BATCH bf16|fp32");
    if (build(argv[2], &net, &e) || cuda_plans_describe(&device, json, &e))
        return fail(e.text);
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    cuda_conv_desc *list = calloc(8 * net->nlayers, sizeof *list);
    if (!shapes || !list || mm_net_shapes(net, batch, height, width, 0, shapes, &e))
        return fail("no such shapes");
    bool bf16 = !strcmp(argv[5], "bf16");
    size_t n = collect(net, shapes, bf16, list), workspace = 0, plans = 0, fused = 0, unfused = 0;
    for (size_t i = 0; i < n; i++) {
        cuda_conv *conv;
        bool extras = list[i].bias || list[i].add || list[i].relu;
        int code = cuda_conv_new(&device, &list[i], &conv, &e);
        if (code && extras) { /* its parts are there already; bias, addend and relu are a kernel of ours then */
            unfused++;
            continue;
        }
        if (code)
            return fail(e.text);
        plans++;
        fused += extras;
        workspace = cuda_conv_workspace(conv) > workspace ? cuda_conv_workspace(conv) : workspace;
        cuda_conv_free(conv);
    }
    printf("%s %s: %zu shapes, %zu plans, %zu of them fused, %zu fusions refused, workspace %zu bytes\n", argv[2],
           bf16 ? "bf16" : "fp32", n, plans, fused, unfused, workspace);
    cuda_plans_close(&device);
    free(list);
    free(shapes);
    mm_net_free(net);
    free(json);
    return 0;
}
