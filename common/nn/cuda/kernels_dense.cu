/* The gradient of the last layer's bias, and the loss: fp32 rows. The layer's products are linear.c's. */
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
    mm_block_total(s);
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

/* Share of class k in the label of record i, or in its two labels if it is mixed. */
MM_DEVICE float label_share(const int32_t *labels, const int32_t *others, const float *shares, size_t i, size_t k)
{
    float own = k == (size_t)labels[i] ? 1.0f : 0.0f;
    if (!others)
        return own;
    return k == (size_t)others[i] ? shares[i] * own + (1 - shares[i]) : shares[i] * own;
}

MM_KERNEL void loss(size_t n, size_t classes, float smoothing, const float *logits, const int32_t *labels, const float *weights,
                    const int32_t *others, const float *shares, float *losses, float *p, float *dlogits)
{
    MM_EACH_THREAD(t)
    {
        size_t i = MM_BLOCK * MM_THREADS + t;
        if (i < n) {
            const float *row = logits + i * classes;
            float top = row[0], sum = 0, weight = weights[i], off = smoothing / (float)classes;
            float cross = 0; /* the sum of target times logit */
            for (size_t k = 1; k < classes; k++)
                top = row[k] > top ? row[k] : top;
            for (size_t k = 0; k < classes; k++)
                sum += expf(row[k] - top);
            for (size_t k = 0; k < classes; k++) {
                float v = expf(row[k] - top) / sum, target = (1 - smoothing) * label_share(labels, others, shares, i, k) + off;
                cross += target * (row[k] - top);
                p[i * classes + k] = v;
                dlogits[i * classes + k] = weight * (v - target);
            }
            losses[i] = weight * (logf(sum) - cross);
        }
    }
}

void mm_k_loss(mm_stream stream, size_t n, size_t classes, float smoothing, const float *logits, const int32_t *labels,
               const float *weights, const int32_t *others, const float *shares, float *losses, float *p, float *dlogits)
{
    MM_LAUNCH(loss, mm_blocks_for(n, 1), stream, n, classes, smoothing, logits, labels, weights, others, shares, losses, p, dlogits);
}
