/* Operations on all trained weights at once: the optimisers, clipping, averages of weights, sums of gradients. Threads share the chunks.
 * No copy of weights lies as they do (mm_backend.casts), so none is written here. */
#include <math.h>

#include "common/nn/cpu/kernels.h"

static const float *scalars_of(const mm_chunk *chunk, const void *s) { return (const float *)s + chunk->part * MM_SCALARS; }

static int run_adam(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_chunk *chunk = args[5];
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < op->base.desc.chunks; i++)
        d->kernels->adam(args[0], args[1], args[2], args[3], scalars_of(&chunk[i], args[4]), chunk[i].at, chunk[i].at + chunk[i].count);
    return 0;
}

static int run_sgd(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_chunk *chunk = args[4];
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < op->base.desc.chunks; i++)
        d->kernels->sgd(args[0], args[1], args[2], scalars_of(&chunk[i], args[3]), chunk[i].at, chunk[i].at + chunk[i].count);
    return 0;
}

static double squares_of(const float *g, const mm_chunk *chunk)
{
    double sum = 0;
    for (size_t i = chunk->at; i < chunk->at + chunk->count; i++)
        sum += (double)g[i] * (double)g[i];
    return sum;
}

/* The sums of the chunks are added up in their order, so the norm is the same for any number of threads. */
static int run_clip(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    float *g = args[0];
    const mm_chunk *chunk = args[1];
    const size_t n = op->base.desc.chunks;
    double *squares = (double *)(void *)scratch, all = 0;
    (void)d;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        squares[i] = squares_of(g, &chunk[i]);
    for (size_t i = 0; i < n; i++)
        all += squares[i];
    const float factor = (float)(op->base.desc.max_norm / (sqrt(all) + 1e-6));
    if (factor >= 1)
        return 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        for (size_t k = chunk[i].at; k < chunk[i].at + chunk[i].count; k++)
            g[k] *= factor;
    return 0;
}

static int run_lerp(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const float *a = args[0], rate = op->base.desc.rate;
    float *y = args[1];
    (void)d;
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < op->base.desc.x.n; i++)
        y[i] += rate * (a[i] - y[i]);
    return 0;
}

static int run_sum(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_chunk *chunk = args[2];
    (void)scratch;
    (void)error;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < op->base.desc.chunks; i++)
        d->kernels->add(args[0], args[1], args[1], chunk[i].at, chunk[i].at + chunk[i].count, false);
    return 0;
}

int cpu_prepare_update(cpu_device *d, cpu_op *op, mm_error *error)
{
    (void)d;
    (void)error;
    switch (op->base.desc.kind) {
    case MM_OP_ADAM: op->run = run_adam; break;
    case MM_OP_SGD: op->run = run_sgd; break;
    case MM_OP_CLIP:
        op->run = run_clip;
        op->base.scratch_bytes = op->base.desc.chunks * sizeof(double);
        break;
    case MM_OP_LERP: op->run = run_lerp; break;
    default: op->run = run_sum; break;
    }
    return 0;
}
