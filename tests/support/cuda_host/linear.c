/* In place of common/nn/cuda/linear.c on machines without a card, for tests: fully connected layers as loops over what that
 * file gives to cuBLASLt. */
#include <stdlib.h>
#include <string.h>

#include "common/nn/cuda/cuda.h"
#include "tests/support/cuda_host/record.h"

struct cuda_linear {
    mm_op_kind kind;
    size_t n, in, out;
    cuda_linear *next;
};

struct cuda_linears {
    cuda_linear *first;
};

int cuda_linears_open(cuda_device *d, mm_error *error)
{
    d->linears = calloc(1, sizeof *d->linears);
    return d->linears ? 0 : mm_no_memory(error);
}

void cuda_linears_close(cuda_device *d)
{
    for (cuda_linear *l = d->linears ? d->linears->first : NULL, *next; l; l = next) {
        next = l->next;
        free(l);
    }
    free(d->linears);
}

int cuda_linear_get(cuda_device *d, mm_op_kind kind, size_t n, size_t in, size_t out, cuda_linear **linear, mm_error *error)
{
    cuda_linear *l = *linear = d->linears ? calloc(1, sizeof *l) : NULL;
    if (!d->linears) /* a device that is none */
        return 0;
    if (!l)
        return mm_no_memory(error);
    *l = (cuda_linear){kind, n, in, out, d->linears->first};
    d->linears->first = l;
    return 0;
}

typedef struct product {
    cuda_linear shape;
    const float *a, *b, *bias;
    float *c, *workspace;
} product;

/* a: w, w or x; b: x, dy or dy; c: y, dx or dw. */
static void multiply(void *work)
{
    const product *p = work;
    const cuda_linear *l = &p->shape;
    const bool dw = l->kind == MM_OP_FC_DW, dx = l->kind == MM_OP_FC_DX;
    const size_t rows = dw ? l->out : l->n, columns = l->kind == MM_OP_FC ? l->out : l->in, sum = dw ? l->n : dx ? l->out : l->in;
    memset(p->workspace, 0x5a, 4096); /* whoever counts on what lies there shall notice */
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns; k++) {
            double v = p->bias ? (double)p->bias[k] : 0;
            for (size_t s = 0; s < sum; s++)
                v += dw   ? (double)p->b[s * l->out + r] * (double)p->a[s * l->in + k]
                     : dx ? (double)p->b[r * l->out + s] * (double)p->a[s * l->in + k]
                          : (double)p->b[r * l->in + s] * (double)p->a[k * l->in + s];
            p->c[r * columns + k] = (float)v;
        }
}

int cuda_linear_run(cuda_device *d, cuda_linear *l, const void *a, const void *b, const void *bias, void *c, void *workspace,
                    mm_error *error)
{
    product *p = malloc(sizeof *p);
    (void)d;
    if (!p)
        return mm_no_memory(error);
    *p = (product){*l, a, b, bias, c, workspace};
    mm_host_do(multiply, free, p);
    return 0;
}
