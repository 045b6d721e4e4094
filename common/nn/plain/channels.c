/* What joins, parts and scales channels. Activations [N, C, P] with P positions, or rows [N, P, C]. */
#include "common/nn/plain/plain.h"

static size_t index3(const mm_op_desc *d, size_t channels, size_t n, size_t c, size_t p)
{
    const size_t plane = d->y.h * d->y.w;
    return d->rows ? (n * plane + p) * channels + c : (n * channels + c) * plane + p;
}

/* Copies channels first .. first + count - 1 of `whole`, which has y.c, to `part`, which has only these, or back. */
static void copy_channels(const mm_op_desc *d, void *whole, size_t first, size_t count, void *part, bool back)
{
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t c = 0; c < count; c++)
            for (size_t p = 0; p < d->y.h * d->y.w; p++) {
                const size_t i = index3(d, d->y.c, n, first + c, p), k = index3(d, count, n, c, p);
                if (back)
                    plain_put(whole, d->dtype, i, plain_get(part, d->dtype, k));
                else
                    plain_put(part, d->dtype, k, plain_get(whole, d->dtype, i));
            }
}

int mm_plain_concat(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    copy_channels(d, args[2], 0, d->x.c, args[0], true);
    copy_channels(d, args[2], d->x.c, d->y.c - d->x.c, args[1], true);
    return 0;
}

int mm_plain_concat_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    (void)scratch;
    if (args[1])
        copy_channels(d, args[0], 0, d->x.c, args[1], false);
    if (args[2])
        copy_channels(d, args[0], d->x.c, d->y.c - d->x.c, args[2], false);
    return 0;
}

/* y[n, c, p] = x[n, c, p] s[n, c] */
int mm_plain_scale(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const float *s = args[1];
    const size_t plane = d->y.h * d->y.w;
    (void)scratch;
    for (size_t i = 0; i < plain_count(d->y); i++)
        plain_put(args[2], d->dtype, i, plain_get(args[0], d->dtype, i) * (double)s[i / plane]);
    return 0;
}

/* dx[n, c, p] = dy[n, c, p] s[n, c], ds[n, c] = sum over p of dy[n, c, p] x[n, c, p] */
int mm_plain_scale_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const float *s = args[2];
    float *ds = args[4];
    const size_t plane = d->y.h * d->y.w;
    (void)scratch;
    for (size_t k = 0; k < d->y.n * d->y.c; k++) {
        double sum = 0;
        for (size_t i = k * plane; i < (k + 1) * plane; i++) {
            const double dy = plain_get(args[0], d->dtype, i);
            sum += dy * plain_get(args[1], d->dtype, i);
            if (args[3])
                plain_put(args[3], d->dtype, i, dy * (double)s[k]);
        }
        if (ds)
            ds[k] = (float)sum;
    }
    return 0;
}
