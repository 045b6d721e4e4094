/* Network input from raw images, mixtures of images, and conversions between formats. */
#include <omp.h>
#include <string.h>

#include "common/image/warp.h"
#include "common/nn/cpu/cpu.h"

/* A row of grey values -> network input, from number `first` of all on. */
static void input_row(const mm_op_desc *c, const void *raw, const float *s, void *y, size_t first)
{
    const float factor = s[0], mean = s[1], std = s[2];
    for (size_t i = 0; i < c->x.w; i++) {
        float v = c->raw == MM_U8    ? ((const uint8_t *)raw)[i]
                  : c->raw == MM_U16 ? ((const uint16_t *)raw)[i]
                                     : ((const float *)raw)[i];
        v = (v * factor - mean) / std;
        cpu_put(y, first + i, c->dtype == MM_BF16, v);
    }
}

static size_t raw_row(const mm_op_desc *c) { return c->x.w * mm_dtype_size(c->raw); }

/* With a warp each thread has a row of scratch for what that makes. */
static int run_input(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t rows = c->x.n * c->x.h, bytes = raw_row(c);
    const char *raw = args[0];
    (void)d;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < rows; r++) {
        const void *row = raw + r * bytes;
        if (c->warp) {
            const size_t n = r / c->x.h;
            char *own = scratch + (size_t)omp_get_thread_num() * cpu_pad64(bytes);
            mm_warp_rows((const mm_warp_plan *)args[3] + n, c->raw, c->x.h, c->x.w, raw + n * c->x.h * bytes, r % c->x.h, 1, own);
            row = own;
        }
        input_row(c, row, args[1], args[2], r * c->x.w);
    }
    return 0;
}

static int run_mix(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t each = c->y.h * c->y.w, n = c->y.n;
    const float *share = args[1];
    const bool bf16 = c->dtype == MM_BF16;
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n / 2; i++)
        for (size_t k = 0; k < each; k++) {
            const size_t at = i * each + k, opposite = (n - 1 - i) * each + k;
            const float a = cpu_get(args[0], at, bf16), b = cpu_get(args[0], opposite, bf16);
            cpu_put(args[0], at, bf16, b + share[i] * (a - b));
            cpu_put(args[0], opposite, bf16, a + share[n - 1 - i] * (b - a));
        }
    return 0;
}

static int run_copy(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    void *const at[3] = {args[0], args[1], scratch};
    for (int i = 0; i < 3; i++)
        dnnl_memory_set_data_handle(op->memory[i], at[i]);
    const dnnl_exec_arg_t list[] = {
        {DNNL_ARG_FROM, op->memory[0]}, {DNNL_ARG_TO, op->memory[1]}, {DNNL_ARG_SCRATCHPAD, op->memory[2]}};
    return cpu_check(dnnl_primitive_execute(op->primitive, d->stream, 3, list), "conversion", error);
}

/* Positions of a row lie one after another, in tiles of channels or with all channels at once. */
static int run_crop(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *x = &op->second, *y = &op->view;
    const bool tiled = y->tile_step == y->positions * y->step;
    const size_t tiles = tiled ? y->tiles : 1, size = mm_dtype_size(c->dtype);
    const int32_t *place = args[1];
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t n = 0; n < y->n; n++)
        for (size_t tile = 0; tile < tiles; tile++)
            for (size_t h = 0; h < c->y.h; h++) {
                const size_t from = h * c->x.w + (size_t)place[2 * n + 1], to = h * c->y.w + c->at;
                memcpy((char *)args[2] + (n * y->image_step + tile * y->tile_step + to * y->step) * size,
                       (const char *)args[0] + ((size_t)place[2 * n] * x->image_step + tile * x->tile_step + from * x->step) * size,
                       c->columns * y->step * size);
            }
    return 0;
}

static int prepare_crop(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_format *x = cpu_activation(d, c->dtype, c->x, error), *y = cpu_activation(d, c->dtype, c->y, error);
    if (!x || !y)
        return error->code;
    op->second = cpu_view_of(x);
    op->view = cpu_view_of(y);
    op->run = run_crop;
    return 0;
}

/* Rows that go to or come from weights with groups are seen with five dimensions too; all else as it is. */
static int view_as(const dnnl_memory_desc_t *md, const dnnl_memory_desc_t *other, dnnl_memory_desc_t *view, mm_error *error)
{
    *view = *md;
    return md->ndims == 4 && other->ndims == 5 ? cpu_check(dnnl_memory_desc_reshape(view, md, 5, other->dims), "conversion", error) : MM_OK;
}

int cpu_prepare_move(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    if (c->kind == MM_OP_MIX) {
        op->run = run_mix;
        return 0;
    }
    if (c->kind == MM_OP_CROP)
        return prepare_crop(d, op, error);
    if (c->kind == MM_OP_INPUT) {
        if (c->raw != MM_U8 && c->raw != MM_U16 && c->raw != MM_F32)
            return mm_fail(error, MM_FAILURE, "images of type %s cannot be network input", mm_dtype_name(c->raw));
        op->run = run_input;
        op->base.scratch_bytes = c->warp ? d->base.threads * cpu_pad64(raw_row(c)) : 0;
        return 0;
    }
    const dnnl_memory_desc_t *a = &((const cpu_format *)c->from)->md, *y = &((const cpu_format *)c->to)->md;
    dnnl_memory_desc_t views[2], *const from = &views[0], *const to = &views[1];
    dnnl_primitive_desc_t pd;
    dnnl_primitive_attr_t attr;
    if (view_as(a, y, from, error) || view_as(y, a, to, error) || cpu_attributes(&attr, error))
        return error->code;
    int code = cpu_check(dnnl_reorder_primitive_desc_create(&pd, from, d->engine, to, d->engine, attr), "conversion", error);
    dnnl_primitive_attr_destroy(attr);
    if (code)
        return code;
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    const dnnl_memory_desc_t *all[] = {from, to, pad};
    op->base.scratch_bytes = dnnl_memory_desc_get_size(pad);
    for (int i = 0; i < 3 && !code; i++)
        if (!(op->memory[i] = cpu_memory(d, all[i], error)))
            code = error->code;
    if (!code)
        code = cpu_check(dnnl_primitive_create(&op->primitive, pd), "conversion", error);
    dnnl_primitive_desc_destroy(pd);
    op->run = run_copy;
    return code;
}
