/* Batch norm (Ioffe, Szegedy 2015) with addend and relu, and its gradient. All tensors [N, C, H, W]; M = N H W numbers a
 * channel. */
#include "common/nn/plain/plain.h"

/* What forward leaves for backward, at `saved`. */
typedef struct {
    double *mean, *scale;    /* [C]: of the batch (or the running ones), 1 / sqrt(variance + epsilon) */
    unsigned char *alive; /* [N, C, H, W]: positive and below the limit */
} kept;

static kept look(const mm_op_desc *d, void *saved)
{
    double *mean = saved;
    return (kept){mean, mean + d->x.c, (unsigned char *)(mean + 2 * d->x.c)};
}

/* Index of the k-th of M numbers of channel c. */
static size_t at(const mm_op_desc *d, size_t c, size_t k)
{
    size_t plane = d->x.h * d->x.w;
    return (k / plane * d->x.c + c) * plane + k % plane;
}

/* y = relu(gamma (x - mean) / sqrt(var + epsilon) + beta + addend) */
int mm_plain_norm(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *x = args[0], *addend = args[5];
    const float *gamma = args[1], *beta = args[2];
    float *running_mean = args[3], *running_var = args[4];
    void *y = args[6];
    size_t M = d->x.n * d->x.h * d->x.w;
    (void)scratch;
    for (size_t c = 0; c < d->x.c; c++) {
        double mean = (double)running_mean[c], var = (double)running_var[c];
        if (!d->fixed) {
            double momentum = (double)d->momentum;
            mean = var = 0;
            for (size_t k = 0; k < M; k++)
                mean += plain_get(x, d->dtype, at(d, c, k));
            mean /= (double)M;
            for (size_t k = 0; k < M; k++) {
                double off = plain_get(x, d->dtype, at(d, c, k)) - mean;
                var += off * off;
            }
            var /= (double)M;
            double unbiased = M > 1 ? var * (double)M / (double)(M - 1) : var;
            running_mean[c] = (float)((1 - momentum) * (double)running_mean[c] + momentum * mean);
            running_var[c] = (float)((1 - momentum) * (double)running_var[c] + momentum * unbiased);
        }
        double scale = 1 / sqrt(var + (double)d->epsilon);
        for (size_t k = 0; k < M; k++) {
            size_t i = at(d, c, k);
            double v = (plain_get(x, d->dtype, i) - mean) * scale * (double)gamma[c] + (double)beta[c];
            if (d->add)
                v += plain_get(addend, d->dtype, i);
            if (d->keep)
                look(d, args[7]).alive[i] = v > 0 && v < (double)mm_op_limit(d);
            plain_put(y, d->dtype, i, d->relu ? plain_relu(d, v) : v);
        }
        if (d->keep) {
            look(d, args[7]).mean[c] = mean;
            look(d, args[7]).scale[c] = scale;
        }
    }
    return 0;
}

/* With z = (x - mean) scale and g the gradient of the sum before relu:
 *   dbeta = sum g, dgamma = sum g z, dx = gamma scale (g - dbeta / M - z dgamma / M)      (statistics of the batch)
 *                                    dx = gamma scale g                                   (fixed) */
int mm_plain_norm_dx(const mm_op *op, void *const *args, void *scratch)
{
    const mm_op_desc *d = &op->desc;
    const void *dy = args[0], *dy2 = args[1], *x = args[2];
    const float *gamma = args[4], *running_mean = args[5], *running_var = args[6];
    void *dx = args[7], *daddend = args[8];
    float *dgamma = args[9], *dbeta = args[10];
    double *g = scratch;
    size_t M = d->x.n * d->x.h * d->x.w;
    kept saved = look(d, args[3]);
    for (size_t i = 0; i < plain_count(d->x); i++) {
        g[i] = plain_get(dy, d->dtype, i) + (d->two ? plain_get(dy2, d->dtype, i) : 0);
        if (d->relu && !saved.alive[i])
            g[i] = 0;
    }
    for (size_t c = 0; c < d->x.c; c++) {
        double mean = d->fixed ? (double)running_mean[c] : saved.mean[c], sum = 0, sum_z = 0;
        double scale = d->fixed ? 1 / sqrt((double)running_var[c] + (double)d->epsilon) : saved.scale[c];
        for (size_t k = 0; k < M; k++) {
            size_t i = at(d, c, k);
            sum += g[i];
            sum_z += g[i] * (plain_get(x, d->dtype, i) - mean) * scale;
        }
        for (size_t k = 0; k < M; k++) {
            size_t i = at(d, c, k);
            double z = (plain_get(x, d->dtype, i) - mean) * scale;
            double v = d->fixed ? g[i] : g[i] - sum / (double)M - z * sum_z / (double)M;
            plain_put(dx, d->dtype, i, v * scale * (double)gamma[c]);
        }
        if (d->parameters) {
            dgamma[c] = (float)sum_z;
            dbeta[c] = (float)sum;
        }
    }
    for (size_t i = 0; i < plain_count(d->x) && d->add; i++)
        plain_put(daddend, d->dtype, i, g[i]);
    return 0;
}
