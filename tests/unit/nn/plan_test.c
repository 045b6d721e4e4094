/* Plans of memory: their parts, what they say of real executors, and the advice after a device ran out of memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/executor.h"
#include "common/nn/plan.h"

#include "tests/unit/nn/must.h"

enum { SIDE = 64, CLASSES = 3, BATCH = 8 };

static mm_error e;
static mm_device *devices[2];
static mm_net *net;

static mm_trainer_options config_of(size_t micro, const char *first, const char *then)
{
    mm_trainer_options c = {.batch = BATCH, .micro_batch = micro, .height = SIDE, .width = SIDE, .mean = 80, .std = 50};
    mm_stage stage;
    must(mm_stage_parse(first, &stage, &e));
    must(mm_schedule_add(&c.schedule, &stage, &e));
    if (then) {
        must(mm_stage_parse(then, &stage, &e));
        must(mm_schedule_add(&c.schedule, &stage, &e));
    }
    return c;
}

static mm_plan plan_of(mm_device *device, mm_dtype precision, const mm_trainer_options *c)
{
    mm_plan plan;
    must(mm_plan_training(device, net, precision, c, &plan, &e));
    return plan;
}

/* All that the device was asked for is in one of the parts. */
static void test_parts(void **state)
{
    (void)state;
    for (int d = 0; d < 2; d++)
        for (int p = 0; p < 2; p++)
            for (size_t micro = 0; micro <= 3; micro += 3) {
                mm_trainer_options c = config_of(micro, "train=fc lr=1e-3 epochs=1 bn=frozen", "train=all lr=1e-3 epochs=1");
                c.best = MM_BEST_ACCURACY;
                mm_plan plan = plan_of(devices[d], p ? MM_BF16 : MM_F32, &c);
                size_t sum = plan.parameters + plan.optimiser + plan.activations + plan.workspace + plan.input;
                if (plan.total < sum || plan.total >= sum + 1024)
                    fail_msg("device %d: %zu bytes, in parts %zu", d, plan.total, sum);
                assert_int_equal(plan.stage, 1);
                assert_true(plan.checkpoint > 2 * plan.best && plan.best > 0);
            }
}

/* The same activations and buffers as a model and an executor that are really made. */
static void test_as_made(void **state)
{
    (void)state;
    for (int d = 0; d < 2; d++)
        for (size_t micro = 1; micro <= BATCH; micro *= 2) {
            const mm_trainer_options c = config_of(micro, "train=all lr=1e-3 epochs=1", NULL);
            const mm_executor_options config = {.mode = MM_TRAIN, .batch = micro, .height = SIDE, .width = SIDE};
            mm_plan plan = plan_of(devices[d], MM_F32, &c);
            mm_model *m;
            mm_executor *x;
            bool trained[64];
            must(mm_model_new(net, devices[d], MM_F32, micro, SIDE, SIDE, &m, &e));
            must(mm_net_select(net, "all", trained, &e));
            must(mm_model_stage(m, trained, NULL, &e));
            must(mm_executor_new(m, &config, &x, &e));
            assert_int_equal(plan.activations, mm_executor_arena(x));
            /* but for the sum of micro-batches and the optimiser's chunks, which come with the first step */
            size_t sum = micro < BATCH ? plan.optimiser / 4 : 0, wanted = plan.total - plan.input - sum, held = mm_model_bytes(m);
            assert_true(wanted >= held && wanted < held + 8192);
            mm_executor_free(x);
            mm_model_free(m);
        }
}

/* A last, smaller micro-batch moves once what one of its size moves. */
static void test_moves(void **state)
{
    mm_trainer_options c = config_of(4, "train=all lr=1e-3 epochs=1", NULL);
    (void)state;
    for (size_t d = 0; d < 2; d++) {
        c.batch = 8;
        size_t even = plan_of(devices[d], MM_F32, &c).step_moves;
        c.batch = 9;
        size_t odd = plan_of(devices[d], MM_F32, &c).step_moves;
        assert_true(odd > even && odd < even + even / 2);
    }
}

/* A card that is too small for the batch, and one that is too small for anything. */
static void test_advice(void **state)
{
    const mm_trainer_options c = config_of(0, "train=all lr=1e-3 epochs=1", NULL);
    const mm_plan whole = plan_of(devices[1], MM_F32, &c);
    char bytes[32];
    (void)state;
    for (int small = 0; small < 2; small++) {
        mm_device *card;
        mm_trainer *t = NULL;
        mm_params weights = {0};
        static uint16_t pixels[SIDE * SIDE];
        static const int32_t label[BATCH] = {0};
        const void *image[BATCH];
        mm_step step;
        for (size_t i = 0; i < BATCH; i++)
            image[i] = pixels;
        const mm_batch batch = {{image, BATCH, SIDE, SIDE, MM_U16, 65535}, label};
        snprintf(bytes, sizeof bytes, "%zu", small ? whole.parameters + whole.optimiser + 4096 : whole.total * 3 / 4);
        setenv("MM_TEST_CARD_BYTES", bytes, 1);
        must(mm_backend_cuda()->open("0", 0, 1, &card, &e));
        must(mm_net_init(net, 1, &weights, &e));
        int code = mm_trainer_new(net, card, MM_F32, &c, &weights, &t, &e);
        if (!code)
            code = mm_trainer_begin_epoch(t, &e);
        if (!code)
            code = mm_trainer_step(t, &batch, &step, &e);
        assert_int_equal(code, MM_FAILURE);
        assert_non_null(strstr(e.text, "out of memory for"));
        mm_plan_advise(card, mm_trainer_bytes(t), net, MM_F32, &c, &e);
        assert_non_null(strstr(e.text, small ? "not even --micro-batch=1 fits" : "--micro-batch=4 would need"));
        mm_trainer_free(t);
        mm_params_free(&weights);
        card->backend->close(card);
        unsetenv("MM_TEST_CARD_BYTES");
    }
}

/* A card that has room for the first stage alone: said before anything is trained. */
static void test_later_stage(void **state)
{
    const char *first = "train=fc lr=1e-3 epochs=1 bn=frozen";
    const mm_trainer_options one = config_of(0, first, NULL), both = config_of(0, first, "train=all lr=1e-3 epochs=1");
    const size_t fits = plan_of(devices[1], MM_F32, &one).total, needed = plan_of(devices[1], MM_F32, &both).total;
    mm_params weights = {0};
    mm_device *card;
    mm_trainer *t;
    char bytes[32];
    (void)state;
    assert_true(needed > fits + fits / 4);
    snprintf(bytes, sizeof bytes, "%zu", (fits + needed) / 2);
    setenv("MM_TEST_CARD_BYTES", bytes, 1);
    must(mm_backend_cuda()->open("0", 0, 1, &card, &e));
    must(mm_net_init(net, 1, &weights, &e));
    must(mm_trainer_new(net, card, MM_F32, &one, &weights, &t, &e));
    mm_trainer_free(t);
    assert_int_equal(mm_trainer_new(net, card, MM_F32, &both, &weights, &t, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "8 images of 64x64 at once: out of memory for"));
    mm_trainer_free(t);
    mm_params_free(&weights);
    card->backend->close(card);
    unsetenv("MM_TEST_CARD_BYTES");
}

static int open_all(void **state)
{
    (void)state;
    must(mm_device_open("cpu", 0, 1, &devices[0], &e));
    must(mm_backend_cuda()->open(NULL, 0, 1, &devices[1], &e));
    must(mm_net_build("resnet8-cifar", CLASSES, &net, &e));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    mm_net_free(net);
    for (int d = 0; d < 2; d++)
        devices[d]->backend->close(devices[d]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_as_made), cmocka_unit_test(test_moves),
                                       cmocka_unit_test(test_advice), cmocka_unit_test(test_later_stage)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
