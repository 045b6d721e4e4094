/* Maximum and mean pooling on [n][h][w][channels], a lane a thread. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

/* Where number i of lanes [n][h][w][groups] lies. */
struct place {
    size_t n, h, w, group;
};

MM_DEVICE place place_of(size_t i, const mm_kernel_shape &s, size_t groups)
{
    place p = {i / groups / s.w / s.h, i / groups / s.w % s.h, i / groups % s.w, i % groups};
    return p;
}

/* Number i of this thread and those after it, a grid apart, as lanes [n][h][w][groups]: what(i, its place). */
template <typename F> MM_DEVICE void each_lane(unsigned t, const mm_kernel_shape &s, F what)
{
    size_t groups = (s.c + 7) / 8, lanes = s.n * s.h * s.w * groups;
    for (size_t i = MM_BLOCK * MM_THREADS + t; i < lanes; i += MM_BLOCKS * MM_THREADS)
        what(i, place_of(i, s, groups));
}

/* The lanes of x that lie in the window of y at that place, tap by tap; none in the padding: what(tap, numbers). */
template <typename T, typename F> MM_DEVICE void each_tap(const mm_pooling &d, const T *x, const place &at, F what)
{
    size_t groups = (d.x.c + 7) / 8;
    for (size_t r = 0; r < d.kernel; r++)
        for (size_t s = 0; s < d.kernel; s++) {
            size_t h = at.h * d.stride + r - d.pad, w = at.w * d.stride + s - d.pad; /* wraps in the padding */
            if (h >= d.x.h || w >= d.x.w)
                continue;
            float v[MM_LANE];
            mm_load(x + (((at.n * d.x.h + h) * d.x.w + w) * groups + at.group) * MM_LANE, v);
            what(r * d.kernel + s, v);
        }
}

/* The windows of y that hold that place of x: what(the tap that reads it, where the lane of y begins). */
template <typename F> MM_DEVICE void each_window(const mm_pooling &d, const place &at, F what)
{
    size_t groups = (d.x.c + 7) / 8;
    for (size_t r = 0; r < d.kernel; r++)
        for (size_t s = 0; s < d.kernel; s++) {
            size_t h = at.h + d.pad - r, w = at.w + d.pad - s; /* stride times the window's place, or wraps */
            if (h % d.stride || w % d.stride || h / d.stride >= d.y.h || w / d.stride >= d.y.w)
                continue;
            what(r * d.kernel + s, (((at.n * d.y.h + h / d.stride) * d.y.w + w / d.stride) * groups + at.group) * MM_LANE);
        }
}

/* ---- maximum ---- */

template <typename T> MM_KERNEL void maxpool(mm_pooling d, const T *x, T *y, uint8_t *saved)
{
    MM_EACH_THREAD(t)
    {
        each_lane(t, d.y, [&](size_t i, const place &at) {
            float best[MM_LANE];
            union {
                uint8_t each[MM_LANE];
                uint64_t all;
            } took;
            bool first = true;
            each_tap(d, x, at, [&](size_t tap, const float *v) {
                for (int k = 0; k < MM_LANE; k++)
                    if (first || v[k] > best[k]) {
                        best[k] = v[k];
                        took.each[k] = (uint8_t)tap;
                    }
                first = false;
            });
            mm_store(y + i * MM_LANE, best);
            if (saved)
                ((uint64_t *)saved)[i] = took.all;
        });
    }
}

/* Each input position looks which of the windows that cover it took it. */
template <typename T> MM_KERNEL void maxpool_dx(mm_pooling d, const T *dy, const uint8_t *saved, T *dx)
{
    MM_EACH_THREAD(t)
    {
        each_lane(t, d.x, [&](size_t i, const place &at) {
            float sum[MM_LANE] = {0};
            each_window(d, at, [&](size_t tap, size_t from) {
                float v[MM_LANE];
                uint64_t took = ((const uint64_t *)saved)[from / MM_LANE];
                mm_load(dy + from, v);
                for (int k = 0; k < MM_LANE; k++)
                    sum[k] += (took >> 8 * k & 255) == tap ? v[k] : 0.0f;
            });
            mm_store(dx + i * MM_LANE, sum);
        });
    }
}

size_t mm_k_maxpool_saved(const mm_pooling *d) { return d->y.n * d->y.h * d->y.w * mm_padded(d->y.c); }

void mm_k_maxpool(mm_stream stream, const mm_pooling *d, const void *x, void *y, uint8_t *saved)
{
    size_t blocks = mm_blocks_for(d->y.n * d->y.h * d->y.w * mm_padded(d->y.c) / MM_LANE, 1);
    MM_TYPED(d->bf16, T, MM_LAUNCH(maxpool, blocks, stream, *d, (const T *)x, (T *)y, saved));
}

void mm_k_maxpool_dx(mm_stream stream, const mm_pooling *d, const void *dy, const uint8_t *saved, void *dx)
{
    size_t blocks = mm_blocks_for(d->x.n * d->x.h * d->x.w * mm_padded(d->x.c) / MM_LANE, 1);
    MM_TYPED(d->bf16, T, MM_LAUNCH(maxpool_dx, blocks, stream, *d, (const T *)dy, saved, (T *)dx));
}

/* ---- mean over windows ---- */

template <typename T> MM_KERNEL void avgpool(mm_pooling d, const T *x, T *y)
{
    MM_EACH_THREAD(t)
    {
        each_lane(t, d.y, [&](size_t i, const place &at) {
            float sum[MM_LANE] = {0};
            each_tap(d, x, at, [&](size_t, const float *v) {
                for (int k = 0; k < MM_LANE; k++)
                    sum[k] += v[k];
            });
            for (int k = 0; k < MM_LANE; k++)
                sum[k] /= (float)(d.kernel * d.kernel);
            mm_store(y + i * MM_LANE, sum);
        });
    }
}

template <typename T> MM_KERNEL void avgpool_dx(mm_pooling d, const T *dy, T *dx)
{
    MM_EACH_THREAD(t)
    {
        each_lane(t, d.x, [&](size_t i, const place &at) {
            float sum[MM_LANE] = {0};
            each_window(d, at, [&](size_t, size_t from) {
                float v[MM_LANE];
                mm_load(dy + from, v);
                for (int k = 0; k < MM_LANE; k++)
                    sum[k] += v[k];
            });
            for (int k = 0; k < MM_LANE; k++)
                sum[k] /= (float)(d.kernel * d.kernel);
            mm_store(dx + i * MM_LANE, sum);
        });
    }
}

void mm_k_avgpool(mm_stream stream, const mm_pooling *d, const void *x, void *y)
{
    size_t blocks = mm_blocks_for(d->y.n * d->y.h * d->y.w * mm_padded(d->y.c) / MM_LANE, 1);
    MM_TYPED(d->bf16, T, MM_LAUNCH(avgpool, blocks, stream, *d, (const T *)x, (T *)y));
}

void mm_k_avgpool_dx(mm_stream stream, const mm_pooling *d, const void *dy, void *dx)
{
    size_t blocks = mm_blocks_for(d->x.n * d->x.h * d->x.w * mm_padded(d->x.c) / MM_LANE, 1);
    MM_TYPED(d->bf16, T, MM_LAUNCH(avgpool_dx, blocks, stream, *d, (const T *)dy, (T *)dx));
}

/* ---- mean to rows ---- */

enum { TILE = 32, ROWS = MM_THREADS / TILE }; /* lanes and positions that a block of mean_all reads at a time */

template <typename T> MM_KERNEL void mean_all(mm_pooling d, const T *x, float *y)
{
    MM_SHARED float s[MM_LANE][MM_THREADS];
    size_t groups = (d.x.c + 7) / 8, tiles = (groups + TILE - 1) / TILE, tile = MM_BLOCK % tiles, n = MM_BLOCK / tiles;
    size_t positions = d.x.h * d.x.w;
    MM_EACH_THREAD(t)
    {
        size_t group = tile * TILE + t % TILE;
        float sum[MM_LANE] = {0};
        for (size_t i = t / TILE; i < positions && group < groups; i += ROWS) {
            float v[MM_LANE];
            mm_load(x + ((n * positions + i) * groups + group) * MM_LANE, v);
            for (int k = 0; k < MM_LANE; k++)
                sum[k] += v[k];
        }
        for (int k = 0; k < MM_LANE; k++)
            s[k][t] = sum[k];
    }
    MM_BARRIER;
    MM_EACH_THREAD(t)
    {
        size_t first = (tile * TILE + t) * MM_LANE;
        for (int k = 0; k < MM_LANE && t < TILE && first + k < d.x.c; k++) {
            float sum = 0;
            for (int r = 0; r < ROWS; r++)
                sum += s[k][t + r * TILE];
            y[n * d.x.c + first + k] = sum / (float)positions;
        }
    }
}

template <typename T> MM_KERNEL void mean_windows(mm_pooling d, const T *x, float *y)
{
    MM_EACH_THREAD(t)
    {
        size_t groups = (d.x.c + 7) / 8;
        each_lane(t, d.y, [&](size_t i, const place &at) {
            float sum[MM_LANE] = {0};
            each_tap(d, x, at, [&](size_t, const float *v) {
                for (int k = 0; k < MM_LANE; k++)
                    sum[k] += v[k];
            });
            for (int k = 0; k < MM_LANE && at.group * MM_LANE + k < d.x.c; k++)
                y[i / groups * d.x.c + at.group * MM_LANE + k] = sum[k] / (float)(d.kernel * d.kernel);
        });
    }
}

template <typename T> MM_KERNEL void mean_dx(mm_pooling d, const float *dy, T *dx)
{
    MM_EACH_THREAD(t)
    {
        each_lane(t, d.x, [&](size_t i, const place &at) {
            float v[MM_LANE];
            for (int k = 0; k < MM_LANE; k++) {
                size_t c = at.group * MM_LANE + k;
                v[k] = c < d.x.c ? dy[at.n * d.x.c + c] / (float)(d.x.h * d.x.w) : 0.0f;
            }
            mm_store(dx + i * MM_LANE, v);
        });
    }
}

void mm_k_mean(mm_stream stream, const mm_pooling *d, const void *x, float *y)
{
    size_t groups = mm_padded(d->x.c) / MM_LANE, windows = mm_blocks_for(d->y.n * d->y.h * d->y.w * groups, 1);
    mm_pooling sliding = *d;
    sliding.stride = 1;
    sliding.pad = 0;
    if (d->kernel)
        MM_TYPED(d->bf16, T, MM_LAUNCH(mean_windows, windows, stream, sliding, (const T *)x, y));
    else
        MM_TYPED(d->bf16, T, MM_LAUNCH(mean_all, d->x.n * ((groups + TILE - 1) / TILE), stream, *d, (const T *)x, y));
}

void mm_k_mean_dx(mm_stream stream, const mm_pooling *d, const float *dy, void *dx)
{
    size_t blocks = mm_blocks_for(d->x.n * d->x.h * d->x.w * mm_padded(d->x.c) / MM_LANE, 1);
    MM_TYPED(d->bf16, T, MM_LAUNCH(mean_dx, blocks, stream, *d, dy, (T *)dx));
}

/* ---- means over bins ---- */

/* Bin number i of k along `size` positions: first and one after the last. */
struct span {
    size_t first, last;
};

MM_DEVICE span bin(size_t i, size_t k, size_t size)
{
    span s = {i * size / k, ((i + 1) * size + k - 1) / k};
    return s;
}

template <typename T> MM_KERNEL void bins(mm_pooling d, const T *x, float *y)
{
    MM_EACH_THREAD(t)
    {
        const size_t k = d.kernel, padded = (d.x.c + 7) / 8 * 8, n = d.x.n * d.x.c * k * k;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            const size_t image = i / (k * k) / d.x.c, c = i / (k * k) % d.x.c;
            const span rows = bin(i / k % k, k, d.x.h), columns = bin(i % k, k, d.x.w);
            float sum = 0;
            for (size_t h = rows.first; h < rows.last; h++)
                for (size_t w = columns.first; w < columns.last; w++)
                    sum += mm_from(x[((image * d.x.h + h) * d.x.w + w) * padded + c]);
            y[i] = sum / (float)((rows.last - rows.first) * (columns.last - columns.first));
        }
    }
}

template <typename T> MM_KERNEL void bins_dx(mm_pooling d, const float *dy, T *dx)
{
    MM_EACH_THREAD(t)
    {
        const size_t k = d.kernel, padded = (d.x.c + 7) / 8 * 8, n = d.x.n * d.x.h * d.x.w * padded;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            const size_t c = i % padded, w = i / padded % d.x.w, h = i / padded / d.x.w % d.x.h, image = i / padded / d.x.w / d.x.h;
            float sum = 0;
            for (size_t p = 0; p < k * k && c < d.x.c; p++) {
                const span rows = bin(p / k, k, d.x.h), columns = bin(p % k, k, d.x.w);
                if (h >= rows.first && h < rows.last && w >= columns.first && w < columns.last)
                    sum += dy[(image * d.x.c + c) * k * k + p] / (float)((rows.last - rows.first) * (columns.last - columns.first));
            }
            mm_to(dx + i, sum);
        }
    }
}

void mm_k_bins(mm_stream stream, const mm_pooling *d, const void *x, float *y)
{
    MM_TYPED(d->bf16, T, MM_LAUNCH(bins, mm_blocks_for(d->x.n * d->x.c * d->kernel * d->kernel, 1), stream, *d, (const T *)x, y));
}

void mm_k_bins_dx(mm_stream stream, const mm_pooling *d, const float *dy, void *dx)
{
    MM_TYPED(d->bf16, T, MM_LAUNCH(bins_dx, mm_blocks_for(d->x.n * d->x.h * d->x.w * mm_padded(d->x.c), 1), stream, *d, dy, (T *)dx));
}
