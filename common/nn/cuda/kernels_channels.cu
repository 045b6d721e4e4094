/* Kernels that join and part channels, one number a thread. A width is the number of channels that memory holds for a position,
 * zeros included. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

template <typename T> MM_KERNEL void concat(size_t positions, mm_channels a, mm_channels b, size_t width, const T *from, const T *second, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < positions * width; i += MM_BLOCKS * MM_THREADS) {
            size_t c = i % width, position = i / width;
            mm_to(y + i, c < a.count         ? mm_from(from[position * a.width + c])
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
