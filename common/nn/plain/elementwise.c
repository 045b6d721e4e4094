/* What treats every number alike. Activations [N, C, H, W] or rows of as many numbers. */
#include "common/nn/dropout.h"
#include "common/nn/plain/plain.h"

int mm_plain_add(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++)
        plain_put(args[2], d->dtype, i, plain_get(args[0], d->dtype, i) + plain_get(args[1], d->dtype, i));
    return 0;
}

int mm_plain_relu(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++)
        plain_put(args[1], d->dtype, i, plain_relu(d, plain_get(args[0], d->dtype, i)));
    return 0;
}

int mm_plain_relu_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++) {
        const double y = plain_get(args[1], d->dtype, i);
        plain_put(args[2], d->dtype, i, y > 0 && y < (double)mm_op_limit(d) ? plain_get(args[0], d->dtype, i) : 0);
    }
    return 0;
}

int mm_plain_sigmoid(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++)
        plain_put(args[1], d->dtype, i, 1 / (1 + exp(-plain_get(args[0], d->dtype, i))));
    return 0;
}

int mm_plain_sigmoid_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++) {
        const double y = plain_get(args[1], d->dtype, i);
        plain_put(args[2], d->dtype, i, plain_get(args[0], d->dtype, i) * y * (1 - y));
    }
    return 0;
}

/* y = x / (1 - rate) or 0; the gradient is the same of dy */
int mm_plain_dropout(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const uint64_t *seeds = args[1];
    const size_t each = plain_count(d->x) / d->x.n;
    const uint32_t limit = mm_dropout_limit(d->rate);
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t i = 0; i < each; i++) {
            const double v = plain_get(args[0], d->dtype, n * each + i) / (1 - (double)d->rate);
            plain_put(args[2], d->dtype, n * each + i, mm_dropout_keeps(seeds[n], d->layer, (uint32_t)i, limit) ? v : 0);
        }
    return 0;
}
