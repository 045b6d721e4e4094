/* Operations on all trained weights at once: the optimisers, clipping, averages of weights, sums of gradients. */
#include "common/nn/plain/plain.h"

/* Writes a new weight, as bf16 too where the chunk asks for it. */
static void put_weight(const mm_chunk *chunk, size_t k, float *w, double value)
{
    w[chunk->at + k] = (float)value;
    if (chunk->bf16)
        plain_put(chunk->bf16, MM_BF16, k, (double)w[chunk->at + k]);
}

/* Kingma, Ba 2015; s: lr / (1 - b1^t), weight decay in the gradient, 1 - b1, b2, 1 - b2, 1 / sqrt(1 - b2^t), epsilon,
 * 1 - lr * decoupled weight decay */
int mm_plain_adam(const mm_op *op, void *const *args, void *scratch)
{
    float *w = args[0], *m = args[2], *v = args[3];
    const float *gradient = args[1];
    const mm_chunk *chunk = args[5];
    (void)scratch;
    for (size_t p = 0; p < op->desc.chunks; p++) {
        const float *s = (const float *)args[4] + chunk[p].part * MM_SCALARS;
        for (size_t k = 0; k < chunk[p].count; k++) {
            const size_t i = chunk[p].at + k;
            double kept = (double)s[7] * (double)w[i];
            double g = (double)gradient[i] + (double)s[1] * kept;
            double first = (double)m[i] + (double)s[2] * (g - (double)m[i]);
            double second = (double)s[3] * (double)v[i] + (double)s[4] * g * g;
            m[i] = (float)first;
            v[i] = (float)second;
            put_weight(&chunk[p], k, w, kept - (double)s[0] * first / (sqrt(second) * (double)s[5] + (double)s[6]));
        }
    }
    return 0;
}

/* s: lr, weight decay, momentum */
int mm_plain_sgd(const mm_op *op, void *const *args, void *scratch)
{
    float *w = args[0], *m = args[2];
    const float *gradient = args[1];
    const mm_chunk *chunk = args[4];
    (void)scratch;
    for (size_t p = 0; p < op->desc.chunks; p++) {
        const float *s = (const float *)args[3] + chunk[p].part * MM_SCALARS;
        for (size_t k = 0; k < chunk[p].count; k++) {
            const size_t i = chunk[p].at + k;
            double g = (double)gradient[i] + (double)s[1] * (double)w[i];
            double first = (double)s[2] * (double)m[i] + g;
            m[i] = (float)first;
            put_weight(&chunk[p], k, w, (double)w[i] - (double)s[0] * first);
        }
    }
    return 0;
}

int mm_plain_clip(const mm_op *op, void *const *args, void *scratch)
{
    float *g = args[0];
    const mm_chunk *chunk = args[1];
    double squares = 0;
    (void)scratch;
    for (size_t p = 0; p < op->desc.chunks; p++)
        for (size_t i = chunk[p].at; i < chunk[p].at + chunk[p].count; i++)
            squares += (double)g[i] * (double)g[i];
    const double factor = (double)op->desc.max_norm / (sqrt(squares) + 1e-6);
    for (size_t p = 0; p < op->desc.chunks; p++)
        for (size_t i = chunk[p].at; i < chunk[p].at + chunk[p].count; i++)
            g[i] = (float)((double)g[i] * (factor > 1 ? 1 : factor));
    return 0;
}

int mm_plain_lerp(const mm_op *op, void *const *args, void *scratch)
{
    const float *a = args[0];
    float *y = args[1];
    (void)scratch;
    for (size_t i = 0; i < op->desc.x.n; i++)
        y[i] = (float)((double)y[i] + (double)op->desc.rate * ((double)a[i] - (double)y[i]));
    return 0;
}

int mm_plain_sum(const mm_op *op, void *const *args, void *scratch)
{
    const float *a = args[0];
    float *y = args[1];
    const mm_chunk *chunk = args[2];
    (void)scratch;
    for (size_t p = 0; p < op->desc.chunks; p++)
        for (size_t i = chunk[p].at; i < chunk[p].at + chunk[p].count; i++)
            y[i] += a[i];
    return 0;
}
