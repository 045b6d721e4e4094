/* What this machine would not choose by itself: other layouts of activations, kernels of other instruction sets, other
 * numbers of threads for the own loops. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/cpu/kernels.h"
#include "common/nn/executor.h"

#include "tests/unit/nn/inner.h"
#include "tests/unit/nn/must.h"

enum { SIDE = 20, BATCH = 3 };

static mm_error e;
static struct {
    mm_net *net;
    mm_params start;
} nets[2]; /* a ResNet; all other kinds of layers */
static uint8_t pixels[BATCH][SIDE * SIDE];

/* Gradients of a step of a network; block 0: as the device likes it. */
static void step(size_t which, size_t block, mm_dtype precision, const cpu_kernels *kernels, size_t threads, mm_params *result)
{
    const mm_net *net = nets[which].net;
    mm_device *device;
    mm_model *m;
    mm_executor *x;
    bool trained[64];
    static const int32_t labels[BATCH] = {0, 2, 1};
    static const float weights[BATCH] = {0.25f, 0.5f, 0.25f};
    const void *const images[BATCH] = {pixels[0], pixels[1], pixels[2]};
    const mm_executor_options config = {MM_TRAIN, MM_BN_BATCH, BATCH, SIDE, SIDE, 0};
    must(mm_backend_cpu()->open(NULL, 0, threads, &device, &e));
    cpu_device *cpu = (cpu_device *)device;
    if (block)
        cpu->block_f32 = cpu->block_bf16 = block;
    if (kernels)
        cpu->kernels = kernels;
    must(mm_model_new(net, device, precision, BATCH, SIDE, SIDE, &m, &e));
    must(mm_model_set(m, &nets[which].start, &e));
    must(mm_net_select(net, "all", trained, &e));
    must(mm_model_stage(m, trained, NULL, &e));
    must(mm_executor_new(m, &config, &x, &e));
    must(mm_executor_input(x, images, BATCH, MM_U8, 255, 120, 60, &e));
    must(mm_executor_labels(x, labels, weights, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_backward(x, false, &e));
    must(mm_model_gradients(m, result, &e));
    mm_executor_free(x);
    mm_model_free(m);
    device->backend->close(device);
}

static double distance(const mm_params *a, const mm_params *b)
{
    double worst = 0;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const float *p = a->item[i].data, *q = b->item[i].data;
        double off = 0, size = 1e-20;
        for (size_t k = 0; k < a->item[i].count; k++) {
            off += pow((double)p[k] - (double)q[k], 2);
            size += pow((double)p[k], 2);
        }
        worst = fmax(worst, sqrt(off / size));
    }
    return worst;
}

static void test_layouts(void **state)
{
    (void)state;
    static const size_t blocks[] = {16, 8, 1, CPU_CHANNELS_LAST};
    for (size_t which = 0; which < 2; which++) {
        mm_params usual = {0};
        step(which, 0, MM_F32, NULL, 2, &usual);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
            mm_params other = {0};
            step(which, blocks[i], MM_F32, NULL, 2, &other);
            assert_true(distance(&usual, &other) < 1e-4);
            mm_params_free(&other);
        }
        mm_params_free(&usual);
    }
}

/* The tables of loops that this processor can run; returns how many. */
static size_t tables(const cpu_kernels *all[3])
{
    size_t n = 0;
    all[n++] = &cpu_kernels_base;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        all[n++] = &cpu_kernels_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        all[n++] = &cpu_kernels_avx512;
#endif
    return n;
}

/* One addition in another order would change the gradients. */
static void test_kernels(void **state)
{
    (void)state;
    const cpu_kernels *all[3];
    const size_t n = tables(all);
    for (size_t k = 0; k < 4; k++) {
        const mm_dtype precision = k % 2 ? MM_BF16 : MM_F32;
        mm_params usual = {0};
        step(k / 2, 0, precision, NULL, 2, &usual);
        for (size_t i = 0; i < n; i++) {
            mm_params other = {0};
            step(k / 2, 0, precision, all[i], 2, &other);
            assert_true(distance(&usual, &other) == 0);
            mm_params_free(&other);
        }
        mm_params_free(&usual);
    }
}

/* Batch norm: whole tiles for each thread, or images shared out; the same bits. */
static void test_threads(void **state)
{
    (void)state;
    const mm_op_desc desc = {.kind = MM_OP_NORM, .dtype = MM_F32, .x = {4, 48, 9, 7}, .y = {4, 48, 9, 7}, .relu = true,
                             .epsilon = 1e-5f, .momentum = 0.1f};
    enum { COUNT = 4 * 48 * 9 * 7 };
    static _Alignas(64) float x[COUNT], y[2][COUNT], vectors[2][4][64];
    mm_random r;
    mm_random_init(&r, 3, mm_hash_string("threads"), 0);
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (float)mm_random_normal(&r);
    for (size_t threads = 1; threads <= 2; threads++) {
        mm_device *device;
        mm_op *op;
        float(*v)[64] = vectors[threads - 1];
        for (size_t i = 0; i < 48; i++)
            v[0][i] = v[1][i] = v[3][i] = 1;
        must(mm_backend_cpu()->open(NULL, 0, threads, &device, &e));
        must(device->backend->prepare(device, &desc, &op, &e));
        void *scratch = device->backend->alloc(device, op->scratch_bytes, &e);
        assert_non_null(scratch);
        void *const args[MM_OP_ARGS] = {x, v[0], v[1], v[2], v[3], NULL, y[threads - 1], NULL};
        must(device->backend->run(device, op, args, scratch, &e));
        device->backend->free(device, scratch);
        device->backend->release(device, op);
        device->backend->close(device);
    }
    assert_memory_equal(y[0], y[1], sizeof y[0]);
    assert_memory_equal(vectors[0], vectors[1], sizeof vectors[0]);
}

static int setup(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 2, mm_hash_string("pixels"), 0);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < SIDE * SIDE; k++)
            pixels[i][k] = (uint8_t)mm_random_below(&r, 256);
    return mm_net_build("resnet8-cifar", 3, &nets[0].net, &e) || inner_build(3, &nets[1].net, &e) ||
           mm_net_init(nets[0].net, 1, &nets[0].start, &e) || mm_net_init(nets[1].net, 6, &nets[1].start, &e);
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        mm_params_free(&nets[i].start);
        mm_net_free(nets[i].net);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layouts), cmocka_unit_test(test_kernels),
                                       cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests_name("layouts", tests, setup, teardown);
}
