/* Input, copies, sums, and the optimiser: one number after the other. */
#include "nn/plain/plain.h"

/* In fp32, as every device does it: (v * s[0] - s[1]) / s[2]. */
int mm_plain_input(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const float *s = args[1];
    (void)scratch;
    for (size_t i = 0; i < d->y.n * d->y.h * d->y.w; i++) {
        float v = (float)plain_get(args[0], d->raw, i);
        plain_put(args[2], d->dtype, i, (double)((v * s[0] - s[1]) / s[2]));
    }
    return 0;
}

int mm_plain_copy(const mm_op *op, void *const *args, void *scratch)
{
    const mm_format *from = op->desc.from, *to = op->desc.to;
    size_t count = to->bytes / mm_dtype_size(to->dtype);
    (void)scratch;
    if (from->dtype == to->dtype)
        memmove(args[1], args[0], to->bytes);
    else
        for (size_t i = 0; i < count; i++)
            plain_put(args[1], to->dtype, i, plain_get(args[0], from->dtype, i));
    return 0;
}

int mm_plain_add(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++)
        plain_put(args[2], d->dtype, i, plain_get(args[0], d->dtype, i) + plain_get(args[1], d->dtype, i));
    return 0;
}

/* Kingma, Ba 2015, with L2 in the gradient; s: lr / (1 - b1^t), weight decay, 1 - b1, b2, 1 - b2,
 * 1 / sqrt(1 - b2^t), epsilon */
int mm_plain_adam(const mm_op *op, void *const *args, void *scratch)
{
    float *w = args[0], *m = args[2], *v = args[3];
    const float *gradient = args[1], *s = args[4];
    (void)scratch;
    for (size_t i = 0; i < op->desc.count; i++) {
        double g = (double)gradient[i] + (double)s[1] * (double)w[i];
        double first = (double)m[i] + (double)s[2] * (g - (double)m[i]);
        double second = (double)s[3] * (double)v[i] + (double)s[4] * g * g;
        m[i] = (float)first;
        v[i] = (float)second;
        w[i] = (float)((double)w[i] - (double)s[0] * first / (sqrt(second) * (double)s[5] + (double)s[6]));
    }
    return 0;
}

int mm_plain_sum(const mm_op *op, void *const *args, void *scratch)
{
    const float *a = args[0];
    float *y = args[1];
    (void)scratch;
    for (size_t i = 0; i < op->desc.count; i++)
        y[i] += a[i];
    return 0;
}
