/* A thin layer that lets kernels be compiled twice: by nvcc for the card, and by a C++ compiler for the host, where blocks and
 * threads are loops. Only kernels (*.cu) include it.
 *
 *     MM_KERNEL void add(size_t n, const float *a, float *y)
 *     {
 *         MM_EACH_THREAD(t)                                     all threads of a block, up to the closing brace
 *         {
 *             for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
 *                 y[i] += a[i];
 *         }
 *     }
 *     MM_LAUNCH(add, blocks, stream, n, a, y);
 *
 * Threads communicate through MM_SHARED arrays: after MM_BARRIER, one MM_EACH_THREAD reads what the one before it wrote. No other
 * variable may be used across a barrier. On the host the barrier is the end of the loop, so the same indices are computed.
 *
 * MM_ADD and MM_MUL are never contracted into one rounding, for results that must have the same bits as on the CPU.
 *
 * Activations are NHWC with channels padded to a multiple of 8 (zeros): a lane is 8 neighbouring channels of one
 * position, 16 bytes in bf16 and 32 in fp32, read and written as 16-byte words. */
#ifndef MM_NN_CUDA_LANES_H
#define MM_NN_CUDA_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MM_THREADS = 256, MM_LANE = 8 };

#ifdef __CUDACC__

#include <cuda_bf16.h>
typedef __nv_bfloat16 mm_bf16;
#define MM_KERNEL static __global__ __launch_bounds__(MM_THREADS)
#define MM_DEVICE static __device__ __forceinline__
#define MM_SHARED __shared__
#define MM_BLOCK ((size_t)blockIdx.x)
#define MM_BLOCKS ((size_t)gridDim.x)
#define MM_EACH_THREAD(t) for (unsigned t = threadIdx.x, once_ = 1; once_; once_ = 0)
#define MM_BARRIER __syncthreads()
#define MM_LAUNCH(kernel, blocks, stream, ...)                                                                        \
    kernel<<<(unsigned)(blocks), MM_THREADS, 0, (cudaStream_t)(stream)>>>(__VA_ARGS__)

#define MM_ADD(a, b) __fadd_rn(a, b)
#define MM_MUL(a, b) __fmul_rn(a, b)

MM_DEVICE float mm_from(float v) { return v; }
MM_DEVICE float mm_from(mm_bf16 v) { return __bfloat162float(v); }
MM_DEVICE void mm_to(float *p, float v) { *p = v; }
MM_DEVICE void mm_to(mm_bf16 *p, float v) { *p = __float2bfloat16_rn(v); }

struct alignas(16) mm_word {
    uint32_t part[4];
};

#else

#include <tuple>

struct mm_bf16 {
    uint16_t bits;
};
#define MM_KERNEL static
#define MM_DEVICE static inline
#define MM_SHARED
#define MM_BLOCK mm_host_block
#define MM_BLOCKS mm_host_blocks
#define MM_EACH_THREAD(t) for (unsigned t = 0; t < MM_THREADS; t++)
#define MM_BARRIER ((void)0)
#define MM_LAUNCH(kernel, blocks, stream, ...)                                                                        \
    ((void)(stream), mm_host_launch([](auto... all) { kernel(all...); }, blocks, __VA_ARGS__))

#define MM_ADD(a, b) ((a) + (b))
#define MM_MUL(a, b) ((a) * (b))

static thread_local size_t mm_host_block, mm_host_blocks;

/* Passes a launch to the stand-in for CUDA's runtime (tests/support/cuda_host), which runs it now or records it. */
extern "C" void mm_host_do(void (*run)(void *work), void (*drop)(void *work), void *work);

template <typename K, typename... A> static void mm_host_launch(K kernel, size_t blocks, A... args)
{
    struct launch {
        K kernel;
        size_t blocks;
        std::tuple<A...> args;
    };
    mm_host_do(
        [](void *work) {
            launch *l = (launch *)work;
            mm_host_blocks = l->blocks;
            for (mm_host_block = 0; mm_host_block < mm_host_blocks; mm_host_block++)
                std::apply(l->kernel, l->args);
        },
        [](void *work) { delete (launch *)work; }, new launch{kernel, blocks, std::tuple<A...>(args...)});
}

MM_DEVICE float mm_from(float v) { return v; }
MM_DEVICE float mm_from(mm_bf16 v)
{
    uint32_t bits = (uint32_t)v.bits << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
MM_DEVICE void mm_to(float *p, float v) { *p = v; }
MM_DEVICE void mm_to(mm_bf16 *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits = v != v ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
    p->bits = (uint16_t)(bits >> 16);
}

struct alignas(16) mm_word {
    uint32_t part[4];
};

#endif

/* Runs a statement for the precision of the activations: T is the type of their numbers. */
#define MM_TYPED(bf16, T, ...)                                                                                        \
    do {                                                                                                              \
        if (bf16) {                                                                                                   \
            using T = mm_bf16;                                                                                        \
            __VA_ARGS__;                                                                                              \
        } else {                                                                                                      \
            using T = float;                                                                                          \
            __VA_ARGS__;                                                                                              \
        }                                                                                                             \
    } while (0)

/* Load and store one lane: 8 numbers, in registers as floats. p is a multiple of 16 bytes. */
template <typename T> MM_DEVICE void mm_load(const T *p, float v[MM_LANE])
{
    enum { WORDS = MM_LANE * sizeof(T) / sizeof(mm_word), EACH = MM_LANE / WORDS };
    for (int w = 0; w < WORDS; w++) {
        mm_word word = ((const mm_word *)p)[w];
        T part[EACH];
        memcpy(part, &word, sizeof word);
        for (int k = 0; k < EACH; k++)
            v[w * EACH + k] = mm_from(part[k]);
    }
}

template <typename T> MM_DEVICE void mm_store(T *p, const float v[MM_LANE])
{
    enum { WORDS = MM_LANE * sizeof(T) / sizeof(mm_word), EACH = MM_LANE / WORDS };
    for (int w = 0; w < WORDS; w++) {
        mm_word word;
        T part[EACH];
        for (int k = 0; k < EACH; k++)
            mm_to(&part[k], v[w * EACH + k]);
        memcpy(&word, part, sizeof word);
        ((mm_word *)p)[w] = word;
    }
}

/* Returns the number of blocks for n items of work with about `each` items per thread. */
static inline size_t mm_blocks_for(size_t n, size_t each)
{
    size_t per = (size_t)MM_THREADS * each, blocks = (n + per - 1) / per;
    return blocks < 1 ? 1 : blocks > 65535 * 16 ? 65535 * 16 : blocks;
}

/* Leaves the sum of a block's MM_THREADS numbers in s[0], always in one order. All of its threads call it, after each has set its own. */
template <typename T> MM_DEVICE void mm_block_total(T *s)
{
    MM_BARRIER;
    for (unsigned half = MM_THREADS / 2; half > 0; half /= 2) {
        MM_EACH_THREAD(t)
        {
            if (t < half)
                s[t] += s[t + half];
        }
        MM_BARRIER;
    }
}

#endif
