/* The last layer, the loss and the optimiser: fp32 rows. The layer is 2048 x 5 or 1024 x 2, far too small to be worth a
 * matrix library; what matters is that reads are coalesced and sums always run in the same order. */
#include "nn/cuda/kernels.h"
#include "nn/cuda/lanes.h"

/* A block for each row and output. */
MM_KERNEL void fc(size_t in, size_t out, const float *x, const float *w, const float *b, float *y)
{
    MM_SHARED float s[MM_THREADS];
    size_t n = MM_BLOCK / out, k = MM_BLOCK % out;
    MM_EACH_THREAD(t)
    {
        float sum = 0;
        for (size_t c = t; c < in; c += MM_THREADS)
            sum += x[n * in + c] * w[k * in + c];
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
            y[MM_BLOCK] = s[0] + b[k];
    }
}

MM_KERNEL void fc_dx(size_t n, size_t in, size_t out, const float *dy, const float *w, float *dx)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n * in; i += MM_BLOCKS * MM_THREADS) {
            float sum = 0;
            for (size_t k = 0; k < out; k++)
                sum += dy[i / in * out + k] * w[k * in + i % in];
            dx[i] = sum;
        }
    }
}

MM_KERNEL void fc_dw(size_t n, size_t in, size_t out, const float *x, const float *dy, float *dw, float *db)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < out * in; i += MM_BLOCKS * MM_THREADS) {
            size_t k = i / in, c = i % in;
            float sum = 0, bias = 0;
            for (size_t r = 0; r < n; r++) {
                sum += dy[r * out + k] * x[r * in + c];
                bias += dy[r * out + k];
            }
            dw[i] = sum;
            if (c == 0)
                db[k] = bias;
        }
    }
}

void mm_k_fc(mm_stream stream, size_t n, size_t in, size_t out, const float *x, const float *w, const float *b, float *y)
{
    MM_LAUNCH(fc, n * out, stream, in, out, x, w, b, y);
}

void mm_k_fc_dx(mm_stream stream, size_t n, size_t in, size_t out, const float *dy, const float *w, float *dx)
{
    MM_LAUNCH(fc_dx, mm_blocks_for(n * in, 1), stream, n, in, out, dy, w, dx);
}

void mm_k_fc_dw(mm_stream stream, size_t n, size_t in, size_t out, const float *x, const float *dy, float *dw, float *db)
{
    MM_LAUNCH(fc_dw, mm_blocks_for(out * in, 1), stream, n, in, out, x, dy, dw, db);
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

/* ---- optimiser ---- */

/* Kingma, Ba 2015, with L2 in the gradient; s as in nn/backend.h. */
MM_KERNEL void adam(size_t n, float *w, const float *g, float *m, float *v, const float *s)
{
    MM_EACH_THREAD(t)
    {
        float rate = s[0], decay = s[1], rest1 = s[2], b2 = s[3], rest2 = s[4], unbias = s[5], epsilon = s[6];
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS) {
            float d = g[i] + decay * w[i];
            float first = m[i] + rest1 * (d - m[i]), second = b2 * v[i] + rest2 * d * d;
            m[i] = first;
            v[i] = second;
            w[i] -= rate * first / (sqrtf(second) * unbias + epsilon);
        }
    }
}

MM_KERNEL void sum(size_t n, const float *a, float *y)
{
    MM_EACH_THREAD(t)
    {
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < n; i += MM_BLOCKS * MM_THREADS)
            y[i] += a[i];
    }
}

void mm_k_adam(mm_stream stream, size_t n, float *w, const float *g, float *m, float *v, const float *s)
{
    MM_LAUNCH(adam, mm_blocks_for(n, 4), stream, n, w, g, m, v, s);
}

void mm_k_sum(mm_stream stream, size_t n, const float *a, float *y) { MM_LAUNCH(sum, mm_blocks_for(n, 4), stream, n, a, y); }
