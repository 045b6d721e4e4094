/* Every operation on every backend that is here, against plain: outputs and gradients, fp32 and bf16, odd sizes,
 * strides, paddings, channel counts that fill no block, batches of 1 and odd ones, outputs in place of inputs. */
#include "tests/unit/nn/calls.h"
#include "common/image/augment.h"
#include "common/image/grey.h"
#include "common/nn/optimiser.h"

typedef struct {
    mm_device *plain, *other;
    mm_random random;
} bench;

/* What two ways of summing may differ by. bf16: results are rounded once, 2^-8, sums of rounded inputs agree. */
static void check(bench *b, call *c, void **saved_plain, void **saved_other)
{
    call ours = twin(c);
    bool bf16 = c->desc.dtype == MM_BF16;
    run(b->plain, c, saved_plain);
    run(b->other, &ours, saved_other);
    compare(&ours, c, b->other->backend->name, bf16 ? 0.008 : 1e-6, bf16 ? 2e-3 : 1e-5);
    free_call(&ours);
}

static void check_free(bench *b, call *c)
{
    fill(c, &b->random);
    check(b, c, NULL, NULL);
    free_call(c);
}

static const mm_dtype dtypes[] = {MM_F32, MM_BF16};

static void convolutions(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t out, kernel, stride, pad;
        bool grey;
    } cases[] = {
        {{1, 16, 7, 7}, 32, 1, 1, 0, false},  {{3, 19, 9, 6}, 21, 1, 2, 0, false}, {{2, 16, 8, 8}, 16, 3, 1, 1, false},
        {{3, 5, 7, 9}, 33, 3, 2, 1, false},   {{1, 3, 17, 15}, 24, 7, 2, 3, true}, {{2, 3, 16, 21}, 64, 7, 2, 3, true},
        {{2, 3, 11, 13}, 16, 3, 1, 1, true},  {{5, 64, 3, 3}, 48, 3, 1, 1, false}, {{1, 32, 1, 1}, 16, 1, 1, 0, false},
        {{1, 17, 5, 4}, 16, 7, 1, 3, false},  {{2, 32, 2, 2}, 17, 3, 2, 1, false}, {{1, 8, 13, 1}, 8, 3, 1, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel, .stride = cases[i].stride, .pad = cases[i].pad,
                        .grey = cases[i].grey};
        slide(&d, cases[i].out);
        call c;
        for (int extras = 0; extras < 8; extras++) { /* bias, addend, relu in all combinations */
            d.bias = extras & 1;
            d.add = extras & 2;
            d.relu = extras & 4;
            if (extras == 4 || (i > 3 && extras % 7)) /* relu without either is not asked for */
                continue;
            make_conv(&c, d);
            check_free(b, &c);
            if (d.add) {
                make_conv(&c, d);
                c.slot[4].alias = 3 + 1; /* the addend becomes the output */
                check_free(b, &c);
            }
        }
        if (!d.grey) {
            make_conv_dx(&c, d);
            check_free(b, &c);
        }
        for (int bias = 0; bias < 2; bias++) {
            d.bias = bias;
            make_conv_dw(&c, d);
            check_free(b, &c);
        }
    }
}

/* Groups and depthwise. Where `padded` is false the channels of a group do not divide those that a GPU pads. */
static void groups(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t out, kernel, stride, pad, groups;
        bool padded;
    } cases[] = {
        {{2, 16, 7, 6}, 16, 3, 1, 1, 16, true},  {{1, 19, 9, 8}, 19, 5, 2, 2, 19, true}, {{3, 32, 5, 5}, 64, 3, 2, 1, 32, true},
        {{2, 16, 6, 7}, 32, 3, 1, 1, 2, true},   {{1, 32, 5, 4}, 32, 1, 1, 0, 2, true},  {{2, 12, 5, 6}, 12, 3, 1, 1, 3, true},
        {{2, 64, 4, 4}, 32, 3, 2, 1, 4, true},   {{1, 6, 5, 5}, 4, 3, 1, 1, 2, false},   {{2, 5, 6, 4}, 15, 3, 1, 0, 5, false},
    };
    const bool cuda = !strcmp(b->other->backend->name, "cuda");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel, .stride = cases[i].stride, .pad = cases[i].pad,
                        .groups = cases[i].groups};
        mm_op *op;
        mm_error e;
        call c;
        slide(&d, cases[i].out);
        if (cuda && !cases[i].padded) {
            d.kind = MM_OP_CONV;
            assert_int_equal(b->other->backend->prepare(b->other, &d, &op, &e), MM_FAILURE);
            continue;
        }
        for (int extras = 0; extras < 8; extras += 7) { /* neither bias, addend and relu, or all */
            d.bias = d.add = d.relu = extras;
            make_conv(&c, d);
            check_free(b, &c);
        }
        make_conv_dx(&c, d);
        check_free(b, &c);
        for (int bias = 0; bias < 2; bias++) {
            d.bias = bias;
            make_conv_dw(&c, d);
            check_free(b, &c);
        }
    }
}

/* "Same" padding: even and odd sizes, more zeros behind than in front, none at all; with a relu6. */
static void same_padding(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t out, kernel, stride, groups;
        bool grey;
    } cases[] = {
        {{2, 3, 14, 11}, 32, 3, 2, 1, true},   {{2, 16, 8, 8}, 16, 3, 2, 16, false},  {{1, 24, 7, 6}, 24, 5, 2, 24, false},
        {{2, 40, 6, 9}, 40, 5, 1, 40, false},  {{3, 48, 13, 10}, 48, 5, 2, 48, false}, {{2, 19, 5, 4}, 19, 3, 1, 19, false},
        {{1, 32, 2, 1}, 32, 5, 2, 32, false},  {{2, 16, 9, 8}, 24, 3, 2, 1, false},   {{2, 16, 7, 8}, 8, 1, 2, 1, false},
        {{2, 33, 30, 29}, 33, 5, 1, 33, false}, {{1, 16, 1, 3}, 16, 3, 2, 16, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel, .stride = cases[i].stride, .same = true,
                        .groups = cases[i].groups, .grey = cases[i].grey, .limit = cases[i].grey ? 0 : 3};
        call c;
        slide(&d, cases[i].out);
        for (int extras = 0; extras < 4; extras++) { /* nothing; bias and relu6; an addend too, and no relu */
            d.bias = extras;
            d.add = extras > 1;
            d.relu = extras % 2;
            make_conv(&c, d);
            check_free(b, &c);
        }
        if (!d.grey) {
            make_conv_dx(&c, d);
            check_free(b, &c);
        }
        for (int bias = 0; bias < 2; bias++) {
            d.bias = bias;
            make_conv_dw(&c, d);
            check_free(b, &c);
        }
    }
}

/* Groups that do not divide the channels are refused by name. */
static void broken_groups(bench *b, mm_dtype dtype)
{
    static const mm_op_desc bad[] = {{.x = {1, 16, 5, 5}, .y = {1, 24, 5, 5}, .groups = 3},
                                     {.x = {1, 24, 5, 5}, .y = {1, 16, 5, 5}, .groups = 3},
                                     {.x = {1, 4, 5, 5}, .y = {1, 8, 5, 5}, .groups = 8},
                                     {.x = {1, 3, 5, 5}, .y = {1, 3, 5, 5}, .groups = 3, .grey = true}};
    mm_device *const devices[] = {b->plain, b->other};
    for (size_t i = 0; i < 2 * sizeof bad / sizeof *bad; i++) {
        mm_op_desc d = bad[i / 2];
        mm_op *op;
        mm_error e;
        d.kind = MM_OP_CONV;
        d.dtype = dtype;
        d.kernel = d.stride = 1;
        assert_int_equal(devices[i % 2]->backend->prepare(devices[i % 2], &d, &op, &e), MM_FAILURE);
        assert_non_null(strstr(e.text, "convolution"));
    }
}

static void norm_case(bench *b, mm_op_desc d, bool two, bool parameters, bool in_place)
{
    call forward, backward;
    void *saved_plain = NULL, *saved_other = NULL;
    make_norm(&forward, d);
    fill(&forward, &b->random);
    settle_norm(&forward);
    if (in_place && !d.keep)
        forward.slot[6].alias = 1;
    check(b, &forward, &saved_plain, &saved_other);
    if (d.keep) {
        make_norm_dx(&backward, &forward, two, parameters);
        fill(&backward, &b->random);
        share_norm(&backward, &forward);
        if (in_place)
            backward.slot[7].alias = 2 + 1; /* dx in place of x */
        if (in_place && d.add)
            backward.slot[8].alias = 1; /* daddend in place of dy */
        check(b, &backward, &saved_plain, &saved_other);
        free_call(&backward);
    }
    free_call(&forward);
    b->plain->backend->free(b->plain, saved_plain);
    b->other->backend->free(b->other, saved_other);
}

static void norms(bench *b, mm_dtype dtype)
{
    static const mm_shape shapes[] = {{2, 16, 7, 7}, {1, 5, 3, 4}, {3, 33, 5, 2}, {1, 16, 1, 1}, {5, 64, 2, 3}, {1, 16, 2, 3}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int bits = 0; bits < 32; bits++) {
            mm_op_desc d = {.dtype = dtype, .x = shapes[i], .y = shapes[i], .epsilon = 1e-5f, .momentum = 0.1f, .add = bits & 1,
                            .relu = bits & 2, .fixed = bits & 4, .keep = bits & 8};
            if (i > 1 && bits % 5) /* all combinations on two shapes are enough */
                continue;
            if (d.x.h == 1) /* one number a channel: its variance is 0, gradients are all cancellation */
                d.keep = false;
            norm_case(b, d, bits & 1, !(bits & 2), bits & 16);
            norm_case(b, d, !(bits & 1), true, bits & 16);
            d.limit = 0.75f; /* in the midst of what comes out */
            if (d.relu)
                norm_case(b, d, !(bits & 1), true, bits & 16);
        }
}

static void pools(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t kernel, stride, pad;
    } cases[] = {{{2, 16, 8, 8}, 3, 2, 1}, {{1, 5, 7, 9}, 3, 2, 1}, {{3, 33, 5, 4}, 2, 2, 0}, {{1, 16, 1, 1}, 3, 2, 1},
                 {{2, 16, 8, 10}, 3, 2, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int keep = 0; keep < 2; keep++) {
            mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel, .stride = cases[i].stride,
                            .pad = cases[i].pad, .keep = keep};
            void *saved_plain = NULL, *saved_other = NULL;
            call c;
            slide(&d, d.x.c);
            make_maxpool(&c, d);
            fill(&c, &b->random);
            for (size_t k = 0; k < c.slot[0].count; k++) /* many ties: the first maximum counts */
                c.slot[0].host[k] = floorf(c.slot[0].host[k] * 4) / 4;
            check(b, &c, &saved_plain, &saved_other);
            free_call(&c);
            if (keep) {
                make_maxpool_dx(&c, d);
                fill(&c, &b->random);
                check(b, &c, &saved_plain, &saved_other);
                free_call(&c);
            }
            b->plain->backend->free(b->plain, saved_plain);
            b->other->backend->free(b->other, saved_other);
        }
}

static void averages(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t kernel, stride, pad;
    } cases[] = {{{2, 16, 8, 8}, 2, 2, 0}, {{1, 5, 7, 9}, 3, 2, 1}, {{3, 33, 5, 4}, 3, 1, 1}, {{1, 16, 1, 1}, 3, 2, 1},
                 {{2, 19, 8, 10}, 3, 2, 0}, {{1, 1, 9, 6}, 4, 3, 2}, {{2, 8, 6, 7}, 2, 3, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel, .stride = cases[i].stride, .pad = cases[i].pad};
        call c;
        slide(&d, d.x.c);
        make_simple(&c, MM_OP_AVGPOOL, d);
        check_free(b, &c);
        make_simple(&c, MM_OP_AVGPOOL_DX, d);
        check_free(b, &c);
    }
}

static const mm_shape scaled[] = {{2, 16, 8, 8}, {1, 5, 7, 9}, {3, 33, 1, 3}, {2, 1, 4, 4}, {1, 300, 2, 2}, {2, 24, 17, 33}};

static void sigmoids(bench *b, mm_dtype dtype)
{
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++)
        for (int bits = 0; bits < (dtype == MM_F32 ? 4 : 2); bits++) {
            const mm_op_desc d = {.dtype = dtype, .x = scaled[i], .y = scaled[i], .rows = bits & 2};
            call c;
            make_simple(&c, MM_OP_SIGMOID, d);
            c.slot[1].alias = bits & 1;
            fill(&c, &b->random);
            for (size_t k = 0; k < c.slot[0].count; k += 3) /* far out too */
                c.slot[0].host[k] *= 128;
            check(b, &c, NULL, NULL);
            free_call(&c);
            make_simple(&c, MM_OP_SIGMOID_DX, d);
            c.slot[2].alias = bits & 1;
            check_free(b, &c);
        }
}

static void scalings(bench *b, mm_dtype dtype)
{
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++)
        for (int alias = 0; alias < 2; alias++) {
            const mm_op_desc d = {.dtype = dtype, .x = scaled[i], .y = scaled[i]};
            call c;
            make_simple(&c, MM_OP_SCALE, d);
            c.slot[2].alias = alias;
            check_free(b, &c);
            for (int without = 2; without < 5; without++) {
                make_simple(&c, MM_OP_SCALE_DX, d);
                c.slot[3].alias = alias;
                if (without > 2)
                    leave_out(&c, without);
                check_free(b, &c);
            }
        }
}

static void concatenations(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t second;
    } cases[] = {{{2, 16, 4, 5}, 32}, {{1, 5, 7, 3}, 19}, {{3, 33, 2, 2}, 15}, {{2, 1, 3, 3}, 1}, {{1, 24, 1, 1}, 8}, {{2, 7, 3, 4}, 40}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int rows = 0; rows < (dtype == MM_F32 ? 2 : 1); rows++) {
            mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .y = cases[i].x, .rows = rows};
            call c;
            d.y.c += cases[i].second;
            make_simple(&c, MM_OP_CONCAT, d);
            check_free(b, &c);
            for (int without = 0; without < 3; without++) {
                make_simple(&c, MM_OP_CONCAT_DX, d);
                if (without)
                    leave_out(&c, without);
                check_free(b, &c);
            }
        }
}

static void shortcuts_and_sums(bench *b, mm_dtype dtype)
{
    static const mm_shape shapes[] = {{2, 16, 8, 8}, {1, 5, 7, 9}, {3, 16, 1, 3}, {1, 33, 2, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        call c;
        mm_op_desc d = {.dtype = dtype, .x = shapes[i], .y = shapes[i]};
        for (int alias = 0; alias <= 2; alias++) {
            make_simple(&c, MM_OP_ADD, d);
            c.slot[2].alias = alias;
            check_free(b, &c);
            if (alias < 2) {
                make_simple(&c, MM_OP_RELU, d);
                c.slot[1].alias = alias;
                check_free(b, &c);
                make_simple(&c, MM_OP_RELU_DX, d);
                c.slot[2].alias = alias;
                check_free(b, &c);
            }
        }
        for (int kind = 0; kind < 2; kind++) {
            mm_op_desc limited = d;
            limited.limit = 0.5f;
            make_simple(&c, kind ? MM_OP_RELU_DX : MM_OP_RELU, limited);
            check_free(b, &c);
        }
        for (int kind = 0; kind < 3 && dtype == MM_F32; kind++) {
            d.rows = true;
            make_simple(&c, kind == 0 ? MM_OP_ADD : kind == 1 ? MM_OP_RELU : MM_OP_RELU_DX, d);
            check_free(b, &c);
            d.rows = false;
        }
        for (size_t stride = 1; stride <= 2; stride++) {
            d.stride = stride;
            d.y = shape(d.x.n, stride * d.x.c, (d.x.h + stride - 1) / stride, (d.x.w + stride - 1) / stride);
            make_simple(&c, MM_OP_SHORTCUT, d);
            check_free(b, &c);
            make_simple(&c, MM_OP_SHORTCUT_DX, d);
            check_free(b, &c);
        }
        d.y = shape(d.x.n, d.x.c, 1, 1);
        make_simple(&c, MM_OP_MEAN, d);
        check_free(b, &c);
        make_simple(&c, MM_OP_MEAN_DX, d);
        check_free(b, &c);
    }
}

static void crops(bench *b, mm_dtype dtype)
{
    static const mm_shape shapes[] = {{3, 16, 4, 5}, {2, 5, 3, 1}, {5, 33, 1, 1}, {1, 64, 7, 6}, {2, 24, 6, 9}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        /* Another image's columns; all of them, the first, the last, some. */
        const size_t columns = i % 2 ? (shapes[i].w + 1) / 2 : shapes[i].w;
        const mm_op_desc d = {.dtype = dtype, .x = {4, shapes[i].c, shapes[i].h, 9}, .y = shapes[i], .columns = columns,
                              .at = i % 4 == 3 ? shapes[i].w - columns : 0};
        call c;
        make_simple(&c, MM_OP_CROP, d);
        fill(&c, &b->random);
        for (size_t k = 0; k < 2 * d.y.n; k++) {
            const size_t room = k % 2 ? d.x.w - columns : d.x.n - 1;
            c.slot[1].host[k] = k / 2 ? (float)mm_random_below(&b->random, (uint32_t)room + 1) : (float)room; /* the last place too */
        }
        check(b, &c, NULL, NULL);
        free_call(&c);
    }
}

static void bins_and_dropout(bench *b, mm_dtype dtype)
{
    static const mm_shape shapes[] = {{2, 16, 7, 7}, {1, 5, 9, 16}, {3, 33, 3, 4}, {1, 17, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        call c;
        for (size_t k = 1; k <= 7; k += 3) {
            mm_op_desc d = {.dtype = dtype, .x = shapes[i], .kernel = k};
            d.y = shape(d.x.n, d.x.c * k * k, 1, 1);
            make_simple(&c, MM_OP_BINS, d);
            check_free(b, &c);
            make_simple(&c, MM_OP_BINS_DX, d);
            check_free(b, &c);
        }
        for (int how = 0; how < 6; how++) { /* rates, backward, in place, rows */
            const bool rows = dtype == MM_F32 && i == 3;
            const mm_op_desc d = {.dtype = dtype, .x = shapes[i], .y = shapes[i], .rate = how % 3 * 0.3f, .layer = 7, .rows = rows};
            uint64_t seeds[3];
            make_simple(&c, how & 1 ? MM_OP_DROPOUT_DX : MM_OP_DROPOUT, d);
            fill(&c, &b->random);
            for (size_t n = 0; n < d.x.n; n++)
                seeds[n] = mm_random_u64(&b->random);
            fill_bytes(&c.slot[1], seeds);
            c.slot[2].alias = how > 3;
            check(b, &c, NULL, NULL);
            free_call(&c);
        }
    }
}

static void windows_and_input(bench *b, mm_dtype dtype)
{
    static const struct {
        mm_shape x;
        size_t kernel;
    } cases[] = {{{1, 16, 9, 8}, 7}, {{2, 5, 7, 7}, 7}, {{3, 33, 3, 4}, 2}, {{1, 16, 4, 3}, 1}};
    static const mm_dtype raws[] = {MM_U8, MM_U16, MM_F32};
    call c;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_op_desc d = {.dtype = dtype, .x = cases[i].x, .kernel = cases[i].kernel};
        d.y = shape(d.x.n, d.x.c, d.x.h - d.kernel + 1, d.x.w - d.kernel + 1);
        make_simple(&c, MM_OP_MEAN, d);
        check_free(b, &c);
        for (size_t r = 0; r < 3; r++) {
            mm_op_desc in = {.dtype = dtype, .raw = raws[r], .x = shape(d.x.n, 1, d.x.h, d.x.w)};
            in.y = in.x;
            make_simple(&c, MM_OP_INPUT, in);
            float full = raws[r] == MM_U8 ? 255 : raws[r] == MM_U16 ? 65535 : 1;
            for (size_t k = 0; k < c.slot[0].count; k++) {
                float v = (float)mm_random_double(&b->random) * full;
                c.slot[0].host[k] = raws[r] == MM_F32 ? v : rintf(v);
            }
            c.slot[1].host[0] = 255 / full;
            c.slot[1].host[1] = 44.4f;
            c.slot[1].host[2] = 57.6f;
            check(b, &c, NULL, NULL);
            free_call(&c);
        }
    }
}

/* Raw images of noise, and for each the plan of a warp, drawn as mmaugment draws it. */
static void fill_warped(bench *b, call *c, double fill)
{
    const mm_op_desc *d = &c->desc;
    const double full = mm_full_scale(d->raw);
    static const mm_augment_ranges usual = {0.5, 0.5, 25, 0.8, 1.2, 12, 20, false, 0, 0};
    static const mm_augment_ranges gain = {0.5, 0.5, 180, 0.1, 8, 0, 0, true, 0.5, 3, 0.3, 3, 0.5, 2};
    mm_error e = {0};
    for (size_t k = 0; k < c->slot[0].count; k++) {
        float v = (float)(mm_random_double(&b->random) * full);
        c->slot[0].host[k] = d->raw == MM_F32 ? v : rintf(v);
    }
    c->slot[1].host[0] = (float)(255 / full);
    c->slot[1].host[1] = 44.4f;
    c->slot[1].host[2] = 57.6f;
    for (size_t n = 0; n < d->y.n; n++) {
        mm_augment draw;
        mm_warp_plan plan;
        mm_augment_draw(n % 2 ? &gain : &usual, 3, "images", (uint32_t)(n + d->y.h), &draw);
        const mm_warp warp = mm_augment_warp(&draw, fill, full, full / 3, d->y.h, d->y.w);
        must(mm_warp_prepare(&warp, d->raw, d->y.h, d->y.w, &plan, &e));
        slot one = c->slot[3];
        one.host += n * sizeof plan;
        one.count = sizeof plan;
        fill_bytes(&one, &plan);
    }
}

/* Input through warps: the same bits on every device, edges and what lies outside included. */
static void warped_input(bench *b, mm_dtype dtype)
{
    static const mm_dtype raws[] = {MM_U8, MM_U16, MM_F32};
    static const double fills[] = {MM_FILL_EDGE, MM_FILL_REFLECT, 77};
    static const size_t sizes[][3] = {{3, 33, 47}, {2, 64, 40}, {1, 1, 9}, {2, 7, 1}, {1, 1, 1}, {4, 2, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t r = 0; r < 9; r++) {
            call c, ours;
            mm_op_desc d = {.dtype = dtype, .raw = raws[r % 3], .x = shape(sizes[i][0], 1, sizes[i][1], sizes[i][2]), .warp = true};
            d.y = d.x;
            make_simple(&c, MM_OP_INPUT, d);
            fill_warped(b, &c, fills[r / 3]);
            ours = twin(&c);
            run(b->plain, &c, NULL);
            run(b->other, &ours, NULL);
            for (size_t k = 0; k < c.slot[2].count; k++)
                if (c.slot[2].result[k] != ours.slot[2].result[k])
                    fail_msg("warped %s %zu x %zu x %zu on %s: number %zu is %.9g, not %.9g", mm_dtype_name(d.raw), d.y.n, d.y.h,
                             d.y.w, b->other->backend->name, k, (double)ours.slot[2].result[k], (double)c.slot[2].result[k]);
            free_call(&c);
            free_call(&ours);
        }
}

/* Images in pairs, an odd one in the middle; with shares of 1 they stay as they are. */
static void mixtures(bench *b, mm_dtype dtype)
{
    static const size_t sizes[][3] = {{1, 3, 5}, {2, 8, 8}, {5, 7, 3}, {6, 1, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int whole = 0; whole < 2; whole++) {
            call c;
            const mm_shape images = shape(sizes[i][0], 1, sizes[i][1], sizes[i][2]);
            make_simple(&c, MM_OP_MIX, (mm_op_desc){.dtype = dtype, .x = images, .y = images});
            fill(&c, &b->random);
            for (size_t n = 0; n < c.slot[1].count; n++)
                c.slot[1].host[n] = whole ? 1 : (float)mm_random_double(&b->random);
            check(b, &c, NULL, NULL);
            for (size_t k = 0; k < c.slot[0].count && whole; k++)
                assert_true(fabsf(c.slot[0].result[k] - c.slot[0].host[k]) <= (dtype == MM_BF16 ? 0.01f : 1e-6f));
            free_call(&c);
        }
}

static void dense(bench *b, mm_dtype dtype)
{
    static const size_t sizes[][3] = {{1, 16, 5}, {3, 33, 2}, {7, 64, 10}, {2, 2048, 5}};
    call c;
    if (dtype != MM_F32) /* these are fp32 in any case */
        return;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mm_op_desc d = {.dtype = MM_F32, .x = shape(sizes[i][0], sizes[i][1], 1, 1), .y = shape(sizes[i][0], sizes[i][2], 1, 1)};
        make_simple(&c, MM_OP_FC, d);
        check_free(b, &c);
        make_simple(&c, MM_OP_FC_DX, d);
        check_free(b, &c);
        make_simple(&c, MM_OP_FC_DW, d);
        check_free(b, &c);
        d.x = d.y;
        d.smoothing = i % 2 ? 0.2f : 0;
        d.mix = i > 1;
        make_simple(&c, MM_OP_LOSS, d);
        fill(&c, &b->random);
        for (size_t k = 0; k < c.slot[0].count; k++)
            c.slot[0].host[k] *= i == 0 ? 200 : 3; /* far apart: no overflow */
        for (size_t n = 0; n < d.x.n; n++)
            c.slot[1].host[n] = (float)(n % d.x.c);
        for (size_t n = 0; n < d.x.n && d.mix; n++) {
            c.slot[6].host[n] = (float)(2 * n % d.x.c); /* the same, too */
            c.slot[7].host[n] = (float)n / (float)d.x.n;
        }
        check(b, &c, NULL, NULL);
        free_call(&c);
        make_simple(&c, MM_OP_LERP, (mm_op_desc){.dtype = MM_F32, .x = shape(16 * sizes[i][1], 1, 1, 1), .rate = 0.3f});
        check_free(b, &c);
        d = (mm_op_desc){.dtype = MM_F32, .x = shape(16 * (sizes[i][0] + 9), 1, 1, 1), .chunks = 2};
        make_simple(&c, MM_OP_SUM, d);
        fill(&c, &b->random);
        fill_bytes(&c.slot[2], (const mm_chunk[]){{16, 16 * sizes[i][0], NULL}, {16 * (sizes[i][0] + 4), 64, NULL}});
        check(b, &c, NULL, NULL);
        free_call(&c);
    }
}

/* The scalars of step t for a part with learning rate lr: Adam, AdamW or SGD. */
static void set_scalars(float *s, mm_update_rule rule, double lr, int t)
{
    const float adam[8] = {(float)(lr / (1 - pow(0.9, t))), rule == MM_ADAM ? 1e-2f : 0, 0.1f, 0.999f, 0.001f,
                           (float)(1 / sqrt(1 - pow(0.999, t))), 1e-8f, rule == MM_ADAMW ? (float)(1 - lr * 0.1) : 1};
    const float sgd[3] = {(float)lr, 1e-2f, 0.9f};
    if (rule == MM_SGD)
        memcpy(s, sgd, sizeof sgd);
    else
        memcpy(s, adam, sizeof adam);
}

/* Ten steps from identical gradients, two parts with learning rates of their own: weights to 1e-6. */
static void ten_steps(bench *b, mm_update_rule rule)
{
    call c;
    const int moments = rule == MM_SGD ? 1 : 2, scalars = 2 + moments;
    make_simple(&c, rule == MM_SGD ? MM_OP_SGD : MM_OP_ADAM, (mm_op_desc){.dtype = MM_F32, .x = shape(MM_CHUNK + 1024, 1, 1, 1), .chunks = 3});
    fill(&c, &b->random);
    fill_bytes(&c.slot[scalars + 1], (const mm_chunk[]){{0, MM_CHUNK, NULL, 0}, {MM_CHUNK, 16, NULL, 1}, {MM_CHUNK + 48, 976, NULL, 1}});
    for (int k = 2; k < scalars; k++)
        memset(c.slot[k].host, 0, c.slot[k].count * sizeof(float));
    call ours = twin(&c);
    for (int t = 1; t <= 10; t++) {
        for (size_t k = 0; k < c.slot[1].count; k++)
            c.slot[1].host[k] = ours.slot[1].host[k] = (float)mm_random_range(&b->random, -1, 1) * (k % 3 ? 1 : 1e-4f);
        for (int part = 0; part < 2; part++) {
            set_scalars(c.slot[scalars].host + part * MM_SCALARS, rule, part ? 1e-3 : 1e-2, t);
            set_scalars(ours.slot[scalars].host + part * MM_SCALARS, rule, part ? 1e-3 : 1e-2, t);
        }
        run(b->plain, &c, NULL);
        run(b->other, &ours, NULL);
        for (size_t k = 0; k < c.slot[0].count; k++)
            assert_true(fabsf(c.slot[0].result[k] - ours.slot[0].result[k]) <= 1e-6f);
        for (int k = 0; k < scalars; k++) /* the state goes on */
            if (k != 1) {
                memcpy(c.slot[k].host, c.slot[k].result, c.slot[k].count * sizeof(float));
                memcpy(ours.slot[k].host, ours.slot[k].result, c.slot[k].count * sizeof(float));
            }
    }
    free_call(&c);
    free_call(&ours);
}

static void optimisers(bench *b, mm_dtype dtype)
{
    for (mm_update_rule rule = MM_ADAM; rule <= MM_SGD && dtype == MM_F32; rule++)
        ten_steps(b, rule);
}

/* Gradients whose norm is above, and below, what is allowed; what lies between the chunks stays and does not count. */
static void clipping(bench *b, mm_dtype dtype)
{
    for (int i = 0; i < 2 && dtype == MM_F32; i++) {
        call c;
        make_simple(&c, MM_OP_CLIP, (mm_op_desc){.dtype = MM_F32, .x = shape(MM_CHUNK + 1024, 1, 1, 1), .chunks = 2, .max_norm = i ? 2 : 1000});
        fill(&c, &b->random);
        fill_bytes(&c.slot[1], (const mm_chunk[]){{0, MM_CHUNK, NULL}, {MM_CHUNK + 48, 976, NULL}});
        call ours = twin(&c);
        run(b->plain, &c, NULL);
        run(b->other, &ours, NULL);
        double squares = 0;
        for (size_t k = 0; k < c.slot[0].count; k++) {
            const bool between = k >= MM_CHUNK && k < MM_CHUNK + 48;
            squares += between ? 0 : (double)ours.slot[0].result[k] * (double)ours.slot[0].result[k];
            assert_true(fabsf(c.slot[0].result[k] - ours.slot[0].result[k]) <= 1e-6f);
            assert_true(ours.slot[0].result[k] == c.slot[0].host[k] || (i && !between));
        }
        assert_true(i ? fabs(sqrt(squares) - 2) < 1e-5 : squares > 16);
        free_call(&c);
        free_call(&ours);
    }
}

/* Weights that the optimisers also write as bf16: where they are asked for, and nothing else. */
static void narrow_copies_of(bench *b, mm_dtype dtype, mm_op_kind kind)
{
    enum { N = 3 * MM_CHUNK, FIRST = 4 * 16, COUNT = 2048 + 16, GAP = 7 };
    const mm_backend *k = b->other->backend;
    mm_device *d = b->other;
    mm_error e = {0};
    mm_op *op;
    const size_t dims[4] = {8, 16, 3, 3};
    const mm_op_desc conv = {.kind = MM_OP_CONV, .dtype = MM_BF16, .x = shape(1, 16, 5, 5), .y = shape(1, 8, 5, 5), .kernel = 3, .pad = 1,
                             .stride = 1};
    const mm_format *rows = k->rows(d, MM_F32, 4, dims, &e), *storage = k->weights(d, &conv, &e);
    assert_true(rows && storage);
    if (dtype != MM_BF16 || !k->casts)
        return;
    assert_false(k->casts(rows, rows) || k->casts(storage, storage));
    float *w = malloc(N * sizeof *w), s[8] = {1e-2f, 1e-2f, 0.1f, 0.999f, 0.001f, 1.5f, 1e-8f, 1};
    uint16_t *copy = malloc((COUNT + 2 * GAP * 16) * sizeof *copy);
    void *at[4], *scalars = k->alloc(d, sizeof s, &e), *parts = k->alloc(d, 2 * sizeof(mm_chunk), &e);
    char *narrow = k->alloc(d, (COUNT + 2 * GAP * 16) * sizeof *copy, &e);
    assert_true(w && copy && scalars && parts && narrow);
    for (int i = 0; i < 4; i++) {
        assert_non_null(at[i] = k->alloc(d, N * sizeof *w, &e));
        for (size_t n = 0; n < N; n++)
            w[n] = (float)mm_random_range(&b->random, i == 3 ? 0 : -1, 1);
        must(k->upload(d, at[i], w, N * sizeof *w, &e));
    }
    const mm_chunk list[2] = {{FIRST, COUNT, narrow + GAP * 32}, {FIRST + COUNT, 32, NULL}};
    must(k->upload(d, parts, list, sizeof list, &e));
    must(k->upload(d, scalars, s, sizeof s, &e));
    must(k->prepare(d, &(mm_op_desc){.kind = kind, .chunks = 2}, &op, &e));
    void *adam[MM_OP_ARGS] = {at[0], at[1], at[2], at[3], scalars, parts}, *sgd[MM_OP_ARGS] = {at[0], at[1], at[2], scalars, parts};
    must(k->run(d, op, kind == MM_OP_SGD ? sgd : adam, NULL, &e));
    must(k->download(d, w, at[0], N * sizeof *w, &e));
    must(k->download(d, copy, narrow, (COUNT + 2 * GAP * 16) * sizeof *copy, &e));
    for (size_t n = 0; n < COUNT + 2 * GAP * 16; n++) {
        bool inside = n >= GAP * 16 && n < GAP * 16 + COUNT;
        uint32_t bits = 0;
        const float want = inside ? to_bf16(w[FIRST + n - GAP * 16]) : 0;
        memcpy(&bits, &want, 4);
        assert_int_equal(copy[n], bits >> 16);
    }
    k->release(d, op);
    for (int i = 0; i < 4; i++)
        k->free(d, at[i]);
    k->free(d, scalars);
    k->free(d, parts);
    k->free(d, narrow);
    free(w);
    free(copy);
}

static void narrow_copies(bench *b, mm_dtype dtype)
{
    narrow_copies_of(b, dtype, MM_OP_ADAM);
    narrow_copies_of(b, dtype, MM_OP_SGD);
}

static void on_all_backends(void (*test)(bench *, mm_dtype))
{
    static const char *const names[] = {"cpu", "cuda", "cuda on the host"};
    bench b;
    mm_error e;
    int tested = 0;
    assert_int_equal(mm_backend_plain()->open(NULL, 0, 1, &b.plain, &e), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (i == 2 ? mm_backend_cuda()->open(NULL, 0, 1, &b.other, &e) : mm_device_open(names[i], 0, 2, &b.other, &e)) {
            print_message("%s is not here: %s\n", names[i], e.text);
            continue;
        }
        for (size_t t = 0; t < 2; t++) {
            mm_random_init(&b.random, 20, mm_hash_string("operations"), 1);
            test(&b, dtypes[t]);
        }
        b.other->backend->close(b.other);
        tested++;
    }
    b.plain->backend->close(b.plain);
    assert_true(tested > 0);
}

#define TEST(name)                                                                                                     \
    static void test_##name(void **state)                                                                              \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        on_all_backends(name);                                                                                         \
    }
TEST(convolutions)
TEST(groups)
TEST(broken_groups)
TEST(same_padding)
TEST(crops)
TEST(norms)
TEST(pools)
TEST(averages)
TEST(sigmoids)
TEST(scalings)
TEST(concatenations)
TEST(shortcuts_and_sums)
TEST(bins_and_dropout)
TEST(windows_and_input)
TEST(warped_input)
TEST(mixtures)
TEST(dense)
TEST(optimisers)
TEST(clipping)
TEST(narrow_copies)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolutions), cmocka_unit_test(test_groups), cmocka_unit_test(test_broken_groups),
        cmocka_unit_test(test_same_padding), cmocka_unit_test(test_crops),
        cmocka_unit_test(test_norms), cmocka_unit_test(test_pools), cmocka_unit_test(test_averages),
        cmocka_unit_test(test_sigmoids), cmocka_unit_test(test_scalings), cmocka_unit_test(test_concatenations),
        cmocka_unit_test(test_shortcuts_and_sums), cmocka_unit_test(test_bins_and_dropout),
        cmocka_unit_test(test_windows_and_input), cmocka_unit_test(test_warped_input), cmocka_unit_test(test_mixtures), cmocka_unit_test(test_dense),
        cmocka_unit_test(test_optimisers), cmocka_unit_test(test_clipping), cmocka_unit_test(test_narrow_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
