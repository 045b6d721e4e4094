/* The plain backend: memory, formats, and the table of its operations. */
#include <stdlib.h>

#include "common/nn/plain/plain.h"

typedef struct format_node {
    mm_format format;
    struct format_node *next;
} format_node;

typedef struct {
    mm_device device;
    format_node *formats;
} plain_device;

static mm_plain_run *const runs[MM_NUM_OPS] = {
    [MM_OP_INPUT] = mm_plain_input,       [MM_OP_MIX] = mm_plain_mix,
    [MM_OP_COPY] = mm_plain_copy,         [MM_OP_CROP] = mm_plain_crop,
    [MM_OP_CONV] = mm_plain_conv,         [MM_OP_CONV_DX] = mm_plain_conv_dx,
    [MM_OP_CONV_DW] = mm_plain_conv_dw,   [MM_OP_NORM] = mm_plain_norm,
    [MM_OP_NORM_DX] = mm_plain_norm_dx,   [MM_OP_ADD] = mm_plain_add,
    [MM_OP_RELU] = mm_plain_relu,         [MM_OP_RELU_DX] = mm_plain_relu_dx,
    [MM_OP_SIGMOID] = mm_plain_sigmoid,   [MM_OP_SIGMOID_DX] = mm_plain_sigmoid_dx,
    [MM_OP_SCALE] = mm_plain_scale,       [MM_OP_SCALE_DX] = mm_plain_scale_dx,
    [MM_OP_CONCAT] = mm_plain_concat,     [MM_OP_CONCAT_DX] = mm_plain_concat_dx,
    [MM_OP_MAXPOOL] = mm_plain_maxpool,   [MM_OP_MAXPOOL_DX] = mm_plain_maxpool_dx,
    [MM_OP_AVGPOOL] = mm_plain_avgpool,   [MM_OP_AVGPOOL_DX] = mm_plain_avgpool_dx,
    [MM_OP_SHORTCUT] = mm_plain_shortcut, [MM_OP_SHORTCUT_DX] = mm_plain_shortcut_dx,
    [MM_OP_MEAN] = mm_plain_mean,         [MM_OP_MEAN_DX] = mm_plain_mean_dx,
    [MM_OP_BINS] = mm_plain_bins,         [MM_OP_BINS_DX] = mm_plain_bins_dx,
    [MM_OP_DROPOUT] = mm_plain_dropout,   [MM_OP_DROPOUT_DX] = mm_plain_dropout,
    [MM_OP_FC] = mm_plain_fc,             [MM_OP_FC_DX] = mm_plain_fc_dx,
    [MM_OP_FC_DW] = mm_plain_fc_dw,       [MM_OP_LOSS] = mm_plain_loss,
    [MM_OP_ADAM] = mm_plain_adam,         [MM_OP_SGD] = mm_plain_sgd,
    [MM_OP_CLIP] = mm_plain_clip,         [MM_OP_LERP] = mm_plain_lerp,
    [MM_OP_SUM] = mm_plain_sum,
};

static int plain_open(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    (void)nth;
    (void)threads;
    if (where)
        return mm_fail(error, MM_FAILURE, "the plain device has no parts such as '%s'", where);
    plain_device *d = calloc(1, sizeof *d);
    if (!d)
        return mm_no_memory(error);
    d->device.backend = mm_backend_plain();
    d->device.threads = 1;
    d->device.description = "plain loops";
    *device = &d->device;
    return 0;
}

static void plain_close(mm_device *device)
{
    plain_device *d = (plain_device *)device;
    while (d->formats) {
        format_node *next = d->formats->next;
        free(d->formats);
        d->formats = next;
    }
    free(d);
}

static void *plain_alloc(mm_device *device, size_t bytes, mm_error *error)
{
    (void)device;
    size_t padded = (bytes + 63) / 64 * 64;
    void *p = bytes <= SIZE_MAX - 63 ? aligned_alloc(64, padded ? padded : 64) : NULL;
    if (p)
        memset(p, 0, padded);
    else
        mm_fail(error, MM_FAILURE, "out of memory for %zu bytes", bytes);
    return p;
}

static void plain_free(mm_device *device, void *memory)
{
    (void)device;
    free(memory);
}

static int plain_move(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    (void)device;
    (void)error;
    if (bytes)
        memcpy(to, from, bytes);
    return 0;
}

static int plain_zero(mm_device *device, void *to, size_t bytes, mm_error *error)
{
    (void)device;
    (void)error;
    memset(to, 0, bytes);
    return 0;
}

static int plain_sync(mm_device *device, mm_error *error)
{
    (void)device;
    (void)error;
    return 0;
}

static const mm_format *plain_rows(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    plain_device *d = (plain_device *)device;
    mm_format f = {.dtype = dtype, .ndim = ndim};
    size_t bytes = mm_dtype_size(dtype);
    for (int i = 0; i < ndim && i < 4; i++) {
        f.dim[i] = dim[i];
        if (__builtin_mul_overflow(bytes, dim[i], &bytes)) {
            mm_fail(error, MM_FAILURE, "a tensor is too large");
            return NULL;
        }
    }
    f.bytes = bytes;
    for (format_node *n = d->formats; n; n = n->next)
        if (n->format.dtype == dtype && n->format.ndim == ndim && !memcmp(n->format.dim, f.dim, sizeof f.dim))
            return &n->format;
    format_node *n = malloc(sizeof *n);
    if (!n) {
        mm_no_memory(error);
        return NULL;
    }
    *n = (format_node){f, d->formats};
    d->formats = n;
    return &n->format;
}

static const mm_format *plain_activation(mm_device *device, mm_dtype dtype, mm_shape s, mm_error *error)
{
    return plain_rows(device, dtype, 4, (const size_t[]){s.n, s.c, s.h, s.w}, error);
}

static const mm_format *weights_rows(mm_device *device, const mm_op_desc *d, mm_dtype dtype, mm_error *error)
{
    return plain_rows(device, dtype, 4, (const size_t[]){d->y.c, d->x.c / mm_op_groups(d), d->kernel, d->kernel}, error);
}

static const mm_format *plain_weights(mm_device *device, const mm_op_desc *conv, mm_error *error)
{
    return weights_rows(device, conv, MM_F32, error);
}

/* How often a window fits into padded rows or columns. */
static size_t windows(const mm_op_desc *d, size_t in)
{
    if (d->same)
        return (in + d->stride - 1) / d->stride;
    return in + 2 * d->pad < d->kernel ? 0 : (in + 2 * d->pad - d->kernel) / d->stride + 1;
}

static bool slides(const mm_op_desc *d)
{
    return d->kernel && d->stride && d->y.h && d->y.w && d->y.h == windows(d, d->x.h) && d->y.w == windows(d, d->x.w) && d->x.n == d->y.n;
}

/* Whether the shapes of a description belong together. */
static bool fits(const mm_op_desc *d)
{
    switch (d->kind) {
    case MM_OP_CONV:
    case MM_OP_CONV_DX:
    case MM_OP_CONV_DW: return slides(d) && mm_op_groups_fit(d);
    case MM_OP_MAXPOOL:
    case MM_OP_MAXPOOL_DX:
    case MM_OP_AVGPOOL:
    case MM_OP_AVGPOOL_DX: return slides(d) && d->x.c == d->y.c && 2 * d->pad <= d->kernel;
    case MM_OP_SHORTCUT:
    case MM_OP_SHORTCUT_DX:
        return d->stride && d->x.n == d->y.n && d->y.h == (d->x.h + d->stride - 1) / d->stride &&
               d->y.w == (d->x.w + d->stride - 1) / d->stride && d->y.c >= d->x.c;
    case MM_OP_CONCAT:
    case MM_OP_CONCAT_DX: return d->x.c < d->y.c && d->x.n == d->y.n && d->x.h == d->y.h && d->x.w == d->y.w;
    case MM_OP_MEAN: return d->kernel == 0 || (d->x.h >= d->kernel && d->x.w >= d->kernel);
    case MM_OP_MEAN_DX: return d->kernel == 0;
    case MM_OP_BINS:
    case MM_OP_BINS_DX: return d->kernel && d->y.c == d->x.c * d->kernel * d->kernel;
    case MM_OP_CROP: return d->columns && d->x.c == d->y.c && d->x.h == d->y.h && d->x.w >= d->columns && d->y.w >= d->at + d->columns;
    case MM_OP_COPY: return d->from && d->to && d->from->ndim == d->to->ndim && !memcmp(d->from->dim, d->to->dim, sizeof d->to->dim);
    default: return true;
    }
}

static int plain_prepare(mm_device *device, const mm_op_desc *desc, mm_op **out, mm_error *error)
{
    if ((unsigned)desc->kind >= MM_NUM_OPS || !fits(desc))
        return mm_fail(error, MM_FAILURE, "%s cannot be done with these shapes", mm_op_name(desc->kind));
    mm_op *op = calloc(1, sizeof *op);
    if (!op)
        return mm_no_memory(error);
    op->desc = *desc;
    size_t x = plain_count(desc->x), y = plain_count(desc->y);
    if (desc->kind == MM_OP_NORM && desc->keep)
        op->saved_bytes = 2 * sizeof(double) * desc->x.c + x; /* mean, 1 / deviation; where the output is positive */
    if (desc->kind == MM_OP_NORM_DX)
        op->scratch_bytes = x * sizeof(double);
    if (desc->kind == MM_OP_MAXPOOL && desc->keep)
        op->saved_bytes = y * sizeof(size_t); /* where the maximum came from */
    if (desc->kind == MM_OP_CONV || desc->kind == MM_OP_CONV_DX) {
        op->weights = weights_rows(device, desc, desc->grey ? MM_F32 : desc->dtype, error);
        if (!op->weights) {
            free(op);
            return error ? error->code : MM_FAILURE;
        }
    }
    *out = op;
    return 0;
}

static void plain_release(mm_device *device, mm_op *op)
{
    (void)device;
    free(op);
}

static int plain_run(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error)
{
    (void)device;
    (void)error;
    return runs[op->desc.kind](op, args, scratch);
}

/* All formats are rows. */
static bool plain_casts(const mm_format *from, const mm_format *to) { return from->dtype == MM_F32 && to->dtype == MM_BF16; }

const mm_backend *mm_backend_plain(void)
{
    static const mm_backend plain = {
        .name = "plain", .open = plain_open, .close = plain_close, .alloc = plain_alloc, .free = plain_free,
        .upload = plain_move, .download = plain_move, .zero = plain_zero, .sync = plain_sync, .rows = plain_rows,
        .activation = plain_activation, .weights = plain_weights, .casts = plain_casts, .prepare = plain_prepare, .release = plain_release,
        .run = plain_run};
    return &plain;
}
