/* Network input from raw images, seen as they are or through a warp (image/warp_plan.h), in one pass: each thread makes a
 * pixel, the one channel of it and seven zeros in a 16-byte word. Products and sums are kept apart (MM_MUL, MM_ADD), so
 * that the numbers are those that the CPU and mmaugment compute, bit by bit. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"
#include "common/image/warp_pixel.h"

template <typename T> MM_DEVICE void put(float v, const float *s, T *y)
{
    float lane[MM_LANE] = {MM_ADD(MM_MUL(v, s[0]), -s[1]) / s[2]};
    mm_store(y, lane);
}

template <typename R, typename T> MM_KERNEL void input(size_t n, const R *raw, const float *s, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            put((float)raw[i], s, y + i * MM_LANE);
    }
}

template <typename R>
MM_DEVICE float corner(const R *image, const mm_warp_plan &p, int32_t height, int32_t width, int32_t x, int32_t y)
{
    int32_t column = x < 0 ? 0 : x >= width ? width - 1 : x, row = y < 0 ? 0 : y >= height ? height - 1 : y;
    if (p.fill == MM_FILL_REFLECT && (column != x || row != y)) {
        column = mm_warp_reflect(x, width);
        row = mm_warp_reflect(y, height);
    }
    float v = (float)image[(size_t)row * width + column];
    return p.fill >= 0 && (column != x || row != y) ? p.fill : v;
}

MM_DEVICE float between(float a, float b, float weight) { return MM_ADD(a, MM_MUL(weight, MM_ADD(b, -a))); }
MM_DEVICE float rounded(float v, uint8_t) { return floorf(MM_ADD(v, 0.5f)); }
MM_DEVICE float rounded(float v, uint16_t) { return floorf(MM_ADD(v, 0.5f)); }
MM_DEVICE float rounded(float v, float) { return v; }

/* Pixel `at` of one image. */
template <typename R> MM_DEVICE float warped(const R *image, const mm_warp_plan &p, int32_t height, int32_t width, int32_t at)
{
    int64_t u = p.a * (at % width) + p.b * (at / width) + p.c, v = p.d * (at % width) + p.e * (at / width) + p.f;
    int32_t x = (int32_t)(u >> 32), y = (int32_t)(v >> 32);
    float fx = (float)((uint32_t)u >> 8) * 0x1p-24f, fy = (float)((uint32_t)v >> 8) * 0x1p-24f;
    float top = between(corner(image, p, height, width, x, y), corner(image, p, height, width, x + 1, y), fx);
    float bottom = between(corner(image, p, height, width, x, y + 1), corner(image, p, height, width, x + 1, y + 1), fx);
    float value = MM_ADD(MM_MUL(between(top, bottom, fy), p.gain), p.shift);
    value = value < 0 ? 0.0f : value;
    value = value > p.full ? p.full : value;
    return rounded(p.gamma == 1 ? value : MM_MUL(p.full, mm_warp_power(value / p.full, p.gamma)), R());
}

template <typename R, typename T>
MM_KERNEL void warped_input(size_t n, int32_t height, int32_t width, const R *raw, const float *s, const mm_warp_plan *plans, T *y)
{
    MM_EACH_THREAD(t)
    {
        size_t pixels = (size_t)height * width;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n * pixels; i += MM_BLOCKS * MM_THREADS) {
            size_t image = i / pixels;
            mm_warp_plan p = plans[image];
            put(warped(raw + image * pixels, p, height, width, (int32_t)(i - image * pixels)), s, y + i * MM_LANE);
        }
    }
}

/* Images i and n - 1 - i at once, in place; `each` numbers an image, padding included. */
template <typename T> MM_KERNEL void mix(size_t n, size_t each, T *y, const float *share)
{
    MM_EACH_THREAD(t)
    {
        for (size_t k = MM_BLOCK * MM_THREADS + t; k < n / 2 * each; k += MM_BLOCKS * MM_THREADS) {
            size_t i = k / each, opposite = (n - 1 - i) * each + k % each;
            float a = mm_from(y[k]), b = mm_from(y[opposite]);
            mm_to(&y[k], b + share[i] * (a - b));
            mm_to(&y[opposite], a + share[n - 1 - i] * (b - a));
        }
    }
}

void mm_k_mix(mm_stream stream, bool bf16, size_t n, size_t each, void *y, const float *share)
{
    MM_TYPED(bf16, T, MM_LAUNCH(mix, mm_blocks_for(n / 2 * each, 2), stream, n, each, (T *)y, share));
}

template <typename R>
static void input_of(mm_stream stream, bool bf16, mm_kernel_shape y, const R *raw, const float *s, const mm_warp_plan *plans, void *to)
{
    size_t n = y.n * y.h * y.w;
    if (plans)
        MM_TYPED(bf16, T, MM_LAUNCH(warped_input, mm_blocks_for(n, 2), stream, y.n, (int32_t)y.h, (int32_t)y.w, raw, s, plans, (T *)to));
    else
        MM_TYPED(bf16, T, MM_LAUNCH(input, mm_blocks_for(n, 4), stream, n, raw, s, (T *)to));
}

void mm_k_input(mm_stream stream, bool bf16, int raw, mm_kernel_shape y, const void *from, const float *s,
                const mm_warp_plan *plans, void *to)
{
    if (raw == 0)
        input_of(stream, bf16, y, (const uint8_t *)from, s, plans, to);
    else if (raw == 1)
        input_of(stream, bf16, y, (const uint16_t *)from, s, plans, to);
    else
        input_of(stream, bf16, y, (const float *)from, s, plans, to);
}
