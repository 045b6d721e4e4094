/* The last layer and the loss, all fp32. x [N, C], w [K, C], b [K], y [N, K]. */
#include "common/nn/plain/plain.h"

int mm_plain_fc(const mm_op *op, void *const *args, void *scratch)
{
    const float *x = args[0], *w = args[1], *b = args[2];
    float *y = args[3];
    size_t N = op->desc.x.n, C = op->desc.x.c, K = op->desc.y.c;
    (void)scratch;
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < K; k++) {
            double sum = (double)b[k];
            for (size_t c = 0; c < C; c++)
                sum += (double)x[n * C + c] * (double)w[k * C + c];
            y[n * K + k] = (float)sum;
        }
    return 0;
}

int mm_plain_fc_dx(const mm_op *op, void *const *args, void *scratch)
{
    const float *dy = args[0], *w = args[1];
    float *dx = args[2];
    size_t N = op->desc.x.n, C = op->desc.x.c, K = op->desc.y.c;
    (void)scratch;
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            double sum = 0;
            for (size_t k = 0; k < K; k++)
                sum += (double)dy[n * K + k] * (double)w[k * C + c];
            dx[n * C + c] = (float)sum;
        }
    return 0;
}

int mm_plain_fc_dw(const mm_op *op, void *const *args, void *scratch)
{
    const float *x = args[0], *dy = args[1];
    float *dw = args[2], *db = args[3];
    size_t N = op->desc.x.n, C = op->desc.x.c, K = op->desc.y.c;
    (void)scratch;
    for (size_t k = 0; k < K; k++) {
        double bias = 0;
        for (size_t n = 0; n < N; n++)
            bias += (double)dy[n * K + k];
        db[k] = (float)bias;
        for (size_t c = 0; c < C; c++) {
            double sum = 0;
            for (size_t n = 0; n < N; n++)
                sum += (double)dy[n * K + k] * (double)x[n * C + c];
            dw[k * C + c] = (float)sum;
        }
    }
    return 0;
}

/* Share of class c in the label of record n, or in its two labels if it is mixed. */
static double label_share(const mm_op *op, void *const *args, size_t n, size_t c)
{
    const double own = c == (size_t)((const int32_t *)args[1])[n];
    if (!op->desc.mix)
        return own;
    const double other = c == (size_t)((const int32_t *)args[6])[n], share = (double)((const float *)args[7])[n];
    return share * own + (1 - share) * other;
}

/* p = softmax(logits), q = (1 - s) onehot(label) + s / C, loss = -weight sum q log p, dlogits = weight (p - q) */
int mm_plain_loss(const mm_op *op, void *const *args, void *scratch)
{
    const float *logits = args[0], *weights = args[2];
    float *losses = args[3], *p = args[4], *dlogits = args[5];
    size_t N = op->desc.x.n, C = op->desc.x.c;
    double s = (double)op->desc.smoothing;
    (void)scratch;
    for (size_t n = 0; n < N; n++, logits += C, p += C, dlogits += C) {
        double top = (double)logits[0], sum = 0, weight = (double)weights[n];
        for (size_t c = 1; c < C; c++)
            if ((double)logits[c] > top)
                top = (double)logits[c];
        for (size_t c = 0; c < C; c++)
            sum += exp((double)logits[c] - top);
        double loss = 0;
        for (size_t c = 0; c < C; c++) {
            double v = exp((double)logits[c] - top) / sum, q = label_share(op, args, n, c) * (1 - s) + s / (double)C;
            p[c] = (float)v;
            dlogits[c] = (float)(weight * (v - q));
            loss += q * (log(sum) + top - (double)logits[c]);
        }
        losses[n] = (float)(weight * loss);
    }
    return 0;
}
