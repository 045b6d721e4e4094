/* Structure of networks: layers, names, numbers of parameters, selections, starting values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/nn/family.h"
#include "common/nn/internal.h"

static mm_net *build(const char *description, size_t classes)
{
    mm_net *net = NULL;
    mm_error e;
    assert_int_equal(mm_net_build(description, classes, &net, &e), 0);
    return net;
}

/* Counts as torchvision's (sum of numel over parameters()), and of published CIFAR ResNets (0.27 M, 0.85 M). */
static void test_counts(void **state)
{
    (void)state;
    static const struct {
        const char *description;
        size_t classes, parameters, weights;
    } known[] = {
        {"resnet18", 1000, 11689512, 122}, {"resnet34", 1000, 21797672, 218}, {"resnet50", 1000, 25557032, 320},
        {"resnet50+[512-512-1024]x2", 2, 39781442, 320 + 12 * 6 + 6},
        {"resnet50-keras", 1000, 25583592, 320 + 53}, {"resnet50-tfkeras", 1000, 25583592, 320 + 53},
        {"vgg16", 1000, 138357544, 32}, {"vgg16_bn", 1000, 138365992, 32 + 13 * 5}, {"vgg16-mean", 1000, 14714688 + 513000, 28},
        {"efficientnet-lite0", 1000, 4652008, 296},
        {"resnet20-cifar", 10, 269722, 19 * 6 + 2}, {"resnet56-cifar", 10, 853018, 55 * 6 + 2},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mm_net *net = build(known[i].description, known[i].classes);
        assert_int_equal(net->parameters, known[i].parameters);
        assert_int_equal(net->nweights, known[i].weights);
        bool trained[512];
        mm_error e;
        assert_int_equal(mm_net_select(net, "block,last", trained, &e), MM_OK);
        mm_net_free(net);
    }
}

static void test_layers_read_earlier_ones(void **state)
{
    (void)state;
    static const char *const all[] = {"resnet18", "resnet50", "resnet110-cifar", "resnet50+[512-512-1024]x2/2",
                                      "resnet50-keras", "resnet50-keras+[512-512-1024]x2/2", "vgg16_bn-mean", "vgg16+[512-512-1024]x2",
                                      "efficientnet-lite0", "efficientnet-lite0+[512-512-1024]x2"};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        mm_net *net = build(all[k], 3);
        assert_ptr_equal(net->layers[0].kind, &mm_layer_input);
        for (size_t i = 1; i < net->nlayers; i++) {
            const mm_layer *l = &net->layers[i];
            assert_true(l->from >= 0 && (size_t)l->from < i && l->second < (int)i);
            assert_int_equal(l->in, net->layers[l->from].out);
            if (l->second >= 0)
                assert_int_equal(l->out, net->layers[l->second].out);
        }
        assert_ptr_equal(net->layers[net->nlayers - 1].kind, &mm_layer_fc);
        assert_int_equal(net->layers[net->nlayers - 1].out, 3);
        mm_net_free(net);
    }
}

static void test_names(void **state)
{
    (void)state;
    mm_net *net = build("resnet50", 5);
    static const char *const first[] = {
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
        "layer1.0.conv1.weight",
    };
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        assert_string_equal(net->weights[i].name, first[i]);
    assert_string_equal(net->weights[24].name, "layer1.0.downsample.0.weight");
    assert_string_equal(net->weights[net->nweights - 1].name, "fc.bias");
    /* the stride of a bottleneck is in the 3x3 (v1.5) */
    for (size_t i = 0; i < net->nlayers; i++)
        if (!strcmp(net->layers[i].name, "layer2.0.conv2"))
            assert_int_equal(net->layers[i].stride, 2);
        else if (!strcmp(net->layers[i].name, "layer2.0.conv1"))
            assert_int_equal(net->layers[i].stride, 1);
    mm_net_free(net);

    net = build("resnet50+[512-512-1024]x2", 2);
    assert_string_equal(net->weights[0].name, "trunk.conv1.weight");
    size_t projections = 0;
    for (size_t i = 0; i < net->nlayers; i++)
        projections += !strncmp(net->layers[i].name, "block", 5) && strstr(net->layers[i].name, "downsample.0");
    assert_int_equal(projections, 1);
    mm_net_free(net);
}

static const mm_layer *layer(const mm_net *net, const char *name)
{
    for (size_t i = 0; i < net->nlayers; i++)
        if (!strcmp(net->layers[i].name, name))
            return &net->layers[i];
    fail_msg("no layer %s", name);
    return NULL;
}

/* What sets Keras' two ResNet-50 apart from torchvision's and from each other. */
static void test_keras(void **state)
{
    (void)state;
    mm_net *net = build("resnet50-keras", 5);
    assert_true(layer(net, "bn1")->epsilon == 1e-3f);
    assert_int_equal(layer(net, "maxpool")->pad, 0);
    assert_int_equal(layer(net, "layer2.0.conv1")->stride, 2);
    assert_int_equal(layer(net, "layer2.0.conv2")->stride, 1);
    assert_string_equal(net->weights[1].name, "conv1.bias");
    mm_params p = {0};
    mm_error e;
    assert_int_equal(mm_net_init(net, 7, &p, &e), 0);
    assert_true(((float *)mm_params_find(&p, "conv1.bias")->data)[5] == 0);
    mm_params_free(&p);
    mm_net_free(net);
    net = build("resnet50-tfkeras", 5);
    assert_true(layer(net, "layer4.2.bn3")->epsilon == 1.001e-5f);
    assert_int_equal(layer(net, "maxpool")->pad, 1);
    assert_int_equal(layer(net, "layer2.0.conv1")->stride, 2);
    mm_net_free(net);
    net = build("resnet50", 5);
    assert_true(layer(net, "bn1")->epsilon == 1e-5f && !layer(net, "conv1")->bias);
    mm_net_free(net);
}

static size_t selected(const mm_net *net, const char *spec)
{
    bool trained[512];
    mm_error e;
    assert_true(net->nlayers <= 512);
    if (mm_net_select(net, spec, trained, &e))
        return 0;
    size_t n = 0;
    for (size_t i = 0; i < net->nlayers; i++)
        n += trained[i];
    return n;
}

static void test_select(void **state)
{
    (void)state;
    mm_net *net = build("resnet50", 5);
    assert_int_equal(selected(net, "all"), 53 + 53 + 1);
    assert_int_equal(selected(net, "fc"), 1);
    assert_int_equal(selected(net, "top"), 1);
    assert_int_equal(selected(net, "layer4.2,fc"), 7);
    assert_int_equal(selected(net, "block,last"), 7);
    assert_int_equal(selected(net, "last"), 1);
    assert_int_equal(selected(net, "layer4"), 20);
    assert_int_equal(selected(net, "layer"), 0); /* half a name is not a name */
    assert_int_equal(selected(net, "fc,"), 0);
    assert_int_equal(selected(net, ""), 0);
    assert_int_equal(selected(net, "fc,nothing"), 0);
    mm_net_free(net);
    net = build("resnet50+[512-512-1024]x2", 2);
    assert_int_equal(selected(net, "top"), 4 * 6 + 2 + 1);
    assert_int_equal(selected(net, "layer4.2"), 6);
    assert_int_equal(selected(net, "block"), 6);
    assert_int_equal(selected(net, "trunk"), 106);
    mm_net_free(net);
}

/* Windows slide over features where a mean is all that lies between them and the last layer. */
static void test_windows(void **state)
{
    (void)state;
    static const struct { const char *net; int code; } cases[] = {{"resnet18", MM_OK}, {"vgg16_bn-mean", MM_OK}, {"vgg16", MM_USAGE}};
    mm_shape shapes[256];
    mm_error e;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_net *net = build(cases[i].net, 5);
        assert_int_equal(mm_net_shapes(net, 1, 256, 256, 7, shapes, &e), cases[i].code);
        if (!cases[i].code)
            assert_true(shapes[net->nlayers - 1].h == 2 && shapes[net->nlayers - 1].c == 5);
        assert_int_equal(mm_net_shapes(net, 1, 256, 256, 0, shapes, &e), MM_OK);
        mm_net_free(net);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "resnet", "resnet51", "resnet18x", "resnet21-cifar", "resnet2-cifar", "resnet20-cifarx", "resnet-8-cifar",
        "resnet50+[-12-512-512]x2", "resnet50+",
        "resnet50+[512-512]x2", "resnet50+[0-1-1]x2", "resnet50+[512-512-1024]x2/3",
        "resnet50+[512-512-1024]x2 and a text that is far too long to be a description",
    };
    mm_net *net;
    mm_error e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mm_net_build(bad[i], 5, &net, &e), MM_USAGE);
    assert_int_equal(mm_net_build("resnet18", 0, &net, &e), MM_USAGE);
}

/* ---- families that are not in the table; a design is a trunk ---- */

typedef void trunk(mm_builder *b);

static void any_trunk(mm_builder *b, const mm_variant *v) { (*(trunk *const *)v->design)(b); }

static void any_head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

static int build_trunk(trunk *design, mm_net **net, mm_error *e)
{
    static const mm_family family = {.title = "made up", .trunk = any_trunk, .head = any_head};
    return mm_net_build_variant(&(mm_variant){.family = &family, .name = "made-up", .design = &design}, 4, net, e);
}

static void no_kind(mm_builder *b)
{
    mm_builder_conv(b, 8, 3, 1, "", "conv");
    mm_builder_add(b, (mm_layer){0}, "strange");
}

static void second_input(mm_builder *b)
{
    mm_builder_conv(b, 8, 3, 1, "", "conv");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_input, .out = 8}, "again");
}

static void norm_of_rows(mm_builder *b)
{
    mm_builder_conv(b, 8, 3, 1, "", "conv");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "rows");
    mm_builder_norm(b, "", "norm");
}

static void relu_of_input(mm_builder *b) { mm_builder_relu(b, "", "relu"); }

static void sum_with_a_later_layer(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "conv");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = at + 1}, "sum");
}

static void sum_of_unequal_channels(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_conv(b, 9, 3, 1, "", "b");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = at}, "sum");
}

static void sum_of_unequal_sizes(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_conv(b, 8, 3, 2, "", "b");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_add, .second = at}, "sum");
}

static void concatenation_of_too_few(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_conv(b, 9, 3, 1, "", "b");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_concat, .second = at}, "both");
}

static void concatenation_with_rows(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "rows");
    mm_builder_concat(b, at, "", "both");
}

static void scaling_by_maps(mm_builder *b)
{
    const int at = mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_conv(b, 8, 3, 1, "", "b");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_scale, .second = at}, "scaled");
}

static void fc_of_maps(mm_builder *b)
{
    mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 8}, "dense");
}

static void groups_that_do_not_divide(mm_builder *b)
{
    mm_builder_conv(b, 8, 3, 1, "", "a");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .out = 12, .kernel = 3, .stride = 1, .pad = 1, .groups = 3}, "grouped");
}

static void depthwise_of_input(mm_builder *b)
{
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_conv, .kernel = 3, .stride = 1, .pad = 1, .groups = 3}, "grouped");
}

/* Each error names the layer. */
static void test_layers_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        trunk *design;
        const char *text;
    } bad[] = {
        {no_kind, "layer 'strange' of made-up has an unknown kind"},
        {second_input, "layer 'again' of made-up has an unknown kind"},
        {norm_of_rows, "layer 'norm' of made-up (batch norm) cannot read rows"},
        {relu_of_input, "layer 'relu' of made-up (relu) cannot read input"},
        {sum_with_a_later_layer, "layer 'sum' of made-up (sum) cannot read a later layer"},
        {sum_of_unequal_channels,
         "layer 'sum' of made-up (sum) cannot make 9 channels of b (9 channels in maps) and a (8 channels in maps)"},
        {groups_that_do_not_divide,
         "layer 'grouped' of made-up (convolution) cannot make 12 channels of a (8 channels in maps) in 3 groups"},
        {depthwise_of_input, "layer 'grouped' of made-up (convolution) cannot make 3 channels of input (3 channels in maps) in 3 groups"},
        {scaling_by_maps,
         "layer 'scaled' of made-up (scaling) cannot make 8 channels of b (8 channels in maps) and a (8 channels in maps)"},
        {fc_of_maps, "layer 'dense' of made-up (fully connected) cannot read a"},
        {concatenation_of_too_few,
         "layer 'both' of made-up (concatenation) cannot make 9 channels of b (9 channels in maps) and a (8 channels in maps)"},
        {concatenation_with_rows,
         "layer 'both' of made-up (concatenation) cannot make 16 channels of rows (8 channels in rows) and a (8 channels in maps)"},
    };
    mm_net *net;
    mm_error e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(build_trunk(bad[i].design, &net, &e), MM_FAILURE);
        assert_string_equal(e.text, bad[i].text);
    }
    mm_shape shapes[16];
    assert_int_equal(build_trunk(sum_of_unequal_sizes, &net, &e), 0);
    assert_int_equal(mm_net_shapes(net, 1, 1, 1, 0, shapes, &e), 0);
    assert_int_equal(mm_net_shapes(net, 1, 8, 6, 0, shapes, &e), MM_USAGE);
    assert_string_equal(e.text, "layer 'sum' of made-up (sum) cannot read b of 4 x 3 with a of 8 x 6");
    mm_net_free(net);
}

static void test_init(void **state)
{
    (void)state;
    mm_net *net = build("resnet20-cifar", 10);
    mm_params a = {0}, b = {0}, c = {0};
    mm_error e;
    assert_int_equal(mm_net_init(net, 7, &a, &e), 0);
    assert_int_equal(mm_net_init(net, 7, &b, &e), 0);
    assert_int_equal(mm_net_init(net, 8, &c, &e), 0);
    const mm_param *w = mm_params_find(&a, "layer3.1.conv2.weight");
    assert_non_null(w);
    assert_memory_equal(w->data, mm_params_find(&b, w->name)->data, w->bytes);
    assert_memory_not_equal(w->data, mm_params_find(&c, w->name)->data, w->bytes);
    double sum = 0;
    for (size_t i = 0; i < w->count; i++)
        sum += (double)((float *)w->data)[i] * ((float *)w->data)[i];
    double expected = sqrt(2.0 / (64 * 9)); /* fan out */
    assert_true(fabs(sqrt(sum / (double)w->count) / expected - 1) < 0.02);
    assert_true(((float *)mm_params_find(&a, "bn1.running_var")->data)[3] == 1);
    assert_true(((float *)mm_params_find(&a, "bn1.bias")->data)[3] == 0);
    const mm_param *f = mm_params_find(&a, "fc.weight");
    for (size_t i = 0; i < f->count; i++)
        assert_true(fabsf(((float *)f->data)[i]) <= 0.125f);
    mm_params_free(&a);
    mm_params_free(&b);
    mm_params_free(&c);
    mm_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts), cmocka_unit_test(test_layers_read_earlier_ones), cmocka_unit_test(test_names),
        cmocka_unit_test(test_keras), cmocka_unit_test(test_select), cmocka_unit_test(test_windows),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_layers_that_do_not_fit), cmocka_unit_test(test_init),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
