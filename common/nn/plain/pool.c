/* Pooling and the shortcut without parameters. x [N, C, H, W], y [N, C', P, Q]. */
#include "common/nn/plain/plain.h"

static size_t index4(mm_shape s, size_t n, size_t c, size_t h, size_t w)
{
    return ((n * s.c + c) * s.h + h) * s.w + w;
}

int mm_plain_maxpool(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0];
    void *y = args[1];
    size_t *from = args[2];
    (void)scratch;
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t c = 0; c < d->y.c; c++)
            for (size_t p = 0; p < d->y.h; p++)
                for (size_t q = 0; q < d->y.w; q++) {
                    double best = -INFINITY;
                    size_t where = SIZE_MAX;
                    for (size_t i = 0; i < d->kernel; i++)
                        for (size_t j = 0; j < d->kernel; j++) {
                            size_t h = p * d->stride + i, w = q * d->stride + j; /* in the padded input */
                            if (h < d->pad || h - d->pad >= d->x.h || w < d->pad || w - d->pad >= d->x.w)
                                continue;
                            size_t k = index4(d->x, n, c, h - d->pad, w - d->pad);
                            double v = plain_get(x, d->dtype, k);
                            if (where == SIZE_MAX || v > best) {
                                best = v;
                                where = k;
                            }
                        }
                    plain_put(y, d->dtype, index4(d->y, n, c, p, q), best);
                    if (d->keep)
                        from[index4(d->y, n, c, p, q)] = where;
                }
    return 0;
}

int mm_plain_maxpool_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *dy = args[0];
    const size_t *from = args[1];
    void *dx = args[2];
    size_t plane = d->x.h * d->x.w, out = d->y.h * d->y.w;
    (void)scratch;
    for (size_t m = 0; m < d->x.n * d->x.c; m++) /* channel by channel of each image */
        for (size_t k = m * plane; k < (m + 1) * plane; k++) {
            double sum = 0;
            for (size_t i = m * out; i < (m + 1) * out; i++)
                if (from[i] == k)
                    sum += plain_get(dy, d->dtype, i);
            plain_put(dx, d->dtype, k, sum);
        }
    return 0;
}

/* y[n, c, p, q] = sum over i, j of x[n, c, p S + i - pad, q S + j - pad] / K^2 */
int mm_plain_avgpool(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t c = 0; c < d->y.c; c++)
            for (size_t p = 0; p < d->y.h; p++)
                for (size_t q = 0; q < d->y.w; q++) {
                    double sum = 0;
                    for (size_t i = 0; i < d->kernel; i++)
                        for (size_t j = 0; j < d->kernel; j++) {
                            size_t h = p * d->stride + i, w = q * d->stride + j; /* in the padded input */
                            if (h >= d->pad && h - d->pad < d->x.h && w >= d->pad && w - d->pad < d->x.w)
                                sum += plain_get(args[0], d->dtype, index4(d->x, n, c, h - d->pad, w - d->pad));
                        }
                    plain_put(args[1], d->dtype, index4(d->y, n, c, p, q), sum / (double)(d->kernel * d->kernel));
                }
    return 0;
}

/* dx[n, c, h, w] = sum of dy / K^2 over all windows that hold the element */
int mm_plain_avgpool_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t c = 0; c < d->x.c; c++)
            for (size_t h = 0; h < d->x.h; h++)
                for (size_t w = 0; w < d->x.w; w++) {
                    const size_t row = h + d->pad, column = w + d->pad; /* in the padded input */
                    double sum = 0;
                    for (size_t p = 0; p < d->y.h && p * d->stride <= row; p++)
                        for (size_t q = 0; q < d->y.w && q * d->stride <= column; q++)
                            if (row < p * d->stride + d->kernel && column < q * d->stride + d->kernel)
                                sum += plain_get(args[0], d->dtype, index4(d->y, n, c, p, q));
                    plain_put(args[1], d->dtype, index4(d->x, n, c, h, w), sum / (double)(d->kernel * d->kernel));
                }
    return 0;
}

/* y[n, c + (C' - C) / 2, p, q] = x[n, c, p S, q S], zeros in the other channels */
int mm_plain_shortcut(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0];
    void *y = args[1];
    size_t before = (d->y.c - d->x.c) / 2;
    (void)scratch;
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t c = 0; c < d->y.c; c++)
            for (size_t p = 0; p < d->y.h; p++)
                for (size_t q = 0; q < d->y.w; q++) {
                    bool there = c >= before && c - before < d->x.c;
                    double v = there ? plain_get(x, d->dtype, index4(d->x, n, c - before, p * d->stride, q * d->stride)) : 0;
                    plain_put(y, d->dtype, index4(d->y, n, c, p, q), v);
                }
    return 0;
}

int mm_plain_shortcut_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *dy = args[0];
    void *dx = args[1];
    size_t before = (d->y.c - d->x.c) / 2;
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t c = 0; c < d->x.c; c++)
            for (size_t h = 0; h < d->x.h; h++)
                for (size_t w = 0; w < d->x.w; w++) {
                    bool used = h % d->stride == 0 && w % d->stride == 0;
                    double v = used ? plain_get(dy, d->dtype, index4(d->y, n, c + before, h / d->stride, w / d->stride)) : 0;
                    plain_put(dx, d->dtype, index4(d->x, n, c, h, w), v);
                }
    return 0;
}

/* y [N, P, Q, C] = mean of x [N, C, p .. p + K - 1, q .. q + K - 1] */
int mm_plain_mean(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0];
    float *y = args[1];
    size_t high = d->kernel ? d->kernel : d->x.h, wide = d->kernel ? d->kernel : d->x.w;
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t p = 0; p + high <= d->x.h; p++)
            for (size_t q = 0; q + wide <= d->x.w; q++)
                for (size_t c = 0; c < d->x.c; c++) {
                    double sum = 0;
                    for (size_t i = 0; i < high; i++)
                        for (size_t j = 0; j < wide; j++)
                            sum += plain_get(x, d->dtype, index4(d->x, n, c, p + i, q + j));
                    *y++ = (float)(sum / (double)(high * wide));
                }
    return 0;
}

int mm_plain_mean_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const float *dy = args[0];
    void *dx = args[1];
    size_t plane = d->x.h * d->x.w;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->x); i++)
        plain_put(dx, d->dtype, i, (double)dy[i / plane] / (double)plane);
    return 0;
}

/* y [N, C, K, K] = mean of x [N, C, floor(p H / K) .. ceil((p + 1) H / K) - 1, ...] */
int mm_plain_bins(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const size_t K = d->kernel, H = d->x.h, W = d->x.w;
    float *y = args[1];
    (void)scratch;
    for (size_t n = 0; n < d->x.n; n++)
        for (size_t c = 0; c < d->x.c; c++)
            for (size_t p = 0; p < K; p++)
                for (size_t q = 0; q < K; q++) {
                    const size_t top = p * H / K, bottom = ((p + 1) * H + K - 1) / K, left = q * W / K, right = ((q + 1) * W + K - 1) / K;
                    double sum = 0;
                    for (size_t h = top; h < bottom; h++)
                        for (size_t w = left; w < right; w++)
                            sum += plain_get(args[0], d->dtype, index4(d->x, n, c, h, w));
                    *y++ = (float)(sum / (double)((bottom - top) * (right - left)));
                }
    return 0;
}

/* dx = sum over the bins that cover it of dy / numbers of the bin */
int mm_plain_bins_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const size_t K = d->kernel, H = d->x.h, W = d->x.w;
    (void)scratch;
    for (size_t m = 0; m < d->x.n * d->x.c; m++) {
        const float *dy = (const float *)args[0] + m * K * K;
        for (size_t h = 0; h < H; h++)
            for (size_t w = 0; w < W; w++) {
                double sum = 0;
                for (size_t p = 0; p < K; p++)
                    for (size_t q = 0; q < K; q++) {
                        const size_t top = p * H / K, bottom = ((p + 1) * H + K - 1) / K, left = q * W / K,
                                     right = ((q + 1) * W + K - 1) / K;
                        if (h >= top && h < bottom && w >= left && w < right)
                            sum += (double)dy[p * K + q] / (double)((bottom - top) * (right - left));
                    }
                plain_put(args[1], d->dtype, (m * H + h) * W + w, sum);
            }
    }
    return 0;
}
