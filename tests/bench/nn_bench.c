/* Speed of the network alone: prints images a second, the median of the steps.
 *
 *     nn_bench train      whole steps: input, forward, loss, backward, update
 *     nn_bench predict    batch norm folded
 *     nn_bench floor      what oneDNN's convolutions and batch norms of the same training step take alone
 *     nn_bench convs      its convolutions alone
 *     nn_bench copy       GB/s of the device's memory, read and written, by y = a + b over --batch times 2 MiB each
 *
 * Options: --net resnet50 --precision bf16|fp32 --batch 32 --size 224 (or HxW) --steps 5 --stage all (as mm_net_select takes it),
 * --frozen (bn=frozen), --device cpu|cuda, --threads N, -v: a line on standard error with the range, images a CPU second (with one thread
 * that is a figure on a busy machine too) and the peak of memory. Images are noise: time does not depend on them. The
 * floor calls each primitive on buffers that all layers share. */
#include <dnnl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/cli/options.h"
#include "common/base/random.h"
#include "common/nn/internal.h"
#include "common/nn/layer.h"

typedef struct job {
    const char *what, *stage;
    bool frozen;
    mm_dtype precision;
    size_t batch, height, width, steps;
    mm_net *net;
    mm_device *device;
    double *wall, *cpu; /* of each step */
} job;

static void check(int code, const mm_error *error)
{
    if (!code)
        return;
    fprintf(stderr, "nn_bench: %s\n", error->text);
    exit(code);
}

static void *need(void *p)
{
    if (!p) {
        fprintf(stderr, "nn_bench: out of memory\n");
        exit(MM_FAILURE);
    }
    return p;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Step 0 is a warm-up and not counted. */
static void begin(const job *j, size_t step)
{
    size_t i = step ? step - 1 : 0;
    j->wall[i] = -seconds(CLOCK_MONOTONIC);
    j->cpu[i] = -seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(const job *j, size_t step)
{
    size_t i = step ? step - 1 : 0;
    j->wall[i] += seconds(CLOCK_MONOTONIC);
    j->cpu[i] += seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* ---- ours ---- */

static void ours(const job *j)
{
    mm_error e;
    mm_model *m;
    mm_executor *x;
    mm_params p = {0};
    bool predict = !strcmp(j->what, "predict"), *trained = need(calloc(j->net->nlayers, sizeof *trained));
    check(mm_model_new(j->net, j->device, j->precision, j->batch, j->height, j->width, &m, &e), &e);
    check(mm_net_init(j->net, 1, &p, &e), &e);
    check(mm_model_set(m, &p, &e), &e);
    mm_params_free(&p);
    if (!predict) {
        check(mm_net_select(j->net, j->stage, trained, &e), &e);
        check(mm_model_stage(m, trained, NULL, &e), &e);
    }
    const mm_executor_options config = {predict ? MM_PREDICT : MM_TRAIN, j->frozen ? MM_BN_FROZEN : MM_BN_BATCH, j->batch,
                                       j->height, j->width, 0};
    check(mm_executor_new(m, &config, &x, &e), &e);
    size_t pixels = j->height * j->width;
    uint16_t *noise = need(malloc(j->batch * pixels * sizeof *noise));
    const void **images = need(malloc(j->batch * sizeof *images));
    int32_t *labels = need(malloc(j->batch * sizeof *labels));
    float *weights = need(malloc(j->batch * sizeof *weights));
    mm_random r;
    mm_random_init(&r, 1, 0, 0);
    for (size_t i = 0; i < j->batch * pixels; i++)
        noise[i] = (uint16_t)mm_random_u32(&r);
    for (size_t i = 0; i < j->batch; i++) {
        images[i] = noise + i * pixels;
        labels[i] = (int32_t)(i % j->net->classes);
        weights[i] = 1 / (float)j->batch;
    }
    float *p_out = need(malloc(j->batch * j->net->classes * sizeof *p_out));
    for (size_t s = 0; s <= j->steps; s++) {
        double loss;
        begin(j, s);
        check(mm_executor_input(x, images, j->batch, MM_U16, 65535, 127.5, 57.6, &e), &e);
        if (predict) {
            check(mm_executor_forward(x, &e), &e);
            check(mm_executor_probabilities(x, p_out, &e), &e);
        } else {
            check(mm_executor_labels(x, labels, weights, &e), &e);
            check(mm_executor_step(x, true, true, &(double){1e-4}, 1e-4, &e), &e);
            check(mm_executor_loss(x, &loss, &e), &e);
        }
        end(j, s);
    }
    free(p_out);
    free(weights);
    free(labels);
    free(images);
    free(noise);
    mm_executor_free(x);
    mm_model_free(m);
    free(trained);
}

/* ---- memory ---- */

static void measure_copy(const job *j)
{
    mm_error e;
    mm_op *op;
    const mm_backend *b = j->device->backend;
    const mm_shape shape = {j->batch, 64, 64, 128}; /* 2 MiB an image in fp32 */
    const mm_op_desc desc = {.kind = MM_OP_ADD, .dtype = MM_F32, .x = shape, .y = shape};
    size_t bytes = shape.n * shape.c * shape.h * shape.w * sizeof(float);
    void *args[MM_OP_ARGS] = {0};
    check(b->prepare(j->device, &desc, &op, &e), &e);
    for (int i = 0; i < 3; i++)
        if (!(args[i] = b->alloc(j->device, bytes, &e)))
            check(e.code, &e);
    void *scratch = b->alloc(j->device, op->scratch_bytes ? op->scratch_bytes : 64, &e);
    check(scratch ? 0 : e.code, &e);
    for (size_t s = 0; s <= j->steps; s++) {
        begin(j, s);
        check(b->run(j->device, op, args, scratch, &e), &e);
        check(b->sync(j->device, &e), &e);
        end(j, s);
    }
    printf("%.1f\n", 3e-9 * (double)bytes / median(j->wall, j->steps));
    b->release(j->device, op);
    b->free(j->device, scratch);
    for (int i = 0; i < 3; i++)
        b->free(j->device, args[i]);
}

/* ---- the floor ---- */

typedef struct primitive {
    dnnl_primitive_t p;
    dnnl_exec_arg_t args[8];
    int nargs;
} primitive;

typedef struct floor_state {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    primitive *list;
    size_t n;
    void *role[8]; /* buffers: src, dst, weights, diff src, diff dst, diff weights, workspace, small vectors */
    size_t bytes[8];
} floor_state;

static void ok(dnnl_status_t s)
{
    if (s == dnnl_success)
        return;
    fprintf(stderr, "nn_bench: oneDNN returns %d\n", (int)s);
    exit(MM_FAILURE);
}

/* A memory of the role; the buffer grows here and is bound when all sizes are known. */
static void argument(floor_state *f, primitive *p, int name, const dnnl_memory_desc_t *md, int role)
{
    dnnl_memory_t m;
    size_t bytes = dnnl_memory_desc_get_size(md);
    ok(dnnl_memory_create(&m, md, f->engine, DNNL_MEMORY_NONE));
    if (bytes > f->bytes[role])
        f->bytes[role] = bytes;
    p->args[p->nargs++] = (dnnl_exec_arg_t){name, m};
}

static const dnnl_memory_desc_t *query(dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(pd, what, 0);
}

static primitive *push(floor_state *f, dnnl_primitive_desc_t pd)
{
    primitive *p = &f->list[f->n++];
    ok(dnnl_primitive_create(&p->p, pd));
    return p;
}

static void add_conv(floor_state *f, const mm_op_desc *c, dnnl_data_type_t type, bool dx)
{
    const dnnl_dims_t x = {(dnnl_dim_t)c->x.n, (dnnl_dim_t)c->x.c, (dnnl_dim_t)c->x.h, (dnnl_dim_t)c->x.w};
    const dnnl_dims_t y = {(dnnl_dim_t)c->y.n, (dnnl_dim_t)c->y.c, (dnnl_dim_t)c->y.h, (dnnl_dim_t)c->y.w};
    const dnnl_dims_t w = {y[1], x[1], (dnnl_dim_t)c->kernel, (dnnl_dim_t)c->kernel};
    const dnnl_dims_t stride = {(dnnl_dim_t)c->stride, (dnnl_dim_t)c->stride};
    const dnnl_dims_t pad = {(dnnl_dim_t)c->pad, (dnnl_dim_t)c->pad};
    const dnnl_dims_t after = {(y[2] - 1) * stride[0] + w[2] - x[2] - pad[0], (y[3] - 1) * stride[1] + w[3] - x[3] - pad[1]};
    dnnl_memory_desc_t xm, ym, wm, gm;
    ok(dnnl_memory_desc_init_by_tag(&xm, 4, x, type, dnnl_format_tag_any));
    ok(dnnl_memory_desc_init_by_tag(&ym, 4, y, type, dnnl_format_tag_any));
    ok(dnnl_memory_desc_init_by_tag(&wm, 4, w, type, dnnl_format_tag_any));
    ok(dnnl_memory_desc_init_by_tag(&gm, 4, w, dnnl_f32, dnnl_format_tag_any));
    dnnl_convolution_desc_t cd;
    dnnl_primitive_desc_t fwd, bwd;
    ok(dnnl_convolution_forward_desc_init(&cd, dnnl_forward_training, dnnl_convolution_direct, &xm, &wm, NULL, &ym,
                                          stride, pad, after));
    ok(dnnl_primitive_desc_create(&fwd, &cd, NULL, f->engine, NULL));
    primitive *p = push(f, fwd);
    argument(f, p, DNNL_ARG_SRC, query(fwd, dnnl_query_src_md), 0);
    argument(f, p, DNNL_ARG_WEIGHTS, query(fwd, dnnl_query_weights_md), 2);
    argument(f, p, DNNL_ARG_DST, query(fwd, dnnl_query_dst_md), 1);
    ok(dnnl_convolution_backward_weights_desc_init(&cd, dnnl_convolution_direct, &xm, &gm, NULL, &ym, stride, pad,
                                                   after));
    ok(dnnl_primitive_desc_create(&bwd, &cd, NULL, f->engine, fwd));
    p = push(f, bwd);
    argument(f, p, DNNL_ARG_SRC, query(bwd, dnnl_query_src_md), 0);
    argument(f, p, DNNL_ARG_DIFF_DST, query(bwd, dnnl_query_diff_dst_md), 4);
    argument(f, p, DNNL_ARG_DIFF_WEIGHTS, query(bwd, dnnl_query_diff_weights_md), 5);
    ok(dnnl_primitive_desc_destroy(bwd));
    if (dx) {
        ok(dnnl_convolution_backward_data_desc_init(&cd, dnnl_convolution_direct, &xm, &wm, &ym, stride, pad, after));
        ok(dnnl_primitive_desc_create(&bwd, &cd, NULL, f->engine, fwd));
        p = push(f, bwd);
        argument(f, p, DNNL_ARG_DIFF_DST, query(bwd, dnnl_query_diff_dst_md), 4);
        argument(f, p, DNNL_ARG_WEIGHTS, query(bwd, dnnl_query_weights_md), 2);
        argument(f, p, DNNL_ARG_DIFF_SRC, query(bwd, dnnl_query_diff_src_md), 3);
        ok(dnnl_primitive_desc_destroy(bwd));
    }
    ok(dnnl_primitive_desc_destroy(fwd));
}

/* With relu where the layer has one: an addend, which oneDNN cannot put between, is left out. */
static void add_norm(floor_state *f, mm_shape s, dnnl_data_type_t type, bool relu)
{
    const dnnl_dims_t x = {(dnnl_dim_t)s.n, (dnnl_dim_t)s.c, (dnnl_dim_t)s.h, (dnnl_dim_t)s.w};
    unsigned flags = dnnl_use_scaleshift | (relu ? dnnl_fuse_norm_relu : 0);
    dnnl_memory_desc_t xm;
    dnnl_batch_normalization_desc_t bd;
    dnnl_primitive_desc_t fwd, bwd;
    ok(dnnl_memory_desc_init_by_tag(&xm, 4, x, type, dnnl_nChw16c));
    ok(dnnl_batch_normalization_forward_desc_init(&bd, dnnl_forward_training, &xm, 1e-5f, flags));
    ok(dnnl_primitive_desc_create(&fwd, &bd, NULL, f->engine, NULL));
    ok(dnnl_batch_normalization_backward_desc_init(&bd, dnnl_backward, &xm, &xm, 1e-5f, flags));
    ok(dnnl_primitive_desc_create(&bwd, &bd, NULL, f->engine, fwd));
    const dnnl_memory_desc_t *work = query(fwd, dnnl_query_workspace_md), *w = query(fwd, dnnl_query_weights_md);
    const dnnl_memory_desc_t *mean = dnnl_primitive_desc_query_md(fwd, dnnl_query_dst_md, 1);
    const dnnl_memory_desc_t *var = dnnl_primitive_desc_query_md(fwd, dnnl_query_dst_md, 2);
    for (int back = 0; back < 2; back++) {
        primitive *p = push(f, back ? bwd : fwd);
        argument(f, p, DNNL_ARG_SRC, &xm, 0);
        argument(f, p, back ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, &xm, back ? 4 : 1);
        if (back)
            argument(f, p, DNNL_ARG_DIFF_SRC, &xm, 3);
        argument(f, p, DNNL_ARG_MEAN, mean, 7);
        argument(f, p, DNNL_ARG_VARIANCE, var, 7);
        argument(f, p, DNNL_ARG_SCALE_SHIFT, w, 2);
        if (back)
            argument(f, p, DNNL_ARG_DIFF_SCALE_SHIFT, w, 5);
        if (relu)
            argument(f, p, DNNL_ARG_WORKSPACE, work, 6);
    }
    ok(dnnl_primitive_desc_destroy(fwd));
    ok(dnnl_primitive_desc_destroy(bwd));
}

/* True if a relu comes behind the norm, or behind the sum that it is a part of. */
static bool is_rectified(const mm_net *net, size_t norm)
{
    size_t at = norm;
    for (size_t i = norm + 1; i < net->nlayers; i++)
        if (net->layers[i].from == (int)at && net->layers[i].kind == &mm_layer_add)
            at = i;
        else if (net->layers[i].from == (int)at)
            return net->layers[i].kind == &mm_layer_relu;
    return false;
}

static void measure_floor(const job *j)
{
    mm_error e;
    floor_state f = {.list = need(calloc(3 * j->net->nlayers, sizeof(primitive)))};
    mm_shape *shapes = need(calloc(j->net->nlayers, sizeof *shapes));
    dnnl_data_type_t type = j->precision == MM_BF16 ? dnnl_bf16 : dnnl_f32;
    ok(dnnl_engine_create(&f.engine, dnnl_cpu, 0));
    ok(dnnl_stream_create(&f.stream, f.engine, dnnl_stream_default_flags));
    check(mm_net_shapes(j->net, j->batch, j->height, j->width, 0, shapes, &e), &e);
    for (size_t i = 1; i < j->net->nlayers; i++) {
        const mm_layer *l = &j->net->layers[i];
        if (l->kind == &mm_layer_conv) {
            const mm_op_desc c = l->kind->storage(j->net, i, shapes, j->precision);
            add_conv(&f, &c, type, l->from != 0);
        } else if (l->kind == &mm_layer_norm && !strcmp(j->what, "floor")) {
            add_norm(&f, shapes[i], type, is_rectified(j->net, i));
        }
    }
    for (size_t i = 0; i < 8; i++)
        f.role[i] = need(calloc(1, f.bytes[i] + 64));
    for (size_t i = 0; i < f.n; i++)
        for (int k = 0; k < f.list[i].nargs; k++) {
            static const int roles[][2] = {
                {DNNL_ARG_SRC, 0}, {DNNL_ARG_DST, 1}, {DNNL_ARG_WEIGHTS, 2}, {DNNL_ARG_SCALE_SHIFT, 2},
                {DNNL_ARG_DIFF_SRC, 3}, {DNNL_ARG_DIFF_DST, 4}, {DNNL_ARG_DIFF_WEIGHTS, 5},
                {DNNL_ARG_DIFF_SCALE_SHIFT, 5}, {DNNL_ARG_WORKSPACE, 6}, {DNNL_ARG_MEAN, 7}, {DNNL_ARG_VARIANCE, 7}};
            for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
                if (roles[r][0] == f.list[i].args[k].arg)
                    ok(dnnl_memory_set_data_handle(f.list[i].args[k].memory, f.role[roles[r][1]]));
        }
    for (size_t s = 0; s <= j->steps; s++) {
        begin(j, s);
        for (size_t i = 0; i < f.n; i++)
            ok(dnnl_primitive_execute(f.list[i].p, f.stream, f.list[i].nargs, f.list[i].args));
        ok(dnnl_stream_wait(f.stream));
        end(j, s);
    }
    for (size_t i = 0; i < f.n; i++) {
        ok(dnnl_primitive_destroy(f.list[i].p));
        for (int k = 0; k < f.list[i].nargs; k++)
            ok(dnnl_memory_destroy(f.list[i].args[k].memory));
    }
    for (size_t i = 0; i < 8; i++)
        free(f.role[i]);
    free(f.list);
    free(shapes);
    ok(dnnl_stream_destroy(f.stream));
    ok(dnnl_engine_destroy(f.engine));
}

static size_t count(const char *text)
{
    char *rest;
    unsigned long n = strtoul(text, &rest, 10);
    if (*rest || !n || n > 100000) {
        fprintf(stderr, "nn_bench: '%s' is no count\n", text);
        exit(MM_USAGE);
    }
    return n;
}

static void tell(job *j, const char *net, bool verbose)
{
    double batch = (double)j->batch;
    struct rusage usage;
    printf("%.3f\n", batch / median(j->wall, j->steps)); /* which sorts them */
    if (!verbose)
        return;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "%s %s: %.2f to %.2f images/s, %.2f a CPU second, peak %.2f GiB\n", net, j->what,
            batch / j->wall[j->steps - 1], batch / j->wall[0], batch / median(j->cpu, j->steps),
            (double)usage.ru_maxrss / 1048576);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"net", 1, NULL, 'n'}, {"precision", 1, NULL, 'p'}, {"batch", 1, NULL, 'b'}, {"size", 1, NULL, 's'},
        {"steps", 1, NULL, 'k'}, {"stage", 1, NULL, 'g'}, {"frozen", 0, NULL, 'f'}, {"threads", 1, NULL, 'j'},
        {"device", 1, NULL, 'd'},
        {NULL, 0, NULL, 0}};
    mm_error e;
    job j = {.precision = MM_BF16, .batch = 32, .steps = 5, .stage = "all"};
    const char *net = "resnet50", *device = "cpu";
    size_t threads = 0;
    mm_size size = {224, 224};
    bool verbose = false;
    for (int c; (c = getopt_long(argc, argv, "vj:", options, NULL)) != -1;)
        switch (c) {
        case 'n': net = optarg; break;
        case 'p': j.precision = strcmp(optarg, "fp32") ? MM_BF16 : MM_F32; break;
        case 'b': j.batch = count(optarg); break;
        case 's':
            if (mm_parse_size(optarg, 1, 100000, &size)) {
                fprintf(stderr, "nn_bench: '%s' is not a size\n", optarg);
                return MM_USAGE;
            }
            break;
        case 'k': j.steps = count(optarg); break;
        case 'g': j.stage = optarg; break;
        case 'f': j.frozen = true; break;
        case 'j': threads = count(optarg); break;
        case 'd': device = optarg; break;
        case 'v': verbose = true; break;
        default: return MM_USAGE;
        }
    static const char *const verbs[] = {"train", "predict", "floor", "convs", "copy"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && optind + 1 == argc; i++)
        if (!strcmp(argv[optind], verbs[i]))
            j.what = verbs[i];
    if (!j.what) {
        fprintf(stderr, "usage: nn_bench [OPTION...] train|predict|floor|convs|copy\n");
        return MM_USAGE;
    }
    j.height = size.height;
    j.width = size.width;
    j.wall = need(calloc(j.steps, sizeof *j.wall));
    j.cpu = need(calloc(j.steps, sizeof *j.cpu));
    check(mm_net_build(net, 5, &j.net, &e), &e);
    check(mm_device_open(device, 0, threads, &j.device, &e), &e);
    if (!strcmp(j.what, "copy"))
        measure_copy(&j);
    else {
        if (!strcmp(j.what, "train") || !strcmp(j.what, "predict"))
            ours(&j);
        else
            measure_floor(&j);
        tell(&j, net, verbose);
    }
    j.device->backend->close(j.device);
    mm_net_free(j.net);
    free(j.wall);
    free(j.cpu);
    return 0;
}
