/* Convolution and its two gradients. x [N, C, H, W], w [O, C / G, K, K], y [N, O, P, Q] with G groups; a grey x is [N, 1, H, W] and stands
 * for C equal channels. */
#include "common/nn/plain/plain.h"

/* Index of x at row and column of the padded input for (n, c), or -1 in the padding. */
static ptrdiff_t x_index(const mm_op_desc *d, size_t n, size_t c, size_t row, size_t column)
{
    const size_t top = mm_op_pad(d, d->x.h, d->y.h), left = mm_op_pad(d, d->x.w, d->y.w);
    if (row < top || row - top >= d->x.h || column < left || column - left >= d->x.w)
        return -1;
    size_t channel = d->grey ? n : n * d->x.c + c;
    return (ptrdiff_t)((channel * d->x.h + row - top) * d->x.w + column - left);
}

/* How many channels of x an output reads, and which is the first. */
static size_t read_by_each(const mm_op_desc *d) { return d->x.c / mm_op_groups(d); }
static size_t first_read(const mm_op_desc *d, size_t o) { return o / (d->y.c / mm_op_groups(d)) * read_by_each(d); }

static size_t w_index(const mm_op_desc *d, size_t o, size_t c, size_t i, size_t j)
{
    return ((o * read_by_each(d) + c - first_read(d, o)) * d->kernel + i) * d->kernel + j;
}

static size_t y_index(const mm_op_desc *d, size_t n, size_t o, size_t p, size_t q)
{
    return ((n * d->y.c + o) * d->y.h + p) * d->y.w + q;
}

/* y[n, o, p, q] = sum over i, j and the c of o's group of x[n, c, p S + i - pad, q S + j - pad]
 *                 w[o, c - the group's first, i, j] (+ bias[o]) (+ addend), relu; pad: in front */
int mm_plain_conv(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0], *w = args[1], *bias = args[2], *addend = args[3];
    void *y = args[4];
    (void)scratch;
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t o = 0; o < d->y.c; o++)
            for (size_t p = 0; p < d->y.h; p++)
                for (size_t q = 0; q < d->y.w; q++) {
                    double sum = d->bias ? plain_get(bias, MM_F32, o) : 0;
                    for (size_t c = first_read(d, o); c < first_read(d, o) + read_by_each(d); c++)
                        for (size_t i = 0; i < d->kernel; i++)
                            for (size_t j = 0; j < d->kernel; j++) {
                                ptrdiff_t at = x_index(d, n, c, p * d->stride + i, q * d->stride + j);
                                if (at >= 0)
                                    sum += plain_get(x, d->dtype, (size_t)at) *
                                           plain_get(w, op->weights->dtype, w_index(d, o, c, i, j));
                            }
                    size_t out = y_index(d, n, o, p, q);
                    if (d->add)
                        sum += plain_get(addend, d->dtype, out);
                    plain_put(y, d->dtype, out, d->relu ? plain_relu(d, sum) : sum);
                }
    return 0;
}

/* dx[n, c, h, w] = sum over all o, p, q, i, j that read that element of dy[n, o, p, q] w[o, c, i, j] */
int mm_plain_conv_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *dy = args[0], *w = args[1];
    void *dx = args[2];
    const size_t each = d->y.c / mm_op_groups(d); /* outputs that read a channel */
    const size_t top = mm_op_pad(d, d->x.h, d->y.h), left = mm_op_pad(d, d->x.w, d->y.w);
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t c = 0; c < d->x.c; c++)
            for (size_t h = 0; h < d->x.h; h++)
                for (size_t v = 0; v < d->x.w; v++) {
                    double sum = 0;
                    for (size_t i = 0; i < d->kernel; i++)
                        for (size_t j = 0; j < d->kernel; j++) {
                            /* the output row p with p S + i = h + top, if there is one */
                            if (h + top < i || v + left < j || (h + top - i) % d->stride || (v + left - j) % d->stride)
                                continue;
                            size_t p = (h + top - i) / d->stride, q = (v + left - j) / d->stride;
                            if (p >= d->y.h || q >= d->y.w)
                                continue;
                            const size_t first = c / read_by_each(d) * each;
                            for (size_t o = first; o < first + each; o++)
                                sum += plain_get(dy, d->dtype, y_index(d, n, o, p, q)) *
                                       plain_get(w, op->weights->dtype, w_index(d, o, c, i, j));
                        }
                    plain_put(dx, d->dtype, ((n * d->x.c + c) * d->x.h + h) * d->x.w + v, sum);
                }
    return 0;
}

/* dw[o, c, i, j] = sum over n, p, q of dy[n, o, p, q] x[n, c, p S + i - pad, q S + j - pad]; db[o] = sum of dy[n, o, p, q] */
int mm_plain_conv_dw(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0], *dy = args[1];
    void *dw = args[2];
    (void)scratch;
    for (size_t o = 0; o < d->y.c; o++)
        for (size_t c = first_read(d, o); c < first_read(d, o) + read_by_each(d); c++)
            for (size_t i = 0; i < d->kernel; i++)
                for (size_t j = 0; j < d->kernel; j++) {
                    double sum = 0;
                    for (size_t n = 0; n < d->y.n; n++)
                        for (size_t p = 0; p < d->y.h; p++)
                            for (size_t q = 0; q < d->y.w; q++) {
                                ptrdiff_t at = x_index(d, n, c, p * d->stride + i, q * d->stride + j);
                                if (at >= 0)
                                    sum += plain_get(dy, d->dtype, y_index(d, n, o, p, q)) * plain_get(x, d->dtype, (size_t)at);
                            }
                    plain_put(dw, MM_F32, w_index(d, o, c, i, j), sum);
                }
    for (size_t o = 0; d->bias && o < d->y.c; o++) {
        double sum = 0;
        for (size_t n = 0; n < d->y.n; n++)
            for (size_t at = 0; at < d->y.h * d->y.w; at++)
                sum += plain_get(dy, d->dtype, y_index(d, n, o, 0, 0) + at);
        plain_put(args[3], MM_F32, o, sum);
    }
    return 0;
}
