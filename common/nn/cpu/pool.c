/* Pooling (maximum by oneDNN, means by own loops, which sum in fp32) and the shortcut without parameters. */
#include "common/nn/cpu/cpu.h"

#include <string.h>

static size_t element(const cpu_view *v, size_t image, size_t channel, size_t position)
{
    return image * v->image_step + channel / v->lanes * v->tile_step + position * v->step + channel % v->lanes;
}

/* ---- maximum; memory: 0 x or dx, 1 y or dy, 2 workspace, 3 scratchpad ---- */

static int run_maxpool(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    bool back = op->base.desc.kind == MM_OP_MAXPOOL_DX, keep = op->base.desc.keep || back;
    void *const at[4] = {back ? args[2] : args[0], back ? args[0] : args[1], back ? args[1] : args[2], scratch};
    for (int i = 0; i < 4; i++)
        if (op->memory[i] && (i != 2 || keep))
            dnnl_memory_set_data_handle(op->memory[i], at[i]);
    const dnnl_exec_arg_t list[] = {{back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, op->memory[0]},
                                    {back ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, op->memory[1]},
                                    {DNNL_ARG_SCRATCHPAD, op->memory[3]},
                                    {DNNL_ARG_WORKSPACE, op->memory[2]}};
    return cpu_check(dnnl_primitive_execute(op->primitive, d->stream, keep ? 4 : 3, list), "pooling", error);
}

static int prepare_maxpool(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    bool back = c->kind == MM_OP_MAXPOOL_DX, keep = c->keep || back;
    const cpu_format *x = cpu_activation(d, c->dtype, c->x, error), *y = cpu_activation(d, c->dtype, c->y, error);
    if (!x || !y)
        return error->code;
    const dnnl_dims_t kernel = {(dnnl_dim_t)c->kernel, (dnnl_dim_t)c->kernel};
    const dnnl_dims_t stride = {(dnnl_dim_t)c->stride, (dnnl_dim_t)c->stride};
    const dnnl_dims_t pad = {(dnnl_dim_t)c->pad, (dnnl_dim_t)c->pad};
    const dnnl_dims_t after = {
        (dnnl_dim_t)((c->y.h - 1) * c->stride + c->kernel) - (dnnl_dim_t)(c->x.h + c->pad),
        (dnnl_dim_t)((c->y.w - 1) * c->stride + c->kernel) - (dnnl_dim_t)(c->x.w + c->pad)};
    dnnl_pooling_desc_t pd_desc;
    dnnl_primitive_desc_t pd = NULL, hint = NULL;
    dnnl_primitive_attr_t attr;
    int code = cpu_attributes(&attr, error);
    if (code)
        return code;
    dnnl_status_t s = dnnl_pooling_forward_desc_init(&pd_desc, keep ? dnnl_forward_training : dnnl_forward_inference,
                                                     dnnl_pooling_max, &x->md, &y->md, stride, kernel, pad, after);
    if (s == dnnl_success)
        s = dnnl_primitive_desc_create(back ? &hint : &pd, &pd_desc, attr, d->engine, NULL);
    if (s == dnnl_success && back)
        s = dnnl_pooling_backward_desc_init(&pd_desc, dnnl_pooling_max, &x->md, &y->md, stride, kernel, pad, after);
    if (s == dnnl_success && back)
        s = dnnl_primitive_desc_create(&pd, &pd_desc, attr, d->engine, hint);
    dnnl_primitive_attr_destroy(attr);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    code = cpu_check(s, "pooling", error);
    if (code)
        return code;
    const dnnl_memory_desc_t *work = dnnl_primitive_desc_query_md(pd, dnnl_query_workspace_md, 0);
    const dnnl_memory_desc_t *pad_md = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    op->base.saved_bytes = c->keep && !back ? dnnl_memory_desc_get_size(work) : 0;
    op->base.scratch_bytes = dnnl_memory_desc_get_size(pad_md);
    const dnnl_memory_desc_t *all[] = {&x->md, &y->md, work, pad_md};
    for (int i = 0; i < 4 && !code; i++)
        if ((i != 2 || keep) && !(op->memory[i] = cpu_memory(d, all[i], error)))
            code = error->code;
    if (!code)
        code = cpu_check(dnnl_primitive_create(&op->primitive, pd), "pooling", error);
    dnnl_primitive_desc_destroy(pd);
    op->run = run_maxpool;
    return code;
}

/* ---- mean over windows: x and y have the same tiles ---- */

/* Neighbours from .. to - 1, rows or columns, that go into number `at` of the other side: inputs of an output, or with `back`
 * outputs of an input. */
typedef struct range {
    size_t from, to;
} range;

static range neighbours(const mm_op_desc *c, size_t at, size_t size, bool back)
{
    if (back) {
        const size_t row = at + c->pad, last = row / c->stride + 1; /* in the padded input */
        return (range){row < c->kernel ? 0 : (row - c->kernel) / c->stride + 1, last < size ? last : size};
    }
    const size_t first = at * c->stride, last = first + c->kernel;
    return (range){first < c->pad ? 0 : first - c->pad, last < c->pad ? 0 : last - c->pad < size ? last - c->pad : size};
}

/* Sums a tile of one image over rows and columns. */
static void sum_tile(const void *from, bool bf16, const cpu_view *v, size_t at, size_t width, range rows, range columns, size_t lanes,
                     float *sum)
{
    for (size_t i = rows.from; i < rows.to; i++)
        for (size_t j = columns.from; j < columns.to; j++)
            for (size_t l = 0; l < lanes; l++)
                sum[l] += cpu_get(from, at + (i * width + j) * v->step + l, bf16);
}

static int run_average(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const bool back = c->kind == MM_OP_AVGPOOL_DX, bf16 = c->dtype == MM_BF16;
    const cpu_format *xf = cpu_activation(d, c->dtype, c->x, error), *yf = cpu_activation(d, c->dtype, c->y, error);
    if (!xf || !yf)
        return error->code;
    const cpu_view from = cpu_view_of(back ? yf : xf), to = cpu_view_of(back ? xf : yf);
    const mm_shape read = back ? c->y : c->x, made = back ? c->x : c->y;
    const float scale = 1 / (float)(c->kernel * c->kernel);
    (void)scratch;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < to.n * to.tiles; k++) {
        const size_t image = k / to.tiles, tile = k % to.tiles, lanes = cpu_lanes_of(&to, tile);
        for (size_t p = 0; p < to.positions; p++) {
            float sum[16] = {0};
            sum_tile(args[0], bf16, &from, image * from.image_step + tile * from.tile_step, read.w,
                     neighbours(c, p / made.w, read.h, back), neighbours(c, p % made.w, read.w, back), lanes, sum);
            for (size_t l = 0; l < lanes; l++)
                cpu_put(args[1], image * to.image_step + tile * to.tile_step + p * to.step + l, bf16, sum[l] * scale);
        }
    }
    return 0;
}

/* ---- means to rows ---- */

static int run_mean(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const size_t kh = c->kernel ? c->kernel : c->x.h, kw = c->kernel ? c->kernel : c->x.w;
    const size_t rows = c->x.n * c->y.h;
    const bool bf16 = c->dtype == MM_BF16;
    const float scale = 1 / (float)(kh * kw);
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows; r++)
        for (size_t column = 0; column < c->y.w; column++)
            for (size_t first = 0; first < c->x.c; first += v->lanes) {
                size_t image = r / c->y.h, row = r % c->y.h, left = c->x.c - first;
                size_t lanes = left < v->lanes ? left : v->lanes;
                float sum[16] = {0};
                float *y = (float *)args[1] + (r * c->y.w + column) * c->x.c + first;
                for (size_t i = row; i < row + kh; i++)
                    for (size_t j = column; j < column + kw; j++) {
                        size_t at = element(v, image, first, i * c->x.w + j);
                        for (size_t l = 0; l < lanes; l++)
                            sum[l] += cpu_get(args[0], at + l, bf16);
                    }
                for (size_t l = 0; l < lanes; l++)
                    y[l] = sum[l] * scale;
            }
    return 0;
}

static int run_mean_dx(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const float scale = 1 / (float)v->positions;
    const float *dy = args[0];
    const bool bf16 = c->dtype == MM_BF16;
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < v->n * v->tiles; k++) {
        size_t image = k / v->tiles, first = k % v->tiles * v->lanes;
        size_t lanes = cpu_lanes_of(v, k % v->tiles);
        float g[16];
        for (size_t l = 0; l < lanes; l++)
            g[l] = first + l < c->x.c ? dy[image * c->x.c + first + l] * scale : 0;
        for (size_t i = 0; i < v->positions; i++)
            for (size_t l = 0; l < lanes; l++)
                cpu_put(args[1], element(v, image, first, i) + l, bf16, g[l]);
    }
    return 0;
}

/* ---- means over bins: rows of channel, bin row, bin column ---- */

/* Bin number i of k along `size` positions: first and one after the last. */
static void bin(size_t i, size_t k, size_t size, size_t at[2])
{
    at[0] = i * size / k;
    at[1] = ((i + 1) * size + k - 1) / k;
}

static int run_bins(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const size_t k = c->kernel;
    const bool bf16 = c->dtype == MM_BF16;
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < c->x.n * c->x.c; r++)
        for (size_t p = 0; p < k * k; p++) {
            size_t row[2], column[2];
            float sum = 0;
            bin(p / k, k, c->x.h, row);
            bin(p % k, k, c->x.w, column);
            for (size_t i = row[0]; i < row[1]; i++)
                for (size_t j = column[0]; j < column[1]; j++)
                    sum += cpu_get(args[0], element(v, r / c->x.c, r % c->x.c, i * c->x.w + j), bf16);
            ((float *)args[1])[r * k * k + p] = sum / (float)((row[1] - row[0]) * (column[1] - column[0]));
        }
    return 0;
}

static int run_bins_dx(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const size_t k = c->kernel;
    const bool bf16 = c->dtype == MM_BF16;
    const cpu_format *xf = cpu_activation(d, c->dtype, c->x, error);
    if (!xf)
        return error->code;
    (void)scratch;
    memset(args[1], 0, xf->base.bytes);
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < c->x.n * c->x.c; r++) {
        const float *dy = (const float *)args[0] + r * k * k;
        for (size_t at = 0; at < c->x.h * c->x.w; at++) {
            float sum = 0;
            for (size_t p = 0; p < k * k; p++) {
                size_t row[2], column[2];
                bin(p / k, k, c->x.h, row);
                bin(p % k, k, c->x.w, column);
                if (at / c->x.w >= row[0] && at / c->x.w < row[1] && at % c->x.w >= column[0] && at % c->x.w < column[1])
                    sum += dy[p] / (float)((row[1] - row[0]) * (column[1] - column[0]));
            }
            cpu_put(args[1], element(v, r / c->x.c, r % c->x.c, at), bf16, sum);
        }
    }
    return 0;
}

/* ---- shortcut: y[c + before][i][j] = x[c][i stride][j stride] ---- */

static int run_shortcut(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const bool back = c->kind == MM_OP_SHORTCUT_DX, bf16 = c->dtype == MM_BF16;
    const cpu_format *xf = cpu_activation(d, c->dtype, c->x, error), *yf = cpu_activation(d, c->dtype, c->y, error);
    if (!xf || !yf)
        return error->code;
    const cpu_view x = cpu_view_of(xf), y = cpu_view_of(yf);
    const size_t before = (c->y.c - c->x.c) / 2;
    (void)scratch;
    memset(args[1], 0, back ? xf->base.bytes : yf->base.bytes);
#pragma omp parallel for schedule(static)
    for (size_t image = 0; image < c->x.n; image++)
        for (size_t i = 0; i < c->y.h; i++)
            for (size_t j = 0; j < c->y.w; j++)
                for (size_t channel = 0; channel < c->x.c; channel++) {
                    size_t at = element(&x, image, channel, i * c->stride * c->x.w + j * c->stride);
                    size_t to = element(&y, image, channel + before, i * c->y.w + j);
                    cpu_put(args[1], back ? at : to, bf16, cpu_get(args[0], back ? to : at, bf16));
                }
    return 0;
}

int cpu_prepare_pool(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    if (c->kind == MM_OP_MAXPOOL || c->kind == MM_OP_MAXPOOL_DX)
        return prepare_maxpool(d, op, error);
    const cpu_format *x = cpu_activation(d, c->dtype, c->x, error);
    if (!x)
        return error->code;
    op->view = cpu_view_of(x);
    switch (c->kind) {
    case MM_OP_AVGPOOL: case MM_OP_AVGPOOL_DX: op->run = run_average; break;
    case MM_OP_MEAN: op->run = run_mean; break;
    case MM_OP_MEAN_DX: op->run = run_mean_dx; break;
    case MM_OP_BINS: op->run = run_bins; break;
    case MM_OP_BINS_DX: op->run = run_bins_dx; break;
    default: op->run = run_shortcut; break;
    }
    return 0;
}
