/* The weight gradient of depthwise convolutions, where each channel is a group: oneDNN 2.6 has none for kernels of 5 x 5 but its
 * reference.
 *
 * Sums are formed for each image and tile (fp32 over some 512 positions, then double) and added up in the order of images: the same
 * bits for any number of threads. */
#include <omp.h>

#include "common/nn/cpu/kernels.h"

enum { WIDEST = 7 }; /* kernel of the loops */

bool cpu_is_depthwise(const mm_op_desc *c)
{
    return c->kind == MM_OP_CONV_DW && mm_op_groups(c) == c->x.c && c->x.c == c->y.c && c->x.c > 1 && c->kernel <= WIDEST;
}

/* Weights in the blocks of the activations, or rows. */
const cpu_format *cpu_depthwise_storage(cpu_device *d, const mm_op_desc *c, mm_error *error)
{
    const size_t block = c->dtype == MM_BF16 ? d->block_bf16 : d->block_f32, dim[4] = {c->y.c, 1, c->kernel, c->kernel};
    const dnnl_dims_t dims = {(dnnl_dim_t)c->y.c, 1, 1, (dnnl_dim_t)c->kernel, (dnnl_dim_t)c->kernel};
    dnnl_memory_desc_t md;
    if (block != 16 && block != 8)
        return cpu_rows(d, MM_F32, 4, dim, error);
    if (cpu_check(dnnl_memory_desc_init_by_tag(&md, 5, dims, dnnl_f32, block == 16 ? dnnl_Goihw16g : dnnl_Goihw8g), "weights", error))
        return NULL;
    return cpu_format_of(d, &md, error);
}

typedef struct sizes {
    size_t taps, rows, sums; /* of the kernel; bytes of each tile's rows and sums */
} sizes;

static sizes sizes_of(const mm_op_desc *c)
{
    sizes s = {.taps = c->kernel * c->kernel};
    s.rows = c->kernel * ((c->y.w - 1) * c->stride + c->kernel) * 16 * sizeof(float);
    s.sums = (s.taps + 1) * 16 * sizeof(double);
    return s;
}

/* The sums of one tile over all images, to the weights and biases. */
static void finish(const cpu_op *op, size_t tile, const double *sums, float *dw, float *db)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const sizes s = sizes_of(c);
    const size_t each = s.sums / sizeof *sums;
    for (size_t l = 0; l < v->lanes; l++) {
        const size_t channel = tile * v->lanes + l;
        for (size_t tap = 0; tap <= s.taps; tap++) {
            double sum = 0;
            for (size_t n = 0; n < v->n; n++)
                sum += sums[(n * v->tiles + tile) * each + 16 * tap + l];
            if (tap < s.taps && op->blocked)
                dw[(tile * s.taps + tap) * v->lanes + l] = (float)sum;
            else if (tap < s.taps && channel < v->channels)
                dw[channel * s.taps + tap] = (float)sum;
            else if (tap == s.taps && c->bias && channel < v->channels)
                db[channel] = (float)sum;
        }
    }
}

static int run_depthwise(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *x = &op->second, *dy = &op->view;
    const sizes s = sizes_of(c);
    double *sums = (double *)scratch;
    char *rows = scratch + cpu_pad64(dy->n * dy->tiles * s.sums);
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < dy->n * dy->tiles; i++) {
        const size_t n = i / dy->tiles, tile = i % dy->tiles;
        d->kernels->taps(&(cpu_taps){
            .x = args[0], .dy = args[1], .x_at = n * x->image_step + tile * x->tile_step, .dy_at = n * dy->image_step + tile * dy->tile_step,
            .step = dy->step, .lanes = cpu_lanes_of(dy, tile), .h = c->x.h, .w = c->x.w, .p = c->y.h, .q = c->y.w, .kernel = c->kernel,
            .stride = c->stride, .top = mm_op_pad(c, c->x.h, c->y.h), .left = mm_op_pad(c, c->x.w, c->y.w), .bf16 = c->dtype == MM_BF16,
            .rows = (float *)(rows + (size_t)omp_get_thread_num() * cpu_pad64(s.rows)), .sums = (double *)((char *)sums + i * s.sums)});
    }
#pragma omp parallel for schedule(static)
    for (size_t tile = 0; tile < dy->tiles; tile++)
        finish(op, tile, sums, args[2], args[3]);
    return 0;
}

int cpu_prepare_depthwise(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_format *x = cpu_activation(d, c->dtype, c->x, error), *dy = cpu_activation(d, c->dtype, c->y, error);
    if (!x || !dy)
        return error->code;
    const sizes s = sizes_of(c);
    op->second = cpu_view_of(x);
    op->view = cpu_view_of(dy);
    op->blocked = ((const cpu_format *)c->weights)->md.ndims == 5;
    op->base.scratch_bytes = cpu_pad64(op->view.n * op->view.tiles * s.sums) + d->base.threads * cpu_pad64(s.rows);
    op->run = run_depthwise;
    return 0;
}
