/* Executors that explain (MM_EXPLAIN), on a network with every kind of inner layer (inner.h): the gradient of each layer's output
 * against finite differences of the score, every device against plain, and that it is prediction and moves nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/executor.h"

#include "tests/unit/nn/inner.h"
#include "tests/unit/nn/must.h"

enum { HEIGHT = 15, WIDTH = 13, CLASSES = 3, BATCH = 3, LAYERS = 64 };

static mm_error e;
static mm_device *plain;
static mm_net *net;
static mm_params start;
static float pixels[BATCH][HEIGHT * WIDTH];
static const float seed[BATCH * CLASSES] = {0, 1, 0, -0.5f, 0.25f, 2, 0, 0.3f, 0.7f};

/* All layers are trained by the stage, and none by an explanation. */
static mm_model *model_of(mm_device *device, mm_dtype precision)
{
    mm_model *m;
    bool trained[LAYERS];
    assert_true(net->nlayers <= LAYERS);
    must(mm_model_new(net, device, precision, BATCH, HEIGHT, WIDTH, &m, &e));
    must(mm_model_set(m, &start, &e));
    must(mm_net_select(net, "all", trained, &e));
    must(mm_model_stage(m, trained, NULL, &e));
    return m;
}

static mm_executor *executor_of(mm_model *m, mm_mode mode, size_t layer)
{
    const mm_executor_options config = {.mode = mode, .batch = BATCH, .height = HEIGHT, .width = WIDTH, .feature = layer};
    mm_executor *x;
    must(mm_executor_new(m, &config, &x, &e));
    return x;
}

static void forward(mm_executor *x, float *logits)
{
    const void *images[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        images[i] = pixels[i];
    must(mm_executor_input(x, images, BATCH, MM_F32, 1, 127, 60, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_logits(x, logits, &e));
}

typedef struct answer {
    float logits[BATCH * CLASSES];
    size_t size; /* of an image's features */
    float *features, *gradient;
} answer;

static answer explain(mm_model *m, size_t layer)
{
    mm_executor *x = executor_of(m, MM_EXPLAIN, layer);
    answer a = {.size = mm_executor_feature_size(x)};
    a.features = calloc(BATCH * a.size, sizeof *a.features);
    a.gradient = calloc(BATCH * a.size, sizeof *a.gradient);
    assert_true(a.features && a.gradient);
    forward(x, a.logits);
    must(mm_executor_explain(x, seed, &e));
    must(mm_executor_feature(x, a.features, &e));
    must(mm_executor_gradient(x, a.gradient, &e));
    mm_executor_free(x);
    return a;
}

static void forget(answer *a)
{
    free(a->features);
    free(a->gradient);
}

static double score(mm_model *m, mm_executor *x)
{
    float logits[BATCH * CLASSES];
    double sum = 0;
    must(mm_model_set(m, &start, &e));
    forward(x, logits);
    for (size_t i = 0; i < BATCH * CLASSES; i++)
        sum += (double)seed[i] * (double)logits[i];
    return sum;
}

/* The score when a layer's output in channel c is 1 + h times as large, by its weights. */
static double score_scaled(mm_model *m, mm_executor *x, size_t layer, size_t c, double h)
{
    float *old[2] = {NULL, NULL};
    float *at[2] = {NULL, NULL};
    size_t n[2] = {0}, k = 0;
    for (size_t i = 0; i < net->nweights; i++) {
        const mm_weight *w = &net->weights[i];
        if (w->layer != (int)layer || (w->kind != MM_WEIGHT && w->kind != MM_BIAS))
            continue;
        n[k] = w->count / w->dim[0];
        at[k] = (float *)mm_params_find(&start, w->name)->data + c * n[k];
        old[k] = malloc(n[k] * sizeof(float));
        assert_non_null(old[k]);
        memcpy(old[k], at[k], n[k] * sizeof(float));
        for (size_t j = 0; j < n[k]; j++)
            at[k][j] *= (float)(1 + h);
        k++;
    }
    const double s = score(m, x);
    for (size_t i = 0; i < k; i++) {
        memcpy(at[i], old[i], n[i] * sizeof(float));
        free(old[i]);
    }
    return s;
}

/* As a channel grows, the score changes by the sum of its outputs times their gradients. */
static void test_differences(void **state)
{
    (void)state;
    mm_model *m = model_of(plain, MM_F32);
    mm_executor *x = executor_of(m, MM_PREDICT, 0);
    const double h = 5e-4;
    size_t seen = 0;
    for (size_t layer = 1; layer < net->nlayers; layer++) {
        if (!net->layers[layer].kind->weights)
            continue;
        answer a = explain(m, layer);
        const size_t channels = net->layers[layer].out, cells = a.size / channels;
        for (size_t c = 0; c < channels; c++, seen++) {
            double sum = 0;
            for (size_t i = 0; i < BATCH * cells; i++) {
                const size_t at = i / cells * a.size + c * cells + i % cells;
                sum += (double)a.features[at] * (double)a.gradient[at];
            }
            const double slope = (score_scaled(m, x, layer, c, h) - score_scaled(m, x, layer, c, -h)) / (2 * h);
            if (fabs(slope - sum) > 0.01 * fabs(sum) + 1e-3)
                fail_msg("%s, channel %zu: %g, slope %g", net->layers[layer].name, c, sum, slope);
        }
        forget(&a);
    }
    assert_true(seen > 100);
    mm_executor_free(x);
    mm_model_free(m);
}

static double norm_of(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

static void near(const char *what, size_t layer, const float *a, const float *b, size_t n, double limit)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)a[i] - (double)b[i], 2);
    if (!(sqrt(sum) <= limit * norm_of(b, n)))
        fail_msg("%s of %s: off by %g of %g", what, net->layers[layer].name, sqrt(sum), norm_of(b, n));
}

static void compare(mm_device *device, mm_dtype precision, double limit)
{
    mm_model *m = model_of(device, precision), *truth = model_of(plain, MM_F32);
    for (size_t layer = 1; layer < net->nlayers; layer++) {
        answer a = explain(m, layer), b = explain(truth, layer);
        assert_int_equal(a.size, b.size);
        near("logits", layer, a.logits, b.logits, BATCH * CLASSES, limit);
        near("features", layer, a.features, b.features, BATCH * b.size, limit);
        near("gradient", layer, a.gradient, b.gradient, BATCH * b.size, limit);
        forget(&a);
        forget(&b);
    }
    mm_model_free(m);
    mm_model_free(truth);
}

static void test_cpu(void **state)
{
    (void)state;
    mm_device *device;
    must(mm_device_open("cpu", 0, 2, &device, &e));
    compare(device, MM_F32, 1e-4);
    compare(device, MM_BF16, 0.1);
    device->backend->close(device);
}

static void test_cuda(void **state)
{
    (void)state;
    mm_device *device;
    must(mm_backend_cuda()->open(NULL, 0, 1, &device, &e));
    compare(device, MM_F32, 1e-4);
    compare(device, MM_BF16, 0.1);
    device->backend->close(device);
}

/* Its logits and features are those of prediction, work stops at the layer, and no number of the model moves. */
static void test_prediction(void **state)
{
    (void)state;
    size_t layer;
    float logits[BATCH * CLASSES];
    mm_params before = {0}, after = {0};
    must(mm_net_find_layer(net, "norm1", &layer, &e));
    mm_model *m = model_of(plain, MM_F32);
    must(mm_model_get(m, &before, &e));
    answer a = explain(m, layer);
    mm_executor *x = executor_of(m, MM_PREDICT, layer);
    float *features = calloc(BATCH * a.size, sizeof *features);
    assert_non_null(features);
    forward(x, logits);
    must(mm_executor_feature(x, features, &e));
    near("logits", layer, a.logits, logits, BATCH * CLASSES, 1e-5);
    near("features", layer, a.features, features, BATCH * a.size, 1e-5);
    assert_int_equal(mm_executor_explain(x, seed, &e), MM_FAILURE);
    mm_executor_free(x);
    must(mm_model_get(m, &after, &e));
    for (size_t i = 0; i < before.count; i++)
        assert_memory_equal(before.item[i].data, after.item[i].data, before.item[i].bytes);
    x = executor_of(m, MM_EXPLAIN, layer);
    assert_int_equal(mm_executor_count(x, MM_OP_CONV_DX), 2); /* depthwise, project: not grouped, branch, stem */
    assert_int_equal(mm_executor_count(x, MM_OP_CONV_DW) + mm_executor_count(x, MM_OP_FC_DW), 0);
    assert_int_equal(mm_executor_count(x, MM_OP_NORM_DX), 1);
    assert_int_equal(mm_executor_explain(x, seed, &e), MM_FAILURE);
    assert_int_equal(mm_executor_backward(x, false, &e), MM_FAILURE);
    mm_executor_free(x);
    const mm_executor_options none = {.mode = MM_EXPLAIN, .batch = 1, .height = HEIGHT, .width = WIDTH};
    assert_int_equal(mm_executor_new(m, &none, &x, &e), MM_USAGE);
    mm_params_free(&before);
    mm_params_free(&after);
    free(features);
    forget(&a);
    mm_model_free(m);
}

/* Where features lie: published networks, with zeros on both sides and with TensorFlow's. */
static void test_axes(void **state)
{
    (void)state;
    static const struct {
        const char *net, *layer;
        size_t height, width;
        mm_feature_axis axis[2];
    } known[] = {
        {"resnet50", "layer4", 1152, 896, {{36, 32, 0}, {28, 32, 0}}},
        {"resnet18", "conv1", 65, 64, {{33, 2, 0}, {32, 2, 0}}},
        {"vgg16-mean", "features.30", 224, 96, {{7, 32, 15.5}, {3, 32, 15.5}}},
        {"efficientnet-lite0", "_conv_stem", 65, 64, {{33, 2, 0}, {32, 2, 1}}},
        {"efficientnet-lite0", "_conv_head", 224, 64, {{7, 32, 31}, {2, 32, 31}}},
        {"resnet20-cifar", "layer1", 32, 40, {{32, 1, 0}, {40, 1, 0}}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mm_net *n;
        size_t layer;
        mm_feature_axis axis[2];
        must(mm_net_build(known[i].net, 2, &n, &e));
        must(mm_net_find_layer(n, known[i].layer, &layer, &e));
        must(mm_net_feature_axes(n, layer, known[i].height, known[i].width, axis, &e));
        for (int k = 0; k < 2; k++)
            if (axis[k].n != known[i].axis[k].n || axis[k].stride != known[i].axis[k].stride || axis[k].centre != known[i].axis[k].centre)
                fail_msg("%s, %s, axis %d: %zu at %g + %g i", known[i].net, known[i].layer, k, axis[k].n, axis[k].centre, axis[k].stride);
        assert_int_equal(mm_net_feature_axes(n, n->nlayers - 1, 64, 64, axis, &e), MM_USAGE);
        mm_net_free(n);
    }
}

static int setup(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 5, mm_hash_string("inner layers"), 0);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < HEIGHT * WIDTH; k++)
            pixels[i][k] = (float)mm_random_double(&r);
    if (mm_backend_plain()->open(NULL, 0, 1, &plain, &e) || inner_build(CLASSES, &net, &e) || mm_net_init(net, 6, &start, &e))
        return 1;
    for (size_t i = 0; i < start.count; i++) /* gradients far above the rounding of the score; statistics that are not 0 and 1 */
        for (size_t k = 0; k < start.item[i].count; k++) {
            float *v = start.item[i].data;
            if (strstr(start.item[i].name, "fc"))
                v[k] *= 3;
            else if (strstr(start.item[i].name, "running_mean"))
                v[k] = (float)mm_random_range(&r, -0.5, 0.5);
            else if (strstr(start.item[i].name, "running_var"))
                v[k] = (float)mm_random_range(&r, 0.5, 2);
            else if (strstr(start.item[i].name, "norm") && strstr(start.item[i].name, "bias"))
                v[k] = (float)mm_random_range(&r, -0.5, 0.5);
        }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_params_free(&start);
    mm_net_free(net);
    plain->backend->close(plain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences), cmocka_unit_test(test_cpu), cmocka_unit_test(test_cuda),
                                       cmocka_unit_test(test_prediction), cmocka_unit_test(test_axes)};
    return cmocka_run_group_tests_name("explain", tests, setup, teardown);
}
