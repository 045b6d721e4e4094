/* A network in two parts: where it can be divided, how much of it is computed once, what is compiled. */
#include <stdlib.h>
#include <string.h>

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

/* Multiply-adds of both parts for an image. */
static void count(const mm_net *net, size_t layer, size_t height, size_t width, double *first, double *second)
{
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    mm_error e = {0};
    *first = *second = 0;
    assert_non_null(shapes);
    must(mm_net_shapes(net, 1, height, width, 0, shapes, &e));
    for (size_t i = 1; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        *(i <= layer ? first : second) += l->kind->multiply_adds ? l->kind->multiply_adds(l, shapes[l->from], shapes[i]) : 0;
    }
    free(shapes);
}

/* What is left of a window's multiply-adds at a stride of 8 in an image of 1152 x 896, whose bands are 1120 pixels wide. */
static void test_multiply_adds(void **state)
{
    (void)state;
    static const struct {
        const char *net, *layer;
        size_t patch, side; /* pixels */
        double second, left;
    } cases[] = {{"resnet50", NULL, 224, 36, 0.808, 0.878}, {"resnet50", "layer2", 224, 0, 0.556, 0.576}, {"resnet18", NULL, 224, 44, 0.680, 0.820},
                 {"resnet18", NULL, 56, 0, 0.719, 0.769}, {"efficientnet-lite0", NULL, 224, 20, 0.803, 0.847}, {"vgg16-mean", NULL, 224, 32, 0.693, 0.794}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t patch = cases[i].patch, scale = 224 / patch, wide = (896 + 224) / scale;
        mm_net *net = build(cases[i].net);
        mm_shared_sides sides;
        mm_error e = {0};
        size_t layer;
        double first, second, band, side = 0, none;
        must(mm_shared_find(net, cases[i].layer ? cases[i].layer : net->split, &layer, &e));
        must(mm_shared_find_sides(net, layer, patch, patch, &sides, &e));
        assert_int_equal(sides.width, cases[i].side);
        count(net, layer, patch, patch, &first, &second);
        count(net, layer, patch, wide, &band, &none);
        if (sides.width)
            count(net, layer, patch, sides.width, &side, &none);
        const double columns = (double)(896 / scale / 8), left = second + 2 * side + band / columns;
        assert_true(fabs(second / (first + second) - cases[i].second) < 1e-3);
        assert_true(fabs(left / (first + second) - cases[i].left) < 1e-3);

        mm_net_free(net);
    }
}

/* The plain backend, with a count of the multiply-adds that convolutions run. */
static double done;

static int counting_run(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error)
{
    const mm_op_desc *d = &op->desc;
    if (d->kind == MM_OP_CONV)
        done += (double)(d->y.n * d->y.c * d->y.h * d->y.w * d->kernel * d->kernel) * (double)(d->grey ? 3 : d->x.c) / (double)mm_op_groups(d);
    return mm_backend_plain()->run(device, op, args, scratch, error);
}

/* Windows of an image, shared and each on its own: the largest difference of results, as a share of their spread, and how many
 * multiply-adds each way. */
static void run_both(const char *description, const char *name, size_t window, double *apart, double *shared, float *difference)
{
    enum { H = 32, W = 60, ROWS = 2, COLUMNS = 9, N = ROWS * COLUMNS, STRIDE = 4, BATCH = 4 };
    static uint8_t pixels[H * W], cut[N][32 * 32];
    float logits[N * 5], truth[N * 5];
    int32_t place[2 * N];
    const void *image = pixels, *windows[N];
    mm_net *net = build(description);
    mm_params weights = {0};
    mm_error e = {0};
    mm_device *device;
    mm_executors cache = {0};
    size_t layer;
    mm_backend counting = *mm_backend_plain();
    counting.run = counting_run;
    for (size_t i = 0; i < H * W; i++)
        pixels[i] = (uint8_t)(i * i % 251);
    for (size_t i = 0; i < N; i++) {
        const size_t top = i / COLUMNS * STRIDE, left = i % COLUMNS * STRIDE;
        place[2 * i] = (int32_t)top;
        place[2 * i + 1] = (int32_t)left;
        for (size_t y = 0; y < window; y++)
            memcpy(cut[i] + y * window, pixels + (top + y) * W + left, window);
        windows[i] = cut[i];
    }
    must(mm_backend_plain()->open(NULL, 0, 1, &device, &e));
    device->backend = &counting;
    must(mm_net_init(net, 1, &weights, &e));
    must(mm_model_new(net, device, MM_F32, BATCH, window, window, &cache.model, &e));
    must(mm_model_set(cache.model, &weights, &e));
    must(mm_shared_find(net, name, &layer, &e));
    const mm_shared_options options = {layer, window, window, BATCH, 120, 50};
    done = 0;
    must(mm_shared_predict(&cache, &options, &(mm_images){.image = &image, .n = 1, .height = H, .width = W, .dtype = MM_U8, .full_scale = 255},
                           place, N, logits, &e));
    *shared = done;
    done = 0;
    must(mm_predict(&cache, &(mm_predict_options){.batch = BATCH, .mean = 120, .std = 50},
                    &(mm_images){.image = windows, .n = N, .height = window, .width = window, .dtype = MM_U8, .full_scale = 255}, 5,
                    &(mm_network_output){.logits = truth}, &e));
    *apart = done;
    *difference = 0;
    float spread = 0; /* of a class's results from window to window */
    for (size_t i = 0; i < N * 5; i++) {
        *difference = fmaxf(*difference, fabsf(logits[i] - truth[i]));
        spread = fmaxf(spread, fabsf(truth[i] - truth[i % 5]));
    }
    *difference /= spread;
    mm_executors_free(&cache);
    mm_model_free(cache.model);
    device->backend->close(device);
    mm_params_free(&weights);
    mm_net_free(net);
}

/* Where windows are large for the split, the results are those of windows on their own, with fewer multiply-adds: those of the bands
 * (here 2), of two sides for each window, and of the second part. */
static void test_operations(void **state)
{
    (void)state;
    double apart, shared, first, second, band, side, none;
    float difference;
    size_t layer;
    mm_error e = {0};
    mm_net *net = build("resnet8-cifar");
    must(mm_shared_find(net, "layer1", &layer, &e));
    count(net, layer, 28, 28, &first, &second);
    count(net, layer, 28, 60, &band, &none);
    count(net, layer, 28, 6, &side, &none);
    run_both("resnet8-cifar", "layer1", 28, &apart, &shared, &difference);
    assert_true(difference < 1e-4f);
    second -= 64 * 5; /* the last layer is no convolution */
    assert_true(fabs(apart / (18 * (first + second)) - 1) < 1e-9);
    assert_true(fabs(shared / (2 * band + 36 * side + 18 * second) - 1) < 1e-9);
    assert_true(shared < 0.9 * apart);
    mm_net_free(net);
    /* Small windows have no sides of their own: another result, and still fewer multiply-adds. */
    run_both("resnet8-cifar", "layer1", 20, &apart, &shared, &difference);
    assert_true(difference > 1e-3f && shared < 0.9 * apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_multiply_adds), cmocka_unit_test(test_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
