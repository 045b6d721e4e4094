/* Set pixels in rectangles: see pixel_counts.h. */
#include "common/image/pixel_counts.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"

int mm_pixel_counts_make(mm_pixel_counts *a, const uint8_t *plane, size_t width, long x0, long y0, long x1, long y1)
{
    size_t w = (size_t)(x1 - x0), h = (size_t)(y1 - y0), stride = w + 1;
    *a = (mm_pixel_counts){x0, y0, x1, y1, NULL};
    if (w * h > UINT32_MAX || h + 1 > SIZE_MAX / sizeof *a->sum / stride || !(a->sum = malloc((h + 1) * stride * sizeof *a->sum)))
        return MM_FAILURE;
    memset(a->sum, 0, stride * sizeof *a->sum);
    for (size_t y = 0; y < h; y++) {
        const uint8_t *in = plane + ((size_t)y0 + y) * width + (size_t)x0;
        const uint32_t *above = a->sum + y * stride + 1;
        uint32_t *out = a->sum + (y + 1) * stride + 1, row = 0;
        out[-1] = 0;
        for (size_t x = 0; x < w; x++) {
            row += in[x] != 0;
            out[x] = above[x] + row;
        }
    }
    return 0;
}

uint64_t mm_pixel_counts_in(const mm_pixel_counts *a, long x0, long y0, long x1, long y1)
{
    x0 = x0 > a->x0 ? x0 : a->x0;
    y0 = y0 > a->y0 ? y0 : a->y0;
    x1 = x1 < a->x1 ? x1 : a->x1;
    y1 = y1 < a->y1 ? y1 : a->y1;
    if (x0 >= x1 || y0 >= y1)
        return 0;
    size_t stride = (size_t)(a->x1 - a->x0) + 1;
    const uint32_t *top = a->sum + (size_t)(y0 - a->y0) * stride, *bottom = a->sum + (size_t)(y1 - a->y0) * stride;
    size_t left = (size_t)(x0 - a->x0), right = (size_t)(x1 - a->x0);
    return bottom[right] - bottom[left] - top[right] + top[left]; /* modulo 2^32, as the differences need */
}
