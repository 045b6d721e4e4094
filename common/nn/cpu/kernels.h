/* The speed-critical loops of the CPU backend, compiled for several instruction sets.
 *
 * kernels_body.h holds them once. Each kernels_*.c includes it with the compiler set to one instruction set, and the device takes
 * the best table that the processor can run. All do the same operations in the same order, without contraction of products and
 * sums, so the bits do not depend on the choice. */
#ifndef MM_NN_CPU_KERNELS_H
#define MM_NN_CPU_KERNELS_H

#include "common/nn/cpu/cpu.h"

/* Sixteen lanes at once; compilers split them if registers are shorter. They are passed by address, because the registers for
 * them depend on the instruction set. */
typedef float cpu_vec __attribute__((vector_size(64)));
typedef uint32_t cpu_vec_u __attribute__((vector_size(64)));
typedef int32_t cpu_vec_i __attribute__((vector_size(64)));
typedef uint16_t cpu_vec_h __attribute__((vector_size(32)));
typedef float cpu_vec_any __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t cpu_vec_h_any __attribute__((vector_size(32), aligned(2), may_alias));

/* Sums over one tile of one image. */
typedef struct cpu_sums {
    double a[16], b[16];
} cpu_sums;

/* One tile of one image of a batch norm. Addresses are of whole tensors; element `at` is the tile's first. */
typedef struct cpu_tile {
    const void *x, *addend, *dy, *dy2;
    void *y, *dx, *daddend;
    uint16_t *bits; /* of this tile: which outputs were positive and below the limit; or NULL */
    size_t lanes, positions, step, at;
    float mean[16], scale[16], beta[16], p[16], q[16];
    bool relu, bf16;
    float limit; /* with relu: the largest output */
} cpu_tile;

/* One tile of one image of a depthwise convolution's weight gradient. */
typedef struct cpu_taps {
    const void *x, *dy;       /* whole tensors; their elements x_at and dy_at are the tile's first */
    size_t x_at, dy_at, step, lanes;
    size_t h, w, p, q;        /* rows and columns of x and of dy */
    size_t kernel, stride, top, left;
    bool bf16;
    float *rows;              /* room for `kernel` rows of (q - 1) stride + kernel positions, 16 lanes each */
    double *sums;             /* [kernel kernel + 1][16]: the taps', then that of dy */
} cpu_taps;

/* A table of the loops. */
struct cpu_kernels {
    /* a += sum (x - mean), b += sum (x - mean)^2 */
    void (*stats)(const cpu_tile *t, cpu_sums *s);
    /* y = (x - mean) scale + beta + addend, relu; sets bits */
    void (*apply)(const cpu_tile *t);
    /* g = (dy + dy2) where the output was positive and below the limit; a += sum g, b += sum g (x - mean); daddend = g */
    void (*reduce)(const cpu_tile *t, cpu_sums *s);
    /* dx = (g - p - (x - mean) q) scale, with g from daddend if that is set */
    void (*backward)(const cpu_tile *t);
    /* sums = the sum of dy x over all positions for each tap, and of dy */
    void (*taps)(const cpu_taps *t);
    /* y = a + b for elements first .. last-1 */
    void (*add)(const void *a, const void *b, void *y, size_t first, size_t last, bool bf16);
    /* y = max(0, x), at most limit, and dx = dy where 0 < y < limit, for elements first .. last-1 */
    void (*relu)(const void *x, void *y, size_t first, size_t last, float limit, bool bf16);
    void (*relu_dx)(const void *dy, const void *y, void *dx, size_t first, size_t last, float limit, bool bf16);
    /* y = 1 / (1 + exp(-x)), and dx = dy y (1 - y), for elements first .. last-1 */
    void (*sigmoid)(const void *x, void *y, size_t first, size_t last, bool bf16);
    void (*sigmoid_dx)(const void *dy, const void *y, void *dx, size_t first, size_t last, bool bf16);
    /* MM_OP_ADAM and MM_OP_SGD for elements first .. last-1 of one part, whose scalars are s */
    void (*adam)(float *w, const float *g, float *m, float *v, const float *s, size_t first, size_t last);
    void (*sgd)(float *w, const float *g, float *m, const float *s, size_t first, size_t last);
};

extern const cpu_kernels cpu_kernels_base;
#ifdef __x86_64__
extern const cpu_kernels cpu_kernels_avx2, cpu_kernels_avx512;
#endif

#endif
