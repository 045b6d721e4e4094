/* What treats every number alike, in the order of memory: sums, relu, sigmoid. Lanes beyond the last channel are zero and stay zero. */
#include "common/nn/cpu/kernels.h"

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
    case MM_OP_RELU: k->relu(args[0], args[1], first, last, bf16); break;
    case MM_OP_RELU_DX: k->relu_dx(args[0], args[1], args[2], first, last, bf16); break;
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
