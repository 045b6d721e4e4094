/* Kernels that join and part channels, one number a thread, and scale them, a lane a thread. A width is the number of channels that
 * memory holds for a position, zeros included. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

template <typename T>
MM_KERNEL void concat(size_t positions, mm_channels a, mm_channels b, size_t width, const T *from, const T *second, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < positions * width; i += MM_BLOCKS * MM_THREADS) {
            size_t c = i % width, position = i / width;
            mm_to(y + i, c < a.count             ? mm_from(from[position * a.width + c])
                         : c - a.count < b.count ? mm_from(second[position * b.width + c - a.count])
                                                 : 0.0f);
        }
    }
}

void mm_k_concat(mm_stream stream, bool bf16, size_t positions, mm_channels a, mm_channels b, size_t width, const void *from,
                 const void *second, void *y)
{
    MM_TYPED(bf16, T, MM_LAUNCH(concat, mm_blocks_for(positions * width, 4), stream, positions, a, b, width, (const T *)from,
                                (const T *)second, (T *)y));
}

template <typename T> MM_KERNEL void part(size_t positions, size_t width, size_t first, mm_channels x, const T *dy, T *dx)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < positions * x.width; i += MM_BLOCKS * MM_THREADS) {
            size_t c = i % x.width;
            mm_to(dx + i, c < x.count ? mm_from(dy[i / x.width * width + first + c]) : 0.0f);
        }
    }
}

void mm_k_part(mm_stream stream, bool bf16, size_t positions, size_t width, size_t first, mm_channels x, const void *dy, void *dx)
{
    MM_TYPED(bf16, T, MM_LAUNCH(part, mm_blocks_for(positions * x.width, 4), stream, positions, width, first, x, (const T *)dy, (T *)dx));
}

/* ---- scaling ---- */

/* The factors of a lane; zeros beyond the channels. */
MM_DEVICE void factors(const mm_kernel_shape &shape, const float *s, size_t n, size_t group, float f[MM_LANE])
{
    for (int k = 0; k < MM_LANE; k++) {
        size_t c = group * MM_LANE + k;
        f[k] = c < shape.c ? s[n * shape.c + c] : 0.0f;
    }
}

template <typename T> MM_KERNEL void scale(mm_kernel_shape shape, const T *x, const float *s, T *y)
{
    MM_EACH_THREAD(t)
    {
        size_t groups = (shape.c + 7) / 8, plane = shape.h * shape.w;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < shape.n * plane * groups; i += MM_BLOCKS * MM_THREADS) {
            float v[MM_LANE], f[MM_LANE];
            mm_load(x + i * MM_LANE, v);
            factors(shape, s, i / groups / plane, i % groups, f);
            for (int k = 0; k < MM_LANE; k++)
                v[k] *= f[k];
            mm_store(y + i * MM_LANE, v);
        }
    }
}

void mm_k_scale(mm_stream stream, bool bf16, mm_kernel_shape shape, const void *x, const float *s, void *y)
{
    size_t lanes = shape.n * shape.h * shape.w * mm_padded(shape.c) / MM_LANE;
    MM_TYPED(bf16, T, MM_LAUNCH(scale, mm_blocks_for(lanes, 1), stream, shape, (const T *)x, s, (T *)y));
}

enum { TILE = 32, ROWS = MM_THREADS / TILE }; /* lanes and positions of an image that a block of scale_dx reads at a time */

template <typename T> MM_KERNEL void scale_dx(mm_kernel_shape shape, const T *dy, const T *x, const float *s, T *dx, float *ds)
{
    MM_SHARED float sums[MM_LANE][MM_THREADS];
    size_t groups = (shape.c + 7) / 8, tiles = (groups + TILE - 1) / TILE, tile = MM_BLOCK % tiles, n = MM_BLOCK / tiles;
    size_t plane = shape.h * shape.w;
    MM_EACH_THREAD(t)
    {
        size_t group = tile * TILE + t % TILE;
        float sum[MM_LANE] = {0}, f[MM_LANE], g[MM_LANE], v[MM_LANE];
        factors(shape, s, n, group, f);
        for (size_t i = t / TILE; i < plane && group < groups; i += ROWS) {
            size_t at = ((n * plane + i) * groups + group) * MM_LANE;
            mm_load(dy + at, g);
            mm_load(x + at, v);
            for (int k = 0; k < MM_LANE; k++) {
                sum[k] += g[k] * v[k];
                g[k] *= f[k];
            }
            if (dx)
                mm_store(dx + at, g);
        }
        for (int k = 0; k < MM_LANE; k++)
            sums[k][t] = sum[k];
    }
    MM_BARRIER;
    MM_EACH_THREAD(t)
    {
        size_t first = (tile * TILE + t) * MM_LANE;
        for (int k = 0; k < MM_LANE && ds && t < TILE && first + k < shape.c; k++) {
            float sum = 0;
            for (int r = 0; r < ROWS; r++)
                sum += sums[k][t + r * TILE];
            ds[n * shape.c + first + k] = sum;
        }
    }
}

void mm_k_scale_dx(mm_stream stream, bool bf16, mm_kernel_shape shape, const void *dy, const void *x, const float *s, void *dx, float *ds)
{
    size_t tiles = (mm_padded(shape.c) / MM_LANE + TILE - 1) / TILE;
    MM_TYPED(bf16, T, MM_LAUNCH(scale_dx, shape.n * tiles, stream, shape, (const T *)dy, (const T *)x, s, (T *)dx, ds));
}
