/* The loops of kernels.h. One file for each instruction set includes this one and defines CPU_KERNELS as the table's name. */
#include "common/nn/cpu/kernels.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 512 }; /* positions summed in fp32 */

#define MM_INLINE static inline __attribute__((always_inline))

MM_INLINE void load(cpu_vec *v, const void *p, size_t at, size_t lanes, bool bf16)
{
    if (lanes == 16 && bf16) {
        cpu_vec_h h = *(const cpu_vec_h_any *)((const uint16_t *)p + at);
        *v = (cpu_vec)(__builtin_convertvector(h, cpu_vec_u) << 16);
    } else if (lanes == 16) {
        *v = *(const cpu_vec_any *)((const float *)p + at);
    } else {
        *v = (cpu_vec){0};
        for (size_t l = 0; l < lanes; l++)
            (*v)[l] = bf16 ? cpu_from_bf16(((const uint16_t *)p)[at + l]) : ((const float *)p)[at + l];
    }
}

MM_INLINE void store(const cpu_vec *v, void *p, size_t at, size_t lanes, bool bf16)
{
    if (lanes == 16 && bf16) {
        cpu_vec_u u = (cpu_vec_u)*v;
        cpu_vec_u rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16, quiet = u >> 16 | 0x40;
        cpu_vec_u nan = (cpu_vec_u)(*v != *v);
        *(cpu_vec_h_any *)((uint16_t *)p + at) = __builtin_convertvector((quiet & nan) | (rounded & ~nan), cpu_vec_h);
    } else if (lanes == 16) {
        *(cpu_vec_any *)((float *)p + at) = *v;
    } else {
        for (size_t l = 0; l < lanes; l++)
            if (bf16)
                ((uint16_t *)p)[at + l] = cpu_to_bf16((*v)[l]);
            else
                ((float *)p)[at + l] = (*v)[l];
    }
}

MM_INLINE void get(cpu_vec *v, const float *lanes) { memcpy(v, lanes, sizeof *v); }

/* v where m is all ones, 0 where it is zero */
MM_INLINE void keep_where(cpu_vec *v, const cpu_vec_i *m) { *v = (cpu_vec)((cpu_vec_i)*v & *m); }

typedef signed char vec_bytes __attribute__((vector_size(16)));

/* a = sum (x - mean), b = sum (x - mean)^2, with `mean` near the true one */
MM_INLINE void stats_body(const cpu_tile *t, cpu_sums *out, size_t lanes, bool bf16)
{
    cpu_vec mean;
    get(&mean, t->mean);
    const void *x = t->x;
    for (size_t first = 0; first < t->positions; first += CHUNK) {
        size_t last = first + CHUNK < t->positions ? first + CHUNK : t->positions;
        cpu_vec a[2] = {{0}}, b[2] = {{0}};
        for (size_t i = first; i < last; i++) {
            cpu_vec v;
            load(&v, x, t->at + i * t->step, lanes, bf16);
            v -= mean;
            a[i & 1] += v;
            b[i & 1] += v * v;
        }
        a[0] += a[1];
        b[0] += b[1];
        for (size_t l = 0; l < lanes; l++) {
            out->a[l] += (double)a[0][l];
            out->b[l] += (double)b[0][l];
        }
    }
}

/* Bit l is set where lane l of m is. The product moves the lowest bit of byte k to bit 56 + k. */
MM_INLINE uint16_t pack(const cpu_vec_i *m)
{
    union { vec_bytes b; uint64_t u[2]; } x = {.b = __builtin_convertvector(*m, vec_bytes) & 1};
    const uint64_t gather = 0x0102040810204080;
    return (uint16_t)(x.u[0] * gather >> 56 | x.u[1] * gather >> 56 << 8);
}

MM_INLINE void apply_body(const cpu_tile *t, size_t lanes, bool bf16)
{
    const cpu_vec zero = {0};
    cpu_vec mean, scale, beta;
    get(&mean, t->mean);
    get(&scale, t->scale);
    get(&beta, t->beta);
    const void *x = t->x, *addend = t->addend;
    const bool relu = t->relu;
    uint16_t *bits = t->bits;
    for (size_t i = 0; i < t->positions; i++) {
        size_t at = t->at + i * t->step;
        cpu_vec v;
        load(&v, x, at, lanes, bf16);
        v = (v - mean) * scale + beta;
        if (addend) {
            cpu_vec a;
            load(&a, addend, at, lanes, bf16);
            v += a;
        }
        if (relu) {
            cpu_vec_i alive = ~(v <= zero); /* NaN stays */
            if (bits)
                bits[i] = pack(&alive);
            keep_where(&v, &alive);
        }
        store(&v, t->y, at, lanes, bf16);
    }
}

/* g = (dy + dy2) where the output was positive; v = x - mean */
MM_INLINE void gradient(cpu_vec *g, const cpu_vec *v, const cpu_tile *t, size_t i, size_t lanes, bool bf16, bool relu,
                        const uint16_t *bits, const void *dy2)
{
    const cpu_vec_i powers = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    size_t at = t->at + i * t->step;
    load(g, t->dy, at, lanes, bf16);
    if (dy2) {
        cpu_vec other;
        load(&other, dy2, at, lanes, bf16);
        *g += other;
    }
    if (relu && bits) {
        cpu_vec_i m = (((cpu_vec_i){0} + (int32_t)bits[i]) & powers) != 0;
        keep_where(g, &m);
    } else if (relu) {
        cpu_vec scale, beta;
        get(&scale, t->scale);
        get(&beta, t->beta);
        cpu_vec_i m = *v * scale + beta > (cpu_vec){0};
        keep_where(g, &m);
    }
}

/* a = sum g, b = sum g (x - mean); g also goes to daddend */
MM_INLINE void reduce_body(const cpu_tile *t, cpu_sums *out, size_t lanes, bool bf16)
{
    cpu_vec mean;
    get(&mean, t->mean);
    const void *x = t->x, *dy2 = t->dy2;
    void *daddend = t->daddend;
    const uint16_t *bits = t->bits;
    const bool relu = t->relu;
    for (size_t first = 0; first < t->positions; first += CHUNK) {
        size_t last = first + CHUNK < t->positions ? first + CHUNK : t->positions;
        cpu_vec s[2] = {{0}}, q[2] = {{0}};
        for (size_t i = first; i < last; i++) {
            cpu_vec v, g;
            load(&v, x, t->at + i * t->step, lanes, bf16);
            v -= mean;
            gradient(&g, &v, t, i, lanes, bf16, relu, bits, dy2);
            if (daddend)
                store(&g, daddend, t->at + i * t->step, lanes, bf16);
            s[i & 1] += g;
            q[i & 1] += g * v;
        }
        s[0] += s[1];
        q[0] += q[1];
        for (size_t l = 0; l < lanes; l++) {
            out->a[l] += (double)s[0][l];
            out->b[l] += (double)q[0][l];
        }
    }
}

/* dx = (g - p - (x - mean) q) scale, g from daddend where it was written */
MM_INLINE void dx_body(const cpu_tile *t, size_t lanes, bool bf16)
{
    cpu_vec mean, p, q, scale;
    get(&mean, t->mean);
    get(&p, t->p);
    get(&q, t->q);
    get(&scale, t->scale);
    const void *x = t->x, *g0 = t->daddend, *dy2 = t->dy2;
    const uint16_t *bits = t->bits;
    const bool relu = t->relu;
    for (size_t i = 0; i < t->positions; i++) {
        size_t at = t->at + i * t->step;
        cpu_vec v, g;
        load(&v, x, at, lanes, bf16);
        v -= mean;
        if (g0)
            load(&g, g0, at, lanes, bf16);
        else
            gradient(&g, &v, t, i, lanes, bf16, relu, bits, dy2);
        v = (g - p - v * q) * scale;
        store(&v, t->dx, at, lanes, bf16);
    }
}

/* The bodies for the cases that matter. */
static void stats(const cpu_tile *t, cpu_sums *s)
{
    if (t->lanes == 16 && t->bf16)
        stats_body(t, s, 16, true);
    else if (t->lanes == 16)
        stats_body(t, s, 16, false);
    else
        stats_body(t, s, t->lanes, t->bf16);
}

static void apply(const cpu_tile *t)
{
    if (t->lanes == 16 && t->bf16)
        apply_body(t, 16, true);
    else if (t->lanes == 16)
        apply_body(t, 16, false);
    else
        apply_body(t, t->lanes, t->bf16);
}

static void reduce(const cpu_tile *t, cpu_sums *s)
{
    if (t->lanes == 16 && t->bf16)
        reduce_body(t, s, 16, true);
    else if (t->lanes == 16)
        reduce_body(t, s, 16, false);
    else
        reduce_body(t, s, t->lanes, t->bf16);
}

static void backward(const cpu_tile *t)
{
    if (t->lanes == 16 && t->bf16)
        dx_body(t, 16, true);
    else if (t->lanes == 16)
        dx_body(t, 16, false);
    else
        dx_body(t, t->lanes, t->bf16);
}

/* What is done to `lanes` numbers at `at`: a, b -> y. */
typedef void elementwise(const void *a, const void *b, void *y, size_t at, size_t lanes, bool bf16);

/* Elements first .. last-1, sixteen at a time. */
MM_INLINE void over(elementwise *body, const void *a, const void *b, void *y, size_t first, size_t last, bool bf16)
{
    size_t i = first;
    for (; i + 16 <= last; i += 16)
        body(a, b, y, i, 16, bf16);
    if (i < last)
        body(a, b, y, i, last - i, bf16);
}

MM_INLINE void add_body(const void *a, const void *b, void *y, size_t at, size_t lanes, bool bf16)
{
    cpu_vec u, v;
    load(&u, a, at, lanes, bf16);
    load(&v, b, at, lanes, bf16);
    u += v;
    store(&u, y, at, lanes, bf16);
}

static void add(const void *a, const void *b, void *y, size_t first, size_t last, bool bf16)
{
    over(add_body, a, b, y, first, last, bf16);
}

MM_INLINE void relu_body(const void *x, const void *none, void *y, size_t at, size_t lanes, bool bf16)
{
    (void)none;
    cpu_vec v;
    load(&v, x, at, lanes, bf16);
    cpu_vec_i alive = ~(v <= (cpu_vec){0}); /* NaN stays */
    keep_where(&v, &alive);
    store(&v, y, at, lanes, bf16);
}

static void relu(const void *x, void *y, size_t first, size_t last, bool bf16)
{
    over(relu_body, x, NULL, y, first, last, bf16);
}

MM_INLINE void relu_dx_body(const void *dy, const void *y, void *dx, size_t at, size_t lanes, bool bf16)
{
    cpu_vec g, v;
    load(&g, dy, at, lanes, bf16);
    load(&v, y, at, lanes, bf16);
    cpu_vec_i alive = v > (cpu_vec){0};
    keep_where(&g, &alive);
    store(&g, dx, at, lanes, bf16);
}

static void relu_dx(const void *dy, const void *y, void *dx, size_t first, size_t last, bool bf16)
{
    over(relu_dx_body, dy, y, dx, first, last, bf16);
}

/* v = exp(v) within 2 units in the last place, as Cephes' expf: v = n ln 2 + r, and 2^n times a polynomial in r. NaN stays. */
MM_INLINE void exponential(cpu_vec *v)
{
    static const float coefficient[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f,
                                        5.0000001201e-1f};
    const cpu_vec zero = {0}, most = zero + 88, least = zero - 87;
    const cpu_vec_i above = *v > most, below = *v < least;
    cpu_vec x = (cpu_vec)(((cpu_vec_i)*v & ~above & ~below) | ((cpu_vec_i)most & above) | ((cpu_vec_i)least & below));
    const cpu_vec half = (cpu_vec)(((cpu_vec_i)x & INT32_MIN) | (cpu_vec_i)(zero + 0.5f)); /* with the sign of x */
    const cpu_vec_i n = __builtin_convertvector(x * 1.44269504f + half, cpu_vec_i);
    const cpu_vec whole = __builtin_convertvector(n, cpu_vec);
    x = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    cpu_vec y = zero + coefficient[0];
    for (size_t i = 1; i < sizeof coefficient / sizeof *coefficient; i++)
        y = y * x + coefficient[i];
    *v = (y * x * x + x + 1) * (cpu_vec)((n + 127) << 23);
}

MM_INLINE void sigmoid_body(const void *x, const void *none, void *y, size_t at, size_t lanes, bool bf16)
{
    (void)none;
    cpu_vec v;
    load(&v, x, at, lanes, bf16);
    v = -v;
    exponential(&v);
    v = 1 / (1 + v);
    store(&v, y, at, lanes, bf16);
}

static void sigmoid(const void *x, void *y, size_t first, size_t last, bool bf16)
{
    over(sigmoid_body, x, NULL, y, first, last, bf16);
}

MM_INLINE void sigmoid_dx_body(const void *dy, const void *y, void *dx, size_t at, size_t lanes, bool bf16)
{
    cpu_vec g, v;
    load(&g, dy, at, lanes, bf16);
    load(&v, y, at, lanes, bf16);
    g = g * v * (1 - v);
    store(&g, dx, at, lanes, bf16);
}

static void sigmoid_dx(const void *dy, const void *y, void *dx, size_t first, size_t last, bool bf16)
{
    over(sigmoid_dx_body, dy, y, dx, first, last, bf16);
}

static void adam(float *w, const float *g, float *m, float *v, const float *s, size_t first, size_t last)
{
    const float step = s[0], decay = s[1], c1 = s[2], b2 = s[3], c2 = s[4], root = s[5], epsilon = s[6];
    for (size_t i = first; i < last; i++) {
        float d = g[i] + decay * w[i];
        m[i] += c1 * (d - m[i]);
        v[i] = b2 * v[i] + c2 * d * d;
        w[i] -= step * m[i] / (sqrtf(v[i]) * root + epsilon);
    }
}

const cpu_kernels CPU_KERNELS = {stats, apply, reduce, backward, add, relu, relu_dx, sigmoid, sigmoid_dx, adam};
