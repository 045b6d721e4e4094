/* A network in two parts: where it can be divided, how much of it is computed once, what is compiled. */
#include <stdlib.h>

#include "common/nn/shared_layers.h"
#include "common/nn/internal.h"
#include "common/nn/layer.h"
#include "tests/unit/nn/must.h"

static mm_net *build(const char *description)
{
    mm_net *net;
    mm_error e = {0};
    must(mm_net_build(description, 5, &net, &e));
    return net;
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *net, *layer;
        size_t step; /* 0: it cannot be divided there */
    } cases[] = {{"resnet50", "layer1", 4}, {"resnet50", "layer2", 8}, {"resnet50", "maxpool", 4}, {"resnet50", "conv1", 2},
                 {"resnet50", "layer1.0.conv1", 0}, {"resnet50", "avgpool", 0}, {"resnet50", "fc", 0}, {"resnet20-cifar", "layer2", 2},
                 {"vgg16-mean", "features.9", 4}, {"vgg16-mean", "features.8", 2}, {"efficientnet-lite0", "_blocks.2", 4},
                 {"efficientnet-lite0", "_blocks.4._bn1", 0}, {"efficientnet-lite0", "_conv_head", 32}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_net *net = build(cases[i].net);
        mm_error e = {0};
        size_t layer;
        const int code = mm_shared_find(net, cases[i].layer, &layer, &e);
        assert_int_equal(code, cases[i].step ? MM_OK : MM_USAGE);
        if (cases[i].step)
            assert_int_equal(mm_net_step(net, layer), cases[i].step);
        mm_net_free(net);
    }
}

/* Multiply-adds of both parts for an image of 224 x 224. */
static void count(const mm_net *net, size_t layer, double *first, double *second)
{
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    mm_error e = {0};
    *first = *second = 0;
    assert_non_null(shapes);
    must(mm_net_shapes(net, 1, 224, 224, 0, shapes, &e));
    for (size_t i = 1; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        *(i <= layer ? first : second) += l->kind->multiply_adds ? l->kind->multiply_adds(l, shapes[l->from], shapes[i]) : 0;
    }
    free(shapes);
}

/* Of every family's own place. ResNet-50: 81 % of a window's multiply-adds are left behind layer1, 56 % behind layer2. */
static void test_multiply_adds(void **state)
{
    (void)state;
    static const struct {
        const char *net, *layer;
        double left;
    } cases[] = {{"resnet50", NULL, 0.808}, {"resnet50", "layer2", 0.556}, {"resnet18", NULL, 0.680}, {"efficientnet-lite0", NULL, 0.803},
                 {"vgg16-mean", NULL, 0.693}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_net *net = build(cases[i].net);
        mm_error e = {0};
        size_t layer;
        double first, second;
        must(mm_shared_find(net, cases[i].layer ? cases[i].layer : net->split, &layer, &e));
        count(net, layer, &first, &second);
        assert_true(fabs(second / (first + second) - cases[i].left) < 1e-3);
        mm_net_free(net);
    }
}

/* Each convolution is in one of the parts, and the first part runs once however many windows there are. */
static void test_operations(void **state)
{
    (void)state;
    mm_net *net = build("resnet20-cifar");
    mm_params weights = {0};
    mm_error e = {0};
    mm_device *device;
    mm_executors cache = {0};
    enum { H = 40, W = 32, N = 9 };
    static uint8_t pixels[H * W];
    int32_t place[2 * N];
    float logits[N * 5];
    const void *image = pixels;
    size_t layer;
    must(mm_backend_plain()->open(NULL, 0, 1, &device, &e));
    must(mm_net_init(net, 1, &weights, &e));
    must(mm_model_new(net, device, MM_F32, 4, 16, 16, &cache.model, &e));
    must(mm_model_set(cache.model, &weights, &e));
    must(mm_shared_find(net, "layer1", &layer, &e));
    for (int i = 0; i < N; i++) {
        place[2 * i] = i % 3 * 8;
        place[2 * i + 1] = i / 3 * 8;
    }
    const mm_shared_options options = {layer, 16, 16, 4, 40, 50};
    must(mm_shared_predict(&cache, &options, &(mm_images){.image = &image, .n = 1, .height = H, .width = W, .dtype = MM_U8, .full_scale = 255},
                           place, N, logits, &e));
    size_t first = 0, second = 0, parts = 0;
    for (size_t i = 0; i < MM_KEPT_EXECUTORS; i++) {
        const mm_executor *x = cache.kept[i].executor;
        const size_t n = x ? mm_executor_count(x, MM_OP_CONV) : 0;
        parts += x != NULL;
        if (x && cache.kept[i].config.last)
            first += n;
        else if (x) {
            assert_true(!second || second == n); /* batches of 4 and of 1 */
            assert_int_equal(mm_executor_count(x, MM_OP_CROP), 1);
            second = n;
        }
    }
    assert_int_equal(parts, 3);
    assert_int_equal(first, 7);
    assert_int_equal(first + second, 19);
    mm_executors_free(&cache);
    mm_model_free(cache.model);
    device->backend->close(device);
    mm_params_free(&weights);
    mm_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_multiply_adds), cmocka_unit_test(test_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
