/* The gradients of plain against finite differences of its outputs. With random r, L = sum r y; what backward makes of
 * dy = r must be dL/dx. Kinks (relu, maximum) give differences that depend on the step; those elements are passed over,
 * and must be few: one, or a fifth. */
#include "tests/unit/nn/calls.h"

static mm_device *plain;
static mm_random numbers;

static double weighted(call *c, int out, const float *r, void **saved)
{
    double sum = 0;
    run(plain, c, saved);
    for (size_t k = 0; k < c->slot[out].count; k++)
        sum += (double)r[k] * (double)c->slot[out].result[k];
    return sum;
}

static double slope(call *c, int out, const float *r, float *x, float h, void **saved)
{
    float old = *x;
    *x = old + h;
    double up = weighted(c, out, r, saved), above = (double)*x;
    *x = old - h;
    double down = weighted(c, out, r, saved), below = (double)*x;
    *x = old;
    return (up - down) / (above - below);
}

/* gradient: of input slot `in` of the forward call c, for dy = r at its output `out`. */
static void agree(call *c, int in, int out, const float *r, const float *gradient, const char *name)
{
    slot *s = &c->slot[in];
    double largest = 0;
    size_t passed_over = 0, looked_at = 0;
    void *saved = NULL;
    for (size_t k = 0; k < s->count; k++)
        largest = fmax(largest, fabs((double)gradient[k]));
    assert_true(largest > 0);
    for (size_t k = 0; k < s->count; k += 1 + s->count / 60, looked_at++) {
        double wide = slope(c, out, r, &s->host[k], 1e-2f, &saved), narrow = slope(c, out, r, &s->host[k], 4e-3f, &saved);
        if (fabs(wide - narrow) > 4e-3 * largest)
            passed_over++;
        else if (fabs(narrow - (double)gradient[k]) > 5e-3 * largest)
            fail_msg("%s: argument %d, element %zu: gradient %g, difference %g", name, in, k, (double)gradient[k], narrow);
    }
    if (passed_over > 1 && passed_over * 5 > looked_at)
        fail_msg("%s: %zu of %zu elements at kinks", name, passed_over, looked_at);
    plain->backend->free(plain, saved);
}

/* Random numbers for a gradient at the output, put into the backward call's slot. */
static float *seed_gradient(call *backward, int dy)
{
    return backward->slot[dy].host;
}

static void convolution_of(mm_op_desc d)
{
    call f, b;
    d.dtype = MM_F32;
    slide(&d, d.groups ? d.x.c * 2 : 3);
    make_conv(&f, d);
    fill(&f, &numbers);
    make_conv_dw(&b, d);
    fill(&b, &numbers);
    copy_host(&b.slot[0], &f.slot[0]);
    run(plain, &b, NULL);
    agree(&f, 1, 4, seed_gradient(&b, 1), b.slot[2].result, "CONV_DW");
    if (d.bias)
        agree(&f, 2, 4, seed_gradient(&b, 1), b.slot[3].result, "CONV_DW bias");
    free_call(&b);
    if (!d.grey) {
        make_conv_dx(&b, d);
        fill(&b, &numbers);
        copy_host(&b.slot[1], &f.slot[1]);
        run(plain, &b, NULL);
        agree(&f, 0, 4, seed_gradient(&b, 0), b.slot[2].result, "CONV_DX");
        free_call(&b);
    }
    free_call(&f);
}

static void convolution(void **state)
{
    (void)state;
    static const mm_op_desc cases[] = {
        {.x = {2, 3, 6, 5}, .kernel = 3, .stride = 1, .pad = 1},
        {.x = {1, 2, 7, 7}, .kernel = 3, .stride = 2, .pad = 1},
        {.x = {2, 3, 6, 5}, .kernel = 3, .stride = 2, .pad = 1, .bias = true},
        {.x = {2, 4, 5, 5}, .kernel = 1, .stride = 2},
        {.x = {1, 2, 9, 8}, .kernel = 7, .stride = 2, .pad = 3},
        {.x = {2, 3, 9, 8}, .kernel = 7, .stride = 2, .pad = 3, .grey = true},
        {.x = {2, 4, 5, 6}, .kernel = 3, .stride = 1, .pad = 1, .groups = 2, .bias = true},
        {.x = {2, 3, 5, 6}, .kernel = 3, .stride = 2, .pad = 1, .groups = 3},
        {.x = {2, 3, 6, 7}, .kernel = 3, .stride = 2, .same = true},
        {.x = {1, 3, 8, 5}, .kernel = 5, .stride = 2, .same = true, .groups = 3, .bias = true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        convolution_of(cases[i]);
}

static void norm(void **state)
{
    (void)state;
    for (int bits = 0; bits < 12; bits++) { /* from 8 on with a relu that is limited */
        mm_op_desc d = {.dtype = MM_F32, .x = shape(2, 3, 4, 3), .epsilon = 1e-5f, .momentum = 0.1f, .add = bits & 1,
                        .relu = bits & 10, .fixed = bits & 4, .keep = true, .limit = bits & 8 ? 1 : 0};
        call f, b;
        void *saved = NULL;
        d.y = d.x;
        make_norm(&f, d);
        fill(&f, &numbers);
        settle_norm(&f);
        run(plain, &f, &saved);
        make_norm_dx(&b, &f, true, true);
        fill(&b, &numbers);
        share_norm(&b, &f);
        run(plain, &b, &saved);
        plain->backend->free(plain, saved);
        for (size_t k = 0; k < b.slot[0].count; k++) /* the two gradients add up */
            b.slot[0].host[k] += b.slot[1].host[k];
        const float *r = seed_gradient(&b, 0);
        agree(&f, 0, 6, r, b.slot[7].result, "NORM_DX x");
        agree(&f, 1, 6, r, b.slot[9].result, "NORM_DX gamma");
        agree(&f, 2, 6, r, b.slot[10].result, "NORM_DX beta");
        if (d.add)
            agree(&f, 5, 6, r, b.slot[8].result, "NORM_DX addend");
        free_call(&f);
        free_call(&b);
    }
}

/* After a step: mean and unbiased variance move by the momentum; fixed ones stay. */
static void running_statistics(void **state)
{
    (void)state;
    for (int fixed = 0; fixed < 2; fixed++) {
        mm_op_desc d = {.dtype = MM_F32, .x = shape(1, 1, 1, 4), .y = shape(1, 1, 1, 4), .epsilon = 1e-5f, .momentum = 0.1f,
                        .fixed = fixed};
        static const float x[4] = {1, 2, 3, 6};
        call f;
        make_norm(&f, d);
        memcpy(f.slot[0].host, x, sizeof x);
        f.slot[1].host[0] = 1;
        f.slot[3].host[0] = 5;
        f.slot[4].host[0] = 2;
        run(plain, &f, NULL);
        /* mean 3, squares 4 + 1 + 0 + 9 = 14: biased 3.5, unbiased 14 / 3 */
        double mean = fixed ? 5 : 0.9 * 5 + 0.1 * 3, var = fixed ? 2 : 0.9 * 2 + 0.1 * 14 / 3;
        double first = fixed ? (1 - 5) / sqrt(2 + 1e-5) : (1 - 3) / sqrt(3.5 + 1e-5);
        assert_true(fabs((double)f.slot[3].result[0] - mean) < 1e-6);
        assert_true(fabs((double)f.slot[4].result[0] - var) < 1e-6);
        assert_true(fabs((double)f.slot[6].result[0] - first) < 1e-6);
        free_call(&f);
    }
}

static void pooling(void **state)
{
    (void)state;
    mm_op_desc d = {.dtype = MM_F32, .x = shape(2, 2, 7, 6), .kernel = 3, .stride = 2, .pad = 1, .keep = true};
    call f, b;
    void *saved = NULL;
    slide(&d, 2);
    make_maxpool(&f, d);
    fill(&f, &numbers);
    run(plain, &f, &saved);
    make_maxpool_dx(&b, d);
    fill(&b, &numbers);
    run(plain, &b, &saved);
    agree(&f, 0, 1, seed_gradient(&b, 0), b.slot[2].result, "MAXPOOL_DX");
    plain->backend->free(plain, saved);
    free_call(&f);
    free_call(&b);
}

static void simple(mm_op_kind forward, mm_op_kind backward, mm_op_desc d)
{
    call f, b;
    d.dtype = MM_F32;
    make_simple(&f, forward, d);
    fill(&f, &numbers);
    make_simple(&b, backward, d);
    fill(&b, &numbers);
    run(plain, &b, NULL);
    agree(&f, 0, 1, seed_gradient(&b, 0), b.slot[1].result, f.name);
    free_call(&f);
    free_call(&b);
}

static void shortcut_and_mean(void **state)
{
    (void)state;
    simple(MM_OP_SHORTCUT, MM_OP_SHORTCUT_DX, (mm_op_desc){.x = {2, 3, 5, 4}, .y = {2, 8, 3, 2}, .stride = 2});
    simple(MM_OP_MEAN, MM_OP_MEAN_DX, (mm_op_desc){.x = {2, 3, 5, 4}, .y = {2, 3, 1, 1}});
    simple(MM_OP_BINS, MM_OP_BINS_DX, (mm_op_desc){.x = {2, 3, 8, 5}, .y = {2, 27, 1, 1}, .kernel = 3});
}

static void averages(void **state)
{
    (void)state;
    simple(MM_OP_AVGPOOL, MM_OP_AVGPOOL_DX, (mm_op_desc){.x = {2, 2, 7, 6}, .y = {2, 2, 4, 3}, .kernel = 3, .stride = 2, .pad = 1});
    simple(MM_OP_AVGPOOL, MM_OP_AVGPOOL_DX, (mm_op_desc){.x = {1, 3, 7, 5}, .y = {1, 3, 2, 2}, .kernel = 2, .stride = 3});
}

/* F.avg_pool2d(x, 2, 2, 1) of a row 1 2 3: zeros of the padding are part of the mean. */
static void padding_counts(void **state)
{
    (void)state;
    static const float expected[2] = {0.25f, 1.25f};
    call c;
    make_simple(&c, MM_OP_AVGPOOL, (mm_op_desc){.dtype = MM_F32, .x = {1, 1, 1, 3}, .y = {1, 1, 1, 2}, .kernel = 2, .stride = 2, .pad = 1});
    for (int i = 0; i < 3; i++)
        c.slot[0].host[i] = (float)(i + 1);
    run(plain, &c, NULL);
    assert_memory_equal(c.slot[1].result, expected, sizeof expected);
    free_call(&c);
}

static void concatenation(void **state)
{
    (void)state;
    for (int rows = 0; rows < 2; rows++) {
        const mm_op_desc d = {.dtype = MM_F32, .x = {2, 3, 3, 2}, .y = {2, 8, 3, 2}, .rows = rows};
        call f, b;
        make_simple(&f, MM_OP_CONCAT, d);
        fill(&f, &numbers);
        make_simple(&b, MM_OP_CONCAT_DX, d);
        fill(&b, &numbers);
        run(plain, &b, NULL);
        agree(&f, 0, 2, seed_gradient(&b, 0), b.slot[1].result, "CONCAT_DX a");
        agree(&f, 1, 2, seed_gradient(&b, 0), b.slot[2].result, "CONCAT_DX b");
        free_call(&f);
        free_call(&b);
    }
}

/* Gradients that follow from the forward's output. */
static void elementwise(mm_op_kind forward, mm_op_kind backward, float limit)
{
    for (int rows = 0; rows < 2; rows++) {
        const mm_op_desc d = {.dtype = MM_F32, .x = {2, 3, 5, 4}, .y = {2, 3, 5, 4}, .rows = rows, .limit = limit};
        call f, b;
        make_simple(&f, forward, d);
        fill(&f, &numbers);
        run(plain, &f, NULL);
        make_simple(&b, backward, d);
        fill(&b, &numbers);
        memcpy(b.slot[1].host, f.slot[1].result, f.slot[1].count * sizeof(float));
        run(plain, &b, NULL);
        agree(&f, 0, 1, seed_gradient(&b, 0), b.slot[2].result, b.name);
        free_call(&f);
        free_call(&b);
    }
}

static void activations(void **state)
{
    (void)state;
    elementwise(MM_OP_RELU, MM_OP_RELU_DX, 0);
    elementwise(MM_OP_RELU, MM_OP_RELU_DX, 0.5f);
    elementwise(MM_OP_SIGMOID, MM_OP_SIGMOID_DX, 0);
}

static void scaling(void **state)
{
    (void)state;
    const mm_op_desc d = {.dtype = MM_F32, .x = {2, 3, 4, 3}, .y = {2, 3, 4, 3}};
    call f, b;
    make_simple(&f, MM_OP_SCALE, d);
    fill(&f, &numbers);
    make_simple(&b, MM_OP_SCALE_DX, d);
    fill(&b, &numbers);
    copy_host(&b.slot[1], &f.slot[0]);
    copy_host(&b.slot[2], &f.slot[1]);
    run(plain, &b, NULL);
    agree(&f, 0, 2, seed_gradient(&b, 0), b.slot[3].result, "SCALE_DX x");
    agree(&f, 1, 2, seed_gradient(&b, 0), b.slot[4].result, "SCALE_DX s");
    free_call(&f);
    free_call(&b);
}

static void last_layer(void **state)
{
    (void)state;
    mm_op_desc d = {.dtype = MM_F32, .x = shape(3, 7, 1, 1), .y = shape(3, 4, 1, 1)};
    call f, b;
    make_simple(&f, MM_OP_FC, d);
    fill(&f, &numbers);
    make_simple(&b, MM_OP_FC_DX, d);
    fill(&b, &numbers);
    copy_host(&b.slot[1], &f.slot[1]);
    run(plain, &b, NULL);
    agree(&f, 0, 3, seed_gradient(&b, 0), b.slot[2].result, "FC_DX");
    free_call(&b);
    make_simple(&b, MM_OP_FC_DW, d);
    fill(&b, &numbers);
    copy_host(&b.slot[0], &f.slot[0]);
    run(plain, &b, NULL);
    agree(&f, 1, 3, seed_gradient(&b, 1), b.slot[2].result, "FC_DW weights");
    agree(&f, 2, 3, seed_gradient(&b, 1), b.slot[3].result, "FC_DW bias");
    free_call(&b);
    free_call(&f);
}

/* The loss is its own backward: dlogits for the sum of the losses. */
static void loss_of(float smoothing)
{
    mm_op_desc d = {.dtype = MM_F32, .x = shape(5, 4, 1, 1), .y = shape(5, 4, 1, 1), .smoothing = smoothing};
    static const float ones[5] = {1, 1, 1, 1, 1};
    call f;
    make_simple(&f, MM_OP_LOSS, d);
    fill(&f, &numbers);
    for (size_t n = 0; n < 5; n++)
        f.slot[1].host[n] = (float)(n % 4);
    run(plain, &f, NULL);
    float gradient[20];
    memcpy(gradient, f.slot[5].result, sizeof gradient);
    agree(&f, 0, 3, ones, gradient, "LOSS");
    for (size_t n = 0; n < 5; n++) {
        double sum = 0;
        for (size_t c = 0; c < 4; c++)
            sum += (double)f.slot[4].result[4 * n + c];
        assert_true(fabs(sum - 1) < 1e-6);
    }
    free_call(&f);
}

static void loss(void **state)
{
    (void)state;
    loss_of(0);
    loss_of(0.3f);
}

static int start(void **state)
{
    mm_error e;
    (void)state;
    mm_random_init(&numbers, 20, mm_hash_string("gradients"), 1);
    return mm_backend_plain()->open(NULL, 0, 1, &plain, &e);
}

static int stop(void **state)
{
    (void)state;
    plain->backend->close(plain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution), cmocka_unit_test(norm), cmocka_unit_test(running_statistics), cmocka_unit_test(pooling),
        cmocka_unit_test(shortcut_and_mean), cmocka_unit_test(averages), cmocka_unit_test(padding_counts),
        cmocka_unit_test(concatenation), cmocka_unit_test(activations), cmocka_unit_test(scaling), cmocka_unit_test(last_layer),
        cmocka_unit_test(loss),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
