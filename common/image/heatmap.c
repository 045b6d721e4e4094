/* Windows of a heatmap: see heatmap.h. */
#include "common/image/heatmap.h"

#include <stdint.h>
#include <string.h>

int mm_heatmap_axis_make(mm_heatmap_axis *axis, size_t extent, size_t size, size_t stride, size_t pad, mm_error *error)
{
    if (extent > INT32_MAX || pad > INT32_MAX || size > INT32_MAX || stride > INT32_MAX)
        return mm_fail(error, MM_FAILURE, "an image of %zu pixels, padded by %zu, is too large for windows", extent, pad);
    if (extent < size)
        return mm_fail(error, MM_FAILURE, "an image of %zu pixels is smaller than a window of %zu", extent, size);
    size_t range = extent + 2 * pad - size;
    size_t n = range ? (range + stride - 1) / stride : 1;
    *axis = (mm_heatmap_axis){.extent = extent, .size = size, .stride = stride, .n = n};
    axis->begin = (long)((range - (n - 1) * stride) / 2) - (long)pad;
    axis->centre = axis->begin + (long)(size / 2);
    return MM_OK;
}

static size_t common_divisor(size_t a, size_t b)
{
    while (b) {
        size_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

void mm_heatmap_passes_make(mm_heatmap_passes *p, const mm_heatmap_axis *axis, size_t step)
{
    p->phases = step / common_divisor(axis->stride, step);
    if (p->phases > axis->n)
        p->phases = axis->n;
    p->cells = (axis->n + p->phases - 1) / p->phases;
    /* When there are fewer windows than phases every pass holds one, and the skip does not matter. */
    p->skip = p->cells > 1 ? axis->stride * p->phases / step : 1;
    p->window = (axis->size + step - 1) / step;
    p->extent = p->skip * step * (p->cells - 1) + axis->size;
}

void mm_heatmap_cut(const void *image, size_t H, size_t W, size_t size, long y, long x, size_t height, size_t width, void *out)
{
    long left = x < 0 ? -x : 0, right = (long)W - x;
    if (right > (long)width)
        right = (long)width;
    for (size_t i = 0; i < height; i++) {
        char *to = (char *)out + i * width * size;
        long row = y + (long)i;
        if (row < 0 || row >= (long)H || right <= left) {
            memset(to, 0, width * size);
            continue;
        }
        const char *from = (const char *)image + ((size_t)row * W + (size_t)(x + left)) * size;
        memset(to, 0, (size_t)left * size);
        memcpy(to + (size_t)left * size, from, (size_t)(right - left) * size);
        memset(to + (size_t)right * size, 0, (width - (size_t)right) * size);
    }
}
