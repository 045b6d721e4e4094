/* Weights find their places by name and shape, through prefixes and synonyms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/nn/match.h"
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
    add(&file, "module.bn1.num_batches_tracked", 0, NULL, 9);
    add(&file, "module.extra", 1, two, 4);
    add(&file, "module.extra.num_batches_tracked", 0, NULL, 4);
    assert_int_equal(mm_match_params(&net, &file, &m, &e), 0);
    assert_string_equal(m.prefix, "module.");
    assert_int_equal(m.matched, 2);
    assert_int_equal(m.missing, 2);
    assert_int_equal(m.left_over, 2);
    assert_int_equal(m.other_shape, 1);
    assert_true(value(&net, "conv1.weight") == 1 && value(&net, "bn1.weight") == 0 && value(&net, "fc.weight") == 3);
    assert_true(value(&net, "bn1.num_batches_tracked") == 9);
    mm_match_text(&m, &net, &file, 1, text, sizeof text);
    assert_string_equal(text, "2 of 4 tensors; missing: bn1.weight and 1 more; left over: module.bn1.weight and 1 more "
                              "(1 of another shape)");
    mm_match_text(&m, &net, &file, 0, text, sizeof text);
    assert_string_equal(text, "2 of 4 tensors; 2 missing; 2 left over (1 of another shape)");
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
    assert_int_equal(mm_match_params(&net, &file, &m, &e), MM_FAILURE);
    add(&file, "bn1.num_batches_tracked", 0, NULL, 9);
    add(&file, "conv1.weight", 1, two, 1);
    assert_int_equal(mm_match_params(&net, &file, &m, &e), MM_FAILURE);
    assert_true(value(&net, "bn1.num_batches_tracked") == 0);
    mm_params_free(&net);
    mm_params_free(&file);
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
        assert_int_equal(mm_match_params(&b, &a, &m, &e), 0);
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
                                       cmocka_unit_test(from_net_to_net)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
