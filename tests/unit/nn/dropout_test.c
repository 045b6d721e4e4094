/* Dropout in training: what a record draws depends on the seed, the step and the record alone, not on micro-batches or order;
 * prediction draws nothing. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/nn/dropout.h"
#include "common/nn/family.h"
#include "common/nn/trainer.h"

enum { SIDE = 8, BATCH = 4, CLASSES = 3 };

static mm_device *device;
static mm_net *net;
static mm_params first;
static uint16_t pixels[BATCH][SIDE * SIDE];

static bool find(const char *name, mm_variant *v) { return (void)name, (void)v, true; }

static void trunk(mm_builder *b, const mm_variant *v)
{
    (void)v;
    b->bias = true;
    mm_builder_conv(b, 16, 3, 1, "", "conv");
    mm_builder_relu(b, "", "relu");
}

static void head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = 64}, "hidden");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_dropout, .rate = 0.5f}, "dropout");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

static const mm_family family = {.title = "made up", .find = find, .trunk = trunk, .head = head};

static int set_up(void **state)
{
    (void)state;
    mm_error e;
    mm_random r;
    mm_random_init(&r, 3, 1, 1);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < SIDE * SIDE; k++)
            pixels[i][k] = (uint16_t)mm_random_below(&r, 65536);
    return mm_device_open("cpu", 0, 1, &device, &e) ||
           mm_net_build_variant(&(mm_variant){.family = &family, .name = "made-up"}, CLASSES, &net, &e) ||
           mm_net_init(net, 1, &first, &e);
}

static int tear_down(void **state)
{
    (void)state;
    mm_params_free(&first);
    mm_net_free(net);
    device->backend->close(device);
    return 0;
}

/* Losses of two steps on the records in that order. */
static void losses(uint64_t seed, size_t micro, const size_t order[BATCH], double loss[2])
{
    static const char *const stages[] = {"train=all lr=0 epochs=1"};
    mm_error e = {0};
    mm_trainer *t;
    mm_step s;
    const void *image[BATCH];
    int32_t label[BATCH];
    uint64_t record[BATCH];
    mm_trainer_options o = {.batch = BATCH, .micro_batch = micro, .height = SIDE, .width = SIDE, .mean = 100, .std = 50, .seed = seed};
    for (size_t i = 0; i < BATCH; i++) {
        image[i] = pixels[order[i]];
        label[i] = (int32_t)(order[i] % CLASSES);
        record[i] = 100 + order[i];
    }
    const mm_batch batch = {{image, BATCH, SIDE, SIDE, MM_U16, 65535}, label, record};
    assert_int_equal(mm_schedule_make(&o.schedule, &(mm_schedule_options){.stages = stages, .n = 1}, &e), MM_OK);
    if (mm_trainer_new(net, device, MM_F32, &o, &first, &t, &e) || mm_trainer_begin_epoch(t, &e))
        fail_msg("%s", e.text);
    for (int k = 0; k < 2; k++) {
        if (mm_trainer_step(t, &batch, &s, &e))
            fail_msg("%s", e.text);
        loss[k] = s.loss;
    }
    mm_trainer_free(t);
}

static void test_what_decides(void **state)
{
    (void)state;
    static const size_t order[BATCH] = {0, 1, 2, 3}, other[BATCH] = {2, 0, 3, 1};
    double a[2], b[2];
    losses(1, 0, order, a);
    losses(1, 0, order, b);
    assert_true(a[0] == b[0] && a[1] == b[1]);
    assert_true(fabs(a[0] - a[1]) > 1e-4); /* nothing was learned between them: another step draws anew */
    losses(1, 1, order, b);
    assert_true(fabs(a[0] - b[0]) < 1e-5 && fabs(a[1] - b[1]) < 1e-5);
    losses(1, 3, other, b);
    assert_true(fabs(a[0] - b[0]) < 1e-5 && fabs(a[1] - b[1]) < 1e-5);
    losses(2, 0, order, b);
    assert_true(fabs(a[0] - b[0]) > 1e-4);
}

static void test_prediction_draws_nothing(void **state)
{
    (void)state;
    mm_error e = {0};
    mm_model *model;
    mm_executor *x;
    const void *image[BATCH];
    float p[2][BATCH * CLASSES];
    for (size_t i = 0; i < BATCH; i++)
        image[i] = pixels[i];
    assert_int_equal(mm_model_new(net, device, MM_F32, BATCH, SIDE, SIDE, &model, &e), MM_OK);
    assert_int_equal(mm_model_set(model, &first, &e), MM_OK);
    assert_int_equal(mm_executor_new(model, &(mm_executor_options){.mode = MM_PREDICT, .batch = BATCH, .height = SIDE, .width = SIDE}, &x,
                                     &e), MM_OK);
    assert_int_equal(mm_executor_count(x, MM_OP_DROPOUT), 0);
    for (int k = 0; k < 2; k++)
        if (mm_executor_input(x, image, BATCH, MM_U16, 65535, 100, 50, &e) || mm_executor_forward(x, &e) ||
            mm_executor_probabilities(x, p[k], &e))
            fail_msg("%s", e.text);
    assert_memory_equal(p[0], p[1], sizeof p[0]);
    mm_executor_free(x);
    mm_model_free(model);
}

/* The share that is kept, and that neighbours, layers and seeds are apart. */
static void test_share(void **state)
{
    (void)state;
    enum { N = 100000 };
    size_t kept = 0, both = 0, layers = 0;
    const uint32_t limit = mm_dropout_limit(0.3f);
    for (uint32_t i = 0; i < N; i++) {
        const int a = mm_dropout_keeps(7, 1, i, limit);
        kept += a;
        both += a && mm_dropout_keeps(7, 1, i + 1, limit);
        layers += a && mm_dropout_keeps(7, 2, i, limit);
    }
    assert_true(fabs((double)kept / N - 0.7) < 0.006 && fabs((double)both / N - 0.49) < 0.007 && fabs((double)layers / N - 0.49) < 0.007);
    assert_true(mm_dropout_keeps(7, 1, 0, mm_dropout_limit(0)) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_decides), cmocka_unit_test(test_prediction_draws_nothing), cmocka_unit_test(test_share),
    };
    return cmocka_run_group_tests_name("dropout", tests, set_up, tear_down);
}
