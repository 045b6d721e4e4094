/* Gradients of several ranks in buckets, on the CUDA backend built for the host: every number once, none before it is done.
 * The other rank is imagined: it has the same numbers as this one, so that a sum is twice of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/data_parallel.h"
#include "common/nn/internal.h"

#include "tests/unit/nn/must.h"

enum { SIDE = 16, CLASSES = 3, BATCH = 2 };

static mm_error e;
static const mm_backend *host;
static mm_device *device;
static mm_net *net;
static mm_params start;
static uint16_t pixels[BATCH][SIDE * SIDE];

static int twice(mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error)
{
    (void)group;
    (void)error;
    for (size_t i = 0; i < count; i++)
        if (dtype == MM_F64)
            ((double *)numbers)[i] *= 2;
        else
            ((float *)numbers)[i] *= 2;
    return MM_OK;
}

static mm_group pair = {.rank = 0, .size = 2, .sum = twice};

static mm_model *model_of(const char *stage)
{
    mm_model *m;
    bool trained[64];
    must(mm_model_new(net, device, MM_F32, BATCH, SIDE, SIDE, &m, &e));
    must(mm_model_set(m, &start, &e));
    must(mm_net_select(net, stage, trained, &e));
    must(mm_model_stage(m, trained, NULL, &e));
    return m;
}

static mm_executor *executor_of(mm_model *m, bool exchange)
{
    mm_executor *x;
    const mm_executor_options config = {.mode = MM_TRAIN, .batch = BATCH, .height = SIDE, .width = SIDE, .exchange = exchange};
    must(mm_executor_new(m, &config, &x, &e));
    return x;
}

static void pass(mm_executor *x, bool accumulate)
{
    const void *images[BATCH] = {pixels[0], pixels[1]};
    const int32_t labels[BATCH] = {0, 2};
    const float weights[BATCH] = {0.5f, 0.5f};
    must(mm_executor_input(x, images, BATCH, MM_U16, 65535, 120, 60, &e));
    must(mm_executor_labels(x, labels, weights, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_backward(x, accumulate, &e));
}

/* All gradients of the trained weights; as rows, so gaps are not seen. */
static mm_params gradients(mm_model *m)
{
    mm_params table = {0};
    must(mm_model_gradients(m, &table, &e));
    return table;
}

static void assert_times(const mm_params *a, const mm_params *b, float factor)
{
    assert_int_equal(a->count, b->count);
    assert_true(a->count > 0);
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < a->item[i].count; k++)
            if (((float *)a->item[i].data)[k] != factor * ((float *)b->item[i].data)[k])
                fail_msg("%s[%zu] is %g, not %g * %g", a->item[i].name, k, (double)((float *)a->item[i].data)[k], (double)factor,
                         (double)((float *)b->item[i].data)[k]);
}

static void check_cover(const mm_executor *x)
{
    const mm_model *m = x->model;
    uint8_t *seen = calloc(m->trainable_bytes, 1);
    assert_non_null(seen);
    for (size_t b = 0; b < x->nbuckets; b++) {
        assert_true(b == 0 || x->buckets[b].step >= x->buckets[b - 1].step);
        assert_true(x->buckets[b].step >= x->nforward && x->buckets[b].step < x->nsteps);
        for (size_t i = 0; i < x->buckets[b].bytes; i++)
            assert_int_equal(seen[x->buckets[b].offset + i]++, 0);
    }
    for (size_t i = 0; i < net->nweights; i++)
        for (size_t k = 0; m->slots[i].trainable && k < m->slots[i].storage->bytes; k++)
            assert_int_equal(seen[m->slots[i].offset + k], m->trained[net->weights[i].layer]);
    free(seen);
}

static void each_number_once(void **state)
{
    (void)state;
    static const char *const stages[] = {"all", "fc", "layer1,fc"};
    static const size_t sizes[] = {1, 1000, 20000, 1 << 30};
    for (size_t s = 0; s < 3; s++) {
        mm_model *m = model_of(stages[s]);
        mm_executor *alone = executor_of(m, false);
        pass(alone, false);
        mm_params want = gradients(m);
        mm_executor_free(alone);
        must(mm_data_parallel_join(m, &pair, &e));
        mm_executor *x = executor_of(m, true);
        size_t most = SIZE_MAX;
        for (size_t k = 0; k < 4; k++) {
            free(x->buckets);
            x->nbuckets = 0;
            must(mm_executor_buckets(x, sizes[k], &e));
            assert_true(x->nbuckets > 0 && x->nbuckets <= most);
            most = x->nbuckets;
            check_cover(x);
            pass(x, false);
            mm_params got = gradients(m);
            assert_times(&got, &want, 2);
            mm_params_free(&got);
        }
        assert_int_equal(most, s == 2 ? 2 : 1); /* neighbours went together */
        mm_params_free(&want);
        mm_executor_free(x);
        mm_model_free(m);
    }
}

static void parts_of_a_batch(void **state)
{
    (void)state;
    mm_model *m = model_of("all");
    must(mm_data_parallel_join(m, &pair, &e));
    mm_executor *x = executor_of(m, false);
    assert_int_equal(x->nbuckets, 0);
    pass(x, false);
    mm_params want = gradients(m);
    pass(x, false);
    pass(x, true);
    must(mm_model_exchange(m, &e));
    mm_params got = gradients(m);
    assert_times(&got, &want, 4);
    mm_params_free(&got);
    mm_params_free(&want);
    mm_executor_free(x);
    mm_model_free(m);
}

/* Over the host in parts of 4 MiB. */
static void odd_counts(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 7, (4 << 20) / 8, (4 << 20) / 8 + 1, (4 << 20) / 4 * 2 + 3};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        for (int wide = 0; wide < 2; wide++) {
            const size_t n = counts[k], width = wide ? 8 : 4;
            char *numbers = calloc(n + 1, width), *memory = host->alloc(device, (n + 1) * width, &e);
            assert_true(numbers && memory);
            for (size_t i = 0; i <= n; i++)
                if (wide)
                    ((double *)numbers)[i] = (double)i + 0.5;
                else
                    ((float *)numbers)[i] = (float)(i % 1000) + 0.5f;
            must(host->upload(device, memory, numbers, (n + 1) * width, &e));
            must(host->sum(device, &pair, memory, n, wide ? MM_F64 : MM_F32, &e));
            must(host->summed(device, &e));
            must(host->download(device, numbers, memory, (n + 1) * width, &e));
            for (size_t i = 0; i <= n; i++) {
                double was = wide ? (double)i + 0.5 : (double)(i % 1000) + 0.5;
                double is = wide ? ((double *)numbers)[i] : (double)((float *)numbers)[i];
                assert_true(is == (i < n ? 2 * was : was));
            }
            host->free(device, memory);
            free(numbers);
        }
}

static int setup(void **state)
{
    (void)state;
    host = mm_backend_cuda();
    if (host->open(NULL, 0, 1, &device, &e) || mm_net_build("resnet8-cifar", CLASSES, &net, &e) || mm_net_init(net, 5, &start, &e))
        return 1;
    for (size_t n = 0; n < BATCH; n++)
        for (size_t i = 0; i < SIDE * SIDE; i++)
            pixels[n][i] = (uint16_t)((i * 2654435761u + n * 40503u) >> 7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_params_free(&start);
    mm_net_free(net);
    host->close(device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_number_once), cmocka_unit_test(parts_of_a_batch),
                                       cmocka_unit_test(odd_counts)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
