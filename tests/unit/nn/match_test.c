/* Weights find their places by name and shape, through prefixes and synonyms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/match_net.h"
#include "common/nn/net.h"

static const size_t two[] = {2}, three[] = {3}, matrix[] = {2, 3};

static void add(mm_params *t, const char *name, int ndim, const size_t *dim, float value)
{
    mm_error e;
    mm_param *p = mm_params_add(t, name, ndim ? MM_F32 : MM_I64, ndim, dim, &e);
    assert_non_null(p);
    for (size_t i = 0; i < p->count && ndim; i++)
        ((float *)p->data)[i] = value;
    if (!ndim)
        *(int64_t *)p->data = (int64_t)value;
}

static float value(const mm_params *t, const char *name)
{
    const mm_param *p = mm_params_find(t, name);
    assert_non_null(p);
    return p->dtype == MM_I64 ? (float)*(int64_t *)p->data : *(float *)p->data;
}

static int match_as(mm_params *net, const mm_params *file, const mm_match_options *o, mm_match *m, mm_error *e)
{
    int code = mm_match_find(net, file, o, m, e);
    return code ? code : mm_match_copy(m, net, file, e);
}

static int match(mm_params *net, const mm_params *file, mm_match *m, mm_error *e)
{
    return match_as(net, file, &(mm_match_options){0}, m, e);
}

static void network(mm_params *t)
{
    *t = (mm_params){0};
    add(t, "conv1.weight", 1, three, 0);
    add(t, "bn1.weight", 1, two, 0);
    add(t, "bn1.num_batches_tracked", 0, NULL, 0);
    add(t, "fc.weight", 2, matrix, 0);
    add(t, "fc.bias", 1, two, 0);
}

static void names_and_synonyms(void **state)
{
    (void)state;
    mm_params net, file = {0};
    mm_match m;
    mm_error e;
    char text[512];
    network(&net);
    add(&file, "module.conv1.weight", 1, three, 1);
    add(&file, "module.bn1.weight", 1, three, 2); /* another shape */
    add(&file, "module.linear.weight", 2, matrix, 3);
    add(&file, "module.linear.bias", 1, three, 3); /* another shape */
    add(&file, "module.bn1.num_batches_tracked", 0, NULL, 9);
    add(&file, "module.extra", 1, two, 4);
    add(&file, "module.extra.num_batches_tracked", 0, NULL, 4);
    assert_int_equal(match(&net, &file, &m, &e), 0);
    assert_string_equal(m.prefix, "module.");
    assert_int_equal(m.matched, 2);
    assert_int_equal(m.missing, 2);
    assert_int_equal(m.left_over, 3);
    assert_int_equal(m.other_shape, 1);
    assert_int_equal(m.strangers, 1);
    assert_true(value(&net, "conv1.weight") == 1 && value(&net, "bn1.weight") == 0 && value(&net, "fc.weight") == 3);
    assert_true(value(&net, "bn1.num_batches_tracked") == 9);
    mm_match_text(&m, &net, &file, 1, text, sizeof text);
    assert_string_equal(text, "2 of 4 tensors; fc.weight is its module.linear.weight; missing: bn1.weight and 1 more; "
                              "left over: module.bn1.weight and 2 more (1 of another shape)");
    mm_match_text(&m, &net, &file, 0, text, sizeof text);
    assert_string_equal(text, "2 of 4 tensors; fc.weight is its module.linear.weight; 2 missing; 3 left over (1 of another shape)");
    mm_match_text(&m, &net, &file, 9, text, 20);
    assert_int_equal(strlen(text), 19);
    mm_match_free(&m);
    mm_params_free(&net);
    mm_params_free(&file);
}

static void nothing_fits(void **state)
{
    (void)state;
    mm_params net, file = {0};
    mm_match m;
    mm_error e;
    network(&net);
    assert_int_equal(match(&net, &file, &m, &e), 0);
    assert_int_equal(m.matched, 0);
    mm_match_free(&m);
    add(&file, "bn1.num_batches_tracked", 0, NULL, 9);
    add(&file, "conv1.weight", 1, two, 1);
    assert_int_equal(match(&net, &file, &m, &e), 0);
    assert_int_equal(m.matched, 0);
    assert_int_equal(m.missing, 4);
    assert_true(value(&net, "bn1.num_batches_tracked") == 0);
    mm_match_free(&m);
    mm_params_free(&net);
    mm_params_free(&file);
}

/* A file of conv1, bn1 and fc under a prefix, all of one value. */
static void add_network(mm_params *t, const char *prefix, float value)
{
    static const struct {
        const char *name;
        int ndim;
        const size_t *dim;
    } tensors[] = {{"conv1.weight", 1, three}, {"bn1.weight", 1, two}, {"fc.weight", 2, matrix}, {"fc.bias", 1, two}};
    char name[80];
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", prefix, tensors[i].name);
        add(t, name, tensors[i].ndim, tensors[i].dim, value);
    }
}

static void prefixes_and_averages(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second; /* prefixes in the file, with the values 1 and 2 */
        mm_match_options options;
        float value;         /* of what is taken; 0: an error with `text` */
        const char *text;
    } cases[] = {
        {"a.b.", NULL, {0}, 1, "a.b."},
        {"", NULL, {0}, 1, ""},
        {"model.", "ema.", {0}, 1, "plain weights, not their EMA"},
        {"model.", "ema.", {.averages = MM_AVERAGES_ONLY}, 2, "EMA weights, not the plain ones"},
        {"model.", "model_ema.module.", {.averages = MM_AVERAGES_PLAIN}, 1, "plain weights, not their EMA"},
        {"ema.", NULL, {0}, 1, "; EMA weights"},
        {"schema.", NULL, {.averages = MM_AVERAGES_ONLY}, 0, "no averaged (EMA) weights"},
        {"swa.", NULL, {.averages = MM_AVERAGES_PLAIN}, 0, "no plain weights"},
        {"left.", "right.", {0}, 0, "under 'left.' and under 'right.': choose with --prefix"},
        {"left.", "right.", {.prefix = "right."}, 2, ""},
        {"left.", "right.", {.prefix = "right"}, 2, ""},
        {"left.", "right.", {.prefix = "rig"}, 0, "under 'rig'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_params net, file = {0};
        mm_match m;
        mm_error e = {0};
        char text[512];
        network(&net);
        add_network(&file, cases[i].first, 1);
        if (cases[i].second)
            add_network(&file, cases[i].second, 2);
        add(&file, "loss.weight", 1, two, 7);
        int code = match_as(&net, &file, &cases[i].options, &m, &e);
        if (!code != (cases[i].value > 0) || (code && !strstr(e.text, cases[i].text)))
            fail_msg("case %zu: %d %s", i, code, e.text);
        if (!code) {
            mm_match_text(&m, &net, &file, 1, text, sizeof text);
            assert_int_equal(m.matched, 4);
            assert_true(value(&net, "conv1.weight") == cases[i].value && value(&net, "fc.bias") == cases[i].value);
            assert_true(i < 2 ? !strcmp(m.prefix, cases[i].text) : strstr(text, cases[i].text) != NULL);
            mm_match_free(&m);
        }
        mm_params_free(&net);
        mm_params_free(&file);
    }
}

/* Two branches of the same numbers are one module that is registered twice. */
static void registered_twice(void **state)
{
    (void)state;
    mm_params net, file = {0};
    mm_match m;
    mm_error e;
    network(&net);
    add_network(&file, "left.", 1);
    add_network(&file, "right.", 1);
    assert_int_equal(match(&net, &file, &m, &e), 0);
    assert_int_equal(m.matched, 4);
    mm_match_free(&m);
    mm_params_free(&net);
    mm_params_free(&file);
}

/* The last layer by its shape, where that decides. */
static void last_layers(void **state)
{
    (void)state;
    static const size_t row[] = {1, 3}, one[] = {1}, pixel[] = {2, 3, 1, 1}, square[] = {3, 3};
    static const struct {
        const char *weight;
        int ndim;
        const size_t *dim;
        const char *bias; /* or NULL */
        const size_t *bias_dim;
        const char *other; /* a further tensor, or NULL */
        int other_ndim;
        const size_t *other_dim;
        size_t matched;
    } cases[] = {
        {"head.weight", 2, matrix, "head.bias", two, NULL, 0, NULL, 4},
        {"classifier.1.weight", 2, matrix, "classifier.1.bias", two, NULL, 0, NULL, 4},
        {"head.weight", 2, matrix, NULL, NULL, NULL, 0, NULL, 4},           /* without bias */
        {"head.weight", 4, pixel, "head.bias", two, NULL, 0, NULL, 4},      /* a 1 x 1 convolution */
        {"fc.weight", 2, row, "fc.bias", one, NULL, 0, NULL, 4},            /* one logit */
        {"out.weight", 2, row, "out.bias", one, NULL, 0, NULL, 4},
        {"head.weight", 2, matrix, "head.bias", two, "other.weight", 2, matrix, 2},     /* which? */
        {"head.3.weight", 2, matrix, "head.3.bias", two, "head.0.weight", 2, square, 2}, /* more than a layer */
        {"fc2.weight", 2, matrix, "fc2.bias", two, "fc1.weight", 2, square, 2},
        {"head.1.weight", 2, matrix, "head.1.bias", two, "head.0.running_mean", 1, three, 2},
        {"state.0.exp_avg", 2, matrix, NULL, NULL, NULL, 0, NULL, 2},       /* an optimiser's */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_params net, file = {0};
        mm_match m;
        mm_error e;
        network(&net);
        add(&file, "conv1.weight", 1, three, 1);
        add(&file, "bn1.weight", 1, two, 1);
        add(&file, cases[i].weight, cases[i].ndim, cases[i].dim, 5);
        if (cases[i].bias)
            add(&file, cases[i].bias, 1, cases[i].bias_dim, 6);
        if (cases[i].other)
            add(&file, cases[i].other, cases[i].other_ndim, cases[i].other_dim, 7);
        assert_int_equal(match(&net, &file, &m, &e), 0);
        if (m.matched != cases[i].matched)
            fail_msg("case %zu: %zu matched", i, m.matched);
        const float *w = mm_params_find(&net, "fc.weight")->data, *b = mm_params_find(&net, "fc.bias")->data;
        const bool found = cases[i].matched == 4, logit = cases[i].dim == row;
        assert_true(w[0] == (found && !logit ? 5 : 0) && w[3] == (found ? 5 : 0));
        assert_true(b[1] == (found && cases[i].bias ? 6 : 0) && b[0] == (logit ? 0 : b[1]));
        mm_match_free(&m);
        mm_params_free(&net);
        mm_params_free(&file);
    }
}

/* A convolution of one channel gives the same sums over three equal ones, exactly. */
static void one_channel(void **state)
{
    (void)state;
    static const size_t grey[] = {2, 1, 2, 2}, colour[] = {2, 3, 2, 2};
    mm_params net = {0}, file = {0};
    mm_match m;
    mm_error e;
    add(&net, "conv1.weight", 4, colour, 0);
    add(&net, "fc.weight", 2, matrix, 0);
    add(&file, "conv1.weight", 4, grey, 0);
    add(&file, "fc.weight", 2, matrix, 1);
    float *v = mm_params_find(&file, "conv1.weight")->data;
    for (int i = 0; i < 8; i++)
        v[i] = 0.1f * (float)(i + 1) * (float)(i % 2 ? -1 : 1);
    assert_int_equal(match(&net, &file, &m, &e), 0);
    assert_true(m.grey && m.matched == 2);
    const float *w = mm_params_find(&net, "conv1.weight")->data;
    for (int o = 0; o < 2; o++)
        for (int a = 0; a < 4; a++) {
            const float sum = w[o * 12 + a] + w[o * 12 + 4 + a] + w[o * 12 + 8 + a];
            assert_true(sum == v[o * 4 + a]);
        }
    mm_match_free(&m);
    mm_params_free(&net);
    mm_params_free(&file);
}

/* Weights of another network are named as such, and not taken. */
static void other_networks(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *text;
        mm_match_need need;
    } cases[] = {
        {"resnet18", "resnet50", "its names and shapes are those of resnet18", MM_MATCH_TRUNK},
        {"resnet34", "resnet18", "its names and shapes are those of resnet34", MM_MATCH_TRUNK}, /* holds all of resnet18 */
        {"resnet18", "resnet34", "its names and shapes are those of resnet18", MM_MATCH_ALL},
        {"resnet50-keras", "resnet50", "that do not belong there", MM_MATCH_TRUNK},
        {"resnet20-cifar", "resnet18", "its names and shapes are those of resnet20-cifar", MM_MATCH_TRUNK},
        {"resnet34", "resnet18", NULL, MM_MATCH_SOME},
        {"resnet18", "resnet18+[64-64-128]x2", NULL, MM_MATCH_TRUNK},
        {"resnet18", "resnet18+[64-64-128]x2", "it lacks 66 tensors", MM_MATCH_ALL},
        {"resnet18+[64-64-128]x2", "resnet18", NULL, MM_MATCH_TRUNK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_net *from, *to;
        mm_params file = {0};
        mm_match m = {0};
        mm_error e = {0};
        assert_int_equal(mm_net_build(cases[i].from, 2, &from, &e), 0);
        assert_int_equal(mm_net_build(cases[i].to, 2, &to, &e), 0);
        for (size_t k = 0; k < from->nweights; k++)
            assert_non_null(mm_params_add(&file, from->weights[k].name, MM_F32, from->weights[k].ndim, from->weights[k].dim, &e));
        int code = mm_match_net(to, &file, &(mm_match_options){0}, cases[i].need, &m, &e);
        if (!code != !cases[i].text || (code && !strstr(e.text, cases[i].text)))
            fail_msg("case %zu: %d %s", i, code, e.text);
        mm_match_free(&m);
        mm_params_free(&file);
        mm_net_free(from);
        mm_net_free(to);
    }
}

/* Layers that were not found, and the norms that read them, are what a stage calls `missing`. */
static void missing_layers(void **state)
{
    (void)state;
    mm_net *net;
    mm_params file = {0};
    mm_match m;
    mm_error e = {0};
    assert_int_equal(mm_net_build("resnet18", 2, &net, &e), 0);
    bool *trained = calloc(net->nlayers, sizeof *trained);
    assert_non_null(trained);
    assert_int_equal(mm_net_select(net, "missing,fc", trained, &e), 0);
    for (size_t i = 0; i < net->nweights; i++)
        if (strcmp(net->weights[i].name, "layer2.0.conv1.weight"))
            add(&file, net->weights[i].name, net->weights[i].ndim, net->weights[i].dim, 1);
    assert_int_equal(mm_match_net(net, &file, &(mm_match_options){0}, MM_MATCH_SOME, &m, &e), 0);
    mm_match_mark(&m, net);
    assert_int_equal(mm_net_select(net, "missing", trained, &e), 0);
    for (size_t i = 0; i < net->nlayers; i++)
        assert_int_equal(trained[i], !strcmp(net->layers[i].name, "layer2.0.conv1") || !strcmp(net->layers[i].name, "layer2.0.bn1"));
    assert_int_equal(mm_net_mark_missing(net, "fc,layer9", &e), MM_DAMAGED);
    free(trained);
    mm_match_free(&m);
    mm_params_free(&file);
    mm_net_free(net);
}

/* Real networks: all of one into itself, a patch network into a whole-image network and back. */
static void from_net_to_net(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        size_t from_classes, to_classes, matched, missing, left_over;
    } cases[] = {
        {"resnet18", "resnet18", 5, 5, 102, 0, 0},
        {"resnet18", "resnet18", 1000, 5, 100, 2, 2},
        {"resnet18", "resnet18+[64-64-128]x2", 5, 2, 100, 67, 2},
        {"resnet18+[64-64-128]x2", "resnet18", 2, 5, 100, 2, 67},
        {"resnet20-cifar", "resnet20-cifar", 10, 10, 97, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_net *from, *to;
        mm_params a = {0}, b = {0};
        mm_match m;
        mm_error e = {0};
        assert_int_equal(mm_net_build(cases[i].from, cases[i].from_classes, &from, &e), 0);
        assert_int_equal(mm_net_build(cases[i].to, cases[i].to_classes, &to, &e), 0);
        assert_int_equal(mm_net_init(from, 1, &a, &e), 0);
        assert_int_equal(mm_net_init(to, 2, &b, &e), 0);
        assert_int_equal(match(&b, &a, &m, &e), 0);
        if (m.matched != cases[i].matched || m.missing != cases[i].missing || m.left_over != cases[i].left_over)
            fail_msg("%s to %s: %zu matched, %zu missing, %zu left over", cases[i].from, cases[i].to, m.matched, m.missing,
                     m.left_over);
        bool whole = b.item[0].name[0] == 't', was_whole = a.item[0].name[0] == 't';
        const mm_param *p = mm_params_find(&b, whole ? "trunk.layer1.0.conv1.weight" : "layer1.0.conv1.weight");
        const mm_param *q = mm_params_find(&a, was_whole ? "trunk.layer1.0.conv1.weight" : "layer1.0.conv1.weight");
        assert_non_null(p);
        assert_non_null(q);
        assert_memory_equal(p->data, q->data, p->bytes);
        mm_match_free(&m);
        mm_params_free(&a);
        mm_params_free(&b);
        mm_net_free(from);
        mm_net_free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_synonyms), cmocka_unit_test(nothing_fits),
                                       cmocka_unit_test(prefixes_and_averages), cmocka_unit_test(registered_twice),
                                       cmocka_unit_test(last_layers), cmocka_unit_test(one_channel), cmocka_unit_test(other_networks),
                                       cmocka_unit_test(missing_layers), cmocka_unit_test(from_net_to_net)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
