/* Windows of a heatmap: see heatmap.h. */
#include "common/image/heatmap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
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

/* Sums of values and of weights along one line of n cells, `step` apart. */
static void smooth_line(const double *value, const double *weight, double *value_sum, double *weight_sum, size_t n, size_t step,
                        const double *kernel, size_t reach)
{
    for (size_t i = 0; i < n; i++) {
        double v = 0, w = 0;
        for (size_t j = i > reach ? i - reach : 0; j < n && j <= i + reach; j++) {
            const double k = kernel[j > i ? j - i : i - j];
            v += k * value[j * step];
            w += k * weight[j * step];
        }
        value_sum[i * step] = v;
        weight_sum[i * step] = w;
    }
}

int mm_heatmap_smooth(float *map, const mm_heatmap_axis *y, const mm_heatmap_axis *x, const bool *computed, double sd, mm_error *error)
{
    const size_t H = y->n, W = x->n, cells = H * W, longest = H > W ? H : W;
    const double cell[2] = {sd / (double)y->stride, sd / (double)x->stride};
    double *buffer = malloc((4 * cells + 2 * longest) * sizeof *buffer);
    if (!buffer)
        return mm_no_memory(error);
    double *value = buffer, *weight = value + cells, *rows = weight + cells, *rows_weight = rows + cells, *kernel[2];
    size_t reach[2];
    for (int axis = 0; axis < 2; axis++) {
        kernel[axis] = rows_weight + cells + (size_t)axis * longest;
        reach[axis] = (size_t)fmin(4 * cell[axis], (double)longest - 1);
        for (size_t i = 0; i <= reach[axis]; i++)
            kernel[axis][i] = exp(-0.5 * (double)(i * i) / (cell[axis] * cell[axis]));
    }
    for (size_t i = 0; i < cells; i++) {
        weight[i] = !computed || computed[i];
        value[i] = weight[i] > 0 ? map[i] : 0;
    }
    for (size_t i = 0; i < H; i++)
        smooth_line(value + i * W, weight + i * W, rows + i * W, rows_weight + i * W, W, 1, kernel[1], reach[1]);
    for (size_t j = 0; j < W; j++)
        smooth_line(rows + j, rows_weight + j, value + j, weight + j, H, W, kernel[0], reach[0]);
    for (size_t i = 0; i < cells; i++)
        if (!computed || computed[i])
            map[i] = (float)(value[i] / weight[i]);
    free(buffer);
    return MM_OK;
}

void mm_heatmap_probabilities(float *map, size_t n)
{
    for (size_t i = 0; i < n; i++)
        map[i] = (float)(1 / (1 + exp(-(double)map[i])));
}
