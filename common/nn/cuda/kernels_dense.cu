/* The gradient of the last layer's bias, the loss, sums and the optimiser: fp32 rows. The layer's products are linear.c's. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

/* y[k] = the sum of a[., k]: a block for each column, always in one order. */
MM_KERNEL void columns(size_t n, size_t out, const float *a, float *y)
{
    MM_SHARED float s[MM_THREADS];
    MM_EACH_THREAD(t)
    {
        float sum = 0;
        for (size_t r = t; r < n; r += MM_THREADS)
            sum += a[r * out + MM_BLOCK];
        s[t] = sum;
    }
    MM_BARRIER;
    for (unsigned half = MM_THREADS / 2; half > 0; half /= 2) {
        MM_EACH_THREAD(t)
        {
            if (t < half)
                s[t] += s[t + half];
        }
        MM_BARRIER;
    }
    MM_EACH_THREAD(t)
    {
        if (t == 0)
            y[MM_BLOCK] = s[0];
    }
}

void mm_k_columns(mm_stream stream, size_t n, size_t out, const float *a, float *y)
{
    MM_LAUNCH(columns, out, stream, n, out, a, y);
}

/* ---- loss: a thread for each image ---- */

MM_KERNEL void loss(size_t n, size_t classes, float smoothing, const float *logits, const int32_t *labels,
                    const float *weights, float *losses, float *p, float *dlogits)
{
    MM_EACH_THREAD(t)
    {
        size_t i = MM_BLOCK * MM_THREADS + t;
        if (i < n) {
            const float *row = logits + i * classes;
            float top = row[0], sum = 0, weight = weights[i], off = smoothing / (float)classes, hit = 1 - smoothing + off;
            float cross = 0; /* the sum of target times logit */
            for (size_t k = 1; k < classes; k++)
                top = row[k] > top ? row[k] : top;
            for (size_t k = 0; k < classes; k++)
                sum += expf(row[k] - top);
            for (size_t k = 0; k < classes; k++) {
                float v = expf(row[k] - top) / sum, target = k == (size_t)labels[i] ? hit : off;
                cross += target * (row[k] - top);
                p[i * classes + k] = v;
                dlogits[i * classes + k] = weight * (v - target);
            }
            losses[i] = weight * (logf(sum) - cross);
        }
    }
}

void mm_k_loss(mm_stream stream, size_t n, size_t classes, float smoothing, const float *logits, const int32_t *labels,
               const float *weights, float *losses, float *p, float *dlogits)
{
    MM_LAUNCH(loss, mm_blocks_for(n, 1), stream, n, classes, smoothing, logits, labels, weights, losses, p, dlogits);
}

/* ---- all weights at once: a block for each chunk, 16-byte words ---- */

/* Kingma, Ba 2015, with L2 in the gradient; s as in nn/backend.h. */
MM_KERNEL void adam(const mm_chunk *chunks, float *w, const float *g, float *m, float *v, const float *s)
{
    MM_EACH_THREAD(t)
    {
        mm_chunk chunk = chunks[MM_BLOCK];
        float rate = s[0], decay = s[1], rest1 = s[2], b2 = s[3], rest2 = s[4], unbias = s[5], epsilon = s[6];
        for (size_t k = t * MM_LANE; k < chunk.count; k += MM_THREADS * MM_LANE) {
            size_t i = chunk.at + k;
            float weight[MM_LANE], gradient[MM_LANE], first[MM_LANE], second[MM_LANE];
            mm_load(w + i, weight);
            mm_load(g + i, gradient);
            mm_load(m + i, first);
            mm_load(v + i, second);
            for (int l = 0; l < MM_LANE; l++) {
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

void mm_k_sum(mm_stream stream, size_t n, const mm_chunk *chunks, const float *a, float *y)
{
    if (n)
        MM_LAUNCH(sum, n, stream, chunks, a, y);
}
