/* All trained weights at once: the optimisers, clipping, averages of weights, sums of gradients. A block for each chunk, 16-byte words. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

/* Kingma, Ba 2015; s as in nn/backend.h. */
MM_KERNEL void adam(const mm_chunk *chunks, float *w, const float *g, float *m, float *v, const float *scalars)
{
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        const float *s = scalars + chunk.part * MM_SCALARS;
        float rate = s[0], decay = s[1], rest1 = s[2], b2 = s[3], rest2 = s[4], unbias = s[5], epsilon = s[6], keep = s[7];
        for (size_t k = t * MM_LANE; k < chunk.count; k += MM_THREADS * MM_LANE) {
            size_t i = chunk.at + k;
            float weight[MM_LANE], gradient[MM_LANE], first[MM_LANE], second[MM_LANE];
            mm_load(w + i, weight);
            mm_load(g + i, gradient);
            mm_load(m + i, first);
            mm_load(v + i, second);
            for (int l = 0; l < MM_LANE; l++) {
                weight[l] *= keep;
                float d = gradient[l] + decay * weight[l];
                first[l] += rest1 * (d - first[l]);
                second[l] = b2 * second[l] + rest2 * d * d;
                weight[l] -= rate * first[l] / (sqrtf(second[l]) * unbias + epsilon);
            }
            mm_store(w + i, weight);
            mm_store(m + i, first);
            mm_store(v + i, second);
            if (chunk.bf16)
                mm_store((mm_bf16 *)chunk.bf16 + k, weight);
        }
    }
}

MM_KERNEL void sgd(const mm_chunk *chunks, float *w, const float *g, float *m, const float *scalars)
{
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        const float *s = scalars + chunk.part * MM_SCALARS;
        float rate = s[0], decay = s[1], momentum = s[2];
        for (size_t k = t * MM_LANE; k < chunk.count; k += MM_THREADS * MM_LANE) {
            size_t i = chunk.at + k;
            float weight[MM_LANE], gradient[MM_LANE], first[MM_LANE];
            mm_load(w + i, weight);
            mm_load(g + i, gradient);
            mm_load(m + i, first);
            for (int l = 0; l < MM_LANE; l++) {
                first[l] = momentum * first[l] + (gradient[l] + decay * weight[l]);
                weight[l] -= rate * first[l];
            }
            mm_store(w + i, weight);
            mm_store(m + i, first);
            if (chunk.bf16)
                mm_store((mm_bf16 *)chunk.bf16 + k, weight);
        }
    }
}

/* ---- clipping: the sum of squares of each chunk, then of all in every block, always in one order ---- */

MM_KERNEL void squares(const mm_chunk *chunks, const float *g, double *sums)
{
    MM_SHARED double s[MM_THREADS];
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        double sum = 0;
        for (size_t k = t; k < chunk.count; k += MM_THREADS)
            sum += (double)g[chunk.at + k] * (double)g[chunk.at + k];
        s[t] = sum;
    }
    mm_block_total(s);
    MM_EACH_THREAD(t)
    {
        if (t == 0)
            sums[MM_BLOCK] = s[0];
    }
}

MM_KERNEL void clip(size_t n, const mm_chunk *chunks, float *g, float most, const double *sums)
{
    MM_SHARED double s[MM_THREADS];
    MM_EACH_THREAD(t)
    {
        double sum = 0;
        for (size_t i = t; i < n; i += MM_THREADS)
            sum += sums[i];
        s[t] = sum;
    }
    mm_block_total(s);
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        float factor = (float)((double)most / (sqrt(s[0]) + 1e-6));
        for (size_t k = t; k < chunk.count && !(factor >= 1); k += MM_THREADS)
            g[chunk.at + k] *= factor;
    }
}

MM_KERNEL void lerp(size_t n, float rate, const float *a, float *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            y[i] += rate * (a[i] - y[i]);
    }
}

MM_KERNEL void sum(const mm_chunk *chunks, const float *a, float *y)
{
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        for (size_t k = t * MM_LANE; k < chunk.count; k += MM_THREADS * MM_LANE) {
            float more[MM_LANE], all[MM_LANE];
            mm_load(a + chunk.at + k, more);
            mm_load(y + chunk.at + k, all);
            for (int l = 0; l < MM_LANE; l++)
                all[l] += more[l];
            mm_store(y + chunk.at + k, all);
        }
    }
}

void mm_k_adam(mm_stream stream, size_t n, const mm_chunk *chunks, float *w, const float *g, float *m, float *v, const float *s)
{
    if (n)
        MM_LAUNCH(adam, n, stream, chunks, w, g, m, v, s);
}

void mm_k_sgd(mm_stream stream, size_t n, const mm_chunk *chunks, float *w, const float *g, float *m, const float *s)
{
    if (n)
        MM_LAUNCH(sgd, n, stream, chunks, w, g, m, s);
}

void mm_k_clip(mm_stream stream, size_t n, const mm_chunk *chunks, float *g, float most, double *sums)
{
    if (n) {
        MM_LAUNCH(squares, n, stream, chunks, g, sums);
        MM_LAUNCH(clip, n, stream, n, chunks, g, most, sums);
    }
}

void mm_k_lerp(mm_stream stream, size_t n, float rate, const float *a, float *y)
{
    MM_LAUNCH(lerp, mm_blocks_for(n, 4), stream, n, rate, a, y);
}

void mm_k_sum(mm_stream stream, size_t n, const mm_chunk *chunks, const float *a, float *y)
{
    if (n)
        MM_LAUNCH(sum, n, stream, chunks, a, y);
}
