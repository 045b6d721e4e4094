/* Formats of the CUDA backend, and its operations: which kernels each one is. */
#include "common/nn/cuda/cuda.h"

#include <stdlib.h>
#include <string.h>

/* ---- formats ---- */

/* The one format with that layout. */
static const mm_format *format(cuda_device *d, mm_layout layout, mm_dtype dtype, int ndim, const size_t *dim,
                               mm_error *error)
{
    cuda_format wanted = {.base = {.dtype = dtype, .ndim = ndim, .bytes = mm_dtype_size(dtype)}, .layout = layout};
    for (int i = 0; i < ndim; i++) {
        bool padded = i == 1   ? layout == MM_LAYOUT_NHWC || layout == MM_LAYOUT_KRSC
                      : i == 0 && (layout == MM_LAYOUT_KRSC || layout == MM_LAYOUT_KRSG);
        size_t size = padded ? mm_padded(dim[i]) : dim[i];
        wanted.base.dim[i] = dim[i];
        if (__builtin_mul_overflow(wanted.base.bytes, size, &wanted.base.bytes)) {
            mm_fail(error, MM_FAILURE, "a tensor is too large");
            return NULL;
        }
    }
    for (const cuda_format *f = d->formats; f; f = f->next)
        if (f->layout == layout && f->base.dtype == dtype && f->base.ndim == ndim &&
            !memcmp(f->base.dim, wanted.base.dim, sizeof wanted.base.dim))
            return &f->base;
    cuda_format *f = malloc(sizeof *f);
    if (!f) {
        mm_no_memory(error);
        return NULL;
    }
    *f = wanted;
    f->next = d->formats;
    d->formats = f;
    return &f->base;
}

const mm_format *cuda_rows(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    return format((cuda_device *)device, MM_LAYOUT_ROWS, dtype, ndim, dim, error);
}

const mm_format *cuda_activation(mm_device *device, mm_dtype dtype, mm_shape s, mm_error *error)
{
    return format((cuda_device *)device, MM_LAYOUT_NHWC, dtype, 4, (const size_t[]){s.n, s.c, s.h, s.w}, error);
}

/* Weights of a convolution: of the first one in rows, as a file has them; the kernels sum and spread its channels. */
static const mm_format *weights_of(cuda_device *d, const mm_op_desc *c, mm_dtype dtype, mm_error *error)
{
    const size_t groups = mm_op_groups(c);
    return format(d, c->grey ? MM_LAYOUT_ROWS : groups > 1 ? MM_LAYOUT_KRSG : MM_LAYOUT_KRSC, c->grey ? MM_F32 : dtype, 4,
                  (const size_t[]){c->y.c, c->x.c / groups, c->kernel, c->kernel}, error);
}

const mm_format *cuda_weights(mm_device *device, const mm_op_desc *conv, mm_error *error)
{
    return weights_of((cuda_device *)device, conv, MM_F32, error);
}

bool cuda_casts(const mm_format *from, const mm_format *to)
{
    return from->dtype == MM_F32 && to->dtype == MM_BF16 && ((const cuda_format *)from)->layout == ((const cuda_format *)to)->layout;
}

/* ---- shapes ---- */

enum { MM_CUDA_LANE = 8 }; /* numbers in a lane */
static size_t positions(mm_shape s) { return s.n * s.h * s.w; }
static size_t lanes(mm_shape s) { return positions(s) * mm_padded(s.c) / MM_CUDA_LANE; }
static mm_kernel_shape kernel_shape(mm_shape s) { return (mm_kernel_shape){s.n, s.c, s.h, s.w}; }
static bool is_bf16(const cuda_op *op) { return op->base.desc.dtype == MM_BF16; }
static size_t pad256(size_t bytes) { return (bytes + 255) / 256 * 256; }

/* ---- errors ---- */

/* A failure names the operation and its shape. */
static int blame(const mm_op_desc *c, mm_error *error)
{
    const mm_format *f = c->to;
    if (c->kind == MM_OP_COPY)
        return mm_fail_in(error, "%s of %zu x %zu x %zu x %zu", mm_op_name(c->kind), f->dim[0], f->dim[1], f->dim[2], f->dim[3]);
    if (c->chunks)
        return mm_fail_in(error, "%s in %zu chunks", mm_op_name(c->kind), c->chunks);
    return mm_fail_in(error, "%s of %zu x %zu x %zu x %zu to %zu x %zu x %zu x %zu", mm_op_name(c->kind), c->x.n, c->x.c, c->x.h, c->x.w, c->y.n,
                      c->y.c, c->y.h, c->y.w);
}

/* ---- moves ---- */

static int run_input(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    mm_k_input(d->stream, is_bf16(op), c->raw == MM_U8 ? 0 : c->raw == MM_U16 ? 1 : 2, kernel_shape(c->y), args[0],
               args[1], c->warp ? args[3] : NULL, args[2]);
    return cuda_launched(error);
}

static int run_mix(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    mm_k_mix(d->stream, is_bf16(op), c->y.n, c->y.h * c->y.w * mm_padded(c->y.c), args[0], args[1]);
    return cuda_launched(error);
}

static int run_copy(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_format *from = op->base.desc.from, *to = op->base.desc.to;
    mm_layout a = ((const cuda_format *)from)->layout, y = ((const cuda_format *)to)->layout;
    size_t dim[4] = {1, 1, 1, 1}, count = to->bytes / mm_dtype_size(to->dtype);
    (void)scratch;
    for (int i = 0; i < to->ndim; i++) /* dimensions that are missing are the last ones */
        dim[i] = to->dim[i];
    if (a == y && count % 8 == 0 && from->dtype == MM_F32 && to->dtype == MM_BF16)
        mm_k_narrow(d->stream, count, args[0], args[1]);
    else if (a == y && count % 8 == 0 && from->dtype == MM_BF16 && to->dtype == MM_F32)
        mm_k_widen(d->stream, count, args[0], args[1]);
    else
        mm_k_permute(d->stream, from->dtype == MM_BF16, a, to->dtype == MM_BF16, y, dim, args[0], args[1]);
    return cuda_launched(error);
}

static int run_crop(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    mm_k_crop(d->stream, is_bf16(op), kernel_shape(c->x), kernel_shape(c->y), c->at, c->columns, args[0], args[1], args[2]);
    return cuda_launched(error);
}

/* Channels of an activation or of rows. */
static mm_channels channels_of(const mm_op_desc *c, size_t count) { return (mm_channels){count, c->rows ? count : mm_padded(count)}; }

/* How many numbers an elementwise operation passes over, the zeros of padded channels included. */
static size_t numbers(const mm_op_desc *c) { return c->rows ? positions(c->y) * c->y.c : lanes(c->y) * MM_CUDA_LANE; }

static int run_relu(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    if (c->kind == MM_OP_RELU)
        mm_k_relu(d->stream, is_bf16(op), mm_op_limit(c), numbers(c), args[0], args[1]);
    else
        mm_k_relu_dx(d->stream, is_bf16(op), mm_op_limit(c), numbers(c), args[0], args[1], args[2]);
    return cuda_launched(error);
}

static int run_sigmoid(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    if (c->kind == MM_OP_SIGMOID)
        mm_k_sigmoid(d->stream, is_bf16(op), positions(c->y), channels_of(c, c->y.c), args[0], args[1]);
    else
        mm_k_sigmoid_dx(d->stream, is_bf16(op), numbers(c), args[0], args[1], args[2]);
    return cuda_launched(error);
}

static int run_dropout(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    mm_k_dropout(d->stream, is_bf16(op), c->x.n, c->x.h * c->x.w, c->x.c, c->rows ? c->x.c : mm_padded(c->x.c), c->rate, c->layer, args[0],
                 args[1], args[2]);
    return cuda_launched(error);
}

static int run_add(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    if (c->rows)
        mm_k_add_rows(d->stream, positions(c->y) * c->y.c, args[0], args[1], args[2]);
    else
        mm_k_add(d->stream, is_bf16(op), false, 0, lanes(c->y), c->y.c, args[0], NULL, args[1], args[2]);
    return cuda_launched(error);
}

static int run_scale(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    if (c->kind == MM_OP_SCALE)
        mm_k_scale(d->stream, is_bf16(op), kernel_shape(c->y), args[0], args[1], args[2]);
    else
        mm_k_scale_dx(d->stream, is_bf16(op), kernel_shape(c->y), args[0], args[1], args[2], args[3], args[4]);
    return cuda_launched(error);
}

static int run_concat(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const mm_channels a = channels_of(c, c->x.c), b = channels_of(c, c->y.c - c->x.c);
    const size_t width = channels_of(c, c->y.c).width;
    (void)scratch;
    if (c->kind == MM_OP_CONCAT)
        mm_k_concat(d->stream, is_bf16(op), positions(c->y), a, b, width, args[0], args[1], args[2]);
    if (c->kind == MM_OP_CONCAT_DX && args[1])
        mm_k_part(d->stream, is_bf16(op), positions(c->y), width, 0, a, args[0], args[1]);
    if (c->kind == MM_OP_CONCAT_DX && args[2])
        mm_k_part(d->stream, is_bf16(op), positions(c->y), width, a.count, b, args[0], args[2]);
    return cuda_launched(error);
}

static int run_shortcut(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    (c->kind == MM_OP_SHORTCUT ? mm_k_shortcut : mm_k_shortcut_dx)(d->stream, is_bf16(op), kernel_shape(c->x),
                                                                 kernel_shape(c->y), c->stride, args[0], args[1]);
    return cuda_launched(error);
}

/* ---- convolutions ----
 *
 * scratch: the plan's workspace, then at[0] weights in the plan's precision (first layer, or the bf16 weight gradient),
 * then at[1] the convolution's result where bias, addend and relu come in a kernel of their own, then at[2] what the bias's
 * gradient sums in. */

static int run_conv(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    void *w = args[1], *y = op->at[1] ? scratch + op->at[1] : args[4];
    if (c->grey) {
        w = scratch + op->at[0];
        mm_k_grey(d->stream, is_bf16(op), c->y.c, c->x.c, c->kernel * c->kernel, args[1], w);
    }
    if (cuda_conv_run(d, op->conv, args[0], w, y, args[2], args[3], scratch, error))
        return error->code;
    if (op->at[1])
        mm_k_add(d->stream, is_bf16(op), c->relu, mm_op_limit(c), lanes(c->y), c->y.c, y, c->bias ? args[2] : NULL,
                 c->add ? args[3] : NULL, args[4]);
    return cuda_launched(error);
}

static int run_conv_dx(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    return cuda_conv_run(d, op->conv, args[2], args[1], args[0], NULL, NULL, scratch, error);
}

static int run_conv_dw(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    void *dw = op->at[0] ? scratch + op->at[0] : args[2];
    if (cuda_conv_run(d, op->conv, args[0], dw, args[1], NULL, NULL, scratch, error))
        return error->code;
    if (c->grey)
        mm_k_spread(d->stream, is_bf16(op), c->y.c, c->x.c, c->kernel * c->kernel, dw, args[2]);
    else if (op->at[0])
        mm_k_widen(d->stream, c->weights->bytes / sizeof(float), dw, args[2]);
    if (c->bias)
        mm_k_bias_dw(d->stream, is_bf16(op), positions(c->y), c->y.c, args[1], args[3], scratch + op->at[2]);
    return cuda_launched(error);
}

/* The groups of padded channels: those of the description, then groups of zeros. 0: there are no such, because the padding makes no
 * whole groups, or not as many of inputs as of outputs. */
static size_t padded_groups(const mm_op_desc *c)
{
    const size_t groups = mm_op_groups(c), in = c->x.c / groups, out = c->y.c / groups;
    if (groups == 1 || !mm_op_groups_fit(c))
        return groups == 1;
    const size_t padded = mm_padded(c->x.c) / in;
    return padded * in == mm_padded(c->x.c) && padded * out == mm_padded(c->y.c) ? padded : 0;
}

static int prepare_conv(cuda_device *d, cuda_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t groups = padded_groups(c);
    if (!groups)
        return mm_fail(error, MM_FAILURE, "%s of %zu to %zu channels cannot have %zu groups on this device", mm_op_name(c->kind), c->x.c,
                       c->y.c, c->groups);
    size_t in = mm_padded(c->grey ? 1 : c->x.c), out = mm_padded(c->y.c);
    cuda_conv_desc plan = {.kind = c->kind, .bf16 = is_bf16(op), .n = c->x.n, .c = in, .h = c->x.h, .w = c->x.w,
                           .out = out, .p = c->y.h, .q = c->y.w, .kernel = c->kernel, .stride = c->stride, .groups = groups};
    cuda_conv_pad(c, &plan);
    bool extras = c->kind == MM_OP_CONV && (c->bias || c->add || c->relu), fused = extras && out == c->y.c;
    if (fused) {
        plan.bias = c->bias;
        plan.add = c->add;
        plan.relu = c->relu;
        plan.limit = c->limit;
        fused = !cuda_conv_new(d, &plan, &op->conv, error);
        plan.bias = plan.add = plan.relu = false;
    }
    if (!fused && cuda_conv_new(d, &plan, &op->conv, error))
        return error->code;
    size_t end = pad256(cuda_conv_workspace(op->conv)), element = plan.bf16 ? 2 : 4;
    if (c->grey || (c->kind == MM_OP_CONV_DW && plan.bf16)) {
        op->at[0] = end > 0 ? end : 256; /* 0 says that there is none */
        end = op->at[0] + pad256(out * c->kernel * c->kernel * (in / groups) * element);
    }
    if (extras && !fused) {
        op->at[1] = end > 0 ? end : 256;
        end = op->at[1] + pad256(lanes(c->y) * 8 * element);
    }
    if (c->kind == MM_OP_CONV_DW && c->bias) {
        const mm_norm sums = {.positions = positions(c->y), .c = c->y.c};
        op->at[2] = end;
        end += mm_k_norm_scratch(&sums);
    }
    op->base.scratch_bytes = end;
    op->run = c->kind == MM_OP_CONV ? run_conv : c->kind == MM_OP_CONV_DX ? run_conv_dx : run_conv_dw;
    op->base.weights = weights_of(d, c, c->dtype, error);
    return op->base.weights ? 0 : error->code;
}

/* ---- batch norm ---- */

static mm_norm norm_of(const mm_op_desc *c)
{
    return (mm_norm){.bf16 = c->dtype == MM_BF16, .relu = c->relu, .limit = mm_op_limit(c), .fixed = c->fixed, .positions = positions(c->x),
                     .c = c->x.c, .epsilon = c->epsilon, .momentum = c->momentum};
}

/* Where ranks share the batch, their sums lie behind the kernels' scratch, at at[0]; 0: this process is alone. */
static int share(cuda_device *d, const cuda_op *op, mm_norm *norm, double *sums, mm_error *error)
{
    norm->sums = sums;
    if (cuda_launched(error) ||
        cuda_sum(&d->base, op->base.desc.group, sums, mm_k_norm_count(norm), MM_F64, error) || cuda_summed(&d->base, error))
        return error->code;
    return MM_OK;
}

static int run_norm(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    mm_norm norm = norm_of(c);
    double *sums = (double *)(scratch + op->at[0]);
    if (op->at[0]) {
        mm_k_norm_sums(d->stream, &norm, args[0], sums, scratch);
        if (share(d, op, &norm, sums, error))
            return error->code;
    }
    mm_k_norm(d->stream, &norm, args[0], args[1], args[2], args[3], args[4], c->add ? args[5] : NULL, args[6],
              c->keep ? args[7] : NULL, scratch);
    return cuda_launched(error);
}

static int run_norm_dx(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    mm_norm norm = norm_of(c);
    double *sums = (double *)(scratch + op->at[0]);
    if (op->at[0]) {
        mm_k_norm_dx_sums(d->stream, &norm, args[0], c->two ? args[1] : NULL, args[2], args[3], sums, scratch);
        if (share(d, op, &norm, sums, error))
            return error->code;
    }
    mm_k_norm_dx(d->stream, &norm, args[0], c->two ? args[1] : NULL, args[2], args[3], args[4], args[7],
                 c->add ? args[8] : NULL, c->parameters ? args[9] : NULL, c->parameters ? args[10] : NULL, scratch);
    return cuda_launched(error);
}

static void prepare_norm(cuda_op *op)
{
    const mm_op_desc *c = &op->base.desc;
    const mm_norm norm = norm_of(c);
    if (c->kind == MM_OP_NORM && c->keep)
        op->base.saved_bytes = mm_k_norm_saved(&norm);
    op->base.scratch_bytes = mm_k_norm_scratch(&norm);
    if (c->group && !c->fixed) {
        op->at[0] = pad256(op->base.scratch_bytes);
        op->base.scratch_bytes = op->at[0] + mm_k_norm_count(&norm) * sizeof(double);
    }
}

/* ---- pooling ---- */

static mm_pooling pool_of(const mm_op_desc *c)
{
    return (mm_pooling){.bf16 = c->dtype == MM_BF16, .x = kernel_shape(c->x), .y = kernel_shape(c->y),
                     .kernel = c->kernel, .stride = c->stride, .pad = c->pad};
}

static int run_pool(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const mm_pooling pool = pool_of(c);
    (void)scratch;
    switch (c->kind) {
    case MM_OP_MAXPOOL: mm_k_maxpool(d->stream, &pool, args[0], args[1], c->keep ? args[2] : NULL); break;
    case MM_OP_MAXPOOL_DX: mm_k_maxpool_dx(d->stream, &pool, args[0], args[1], args[2]); break;
    case MM_OP_AVGPOOL: mm_k_avgpool(d->stream, &pool, args[0], args[1]); break;
    case MM_OP_AVGPOOL_DX: mm_k_avgpool_dx(d->stream, &pool, args[0], args[1]); break;
    case MM_OP_MEAN: mm_k_mean(d->stream, &pool, args[0], args[1]); break;
    case MM_OP_BINS: mm_k_bins(d->stream, &pool, args[0], args[1]); break;
    case MM_OP_BINS_DX: mm_k_bins_dx(d->stream, &pool, args[0], args[1]); break;
    default: mm_k_mean_dx(d->stream, &pool, args[0], args[1]);
    }
    return cuda_launched(error);
}

/* ---- the last layer, loss, optimiser ---- */

static int run_linear(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    switch (c->kind) {
    case MM_OP_FC: return cuda_linear_run(d, op->linear, args[1], args[0], args[2], args[3], scratch, error);
    case MM_OP_FC_DX: return cuda_linear_run(d, op->linear, args[1], args[0], NULL, args[2], scratch, error);
    default: break;
    }
    if (cuda_linear_run(d, op->linear, args[0], args[1], NULL, args[2], scratch, error))
        return error->code;
    mm_k_columns(d->stream, c->x.n, c->y.c, args[1], args[3]);
    return cuda_launched(error);
}

static int run_loss(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    (void)scratch;
    mm_k_loss(d->stream, c->x.n, c->x.c, c->smoothing, args[0], args[1], args[2], c->mix ? args[6] : NULL, c->mix ? args[7] : NULL, args[3],
              args[4], args[5]);
    return cuda_launched(error);
}

static int run_update(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    switch (c->kind) {
    case MM_OP_ADAM: mm_k_adam(d->stream, c->chunks, args[5], args[0], args[1], args[2], args[3], args[4]); break;
    case MM_OP_SGD: mm_k_sgd(d->stream, c->chunks, args[4], args[0], args[1], args[2], args[3]); break;
    case MM_OP_CLIP: mm_k_clip(d->stream, c->chunks, args[1], args[0], c->max_norm, (double *)scratch); break;
    case MM_OP_LERP: mm_k_lerp(d->stream, c->x.n, c->rate, args[0], args[1]); break;
    default: mm_k_sum(d->stream, c->chunks, args[2], args[0], args[1]);
    }
    return cuda_launched(error);
}

/* ---- the table ---- */

void cuda_release(mm_device *device, mm_op *base)
{
    cuda_op *op = (cuda_op *)base;
    (void)device;
    if (!op)
        return;
    cuda_conv_free(op->conv);
    free(op);
}

int cuda_prepare(mm_device *device, const mm_op_desc *desc, mm_op **out, mm_error *error)
{
    static cuda_run *const runs[MM_NUM_OPS] = {
        [MM_OP_INPUT] = run_input,       [MM_OP_MIX] = run_mix,
        [MM_OP_COPY] = run_copy,         [MM_OP_CROP] = run_crop,
        [MM_OP_NORM] = run_norm,         [MM_OP_NORM_DX] = run_norm_dx,
        [MM_OP_ADD] = run_add,           [MM_OP_RELU] = run_relu,
        [MM_OP_RELU_DX] = run_relu,
        [MM_OP_SIGMOID] = run_sigmoid,   [MM_OP_SIGMOID_DX] = run_sigmoid,
        [MM_OP_SCALE] = run_scale,       [MM_OP_SCALE_DX] = run_scale,
        [MM_OP_CONCAT] = run_concat,     [MM_OP_CONCAT_DX] = run_concat,
        [MM_OP_MAXPOOL] = run_pool,      [MM_OP_MAXPOOL_DX] = run_pool,
        [MM_OP_AVGPOOL] = run_pool,      [MM_OP_AVGPOOL_DX] = run_pool,
        [MM_OP_BINS] = run_pool,         [MM_OP_BINS_DX] = run_pool,
        [MM_OP_DROPOUT] = run_dropout,   [MM_OP_DROPOUT_DX] = run_dropout,
        [MM_OP_MEAN] = run_pool,         [MM_OP_MEAN_DX] = run_pool,
        [MM_OP_SHORTCUT] = run_shortcut, [MM_OP_SHORTCUT_DX] = run_shortcut,
        [MM_OP_FC] = run_linear,         [MM_OP_FC_DX] = run_linear,
        [MM_OP_FC_DW] = run_linear,      [MM_OP_LOSS] = run_loss,
        [MM_OP_ADAM] = run_update,       [MM_OP_SGD] = run_update,
        [MM_OP_CLIP] = run_update,       [MM_OP_LERP] = run_update,
        [MM_OP_SUM] = run_update,
    };
    cuda_device *d = (cuda_device *)device;
    if ((unsigned)desc->kind >= MM_NUM_OPS)
        return mm_fail(error, MM_FAILURE, "%s %d", mm_op_name(desc->kind), (int)desc->kind);
    if ((desc->kind == MM_OP_MAXPOOL || desc->kind == MM_OP_MAXPOOL_DX) && desc->kernel > 15)
        return mm_fail(error, MM_FAILURE, "pooling over %zu x %zu is more than 15 x 15", desc->kernel, desc->kernel);
    cuda_op *op = calloc(1, sizeof *op);
    if (!op)
        return mm_no_memory(error);
    op->base.desc = *desc;
    op->run = runs[desc->kind];
    const mm_pooling pool = pool_of(desc);
    int code = 0;
    switch (desc->kind) {
    case MM_OP_CONV: case MM_OP_CONV_DX: case MM_OP_CONV_DW: code = prepare_conv(d, op, error); break;
    case MM_OP_FC: case MM_OP_FC_DX: case MM_OP_FC_DW:
        op->base.scratch_bytes = CUDA_LINEAR_WORKSPACE;
        if (cuda_linear_get(d, desc->kind, desc->x.n, desc->x.c, desc->y.c, &op->linear, error))
            code = blame(desc, error);
        break;
    case MM_OP_NORM: case MM_OP_NORM_DX: prepare_norm(op); break;
    case MM_OP_CLIP: op->base.scratch_bytes = desc->chunks * sizeof(double); break;
    case MM_OP_MAXPOOL: op->base.saved_bytes = desc->keep ? mm_k_maxpool_saved(&pool) : 0; break;
    default: break;
    }
    if (code)
        cuda_release(device, &op->base);
    else
        *out = &op->base;
    return code;
}

int cuda_run_op(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error)
{
    cuda_op *own = (cuda_op *)op;
    return own->run((cuda_device *)device, own, args, scratch, error) ? blame(&op->desc, error) : 0;
}
