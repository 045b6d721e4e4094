/* Kernels that move numbers: layouts of weights, sums of activations, the parameter-free shortcut. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

/* ---- layouts ---- */

struct layout {
    mm_layout kind;
    size_t dim[4], padded; /* logical; channels in memory */
    size_t count;          /* numbers in memory */
};

static layout layout_of(mm_layout kind, const size_t dim[4])
{
    const bool as_it_is = kind == MM_LAYOUT_ROWS || kind == MM_LAYOUT_KRSG, weights = kind == MM_LAYOUT_KRSC || kind == MM_LAYOUT_KRSG;
    layout l = {kind, {dim[0], dim[1], dim[2], dim[3]}, as_it_is ? dim[1] : mm_padded(dim[1]), 0};
    l.count = (weights ? mm_padded(dim[0]) : dim[0]) * l.padded * dim[2] * dim[3];
    return l;
}

/* Logical position of number i in memory; false: padding. */
MM_DEVICE bool where_is(const layout &l, size_t i, size_t at[4])
{
    size_t plane = l.dim[2] * l.dim[3], position;
    if (l.kind == MM_LAYOUT_ROWS) {
        position = i % plane;
        at[1] = i / plane % l.dim[1];
        at[0] = i / plane / l.dim[1];
    } else {
        at[1] = i % l.padded;
        position = i / l.padded % plane;
        at[0] = i / l.padded / plane;
    }
    at[2] = position / l.dim[3];
    at[3] = position % l.dim[3];
    return at[0] < l.dim[0] && at[1] < l.dim[1];
}

MM_DEVICE size_t place_of(const layout &l, const size_t at[4])
{
    size_t position = at[2] * l.dim[3] + at[3], plane = l.dim[2] * l.dim[3];
    return l.kind == MM_LAYOUT_ROWS ? (at[0] * l.dim[1] + at[1]) * plane + position
                                    : (at[0] * plane + position) * l.padded + at[1];
}

template <typename A, typename T> MM_KERNEL void permute(layout from, layout to, const A *a, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < to.count; i += MM_BLOCKS * MM_THREADS) {
            size_t at[4];
            bool there = where_is(to, i, at);
            mm_to(y + i, there ? mm_from(a[place_of(from, at)]) : 0.0f);
        }
    }
}

void mm_k_permute(mm_stream stream, bool from_bf16, mm_layout from, bool to_bf16, mm_layout to, const size_t dim[4],
                  const void *a, void *y)
{
    layout l = layout_of(from, dim), k = layout_of(to, dim);
    MM_TYPED(from_bf16, A, MM_TYPED(to_bf16, T, MM_LAUNCH(permute, mm_blocks_for(k.count, 4), stream, l, k, (const A *)a, (T *)y)));
}

template <typename A, typename T> MM_KERNEL void convert(size_t lanes, const A *a, T *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < lanes; i += MM_BLOCKS * MM_THREADS) {
            float v[MM_LANE];
            mm_load(a + i * MM_LANE, v);
            mm_store(y + i * MM_LANE, v);
        }
    }
}

void mm_k_narrow(mm_stream stream, size_t n, const float *a, void *y)
{
    MM_LAUNCH(convert, mm_blocks_for(n / MM_LANE, 1), stream, n / MM_LANE, a, (mm_bf16 *)y);
}

void mm_k_widen(mm_stream stream, size_t n, const void *a, float *y)
{
    MM_LAUNCH(convert, mm_blocks_for(n / MM_LANE, 1), stream, n / MM_LANE, (const mm_bf16 *)a, y);
}

/* ---- the first convolution: its input channels are equal ---- */

template <typename T> MM_KERNEL void grey_weights(size_t out, size_t in, size_t taps, const float *w, T *grey)
{
    MM_EACH_THREAD(t)
    {
        size_t n = (out + 7) / 8 * 8 * taps;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            size_t o = i / taps, tap = i % taps;
            float v[MM_LANE] = {0};
            for (size_t c = 0; c < in && o < out; c++)
                v[0] += w[(o * in + c) * taps + tap];
            mm_store(grey + i * MM_LANE, v);
        }
    }
}

template <typename T> MM_KERNEL void spread_weights(size_t out, size_t in, size_t taps, const T *grey, float *dw)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < out * in * taps; i += MM_BLOCKS * MM_THREADS) {
            size_t tap = i % taps, o = i / taps / in;
            dw[i] = mm_from(grey[(o * taps + tap) * MM_LANE]);
        }
    }
}

void mm_k_grey(mm_stream stream, bool bf16, size_t out, size_t in, size_t taps, const float *w, void *grey)
{
    MM_TYPED(bf16, T, MM_LAUNCH(grey_weights, mm_blocks_for(mm_padded(out) * taps, 1), stream, out, in, taps, w, (T *)grey));
}

void mm_k_spread(mm_stream stream, bool bf16, size_t out, size_t in, size_t taps, const void *grey, float *dw)
{
    MM_TYPED(bf16, T, MM_LAUNCH(spread_weights, mm_blocks_for(out * in * taps, 1), stream, out, in, taps, (const T *)grey, dw));
}

/* ---- sums ---- */

template <typename T>
MM_KERNEL void add(size_t lanes, size_t c, bool relu, float limit, const T *a, const float *bias, const T *b, T *y)
{
    MM_EACH_THREAD(t)
    {
        size_t groups = (c + 7) / 8;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < lanes; i += MM_BLOCKS * MM_THREADS) {
            float v[MM_LANE], w[MM_LANE] = {0};
            size_t first = i % groups * MM_LANE;
            mm_load(a + i * MM_LANE, v);
            if (b)
                mm_load(b + i * MM_LANE, w);
            for (int k = 0; k < MM_LANE; k++) {
                v[k] += w[k] + (bias && first + k < c ? bias[first + k] : 0.0f);
                v[k] = relu && v[k] < 0 ? 0.0f : relu && v[k] > limit ? limit : v[k];
            }
            mm_store(y + i * MM_LANE, v);
        }
    }
}

void mm_k_add(mm_stream stream, bool bf16, bool relu, float limit, size_t lanes, size_t c, const void *a, const float *bias,
              const void *b, void *y)
{
    MM_TYPED(bf16, T, MM_LAUNCH(add, mm_blocks_for(lanes, 2), stream, lanes, c, relu, limit, (const T *)a, bias, (const T *)b, (T *)y));
}

/* ---- parts of a map ---- */

template <typename T>
MM_KERNEL void crop(mm_kernel_shape x, mm_kernel_shape y, size_t at, size_t columns, const T *from, const int32_t *place, T *to)
{
    MM_EACH_THREAD(t)
    {
        const size_t groups = (y.c + 7) / 8;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < y.n * y.h * columns * groups; i += MM_BLOCKS * MM_THREADS) {
            const size_t q = i / groups % columns, p = i / groups / columns % y.h, n = i / groups / columns / y.h;
            const size_t source = ((size_t)place[2 * n] * x.h + p) * x.w + (size_t)place[2 * n + 1] + q;
            float v[MM_LANE];
            mm_load(from + (source * groups + i % groups) * MM_LANE, v);
            mm_store(to + (((n * y.h + p) * y.w + at + q) * groups + i % groups) * MM_LANE, v);
        }
    }
}

void mm_k_crop(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t at, size_t columns, const void *from,
               const int32_t *place, void *to)
{
    const size_t blocks = mm_blocks_for(y.n * y.h * columns * ((y.c + 7) / 8), 4);
    MM_TYPED(bf16, T, MM_LAUNCH(crop, blocks, stream, x, y, at, columns, (const T *)from, place, (T *)to));
}

/* ---- the shortcut of CIFAR ResNets: rarely used, one number a thread ---- */

template <typename T>
MM_KERNEL void shortcut(mm_kernel_shape x, mm_kernel_shape y, size_t stride, const T *from, T *to)
{
    MM_EACH_THREAD(t)
    {
        size_t xc = (x.c + 7) / 8 * 8, yc = (y.c + 7) / 8 * 8, before = (y.c - x.c) / 2;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < y.n * y.h * y.w * yc; i += MM_BLOCKS * MM_THREADS) {
            size_t c = i % yc, q = i / yc % y.w, p = i / yc / y.w % y.h, n = i / yc / y.w / y.h;
            bool there = c >= before && c - before < x.c && c < y.c;
            mm_to(to + i, there ? mm_from(from[((n * x.h + p * stride) * x.w + q * stride) * xc + c - before]) : 0.0f);
        }
    }
}

template <typename T>
MM_KERNEL void shortcut_dx(mm_kernel_shape x, mm_kernel_shape y, size_t stride, const T *dy, T *dx)
{
    MM_EACH_THREAD(t)
    {
        size_t xc = (x.c + 7) / 8 * 8, yc = (y.c + 7) / 8 * 8, before = (y.c - x.c) / 2;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < x.n * x.h * x.w * xc; i += MM_BLOCKS * MM_THREADS) {
            size_t c = i % xc, w = i / xc % x.w, h = i / xc / x.w % x.h, n = i / xc / x.w / x.h;
            bool used = h % stride == 0 && w % stride == 0 && c < x.c;
            mm_to(dx + i,
                  used ? mm_from(dy[((n * y.h + h / stride) * y.w + w / stride) * yc + c + before]) : 0.0f);
        }
    }
}

void mm_k_shortcut(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t stride, const void *from,
                   void *to)
{
    size_t blocks = mm_blocks_for(y.n * y.h * y.w * mm_padded(y.c), 4);
    MM_TYPED(bf16, T, MM_LAUNCH(shortcut, blocks, stream, x, y, stride, (const T *)from, (T *)to));
}

void mm_k_shortcut_dx(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t stride, const void *dy,
                      void *dx)
{
    size_t blocks = mm_blocks_for(x.n * x.h * x.w * mm_padded(x.c), 4);
    MM_TYPED(bf16, T, MM_LAUNCH(shortcut_dx, blocks, stream, x, y, stride, (const T *)dy, (T *)dx));
}
