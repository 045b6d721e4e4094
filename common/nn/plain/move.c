/* Input, mixtures, copies and sums: one number after the other. */
#include "common/image/warp_pixel.h"
#include "common/nn/plain/plain.h"

/* Pixel (column, row) of image n, or what lies there instead. */
static float raw_pixel(const mm_op_desc *d, const void *raw, size_t n, const mm_warp_plan *p, int64_t column, int64_t row)
{
    const int64_t h = (int64_t)d->y.h, w = (int64_t)d->y.w;
    if (p->fill >= 0 && (column < 0 || row < 0 || column >= w || row >= h))
        return p->fill;
    if (p->fill == MM_FILL_REFLECT) {
        column = mm_warp_reflect((int32_t)column, (int32_t)w);
        row = mm_warp_reflect((int32_t)row, (int32_t)h);
    }
    column = column < 0 ? 0 : column >= w ? w - 1 : column;
    row = row < 0 ? 0 : row >= h ? h - 1 : row;
    return (float)plain_get(raw, d->raw, (n * d->y.h + (size_t)row) * d->y.w + (size_t)column);
}

/* What the warp makes of pixel i of all, as image/warp_plan.h has it. */
static float warped(const mm_op_desc *d, const void *raw, const mm_warp_plan *plans, size_t i)
{
    const size_t n = i / d->y.w / d->y.h;
    const mm_warp_plan *p = &plans[n];
    const int64_t x = (int64_t)(i % d->y.w), y = (int64_t)(i / d->y.w % d->y.h);
    const int64_t u = p->a * x + p->b * y + p->c, v = p->d * x + p->e * y + p->f, one = (int64_t)1 << 32;
    const int64_t column = (u - ((u % one) + one) % one) / one, row = (v - ((v % one) + one) % one) / one; /* floor */
    const float fx = (float)((uint32_t)u >> 8) * 0x1p-24f, fy = (float)((uint32_t)v >> 8) * 0x1p-24f;
    float corner[4];
    for (int k = 0; k < 4; k++)
        corner[k] = raw_pixel(d, raw, n, p, column + k % 2, row + k / 2);
    float top = corner[0] + fx * (corner[1] - corner[0]), bottom = corner[2] + fx * (corner[3] - corner[2]);
    float value = (top + fy * (bottom - top)) * p->gain + p->shift;
    value = value < 0 ? 0 : value > p->full ? p->full : value;
    value = p->gamma == 1 ? value : p->full * mm_warp_power(value / p->full, p->gamma);
    return d->raw == MM_F32 ? value : floorf(value + 0.5f);
}

/* In fp32, as every device does it: (v * s[0] - s[1]) / s[2]. */
int mm_plain_input(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const float *s = args[1];
    (void)scratch;
    for (size_t i = 0; i < d->y.n * d->y.h * d->y.w; i++) {
        float v = d->warp ? warped(d, args[0], args[3], i) : (float)plain_get(args[0], d->raw, i);
        plain_put(args[2], d->dtype, i, (double)((v * s[0] - s[1]) / s[2]));
    }
    return 0;
}

int mm_plain_mix(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const size_t N = d->y.n, each = d->y.h * d->y.w;
    const float *share = args[1];
    (void)scratch;
    for (size_t n = 0; n < N / 2; n++)
        for (size_t i = 0; i < each; i++) {
            const size_t at = n * each + i, opposite = (N - 1 - n) * each + i;
            const double a = plain_get(args[0], d->dtype, at), b = plain_get(args[0], d->dtype, opposite);
            plain_put(args[0], d->dtype, at, b + (double)share[n] * (a - b));
            plain_put(args[0], d->dtype, opposite, a + (double)share[N - 1 - n] * (b - a));
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

int mm_plain_crop(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const int32_t *place = args[1];
    (void)scratch;
    for (size_t n = 0; n < d->y.n; n++)
        for (size_t row = 0; row < d->y.c * d->y.h; row++)
            for (size_t w = 0; w < d->columns; w++) {
                const size_t from = ((size_t)place[2 * n] * d->x.c * d->x.h + row) * d->x.w + (size_t)place[2 * n + 1] + w;
                plain_put(args[2], d->dtype, (n * d->y.c * d->y.h + row) * d->y.w + d->at + w, plain_get(args[0], d->dtype, from));
            }
    return 0;
}
