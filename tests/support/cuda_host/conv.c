/* In place of common/nn/cuda/conv.c on machines without a card, for tests: convolutions as loops over what that file
 * would give to cuDNN (channels last and padded, fp32 or bf16, fp32 sums), so that everything around them is tested as it
 * is. Fusions of bias and relu alone are refused, as cuDNN may do, so that their own kernel is tested too. */
#include <stdlib.h>
#include <string.h>

#include "common/nn/cuda/cuda.h"
#include "common/nn/plain/plain.h"
#include "tests/support/cuda_host/record.h"

struct cuda_conv {
    cuda_conv_desc desc;
};

int cuda_plans_open(cuda_device *d, mm_error *error) { return (void)d, (void)error, 0; }
int cuda_plans_imagine(cuda_device *d, mm_error *error) { return (void)d, (void)error, 0; }
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
        return mm_no_memory(error);
    (*conv)->desc = *desc;
    return 0;
}

/* The sums of one tap: x[c], w[out][taps][c / groups], y[out]; which of them is the result is told by kind. */
static void tap(const cuda_conv_desc *c, double *x, double *w, double *y)
{
    const size_t each = c->c / c->groups, row = c->kernel * c->kernel * each;
    for (size_t o = 0; o < c->out; o++) {
        double *own = x + o / (c->out / c->groups) * each;
        for (size_t i = 0; i < each; i++)
            switch (c->kind) {
            case MM_OP_CONV: y[o] += own[i] * w[o * row + i]; break;
            case MM_OP_CONV_DX: own[i] += y[o] * w[o * row + i]; break;
            default: w[o * row + i] += own[i] * y[o];
            }
    }
}

static void all_taps(const cuda_conv_desc *c, double *x, double *w, double *y)
{
    for (size_t at = 0; at < c->n * c->p * c->q; at++)
        for (size_t r = 0; r < c->kernel; r++)
            for (size_t s = 0; s < c->kernel; s++) {
                size_t h = at / c->q % c->p * c->stride + r - c->before[0], v = at % c->q * c->stride + s - c->before[1];
                if (h < c->h && v < c->w) /* wraps in the padding */
                    tap(c, x + ((at / c->q / c->p * c->h + h) * c->w + v) * c->c, w + (r * c->kernel + s) * (c->c / c->groups),
                        y + at * c->out);
            }
}

typedef struct run {
    cuda_conv_desc desc;
    void *at[3], *bias, *addend;
} run;

static void run_conv(void *work)
{
    const run *r = work;
    const cuda_conv_desc *c = &r->desc;
    mm_dtype type = c->bf16 ? MM_BF16 : MM_F32;
    const size_t count[3] = {c->n * c->c * c->h * c->w, c->out * (c->c / c->groups) * c->kernel * c->kernel, c->n * c->out * c->p * c->q};
    size_t result = c->kind == MM_OP_CONV ? 2 : c->kind == MM_OP_CONV_DX ? 0 : 1;
    double *wide[3];
    for (size_t t = 0; t < 3; t++) {
        wide[t] = calloc(count[t], sizeof(double));
        if (!wide[t])
            abort();
        for (size_t i = 0; t != result && i < count[t]; i++)
            wide[t][i] = plain_get(r->at[t], type, i);
    }
    all_taps(c, wide[0], wide[1], wide[2]);
    for (size_t i = 0; i < count[result]; i++) {
        double v = wide[result][i];
        if (c->bias)
            v += (double)((const float *)r->bias)[i % c->out];
        if (c->add)
            v += plain_get(r->addend, type, i);
        plain_put(r->at[result], type, i, c->relu ? plain_relu(&(mm_op_desc){.limit = c->limit}, v) : v);
    }
    for (size_t t = 0; t < 3; t++)
        free(wide[t]);
}

int cuda_conv_run(cuda_device *d, cuda_conv *conv, void *x, void *w, void *y, void *bias, void *addend, void *workspace,
                  mm_error *error)
{
    run *r = malloc(sizeof *r);
    (void)d;
    (void)workspace;
    if (!r)
        return mm_no_memory(error);
    *r = (run){conv->desc, {x, w, y}, bias, addend};
    mm_host_do(run_conv, free, r);
    return 0;
}
