/* What treats every number alike, in the order of memory: sums, relu. Lanes beyond the last channel are zero and stay zero. */
#include "common/nn/cpu/kernels.h"

enum { PIECE = 1 << 15 }; /* numbers that a thread takes at a time */

static size_t count_of(const cpu_op *op)
{
    const mm_op_desc *c = &op->base.desc;
    return c->rows ? c->y.n * c->y.c * c->y.h * c->y.w : op->view.n * op->view.image_step;
}

static int run_elementwise(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t count = count_of(op);
    const bool bf16 = c->dtype == MM_BF16;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i += PIECE) {
        const size_t last = i + PIECE < count ? i + PIECE : count;
        if (c->kind == MM_OP_ADD)
            d->kernels->add(args[0], args[1], args[2], i, last, bf16);
        else if (c->kind == MM_OP_RELU)
            d->kernels->relu(args[0], args[1], i, last, bf16);
        else
            d->kernels->relu_dx(args[0], args[1], args[2], i, last, bf16);
    }
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
    op->run = run_elementwise;
    return 0;
}
