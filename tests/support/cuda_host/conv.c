/* In place of common/nn/cuda/conv.c on machines without a card, for tests: convolutions as loops over what that file
 * would give to cuDNN (channels last and padded, fp32 or bf16, fp32 sums), so that everything around them is tested as it
 * is. Fusions of bias and relu alone are refused, as cuDNN may do, so that their own kernel is tested too. */
#include <stdlib.h>
#include <string.h>

#include "nn/cuda/cuda.h"
#include "nn/plain/plain.h"

struct cuda_conv {
    cuda_conv_desc desc;
};

int cuda_plans_open(cuda_device *d, mm_error *error) { return (void)d, (void)error, 0; }
void cuda_plans_close(cuda_device *d) { (void)d; }
size_t cuda_conv_workspace(const cuda_conv *conv) { return (void)conv, 0; }
void cuda_conv_free(cuda_conv *conv) { free(conv); }

int cuda_conv_new(cuda_device *d, const cuda_conv_desc *desc, cuda_conv **conv, mm_error *error)
{
    (void)d;
    if (desc->bias && desc->relu && !desc->add)
        return mm_fail(error, MM_FAILURE, "no such fusion");
    *conv = malloc(sizeof **conv);
    if (!*conv)
        return mm_fail(error, MM_FAILURE, "no memory");
    (*conv)->desc = *desc;
    return 0;
}

typedef struct {
    const cuda_conv_desc *c;
    mm_dtype type;
    double *sums; /* of the tensor that is computed */
} work;

/* Calls all products x[n, h, w, i] w[o, r, s, i] -> y[n, p, q, o]. */
static void each(const work *k, void (*f)(const work *, size_t x, size_t w, size_t y, void *), void *context)
{
    const cuda_conv_desc *c = k->c;
    for (size_t y = 0; y < c->n * c->p * c->q; y++)
        for (size_t r = 0; r < c->kernel; r++)
            for (size_t s = 0; s < c->kernel; s++) {
                size_t h = y / c->q % c->p * c->stride + r - c->pad, v = y % c->q * c->stride + s - c->pad;
                if (h >= c->h || v >= c->w)
                    continue;
                size_t x = (y / c->q / c->p * c->h + h) * c->w + v;
                for (size_t o = 0; o < c->out; o++)
                    for (size_t i = 0; i < c->c; i++)
                        f(k, x * c->c + i, ((o * c->kernel + r) * c->kernel + s) * c->c + i, y * c->out + o, context);
            }
}

static void forward(const work *k, size_t x, size_t w, size_t y, void *at)
{
    void *const *a = at;
    k->sums[y] += plain_get(a[0], k->type, x) * plain_get(a[1], k->type, w);
}
static void data(const work *k, size_t x, size_t w, size_t y, void *at)
{
    void *const *a = at;
    k->sums[x] += plain_get(a[2], k->type, y) * plain_get(a[1], k->type, w);
}
static void weight(const work *k, size_t x, size_t w, size_t y, void *at)
{
    void *const *a = at;
    k->sums[w] += plain_get(a[0], k->type, x) * plain_get(a[2], k->type, y);
}

int cuda_conv_run(cuda_device *d, cuda_conv *conv, void *x, void *w, void *y, void *bias, void *addend, void *workspace,
                  mm_error *error)
{
    const cuda_conv_desc *c = &conv->desc;
    void *at[3] = {x, w, y};
    size_t kind = c->kind == MM_OP_CONV ? 2 : c->kind == MM_OP_CONV_DX ? 0 : 1;
    const size_t counts[3] = {c->n * c->c * c->h * c->w, c->out * c->c * c->kernel * c->kernel, c->n * c->out * c->p * c->q};
    work k = {c, c->bf16 ? MM_BF16 : MM_F32, calloc(counts[kind], sizeof(double))};
    (void)d;
    (void)workspace;
    if (!k.sums)
        return mm_fail(error, MM_FAILURE, "no memory");
    each(&k, kind == 2 ? forward : kind == 0 ? data : weight, at);
    for (size_t i = 0; i < counts[kind]; i++) {
        double v = k.sums[i];
        if (c->bias)
            v += (double)((const float *)bias)[i % c->out];
        if (c->add)
            v += plain_get(addend, k.type, i);
        plain_put(at[kind], k.type, i, c->relu && v < 0 ? 0 : v);
    }
    free(k.sums);
    return 0;
}
