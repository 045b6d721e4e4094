/* Kernels that treat every number alike: sums of rows, relu, sigmoid, dropout. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"
#include "common/nn/dropout.h"

MM_KERNEL void add_rows(size_t n, const float *a, const float *b, float *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            y[i] = a[i] + b[i];
    }
}

void mm_k_add_rows(mm_stream stream, size_t n, const float *a, const float *b, float *y)
{
    MM_LAUNCH(add_rows, mm_blocks_for(n, 4), stream, n, a, b, y);
}

/* NaN stays. */
template <typename T> MM_KERNEL void relu(size_t n, float limit, const T *x, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            const float v = mm_from(x[i]);
            mm_to(y + i, v <= 0 ? 0.0f : v > limit ? limit : v);
        }
    }
}

void mm_k_relu(mm_stream stream, bool bf16, float limit, size_t n, const void *x, void *y)
{
    MM_TYPED(bf16, T, MM_LAUNCH(relu, mm_blocks_for(n, 4), stream, n, limit, (const T *)x, (T *)y));
}

template <typename T> MM_KERNEL void relu_dx(size_t n, float limit, const T *dy, const T *y, T *dx)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            mm_to(dx + i, mm_from(y[i]) > 0 && mm_from(y[i]) < limit ? mm_from(dy[i]) : 0.0f);
    }
}

void mm_k_relu_dx(mm_stream stream, bool bf16, float limit, size_t n, const void *dy, const void *y, void *dx)
{
    MM_TYPED(bf16, T, MM_LAUNCH(relu_dx, mm_blocks_for(n, 4), stream, n, limit, (const T *)dy, (const T *)y, (T *)dx));
}

template <typename T> MM_KERNEL void sigmoid(size_t n, mm_channels c, const T *x, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            mm_to(y + i, i % c.width < c.count ? 1 / (1 + expf(-mm_from(x[i]))) : 0.0f);
    }
}

void mm_k_sigmoid(mm_stream stream, bool bf16, size_t positions, mm_channels c, const void *x, void *y)
{
    size_t n = positions * c.width;
    MM_TYPED(bf16, T, MM_LAUNCH(sigmoid, mm_blocks_for(n, 4), stream, n, c, (const T *)x, (T *)y));
}

template <typename T> MM_KERNEL void sigmoid_dx(size_t n, const T *dy, const T *y, T *dx)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            const float v = mm_from(y[i]);
            mm_to(dx + i, mm_from(dy[i]) * v * (1 - v));
        }
    }
}

void mm_k_sigmoid_dx(mm_stream stream, bool bf16, size_t n, const void *dy, const void *y, void *dx)
{
    MM_TYPED(bf16, T, MM_LAUNCH(sigmoid_dx, mm_blocks_for(n, 4), stream, n, (const T *)dy, (const T *)y, (T *)dx));
}

template <typename T> MM_KERNEL void dropout(size_t n, size_t positions, size_t c, size_t padded, float factor, uint32_t limit, uint32_t layer,
                                             const T *x, const uint64_t *seeds, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n * positions * padded; i += MM_BLOCKS * MM_THREADS) {
            const size_t channel = i % padded, position = i / padded % positions, image = i / padded / positions;
            const bool kept = channel < c && mm_dropout_keeps(seeds[image], layer, (uint32_t)(channel * positions + position), limit);
            mm_to(y + i, kept ? mm_from(x[i]) * factor : 0.0f);
        }
    }
}

void mm_k_dropout(mm_stream stream, bool bf16, size_t n, size_t positions, size_t c, size_t padded, float rate, uint32_t layer,
                  const void *x, const uint64_t *seeds, void *y)
{
    MM_TYPED(bf16, T, MM_LAUNCH(dropout, mm_blocks_for(n * positions * padded, 4), stream, n, positions, c, padded, 1 / (1 - rate),
                                mm_dropout_limit(rate), layer, (const T *)x, seeds, (T *)y));
}
