/* Convolutions by cuDNN's graph API (cuDNN 9, backend descriptors): one plan for each kind and shape.
 *
 * cuDNN's heuristics offer engines, best first. Engines that round inputs or add up in any order are left out unless the device
 * was opened with `tf32` or `atomics`. On a card the first few of the others are timed once. The fastest is kept in a file by card,
 * driver, cuDNN and shape ($XDG_CACHE_HOME/mmpipe or ~/.cache/mmpipe), so that the next run starts at once. Without a card (tests)
 * plans are made from a description of one in JSON and cannot be run. */
#include "common/nn/cuda/cuda.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cuda_runtime_api.h>
#include <cudnn.h>

typedef cudnnBackendDescriptor_t descriptor;

enum { OFFERS = 16, TIMED = 6, RUNS = 3 };
enum { UID_X = 1, UID_W, UID_Y, UID_BIAS, UID_ADDEND, UID_INNER }; /* inner: results that never reach memory */

static const size_t most_workspace = (size_t)256 << 20;
/* What is reckoned with where nothing is known: seen in the heuristics' first choices for an H100 were 12 and 154 MB. */
static const size_t usual_workspace_bf16 = (size_t)32 << 20, usual_workspace_fp32 = (size_t)160 << 20;

struct cuda_plans {
    cudnnHandle_t handle; /* NULL without a card */
    descriptor card;
    bool imagined;        /* nothing is built: only sizes are wanted */
    char cache[1024];     /* file, or empty */
    char prefix[512];     /* card, driver and cuDNN: what a line of the file must begin with */
};

struct cuda_conv {
    cuda_conv_desc desc;
    descriptor plan;
    size_t workspace;
    int choice; /* of the offers */
};

/* ---- cuDNN's descriptors in few words ---- */

static int check(cudnnStatus_t status, const char *what, mm_error *error)
{
    char detail[256] = "";
    if (status == CUDNN_STATUS_SUCCESS)
        return 0;
    cudnnGetLastErrorString(detail, sizeof detail);
    return mm_fail(error, MM_FAILURE, "cuDNN: %s: %s%s%s", what, cudnnGetErrorString(status), *detail ? ": " : "", detail);
}

/* Descriptors of one plan; destroyed together. A failure sticks, so that building needs no checks in between. */
typedef struct build {
    descriptor made[64];
    size_t n;
    const char *what;
    mm_error *error;
    int code;
} build;

static descriptor make(build *b, cudnnBackendDescriptorType_t type)
{
    descriptor d = NULL;
    if (!b->code)
        b->code = check(cudnnBackendCreateDescriptor(type, &d), b->what, b->error);
    if (d)
        b->made[b->n++] = d;
    return d;
}

static void set(build *b, descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t n,
                const void *value)
{
    if (!b->code)
        b->code = check(cudnnBackendSetAttribute(d, name, type, n, value), b->what, b->error);
}

static void set_number(build *b, descriptor d, cudnnBackendAttributeName_t name, int64_t value)
{
    set(b, d, name, CUDNN_TYPE_INT64, 1, &value);
}

static void set_descriptor(build *b, descriptor d, cudnnBackendAttributeName_t name, descriptor value)
{
    set(b, d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

static void finalize(build *b, descriptor d)
{
    if (!b->code)
        b->code = check(cudnnBackendFinalize(d), b->what, b->error);
}

static void destroy(build *b)
{
    while (b->n > 0)
        cudnnBackendDestroyDescriptor(b->made[--b->n]);
}

/* ---- the graph of operations ---- */

/* n, c, h, w with channels last. */
static descriptor tensor(build *b, int64_t uid, cudnnDataType_t type, const int64_t dim[4], bool inner)
{
    descriptor d = make(b, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    const int64_t stride[4] = {dim[1] * dim[2] * dim[3], 1, dim[1] * dim[3], dim[1]};
    set(b, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    set(b, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dim);
    set(b, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, stride);
    set_number(b, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, uid);
    set_number(b, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 16);
    set(b, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &inner);
    finalize(b, d);
    return d;
}

static descriptor convolution(build *b, const cuda_conv_desc *c)
{
    descriptor d = make(b, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    const int64_t one[2] = {1, 1}, stride[2] = {(int64_t)c->stride, (int64_t)c->stride},
                  before[2] = {(int64_t)c->before[0], (int64_t)c->before[1]}, after[2] = {(int64_t)c->after[0], (int64_t)c->after[1]};
    set(b, d, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    set(b, d, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    set_number(b, d, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2);
    set(b, d, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, before);
    set(b, d, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, after);
    set(b, d, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride);
    set(b, d, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, one);
    finalize(b, d);
    return d;
}

/* One of the three convolutions as an operation. */
static descriptor operation(build *b, const cuda_conv_desc *c, descriptor x, descriptor w, descriptor y)
{
    static const struct {
        cudnnBackendDescriptorType_t type;
        cudnnBackendAttributeName_t conv, x, w, y, alpha, beta;
    } kinds[] = {
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
    };
    const size_t k = c->kind == MM_OP_CONV ? 0 : c->kind == MM_OP_CONV_DX ? 1 : 2;
    const float one = 1, nought = 0;
    descriptor conv = convolution(b, c), d = make(b, kinds[k].type);
    set_descriptor(b, d, kinds[k].conv, conv);
    set_descriptor(b, d, kinds[k].x, x);
    set_descriptor(b, d, kinds[k].w, w);
    set_descriptor(b, d, kinds[k].y, y);
    set(b, d, kinds[k].alpha, CUDNN_TYPE_FLOAT, 1, &one);
    set(b, d, kinds[k].beta, CUDNN_TYPE_FLOAT, 1, &nought);
    finalize(b, d);
    return d;
}

/* result = a + more, or relu(a) without more, which the limit is of (0: none) */
static descriptor pointwise(build *b, cudnnPointwiseMode_t mode, float limit, descriptor a, descriptor more, descriptor result)
{
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const double most = (double)limit;
    descriptor what = make(b, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    set(b, what, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
    set(b, what, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &type);
    if (!more && limit > 0)
        set(b, what, CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, CUDNN_TYPE_DOUBLE, 1, &most);
    finalize(b, what);
    descriptor d = make(b, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    set_descriptor(b, d, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what);
    set_descriptor(b, d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, a);
    if (more)
        set_descriptor(b, d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, more);
    set_descriptor(b, d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, result);
    finalize(b, d);
    return d;
}

/* Convolution, then bias, addend and relu as asked for. cuDNN finds the number of groups by the channels of x and w. */
static descriptor graph_of(build *b, const cuda_plans *p, const cuda_conv_desc *c)
{
    const cudnnDataType_t type = c->bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    const int64_t x[4] = {(int64_t)c->n, (int64_t)c->c, (int64_t)c->h, (int64_t)c->w},
                  w[4] = {(int64_t)c->out, (int64_t)(c->c / c->groups), (int64_t)c->kernel, (int64_t)c->kernel},
                  y[4] = {(int64_t)c->n, (int64_t)c->out, (int64_t)c->p, (int64_t)c->q},
                  bias[4] = {1, (int64_t)c->out, 1, 1};
    descriptor ops[4], xt = tensor(b, UID_X, type, x, false), wt = tensor(b, UID_W, type, w, false);
    size_t n = 0, extras = (size_t)c->bias + c->add + c->relu;
    int64_t uid = UID_INNER;
    descriptor last = extras ? tensor(b, uid++, CUDNN_DATA_FLOAT, y, true) : tensor(b, UID_Y, type, y, false);
    ops[n++] = operation(b, c, xt, wt, last);
    const bool wanted[3] = {c->bias, c->add, c->relu};
    for (size_t k = 0; k < 3; k++) {
        if (!wanted[k])
            continue;
        extras--;
        descriptor more = k == 0   ? tensor(b, UID_BIAS, CUDNN_DATA_FLOAT, bias, false)
                          : k == 1 ? tensor(b, UID_ADDEND, type, y, false)
                                   : NULL;
        descriptor next = extras ? tensor(b, uid++, CUDNN_DATA_FLOAT, y, true) : tensor(b, UID_Y, type, y, false);
        ops[n++] = pointwise(b, k == 2 ? CUDNN_POINTWISE_RELU_FWD : CUDNN_POINTWISE_ADD, c->limit, last, more, next);
        last = next;
    }
    descriptor graph = make(b, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    set(b, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, (int64_t)n, ops);
    if (p->handle)
        set(b, graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &p->handle);
    finalize(b, graph);
    return graph;
}

/* ---- engines and plans ---- */

/* Whether an engine keeps to what the device was opened for. */
static bool allowed(const cuda_device *d, const cuda_conv_desc *c, descriptor config)
{
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    descriptor engine = NULL;
    int64_t n = 0;
    bool fine = true;
    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine))
        return false;
    if (cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &engine) ||
        cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                 CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &n, notes))
        n = 0;
    for (int64_t i = 0; i < n; i++) {
        bool rounds = notes[i] == CUDNN_NUMERICAL_NOTE_TENSOR_CORE || notes[i] == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
                      notes[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION;
        fine = fine && !(notes[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC && !d->atomics) &&
               !(rounds && !c->bf16 && !d->tf32);
    }
    cudnnBackendDestroyDescriptor(engine);
    return fine;
}

/* Offers of one kind of heuristics, best first; returns how many. */
static int64_t ask(build *b, const cuda_plans *p, descriptor graph, cudnnBackendHeurMode_t mode, descriptor offers[OFFERS])
{
    int64_t n = 0;
    descriptor heuristic = make(b, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    set_descriptor(b, heuristic, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    set(b, heuristic, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
    set_descriptor(b, heuristic, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, p->card);
    finalize(b, heuristic);
    for (int64_t i = 0; i < OFFERS; i++)
        offers[i] = make(b, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    if (!b->code)
        b->code = check(cudnnBackendGetAttribute(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                                 OFFERS, &n, offers), b->what, b->error);
    return b->code ? 0 : n;
}

/* NULL where the engine cannot do it after all. */
static descriptor plan_of(const cuda_plans *p, descriptor offer, size_t *workspace)
{
    descriptor plan = NULL;
    int64_t bytes = 0, n = 0;
    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &plan))
        return NULL;
    if (cudnnBackendSetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &offer) ||
        cudnnBackendSetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &p->card) ||
        cudnnBackendFinalize(plan) ||
        cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &n, &bytes) ||
        (size_t)bytes > most_workspace) {
        cudnnBackendDestroyDescriptor(plan);
        return NULL;
    }
    *workspace = (size_t)bytes;
    return plan;
}

int cuda_conv_run(cuda_device *d, cuda_conv *v, void *x, void *w, void *y, void *bias, void *addend, void *workspace,
                  mm_error *error)
{
    build b = {.what = "convolution", .error = error};
    int64_t uid[5] = {UID_X, UID_W, UID_Y}, n = 3;
    void *at[5] = {x, w, y};
    if (v->desc.bias) {
        uid[n] = UID_BIAS;
        at[n++] = bias;
    }
    if (v->desc.add) {
        uid[n] = UID_ADDEND;
        at[n++] = addend;
    }
    descriptor pack = make(&b, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    set(&b, pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, uid);
    set(&b, pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n, at);
    set(&b, pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
    finalize(&b, pack);
    if (!b.code)
        b.code = check(cudnnBackendExecute(d->plans->handle, v->plan, pack), "convolution", error);
    destroy(&b);
    return b.code;
}

/* ---- the clock, and what it said before ---- */

static size_t elements_x(const cuda_conv_desc *c) { return c->n * c->c * c->h * c->w; }
static size_t elements_w(const cuda_conv_desc *c) { return c->out * (c->c / c->groups) * c->kernel * c->kernel; }
static size_t elements_y(const cuda_conv_desc *c) { return c->n * c->out * c->p * c->q; }

/* Milliseconds of a run, the best of a few; negative where it fails. */
static float time_of(cuda_device *d, cuda_conv *v, char *memory)
{
    const size_t each = v->desc.bf16 ? 2 : 4;
    size_t x = (elements_x(&v->desc) * each + 255) / 256 * 256, w = (elements_w(&v->desc) * each + 255) / 256 * 256,
           y = (elements_y(&v->desc) * each + 255) / 256 * 256, bias = (v->desc.out * 4 + 255) / 256 * 256;
    char *at[] = {memory, memory + x, memory + x + w, memory + x + w + y, memory + x + w + y + bias,
                  memory + x + w + 2 * y + bias};
    cudaEvent_t from = NULL, to = NULL;
    float best = -1, ms = 0;
    mm_error ignored;
    if (cudaEventCreate(&from) || cudaEventCreate(&to))
        return -1;
    for (int i = 0; i <= RUNS; i++) { /* the first one loads the kernel */
        cudaEventRecord(from, d->stream);
        if (cuda_conv_run(d, v, at[0], at[1], at[2], at[3], at[4], at[5], &ignored)) {
            best = -1;
            break;
        }
        cudaEventRecord(to, d->stream);
        if (cudaEventSynchronize(to) || cudaEventElapsedTime(&ms, from, to)) {
            cudaGetLastError();
            best = -1;
            break;
        }
        if (i > 0 && (best < 0 || ms < best))
            best = ms;
    }
    cudaEventDestroy(from);
    cudaEventDestroy(to);
    return best;
}

static char *timing_memory(const cuda_conv_desc *c)
{
    void *memory = NULL;
    size_t each = c->bf16 ? 2 : 4;
    size_t bytes = (elements_x(c) + elements_w(c) + 2 * elements_y(c)) * each + c->out * 4 + 6 * 256 + most_workspace;
    if (cudaMalloc(&memory, bytes)) {
        cudaGetLastError();
        return NULL;
    }
    return memory;
}

/* True if a convolution has not the same number of zeros on all sides. */
static bool is_uneven(const cuda_conv_desc *c)
{
    return c->before[0] != c->before[1] || c->before[0] != c->after[0] || c->before[0] != c->after[1];
}

static void key_of(const cuda_device *d, const cuda_conv_desc *c, char *key, size_t room)
{
    int n = snprintf(key, room, "%s kind=%d%s%s%s%s%s%s x=%zux%zux%zux%zu out=%zu k=%zu s=%zu p=%zu", d->plans->prefix, (int)c->kind,
             c->bf16 ? " bf16" : " fp32", c->bias ? " bias" : "", c->add ? " add" : "", c->relu ? " relu" : "",
             d->tf32 ? " tf32" : "", d->atomics ? " atomics" : "", c->n, c->c, c->h, c->w, c->out, c->kernel, c->stride,
             c->before[0]);
    if (c->groups > 1 && n > 0 && (size_t)n < room)
        n += snprintf(key + n, room - (size_t)n, " g=%zu", c->groups);
    if (is_uneven(c) && n > 0 && (size_t)n < room)
        n += snprintf(key + n, room - (size_t)n, " p=%zu,%zu,%zu,%zu", c->before[0], c->before[1], c->after[0], c->after[1]);
    if (c->relu && c->limit > 0 && n > 0 && (size_t)n < room)
        snprintf(key + n, room - (size_t)n, " limit=%g", (double)c->limit);
}

/* The choice of an earlier run, or -1; *workspace (NULL: not wanted) is what it needs. */
static int remembered(const cuda_device *d, const cuda_conv_desc *c, size_t *workspace)
{
    char key[1024], line[1200];
    int choice = -1;
    FILE *f = *d->plans->cache ? fopen(d->plans->cache, "r") : NULL;
    key_of(d, c, key, sizeof key);
    size_t n = strlen(key);
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, key, n) && line[n] == '\t') {
            char *end;
            long v = strtol(line + n + 1, &end, 10);
            const char *bytes = end > line + n + 1 && v >= 0 && v < 2 * OFFERS ? strrchr(end, '\t') : NULL;
            if (bytes)
                choice = (int)v;
            if (bytes && workspace)
                *workspace = (size_t)strtoull(bytes + 1, NULL, 10);
        }
    if (f)
        fclose(f);
    return choice;
}

/* A line at the end, in one write, so that two programs may do it at once. A cache that cannot be written is ignored. */
static void remember(const cuda_device *d, const cuda_conv *v, float ms)
{
    char key[1024];
    FILE *f = *d->plans->cache ? fopen(d->plans->cache, "a") : NULL;
    if (!f)
        return;
    key_of(d, &v->desc, key, sizeof key);
    setvbuf(f, NULL, _IOFBF, 4096);
    fprintf(f, "%s\t%d\t%.4f\t%zu\n", key, v->choice, (double)ms, v->workspace);
    fclose(f);
}

static void keep(cuda_conv *v, descriptor plan, size_t workspace, int choice)
{
    if (v->plan)
        cudnnBackendDestroyDescriptor(v->plan);
    v->plan = plan;
    v->workspace = workspace;
    v->choice = choice;
}

/* Times the first offers; keeps the fastest. base: number of the first one, for the file. */
static void race(cuda_device *d, cuda_conv *v, const descriptor *offers, int64_t n, int base)
{
    char *memory = timing_memory(&v->desc);
    float best = -1;
    int timed = 0;
    for (int i = 0; i < n && timed < TIMED && memory; i++) {
        cuda_conv one = {.desc = v->desc};
        if (!allowed(d, &v->desc, offers[i]) || !(one.plan = plan_of(d->plans, offers[i], &one.workspace)))
            continue;
        float ms = time_of(d, &one, memory);
        timed++;
        if (ms >= 0 && (best < 0 || ms < best)) {
            best = ms;
            keep(v, one.plan, one.workspace, base + i);
        } else {
            cudnnBackendDestroyDescriptor(one.plan);
        }
    }
    cudaFree(memory);
    if (v->plan)
        remember(d, v, best);
}

/* The offer that won before, else the winner of a race, else (no card, or no memory to time on) the first that works. */
static void choose(cuda_device *d, cuda_conv *v, const descriptor *offers, int64_t n, int base, int known)
{
    size_t workspace;
    int first = known >= base && known < base + n ? known - base : -1;
    if (first < 0 && d->plans->handle)
        race(d, v, offers, n, base);
    for (int i = first < 0 ? 0 : first; i < n && !v->plan; i++) {
        descriptor plan = allowed(d, &v->desc, offers[i]) ? plan_of(d->plans, offers[i], &workspace) : NULL;
        if (plan)
            keep(v, plan, workspace, base + i);
    }
}

int cuda_conv_new(cuda_device *d, const cuda_conv_desc *desc, cuda_conv **conv, mm_error *error)
{
    char what[160];
    static const char *const kinds[] = {"convolution", "data gradient", "weight gradient"};
    snprintf(what, sizeof what, "%s of %zu x %zu x %zu x %zu with %zu filters %zu x %zu, stride %zu, %zu group%s",
             kinds[desc->kind == MM_OP_CONV ? 0 : desc->kind == MM_OP_CONV_DX ? 1 : 2], desc->n, desc->c, desc->h, desc->w,
             desc->out, desc->kernel, desc->kernel, desc->stride, desc->groups, desc->groups > 1 ? "s" : "");
    cuda_conv *v = calloc(1, sizeof *v);
    if (!v)
        return mm_no_memory(error);
    v->desc = *desc;
    if (d->plans->imagined) {
        v->workspace = desc->bf16 ? usual_workspace_bf16 : usual_workspace_fp32;
        d->base.estimated |= remembered(d, desc, &v->workspace) < 0;
        *conv = v;
        return 0;
    }
    /* the heuristics' own choice, then, where none of that is allowed, the plain engines that can do more */
    static const cudnnBackendHeurMode_t modes[] = {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK};
    build b = {.what = what, .error = error};
    int known = d->plans->handle ? remembered(d, desc, NULL) : -1;
    for (int m = 0; m < 2 && !v->plan && !b.code; m++) {
        descriptor offers[OFFERS], graph = graph_of(&b, d->plans, desc);
        int64_t n = b.code ? 0 : ask(&b, d->plans, graph, modes[m], offers);
        choose(d, v, offers, n, m * OFFERS, known);
        destroy(&b);
    }
    if (!b.code && !v->plan)
        b.code = mm_fail(error, MM_FAILURE, "cuDNN: %s: no engine can do it", what);
    if (b.code)
        cuda_conv_free(v);
    else
        *conv = v;
    return b.code;
}

void cuda_conv_free(cuda_conv *v)
{
    if (v && v->plan)
        cudnnBackendDestroyDescriptor(v->plan);
    free(v);
}

size_t cuda_conv_workspace(const cuda_conv *v) { return v->workspace; }

/* ---- the device's part ---- */

static void find_cache(cuda_device *d)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char folder[900];
    int driver = 0;
    cudaDriverGetVersion(&driver);
    snprintf(d->plans->prefix, sizeof d->plans->prefix, "%s driver=%d cudnn=%zu", d->name, driver, cudnnGetVersion());
    if (base && *base)
        snprintf(folder, sizeof folder, "%s", base);
    else if (home && *home)
        snprintf(folder, sizeof folder, "%s/.cache", home);
    else
        return;
    mkdir(folder, 0777);
    strncat(folder, "/mmpipe", sizeof folder - strlen(folder) - 1);
    mkdir(folder, 0777);
    snprintf(d->plans->cache, sizeof d->plans->cache, "%s/convolutions.tsv", folder);
}

static int describe_card(cuda_device *d, const char *json, mm_error *error)
{
    int32_t card = d->card;
    int code = check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &d->plans->card), "card", error);
    if (!code)
        code = check(json ? cudnnBackendSetAttribute(d->plans->card, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                                                     CUDNN_TYPE_CHAR, (int64_t)strlen(json), json)
                          : cudnnBackendSetAttribute(d->plans->card, CUDNN_ATTR_DEVICEPROP_DEVICE_ID, CUDNN_TYPE_INT32, 1,
                                                     &card), "card", error);
    return code ? code : check(cudnnBackendFinalize(d->plans->card), "card", error);
}

int cuda_plans_open(cuda_device *d, mm_error *error)
{
    d->plans = calloc(1, sizeof *d->plans);
    if (!d->plans)
        return mm_no_memory(error);
    if (check(cudnnCreate(&d->plans->handle), "opening the card", error) ||
        check(cudnnSetStream(d->plans->handle, d->stream), "stream", error) || describe_card(d, NULL, error))
        return error->code;
    find_cache(d);
    return 0;
}

int cuda_plans_describe(cuda_device *d, const char *json, mm_error *error)
{
    d->plans = calloc(1, sizeof *d->plans);
    if (!d->plans)
        return mm_no_memory(error);
    return describe_card(d, json, error);
}

int cuda_plans_imagine(cuda_device *d, mm_error *error)
{
    d->plans = calloc(1, sizeof *d->plans);
    if (!d->plans)
        return mm_no_memory(error);
    d->plans->imagined = true;
    find_cache(d);
    return 0;
}

void cuda_plans_close(cuda_device *d)
{
    if (d->plans && d->plans->card)
        cudnnBackendDestroyDescriptor(d->plans->card);
    if (d->plans && d->plans->handle)
        cudnnDestroy(d->plans->handle);
    free(d->plans);
    d->plans = NULL;
}
