/* What is done in fp32 on plain rows: the last layer, loss, optimiser, sums. */
#include "common/nn/cpu/kernels.h"

#include <math.h>
#include <string.h>

static int gemm(char a_trans, char b_trans, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                size_t ldb, float *c, size_t ldc, float beta, mm_error *error)
{
    return cpu_check(dnnl_sgemm(a_trans, b_trans, (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1, a, (dnnl_dim_t)lda, b,
                                (dnnl_dim_t)ldb, beta, c, (dnnl_dim_t)ldc), "matrix product", error);
}

static int run_fc(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t n = c->x.n, in = c->x.c, out = c->y.c;
    float *y = args[3];
    (void)d;
    (void)scratch;
    for (size_t i = 0; i < n; i++)
        memcpy(y + i * out, args[2], out * sizeof *y);
    return gemm('N', 'T', n, out, in, args[0], in, args[1], in, y, out, 1, error);
}

static int run_fc_dx(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t n = c->x.n, in = c->x.c, out = c->y.c;
    (void)d;
    (void)scratch;
    return gemm('N', 'N', n, in, out, args[0], out, args[1], in, args[2], in, 0, error);
}

static int run_fc_dw(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const size_t n = c->x.n, in = c->x.c, out = c->y.c;
    const float *dy = args[1];
    float *db = args[3];
    (void)d;
    (void)scratch;
    memset(db, 0, out * sizeof *db);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < out; o++)
            db[o] += dy[i * out + o];
    return gemm('T', 'N', out, in, n, dy, out, args[0], in, args[2], in, 0, error);
}

/* Share of class k in the label of record i, or in its two labels if it is mixed. */
static double label_share(const mm_op_desc *c, void *const *args, size_t i, size_t k)
{
    const double own = k == (size_t)((const int32_t *)args[1])[i];
    if (!c->mix)
        return own;
    const double other = k == (size_t)((const int32_t *)args[6])[i], share = (double)((const float *)args[7])[i];
    return share * own + (1 - share) * other;
}

static int run_loss(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const size_t n = op->base.desc.x.n, classes = op->base.desc.x.c;
    const float *logits = args[0], *weights = args[2];
    float *losses = args[3], *p = args[4], *dlogits = args[5];
    const double smoothing = op->base.desc.smoothing, other = smoothing / (double)classes;
    (void)d;
    (void)scratch;
    (void)error;
    for (size_t i = 0; i < n; i++, logits += classes, p += classes, dlogits += classes) {
        double top = logits[0], sum = 0;
        for (size_t k = 1; k < classes; k++)
            top = logits[k] > top ? logits[k] : top;
        for (size_t k = 0; k < classes; k++)
            sum += exp(logits[k] - top);
        double expected = 0; /* logit under the target distribution */
        for (size_t k = 0; k < classes; k++) {
            double probability = exp(logits[k] - top) / sum;
            double target = other + (1 - smoothing) * label_share(&op->base.desc, args, i, k);
            p[k] = (float)probability;
            dlogits[k] = (float)(weights[i] * (probability - target));
            expected += target * logits[k];
        }
        losses[i] = (float)(weights[i] * (top + log(sum) - expected));
    }
    return 0;
}

int cpu_prepare_dense(cpu_device *d, cpu_op *op, mm_error *error)
{
    (void)d;
    (void)error;
    switch (op->base.desc.kind) {
    case MM_OP_FC: op->run = run_fc; break;
    case MM_OP_FC_DX: op->run = run_fc_dx; break;
    case MM_OP_FC_DW: op->run = run_fc_dw; break;
    default: op->run = run_loss; break;
    }
    return 0;
}
