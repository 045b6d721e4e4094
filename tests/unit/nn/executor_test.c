/* Networks as a whole: gradients, frozen parts, micro-batches, partial batches, folded batch norm, dense maps, state. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/nn/executor.h"
#include "tests/support/cuda_host/record.h"

#include "tests/unit/nn/must.h"

enum { SIDE = 16, CLASSES = 3, MOST = 8 };

static mm_error e;
static mm_device *tested, *plain; /* the CPU first, then what a card would do (tests/support/cuda_host) */
static mm_net *tiny; /* resnet8-cifar */
static mm_params start;
static uint16_t pixels[MOST][SIDE * SIDE];
static const int32_t labels[MOST] = {0, 2, 1, 1, 2, 0, 0, 1};

static mm_model *model_of(mm_device *device, mm_dtype precision, const char *stage)
{
    mm_model *m;
    bool trained[64];
    must(mm_model_new(tiny, device, precision, 4, SIDE, SIDE, &m, &e));
    must(mm_model_set(m, &start, &e));
    must(mm_net_select(tiny, stage, trained, &e));
    must(mm_model_stage(m, trained, NULL, &e));
    return m;
}

static mm_executor *executor_of(mm_model *m, mm_mode mode, mm_bn bn, size_t batch)
{
    mm_executor *x;
    const mm_executor_options config = {mode, bn, batch, SIDE, SIDE, 0};
    must(mm_executor_new(m, &config, &x, &e));
    return x;
}

static void put(mm_executor *x, size_t first, size_t n)
{
    const void *images[MOST];
    for (size_t i = 0; i < n; i++)
        images[i] = pixels[first + i];
    must(mm_executor_input(x, images, n, MM_U16, 65535, 120, 60, &e));
}

/* Forward of images first .. first + n - 1; each weighs 1 / of. */
static double loss_of(mm_executor *x, size_t first, size_t n, size_t of)
{
    float weights[MOST];
    double loss;
    for (size_t i = 0; i < n; i++)
        weights[i] = 1 / (float)of;
    put(x, first, n);
    must(mm_executor_labels(x, labels + first, weights, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_loss(x, &loss, &e));
    return loss;
}

static double norm_of(const mm_param *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += (double)((float *)p->data)[i] * (double)((float *)p->data)[i];
    return sqrt(sum);
}

/* Largest distance of two parameters in parts of the first one's norm. */
static double distance(const mm_params *a, const mm_params *b)
{
    double worst = 0;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const mm_param *p = &a->item[i], *q = mm_params_find(b, p->name);
        double sum = 0;
        assert_non_null(q);
        if (p->dtype != MM_F32)
            continue;
        for (size_t k = 0; k < p->count; k++)
            sum += pow((double)((float *)p->data)[k] - (double)((float *)q->data)[k], 2);
        worst = fmax(worst, sqrt(sum) / (norm_of(p) + 1e-12));
    }
    return worst;
}

static bool same_bits(const mm_params *a, const mm_params *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->item[i].name, b->item[i].name) || memcmp(a->item[i].data, b->item[i].data, a->item[i].bytes))
            return false;
    return true;
}

static void end(mm_executor *x, mm_model *m)
{
    mm_executor_free(x);
    mm_model_free(m);
}

static void gradients(mm_device *device, mm_dtype precision, mm_params *g)
{
    mm_model *m = model_of(device, precision, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, MOST);
    loss_of(x, 0, MOST, MOST);
    must(mm_executor_backward(x, false, &e));
    must(mm_model_gradients(m, g, &e));
    end(x, m);
}

static void test_gradients(void **state)
{
    (void)state;
    mm_params ours = {0}, theirs = {0}, coarse = {0};
    gradients(tested, MM_F32, &ours);
    gradients(plain, MM_F32, &theirs);
    gradients(tested, MM_BF16, &coarse);
    assert_int_equal(ours.count, 7 * 3 + 2);
    assert_true(distance(&theirs, &ours) < 1e-4);
    assert_true(distance(&theirs, &coarse) < 0.2);
    mm_params_free(&theirs);
    mm_params_free(&coarse);

    /* along each parameter's gradient the loss must change by its norm */
    mm_model *m = model_of(tested, MM_F32, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, MOST);
    for (size_t i = 0; i < ours.count; i++) {
        mm_param *w = mm_params_find(&start, ours.item[i].name);
        const float *g = ours.item[i].data;
        float *v = w->data, *old = malloc(w->bytes);
        assert_non_null(old);
        memcpy(old, v, w->bytes);
        double size = norm_of(&ours.item[i]), h = 5e-4, loss[2];
        for (int up = 0; up < 2; up++) {
            for (size_t k = 0; k < w->count; k++)
                v[k] = (float)((double)old[k] + (up ? h : -h) * (double)g[k] / size);
            must(mm_model_set(m, &start, &e));
            loss[up] = loss_of(x, 0, MOST, MOST);
        }
        memcpy(v, old, w->bytes);
        free(old);
        double slope = (loss[1] - loss[0]) / (2 * h);
        if (fabs(slope - size) > 0.03 * size + 2e-3)
            fail_msg("%s: gradient %g, slope %g", w->name, size, slope);
    }
    mm_params_free(&ours);
    end(x, m);
}

/* What is not trained costs nothing on the way back. */
static void test_no_needless_work(void **state)
{
    (void)state;
    static const struct {
        const char *stage;
        mm_bn bn;
        size_t conv, norm, conv_dw, conv_dx, norm_dx, fc_dx, pool_dx;
    } known[] = {
        {"all", MM_BN_BATCH, 20, 20, 20, 19, 20, 1, 1},
        {"fc", MM_BN_BATCH, 20, 20, 0, 0, 0, 0, 0},
        {"fc", MM_BN_FROZEN, 20, 0, 0, 0, 0, 0, 0},
        {"layer4.1,fc", MM_BN_BATCH, 20, 20, 2, 1, 2, 1, 0},
        {"layer4.1,fc", MM_BN_FROZEN, 20, 2, 2, 1, 2, 1, 0},
        {"layer4.0.conv2", MM_BN_FROZEN, 20, 3, 1, 2, 3, 1, 0},
    };
    mm_net *net;
    mm_model *m;
    mm_executor *x;
    bool trained[128];
    must(mm_net_build("resnet18", 5, &net, &e));
    must(mm_model_new(net, tested, MM_F32, 2, 32, 32, &m, &e));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const mm_executor_options config = {MM_TRAIN, known[i].bn, 2, 32, 32, 0};
        must(mm_net_select(net, known[i].stage, trained, &e));
        must(mm_model_stage(m, trained, NULL, &e));
        must(mm_executor_new(m, &config, &x, &e));
        assert_int_equal(mm_executor_count(x, MM_OP_CONV), known[i].conv);
        assert_int_equal(mm_executor_count(x, MM_OP_NORM), known[i].norm);
        assert_int_equal(mm_executor_count(x, MM_OP_CONV_DW), known[i].conv_dw);
        assert_int_equal(mm_executor_count(x, MM_OP_CONV_DX), known[i].conv_dx);
        assert_int_equal(mm_executor_count(x, MM_OP_NORM_DX), known[i].norm_dx);
        assert_int_equal(mm_executor_count(x, MM_OP_FC_DX), known[i].fc_dx);
        assert_int_equal(mm_executor_count(x, MM_OP_MAXPOOL_DX), known[i].pool_dx);
        mm_executor_free(x);
    }
    mm_model_free(m);
    mm_net_free(net);
}

/* Adding up micro-batches: where batch statistics play no part, the gradient of the whole batch. */
static void test_micro_batches(void **state)
{
    (void)state;
    mm_params one = {0}, many = {0};
    mm_model *m = model_of(tested, MM_F32, "fc");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_FROZEN, MOST);
    double whole = loss_of(x, 0, MOST, MOST), parts = 0;
    must(mm_executor_backward(x, false, &e));
    must(mm_model_gradients(m, &one, &e));
    mm_executor_free(x);
    mm_executor *a = executor_of(m, MM_TRAIN, MM_BN_FROZEN, 3), *b = executor_of(m, MM_TRAIN, MM_BN_FROZEN, 2);
    for (int again = 0; again < 2; again++) { /* a second step starts from nothing */
        parts = loss_of(a, 0, 3, MOST);
        must(mm_executor_backward(a, false, &e));
        parts += loss_of(a, 3, 3, MOST);
        must(mm_executor_backward(a, true, &e));
        parts += loss_of(b, 6, 2, MOST);
        must(mm_executor_backward(b, true, &e));
    }
    must(mm_model_gradients(m, &many, &e));
    assert_true(fabs(whole - parts) < 1e-6);
    assert_true(distance(&one, &many) < 1e-5);
    mm_params_free(&one);
    mm_params_free(&many);
    mm_executor_free(b);
    end(a, m);
}

/* Frozen weights stay; running averages go on or not; trained ones move. Another batch size shares it all. */
static void test_stage(void **state)
{
    (void)state;
    for (int frozen = 0; frozen < 2; frozen++) {
        mm_params after = {0};
        mm_model *m = model_of(tested, MM_F32, "layer3,fc");
        mm_executor *x = executor_of(m, MM_TRAIN, frozen ? MM_BN_FROZEN : MM_BN_BATCH, 4);
        mm_executor *last = executor_of(m, MM_TRAIN, frozen ? MM_BN_FROZEN : MM_BN_BATCH, 2);
        for (int step = 0; step < 2; step++) {
            mm_executor *use = step ? last : x;
            loss_of(use, 0, step ? 2 : 4, step ? 2 : 4);
            must(mm_executor_backward(use, false, &e));
            must(mm_model_update(m, &(double){1e-2}, 1e-4, &e));
        }
        must(mm_model_get(m, &after, &e));
        for (size_t i = 0; i < after.count; i++) {
            const mm_param *p = &after.item[i], *q = mm_params_find(&start, p->name);
            bool trained = !strncmp(p->name, "layer3", 6) || !strncmp(p->name, "fc", 2);
            bool statistic = strstr(p->name, "running") || strstr(p->name, "batches");
            bool moved = memcmp(p->data, q->data, p->bytes);
            assert_int_equal(moved, statistic ? trained || !frozen : trained);
            if (!strcmp(p->name, "layer3.0.bn1.num_batches_tracked"))
                assert_int_equal(*(int64_t *)p->data, 2);
        }
        mm_params_free(&after);
        mm_executor_free(last);
        end(x, m);
    }
}

static void test_update_follows_adam(void **state)
{
    (void)state;
    mm_params g = {0}, after = {0};
    mm_model *m = model_of(tested, MM_BF16, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4);
    const double lr = 1e-3, wd = 1e-2;
    const mm_param *start_w = mm_params_find(&start, "layer2.0.conv1.weight");
    size_t n = start_w->count;
    double *w = calloc(n, sizeof *w), *mo = calloc(n, sizeof *mo), *v = calloc(n, sizeof *v);
    assert_true(w && mo && v);
    for (size_t k = 0; k < n; k++)
        w[k] = (double)((float *)start_w->data)[k];
    for (int t = 1; t <= 3; t++) {
        loss_of(x, 0, 4, 4);
        must(mm_executor_backward(x, false, &e));
        must(mm_model_gradients(m, &g, &e));
        must(mm_model_update(m, &lr, wd, &e));
        const float *grad = mm_params_find(&g, start_w->name)->data;
        for (size_t k = 0; k < n; k++) {
            double d = (double)grad[k] + wd * w[k];
            mo[k] = 0.9 * mo[k] + 0.1 * d;
            v[k] = 0.999 * v[k] + 0.001 * d * d;
            w[k] -= lr / (1 - pow(0.9, t)) * mo[k] / (sqrt(v[k]) / sqrt(1 - pow(0.999, t)) + 1e-8);
        }
    }
    must(mm_model_get(m, &after, &e));
    const float *got = mm_params_find(&after, start_w->name)->data;
    for (size_t k = 0; k < n; k++)
        assert_true(fabs((double)got[k] - w[k]) < 1e-6);
    free(w);
    free(mo);
    free(v);
    mm_params_free(&g);
    mm_params_free(&after);
    end(x, m);
}

/* Weights after seven steps of a schedule that changes, done as one piece each or one by one: two micro-batches every second
 * time, another batch size in between, which adds copies of weights nowhere or everywhere. */
static void schedule_of_steps(mm_dtype precision, bool whole, mm_params *after, double *losses)
{
    const float weights[MOST] = {0.25f, 0.25f, 0.25f, 0.25f};
    mm_model *m = model_of(tested, precision, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4), *half = NULL;
    for (int t = 0; t < 7; t++) {
        const double lr = 1e-3 / (t + 1);
        if (t == 2)
            half = executor_of(m, MM_TRAIN, MM_BN_BATCH, 2);
        const int parts = t > 2 && t % 2 ? 3 : 1;
        mm_executor *use = parts > 1 ? half : x;
        losses[t] = 0;
        for (int p = 0; p < parts; p++) {
            const size_t n = parts > 1 ? 2 : 4;
            const void *images[4];
            float each[4], logits[4 * CLASSES];
            for (size_t i = 0; i < n; i++)
                images[i] = pixels[((size_t)t + 2 * (size_t)p + i) % MOST];
            must(mm_executor_input(use, images, n, MM_U16, 65535, 120, 60, &e));
            must(mm_executor_labels(use, (const int32_t[]){t % CLASSES, p % CLASSES, 2, 1}, weights, &e));
            if (whole) {
                must(mm_executor_step(use, p == 0, p + 1 == parts, &lr, 1e-4, &e));
            } else {
                must(mm_executor_forward(use, &e));
                must(mm_executor_backward(use, p > 0, &e));
                if (p + 1 == parts)
                    must(mm_model_update(m, &lr, 1e-4, &e));
            }
            must(mm_executor_fetch(use, each, logits, &e));
            if (whole) { /* what comes next, or what does not */
                const void *next[4] = {pixels[(t + 1) % MOST], pixels[(t + 2) % MOST], pixels[(t + 3) % MOST],
                                       pixels[t % 2 ? 0 : (t + 4) % MOST]};
                must(mm_executor_ahead(use, next, n, MM_U16, &e));
            }
            must(mm_model_wait(m, &e));
            for (size_t i = 0; i < n; i++)
                losses[t] += (double)each[i];
        }
    }
    must(mm_model_get(m, after, &e));
    mm_executor_free(half);
    end(x, m);
}

static void test_steps(void **state)
{
    (void)state;
    for (int bf16 = 0; bf16 < 2; bf16++) {
        mm_params one = {0}, other = {0};
        double losses[2][7];
        schedule_of_steps(bf16 ? MM_BF16 : MM_F32, false, &one, losses[0]);
        unsigned long before = mm_host_replays();
        schedule_of_steps(bf16 ? MM_BF16 : MM_F32, true, &other, losses[1]);
        assert_true(same_bits(&one, &other));
        assert_memory_equal(losses[0], losses[1], sizeof losses[0]);
        if (tested->backend->begin) /* at once or else replayed, once each kind of piece is known */
            assert_true(mm_host_replays() - before >= 3);
        mm_params_free(&one);
        mm_params_free(&other);
    }
    mm_model *m = model_of(tested, MM_F32, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4);
    loss_of(x, 0, 4, 4);
    assert_int_equal(mm_executor_step(x, false, true, &(double){1e-3}, 0, &e), MM_FAILURE); /* the first part is missing */
    end(x, m);
}

static void two_steps(mm_model *m, mm_executor *x)
{
    for (size_t step = 0; step < 2; step++) {
        loss_of(x, 4 * step, 4, 4);
        must(mm_executor_backward(x, false, &e));
        must(mm_model_update(m, &(double){1e-3}, 1e-4, &e));
    }
}

/* Four steps; and two, everything taken out and put into a new model, two more: the same bits. */
static void test_resume(void **state)
{
    (void)state;
    for (int bf16 = 0; bf16 < 2; bf16++) {
        mm_params at_once = {0}, resumed = {0}, half = {0}, adam = {0};
        mm_dtype precision = bf16 ? MM_BF16 : MM_F32;
        mm_model *m = model_of(tested, precision, "all");
        mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4);
        two_steps(m, x);
        must(mm_model_get(m, &half, &e));
        must(mm_model_get_optimiser(m, &adam, &e));
        two_steps(m, x);
        must(mm_model_get(m, &at_once, &e));
        end(x, m);
        m = model_of(tested, precision, "all");
        must(mm_model_set(m, &half, &e));
        must(mm_model_set_optimiser(m, &adam, &e));
        x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4);
        two_steps(m, x);
        must(mm_model_get(m, &resumed, &e));
        assert_true(same_bits(&at_once, &resumed));
        end(x, m);
        mm_params_free(&at_once);
        mm_params_free(&resumed);
        mm_params_free(&half);
        mm_params_free(&adam);
    }
}

/* Predictions: alike on both devices, for any number of images in the batch, and follow training at once. */
static void test_predict(void **state)
{
    (void)state;
    float a[MOST * CLASSES], b[MOST * CLASSES], c[MOST * CLASSES], p[MOST * CLASSES];
    mm_model *m = model_of(tested, MM_F32, "all"), *coarse = model_of(tested, MM_BF16, "all"),
             *truth = model_of(plain, MM_F32, "all");
    mm_executor *x = executor_of(m, MM_PREDICT, MM_BN_BATCH, MOST), *xc = executor_of(coarse, MM_PREDICT, MM_BN_BATCH, MOST),
                *xt = executor_of(truth, MM_PREDICT, MM_BN_BATCH, MOST);
    mm_executor *t = executor_of(m, MM_TRAIN, MM_BN_BATCH, 4), *tt = executor_of(truth, MM_TRAIN, MM_BN_BATCH, 4);
    assert_int_equal(mm_executor_count(x, MM_OP_NORM), 0);
    for (int round = 0; round < 2; round++) {
        put(x, 0, MOST);
        must(mm_executor_forward(x, &e));
        must(mm_executor_logits(x, a, &e));
        must(mm_executor_probabilities(x, p, &e));
        put(xt, 0, MOST);
        must(mm_executor_forward(xt, &e));
        must(mm_executor_logits(xt, b, &e));
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < MOST * CLASSES; i++) {
            low = fmin(low, (double)b[i]);
            high = fmax(high, (double)b[i]);
        }
        for (size_t i = 0; i < MOST * CLASSES; i++)
            assert_true(fabs((double)a[i] - (double)b[i]) < 2e-3 * (high - low));
        for (size_t i = 0; i < MOST; i++)
            assert_true(fabs((double)p[3 * i] + (double)p[3 * i + 1] + (double)p[3 * i + 2] - 1) < 1e-6);
        put(x, 2, 3);
        must(mm_executor_forward(x, &e));
        must(mm_executor_logits(x, c, &e));
        assert_memory_equal(c, a + 2 * CLASSES, 3 * CLASSES * sizeof *c);
        if (!round) {
            put(xc, 0, MOST);
            must(mm_executor_forward(xc, &e));
            must(mm_executor_logits(xc, c, &e));
            for (size_t i = 0; i < MOST * CLASSES; i++)
                assert_true(fabs((double)c[i] - (double)b[i]) < 0.05 * (high - low));
            loss_of(t, 0, 4, 4); /* moves running statistics */
            must(mm_executor_backward(t, false, &e));
            must(mm_model_update(m, &(double){1e-4}, 0, &e));
            loss_of(tt, 0, 4, 4);
            must(mm_executor_backward(tt, false, &e));
            must(mm_model_update(truth, &(double){1e-4}, 0, &e));
        }
    }
    mm_executor_free(t);
    mm_executor_free(tt);
    end(x, m);
    end(xc, coarse);
    end(xt, truth);
}

/* A window as large as the last features is the global mean; more features give a map of results. */
static void test_window(void **state)
{
    (void)state;
    float whole[2 * CLASSES], same[2 * CLASSES], map[3 * 2 * CLASSES];
    size_t h, w;
    mm_executor *x;
    mm_model *m = model_of(tested, MM_F32, "all");
    mm_executor *g = executor_of(m, MM_PREDICT, MM_BN_BATCH, 2);
    const mm_executor_options windowed = {MM_PREDICT, MM_BN_BATCH, 2, SIDE, SIDE, SIDE / 4},
                             larger = {MM_PREDICT, MM_BN_BATCH, 1, SIDE + 8, SIDE + 4, SIDE / 4},
                             small = {MM_PREDICT, MM_BN_BATCH, 1, SIDE - 4, SIDE, SIDE / 4};
    put(g, 0, 2);
    must(mm_executor_forward(g, &e));
    must(mm_executor_logits(g, whole, &e));
    must(mm_executor_new(m, &windowed, &x, &e));
    put(x, 0, 2);
    must(mm_executor_forward(x, &e));
    must(mm_executor_logits(x, same, &e));
    for (size_t i = 0; i < 2 * CLASSES; i++)
        assert_true(fabs((double)whole[i] - (double)same[i]) < 1e-5);
    mm_executor_free(x);
    must(mm_executor_new(m, &larger, &x, &e));
    mm_executor_map(x, &h, &w);
    assert_int_equal(h, 3);
    assert_int_equal(w, 2);
    const void *image = pixels; /* as many values as the larger image has are there */
    must(mm_executor_input(x, &image, 1, MM_U16, 65535, 120, 60, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_logits(x, map, &e));
    assert_true(isfinite(map[0]) && memcmp(map, map + CLASSES, CLASSES * sizeof *map));
    mm_executor_free(x);
    assert_int_equal(mm_executor_new(m, &small, &x, &e), MM_USAGE);
    end(g, m);
}

/* u8, u16 and f32 of the same intensities are the same input. */
static void test_input_types(void **state)
{
    (void)state;
    uint8_t bytes[SIDE * SIDE];
    uint16_t words[SIDE * SIDE];
    float floats[SIDE * SIDE], out[3][CLASSES];
    const void *const images[3] = {bytes, words, floats};
    static const mm_dtype types[3] = {MM_U8, MM_U16, MM_F32};
    static const double scales[3] = {255, 65535, 1};
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        bytes[i] = (uint8_t)(pixels[0][i] >> 8);
        words[i] = (uint16_t)(bytes[i] * 257);
        floats[i] = (float)bytes[i] / 255;
    }
    mm_model *m = model_of(tested, MM_F32, "fc");
    mm_executor *x = executor_of(m, MM_PREDICT, MM_BN_BATCH, 1);
    for (size_t i = 0; i < 3; i++) {
        must(mm_executor_input(x, &images[i], 1, types[i], scales[i], 120, 60, &e));
        must(mm_executor_forward(x, &e));
        must(mm_executor_logits(x, out[i], &e));
        for (size_t k = 0; k < CLASSES; k++)
            assert_true(fabs((double)out[i][k] - (double)out[0][k]) < 1e-4);
    }
    assert_int_equal(mm_executor_input(x, &images[0], 1, MM_F64, 1, 0, 1, &e), MM_USAGE);
    assert_int_equal(mm_executor_input(x, &images[0], 2, MM_U8, 1, 0, 1, &e), MM_USAGE);
    end(x, m);
}

static void test_errors(void **state)
{
    (void)state;
    mm_params part = {0};
    mm_model *m = model_of(tested, MM_F32, "all");
    mm_executor *x = executor_of(m, MM_TRAIN, MM_BN_BATCH, 2);
    static const int32_t wrong[2] = {0, CLASSES}, negative[2] = {-1, 0};
    static const float weights[2] = {0.5f, 0.5f};
    float logits[2 * CLASSES];
    double loss;
    assert_int_equal(mm_executor_labels(x, wrong, weights, &e), MM_DAMAGED);
    assert_int_equal(mm_executor_labels(x, negative, weights, &e), MM_DAMAGED);
    assert_int_equal(mm_executor_forward(x, &e), MM_FAILURE);
    assert_int_equal(mm_executor_backward(x, false, &e), MM_FAILURE);
    assert_int_equal(mm_executor_logits(x, logits, &e), MM_FAILURE);
    assert_int_equal(mm_model_set(m, &part, &e), MM_DAMAGED);
    assert_non_null(mm_params_add(&part, "conv1.weight", MM_F32, 1, (const size_t[]){16 * 27}, &e));
    assert_int_equal(mm_model_set(m, &part, &e), MM_DAMAGED);
    mm_params_free(&part);
    must(mm_model_set(m, &start, &e));
    float bad[SIDE * SIDE]; /* what is not a number comes out as such */
    for (size_t i = 0; i < SIDE * SIDE; i++)
        bad[i] = NAN;
    const void *const images[2] = {bad, bad};
    must(mm_executor_input(x, images, 2, MM_F32, 1, 0, 1, &e));
    must(mm_executor_labels(x, labels, weights, &e));
    must(mm_executor_forward(x, &e));
    must(mm_executor_loss(x, &loss, &e));
    assert_true(isnan(loss));
    end(x, m);
}

/* Backends in turn, one for each group; CUDA's with recordings and with uploads beside what runs; last a card, if any. */
static int open_tested(mm_device **device)
{
    static int group;
    switch (group++) {
    case 0: return mm_device_open("cpu", 0, 2, device, &e);
    case 1: return mm_backend_cuda()->open(NULL, 0, 2, device, &e);
    default: return mm_device_open("cuda", 0, 1, device, &e);
    }
}

static int setup(void **state)
{
    (void)state;
    mm_random r;
    if (open_tested(&tested) || mm_backend_plain()->open(NULL, 0, 1, &plain, &e) ||
        mm_net_build("resnet8-cifar", CLASSES, &tiny, &e) || mm_net_init(tiny, 5, &start, &e))
        return 1;
    mm_random_init(&r, 1, mm_hash_string("images"), 0);
    for (size_t i = 0; i < MOST; i++) { /* blobs and noise, different in each */
        double y = mm_random_range(&r, 4, 12), x = mm_random_range(&r, 4, 12), width = mm_random_range(&r, 2, 20);
        for (size_t k = 0; k < SIDE * SIDE; k++) {
            double d = pow((double)(k / SIDE) - y, 2) + pow((double)(k % SIDE) - x, 2);
            pixels[i][k] = (uint16_t)(40000 * exp(-d / width) + mm_random_range(&r, 0, 20000));
        }
    }
    for (size_t i = 0; i < start.count; i++) { /* batch norms that do something */
        float *v = start.item[i].data;
        for (size_t k = 0; k < start.item[i].count; k++)
            if (strstr(start.item[i].name, ".bn") && strstr(start.item[i].name, "weight"))
                v[k] = (float)mm_random_range(&r, 0.5, 1.5);
            else if (strstr(start.item[i].name, ".bn") && strstr(start.item[i].name, "bias"))
                v[k] = (float)mm_random_range(&r, -0.3, 0.3);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_params_free(&start);
    mm_net_free(tiny);
    tested->backend->close(tested);
    plain->backend->close(plain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients), cmocka_unit_test(test_no_needless_work), cmocka_unit_test(test_micro_batches),
        cmocka_unit_test(test_stage), cmocka_unit_test(test_update_follows_adam), cmocka_unit_test(test_steps),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_predict), cmocka_unit_test(test_window), cmocka_unit_test(test_input_types),
        cmocka_unit_test(test_errors),
    };
    int failed = cmocka_run_group_tests_name("executor on the CPU", tests, setup, teardown);
    failed += cmocka_run_group_tests_name("executor on CUDA's code, as host code", tests, setup, teardown);
    mm_device *card;
    if (mm_device_open("cuda", 0, 1, &card, &e)) {
        print_message("cuda is not here: %s\n", e.text);
        return failed;
    }
    card->backend->close(card);
    return failed + cmocka_run_group_tests_name("executor on a card", tests, setup, teardown);
}
