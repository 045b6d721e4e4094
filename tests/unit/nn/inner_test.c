/* A network with every kind of inner layer (inner.h): its gradients against finite differences of its loss, and every device
 * against plain, in training of all and of some layers and in prediction. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/executor.h"

#include "tests/unit/nn/inner.h"
#include "tests/unit/nn/must.h"

enum { HEIGHT = 15, WIDTH = 13, CLASSES = 3, BATCH = 5, LAYERS = 64 };

static mm_error e;
static mm_device *plain;
static mm_net *net;
static mm_params start;
static float pixels[BATCH][HEIGHT * WIDTH];

static mm_model *model_of(mm_device *device, mm_dtype precision, const char *stage)
{
    mm_model *m;
    bool trained[LAYERS];
    assert_true(net->nlayers <= LAYERS);
    must(mm_model_new(net, device, precision, BATCH, HEIGHT, WIDTH, &m, &e));
    must(mm_model_set(m, &start, &e));
    must(mm_net_select(net, stage, trained, &e));
    must(mm_model_stage(m, trained, NULL, &e));
    return m;
}

static mm_executor *executor_of(mm_model *m, mm_mode mode, mm_bn bn)
{
    const mm_executor_options config = {.mode = mode, .bn = bn, .batch = BATCH, .height = HEIGHT, .width = WIDTH};
    mm_executor *x;
    must(mm_executor_new(m, &config, &x, &e));
    return x;
}

static void end(mm_executor *x, mm_model *m)
{
    mm_executor_free(x);
    mm_model_free(m);
}

static void put(mm_executor *x)
{
    const void *images[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        images[i] = pixels[i];
    must(mm_executor_input(x, images, BATCH, MM_F32, 1, 127, 60, &e));
}

/* The sum over the batch, so that differences of it have digits. */
static double loss_of(mm_executor *x)
{
    static const int32_t labels[BATCH] = {0, 2, 1, 1, 2};
    static const float ones[BATCH] = {1, 1, 1, 1, 1};
    double loss;
    put(x);
    must(mm_executor_labels(x, labels, ones, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_loss(x, &loss, &e));
    return loss;
}

static double norm_of(const mm_param *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += pow((double)((float *)p->data)[i], 2);
    return sqrt(sum);
}

/* The loss at a distance h along a direction from weight w. */
static double loss_along(mm_executor *x, mm_model *m, mm_param *w, const mm_param *direction, double h)
{
    float *v = w->data, *old = malloc(w->bytes);
    const float *d = direction->data;
    const double size = norm_of(direction);
    assert_non_null(old);
    memcpy(old, v, w->bytes);
    for (size_t k = 0; k < w->count; k++)
        v[k] = (float)((double)old[k] + h * (double)d[k] / size);
    must(mm_model_set(m, &start, &e));
    const double loss = loss_of(x);
    memcpy(v, old, w->bytes);
    free(old);
    return loss;
}

/* Along the gradient of each weight the loss changes by the gradient's norm. */
static void test_gradients(void **state)
{
    (void)state;
    mm_params g = {0};
    mm_model *m = model_of(plain, MM_F32, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH);
    loss_of(x);
    must(mm_executor_backward(x, false, &e));
    must(mm_model_gradients(m, &g, &e));
    assert_int_equal(g.count, 5 + 1 + 2 * 2 + 5 * 2); /* convolutions and a bias, norms, fully connected */
    for (size_t i = 0; i < g.count; i++) {
        mm_param *w = mm_params_find(&start, g.item[i].name);
        const double size = norm_of(&g.item[i]), h = 2e-3;
        const double slope = (loss_along(x, m, w, &g.item[i], h) - loss_along(x, m, w, &g.item[i], -h)) / (2 * h);
        if (!(size > 1e-3) || fabs(slope - size) > 0.01 * size + 1e-4)
            fail_msg("%s: gradient %g, slope %g", w->name, size, slope);
    }
    mm_params_free(&g);
    end(x, m);
}

/* What a step makes of the weights trained by a stage, and what is then predicted. */
typedef struct outcome {
    double loss;
    mm_params gradients, weights;
    float logits[BATCH * CLASSES];
} outcome;

static void run(mm_device *device, mm_dtype precision, const char *stage, mm_bn bn, outcome *o)
{
    mm_model *m = model_of(device, precision, stage);
    mm_executor *x = executor_of(m, MM_TRAIN, bn);
    *o = (outcome){.loss = loss_of(x)};
    must(mm_executor_backward(x, false, &e));
    must(mm_model_gradients(m, &o->gradients, &e));
    must(mm_model_get(m, &o->weights, &e)); /* running statistics have moved */
    mm_executor_free(x);
    x = executor_of(m, MM_PREDICT, MM_BN_BATCH);
    assert_int_equal(mm_executor_count(x, MM_OP_NORM), 0);
    put(x);
    must(mm_executor_forward(x, &e));
    must(mm_executor_logits(x, o->logits, &e));
    end(x, m);
}

static void free_outcome(outcome *o)
{
    mm_params_free(&o->gradients);
    mm_params_free(&o->weights);
}

/* Largest distance of two parameters in parts of the first one's norm. */
static double distance(const mm_params *a, const mm_params *b)
{
    double worst = 0;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const float *p = a->item[i].data, *q = b->item[i].data;
        double sum = 0;
        if (a->item[i].dtype != MM_F32)
            continue;
        for (size_t k = 0; k < a->item[i].count; k++)
            sum += pow((double)p[k] - (double)q[k], 2);
        worst = fmax(worst, sqrt(sum) / (norm_of(&a->item[i]) + 1e-12));
    }
    return worst;
}

static double apart(const outcome *a, const outcome *b)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < BATCH * CLASSES; i++) {
        worst = fmax(worst, fabs((double)a->logits[i] - (double)b->logits[i]));
        largest = fmax(largest, fabs((double)a->logits[i]));
    }
    return worst / largest;
}

/* Stages leave out one gradient or the other of concatenations and scalings. */
static void agree(mm_device *device)
{
    static const struct {
        const char *stage;
        mm_bn bn;
    } stages[] = {{"all", MM_BN_BATCH}, {"stem", MM_BN_FROZEN}, {"se.fc2,fc3", MM_BN_FROZEN}, {"branch", MM_BN_BATCH},
                  {"fc1", MM_BN_FROZEN}};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        outcome theirs, ours, coarse;
        run(plain, MM_F32, stages[i].stage, stages[i].bn, &theirs);
        run(device, MM_F32, stages[i].stage, stages[i].bn, &ours);
        run(device, MM_BF16, stages[i].stage, stages[i].bn, &coarse);
        assert_true(fabs(ours.loss - theirs.loss) < 1e-6 * theirs.loss);
        assert_true(distance(&theirs.gradients, &ours.gradients) < 1e-5);
        assert_true(distance(&theirs.weights, &ours.weights) < 1e-6);
        assert_true(apart(&theirs, &ours) < 1e-5);
        assert_true(fabs(coarse.loss - theirs.loss) < 1e-3 * theirs.loss);
        assert_true(distance(&theirs.gradients, &coarse.gradients) < 0.2);
        assert_true(apart(&theirs, &coarse) < 1e-3);
        free_outcome(&theirs);
        free_outcome(&ours);
        free_outcome(&coarse);
    }
}

static void test_cpu(void **state)
{
    (void)state;
    mm_device *device;
    must(mm_device_open("cpu", 0, 2, &device, &e));
    agree(device);
    device->backend->close(device);
}

/* What a card would do, on the host, and on a card that is here. */
static void test_cuda(void **state)
{
    (void)state;
    mm_device *device;
    must(mm_backend_cuda()->open(NULL, 0, 1, &device, &e));
    agree(device);
    device->backend->close(device);
    if (!mm_device_open("cuda", 0, 1, &device, &e)) {
        agree(device);
        device->backend->close(device);
    }
}

static void excited_trunk(mm_builder *b, const mm_variant *v)
{
    (void)v;
    mm_builder_conv(b, 8, 3, 2, "", "stem");
    inner_excitation(b);
}

static void mean_head(mm_builder *b, const mm_variant *v, size_t classes)
{
    (void)v;
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_mean}, "mean");
    mm_builder_add(b, (mm_layer){.kind = &mm_layer_fc, .out = classes}, "fc");
}

/* Means of windows cannot scale a map: an error that names the layer. */
static void test_windows(void **state)
{
    (void)state;
    static const mm_family family = {.title = "excitation", .trunk = excited_trunk, .head = mean_head};
    const mm_executor_options config = {.mode = MM_PREDICT, .batch = 1, .height = HEIGHT, .width = WIDTH, .window = 2};
    mm_net *excited;
    mm_model *m;
    mm_executor *x;
    must(mm_net_build_variant(&(mm_variant){.family = &family, .name = "excited"}, CLASSES, &excited, &e));
    must(mm_model_new(excited, plain, MM_F32, 1, HEIGHT, WIDTH, &m, &e));
    assert_int_equal(mm_executor_new(m, &config, &x, &e), MM_USAGE);
    assert_string_equal(e.text, "layer 'se.scale' of excited (scaling) cannot read stem of 8 x 7 with se.sigmoid of 7 x 6");
    mm_model_free(m);
    mm_net_free(excited);
}

/* Weights that leave no relu of the few in squeeze-and-excitation at its kink, where neither differences nor bf16 have a slope. Fully
 * connected ones are larger than a network begins with, so that every gradient is far above the rounding of the loss. */
static int draw_weights(void)
{
    const uint64_t seed = 6;
    if (mm_net_init(net, seed, &start, &e))
        return e.code;
    for (size_t i = 0; i < start.count; i++)
        for (size_t k = 0; k < start.item[i].count && strstr(start.item[i].name, "fc"); k++)
            ((float *)start.item[i].data)[k] *= 3;
    return 0;
}

static int setup(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 5, mm_hash_string("inner layers"), 0);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t k = 0; k < HEIGHT * WIDTH; k++)
            pixels[i][k] = (float)mm_random_double(&r);
    return mm_backend_plain()->open(NULL, 0, 1, &plain, &e) || inner_build(CLASSES, &net, &e) || draw_weights();
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_cpu), cmocka_unit_test(test_cuda),
                                       cmocka_unit_test(test_windows)};
    return cmocka_run_group_tests_name("inner", tests, setup, teardown);
}
