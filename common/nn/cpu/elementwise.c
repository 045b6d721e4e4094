/* What treats every number alike, in the order of memory: sums, relu, sigmoid. Lanes beyond the last channel are zero and stay zero. */
#include "common/nn/cpu/kernels.h"
#include "common/nn/dropout.h"

enum { PIECE = 1 << 15 }; /* numbers that a thread takes at a time */

static size_t count_of(const cpu_op *op)
{
    const mm_op_desc *c = &op->base.desc;
    return c->rows ? c->y.n * c->y.c * c->y.h * c->y.w : op->view.n * op->view.image_step;
}

/* Numbers first .. last - 1. */
static void do_some(const cpu_kernels *k, const mm_op_desc *c, void *const *args, size_t first, size_t last)
{
    const bool bf16 = c->dtype == MM_BF16;
    switch (c->kind) {
    case MM_OP_ADD: k->add(args[0], args[1], args[2], first, last, bf16); break;
    case MM_OP_RELU: k->relu(args[0], args[1], first, last, mm_op_limit(c), bf16); break;
    case MM_OP_RELU_DX: k->relu_dx(args[0], args[1], args[2], first, last, mm_op_limit(c), bf16); break;
    case MM_OP_SIGMOID: k->sigmoid(args[0], args[1], first, last, bf16); break;
    default: k->sigmoid_dx(args[0], args[1], args[2], first, last, bf16); break;
    }
}

static int run_elementwise(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t count = count_of(op);
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i += PIECE)
        do_some(d->kernels, c, args, i, i + PIECE < count ? i + PIECE : count);
    if (c->kind == MM_OP_SIGMOID && !c->rows) /* of 0 it is not 0 */
        cpu_clear_padding(&op->view, args[1], mm_dtype_size(c->dtype));
    return 0;
}

/* Element l of a tile of one image at position i is number c * positions + i of the image. */
static void drop(const mm_op_desc *c, const cpu_view *v, size_t n, size_t tile, uint64_t seed, const void *x, void *y)
{
    const uint32_t limit = mm_dropout_limit(c->rate);
    const float factor = 1 / (1 - c->rate);
    for (size_t i = 0; i < v->positions; i++)
        for (size_t l = 0; l < v->lanes && tile * v->lanes + l < v->channels; l++) {
            const size_t at = n * v->image_step + tile * v->tile_step + i * v->step + l, channel = tile * v->lanes + l;
            const bool kept = mm_dropout_keeps(seed, c->layer, (uint32_t)(channel * v->positions + i), limit);
            const bool bf16 = c->dtype == MM_BF16;
            cpu_put(y, at, bf16, kept ? cpu_get(x, at, bf16) * factor : 0);
        }
}

static int run_dropout(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const uint64_t *seeds = args[1];
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t n = 0; n < v->n; n++)
        for (size_t tile = 0; tile < v->tiles; tile++)
            drop(c, v, n, tile, seeds[n], args[0], args[2]);
    return 0;
}

int cpu_prepare_elementwise(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_format *f = c->rows ? NULL : cpu_activation(d, c->dtype, c->y, error);
    if (!c->rows && !f)
        return error->code;
    if (f)
        op->view = cpu_view_of(f);
    else /* rows are one position of channels in their order */
        op->view = (cpu_view){.n = c->x.n, .channels = c->x.c, .tiles = (c->x.c + 15) / 16, .lanes = 16, .positions = c->x.h * c->x.w,
                              .image_step = c->x.c * c->x.h * c->x.w, .tile_step = 16, .step = c->x.c};
    op->run = c->kind == MM_OP_DROPOUT || c->kind == MM_OP_DROPOUT_DX ? run_dropout : run_elementwise;
    return 0;
}
