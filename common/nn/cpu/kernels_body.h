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
            (*v)[l] = cpu_get(p, at + l, bf16);
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
            cpu_put(p, at + l, bf16, (*v)[l]);
    }
}

MM_INLINE void get(cpu_vec *v, const float *lanes) { memcpy(v, lanes, sizeof *v); }

/* v where m is all ones, 0 where it is zero */
MM_INLINE void keep_where(cpu_vec *v, const cpu_vec_i *m) { *v = (cpu_vec)((cpu_vec_i)*v & *m); }

/* v = max(0, v), at most limit; alive: where the output follows the input. NaN stays. */
MM_INLINE void clip(cpu_vec *v, cpu_vec_i *alive, float limit)
{
    const cpu_vec most = (cpu_vec){0} + limit;
    const cpu_vec_i below = *v <= (cpu_vec){0}, above = *v >= most;
    *alive = ~(below | above);
    *v = (cpu_vec)(((cpu_vec_i)*v & *alive) | ((cpu_vec_i)most & above));
}

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
    cpu_vec mean, scale, beta;
    get(&mean, t->mean);
    get(&scale, t->scale);
    get(&beta, t->beta);
    const void *x = t->x, *addend = t->addend;
    const bool relu = t->relu;
    const float limit = t->limit;
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
            cpu_vec_i alive;
            clip(&v, &alive, limit);
            if (bits)
                bits[i] = pack(&alive);
        }
        store(&v, t->y, at, lanes, bf16);
    }
}

/* g = (dy + dy2) where the output was positive and below the limit; v = x - mean */
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
        const cpu_vec y = *v * scale + beta, limit = (cpu_vec){0} + t->limit;
        const cpu_vec_i m = (y > (cpu_vec){0}) & (y < limit);
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

/* Row `row` of x with the zeros around it, as fp32. */
MM_INLINE void fill_row(const cpu_taps *t, size_t row, size_t kernel, size_t lanes, bool bf16, float *to)
{
    const size_t width = (t->q - 1) * t->stride + kernel;
    for (size_t i = 0; i < width; i++) {
        cpu_vec v = {0};
        if (i >= t->left && i - t->left < t->w)
            load(&v, t->x, t->x_at + (row * t->w + i - t->left) * t->step, lanes, bf16);
        memcpy(to + 16 * i, &v, sizeof v);
    }
}

/* Adds what one row of dy gives to the sums of the taps of kernel rows first .. last - 1, which lie within x. */
MM_INLINE void taps_row(const cpu_taps *t, const float *const *rows, size_t p, size_t first, size_t last, size_t kernel, size_t lanes,
                        bool bf16, cpu_vec *sums)
{
    cpu_vec all = sums[kernel * kernel];
    for (size_t q = 0; q < t->q; q++) {
        cpu_vec dy;
        load(&dy, t->dy, t->dy_at + (p * t->q + q) * t->step, lanes, bf16);
        all += dy;
    }
    sums[kernel * kernel] = all;
    for (size_t i = first; i < last; i++) {
        cpu_vec own[8]; /* kernels are at most that wide */
        for (size_t j = 0; j < kernel; j++)
            own[j] = sums[i * kernel + j];
        for (size_t q = 0; q < t->q; q++) {
            const cpu_vec_any *x = (const cpu_vec_any *)(rows[i] + 16 * q * t->stride);
            cpu_vec dy;
            load(&dy, t->dy, t->dy_at + (p * t->q + q) * t->step, lanes, bf16);
            for (size_t j = 0; j < kernel; j++)
                own[j] += dy * x[j];
        }
        for (size_t j = 0; j < kernel; j++)
            sums[i * kernel + j] = own[j];
    }
}

static void flush_taps(cpu_vec *sums, size_t n, double *to)
{
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < 16; l++)
            to[16 * k + l] += (double)sums[k][l];
    memset(sums, 0, n * sizeof *sums);
}

/* Rows of x are kept in a ring, in fp32 and with zeros at both ends, while rows of dy pass. */
MM_INLINE void taps_body(const cpu_taps *t, size_t kernel, size_t lanes, bool bf16)
{
    const size_t width = 16 * ((t->q - 1) * t->stride + kernel), n = kernel * kernel + 1;
    cpu_vec sums[65] = {{0}};
    size_t filled = 0, pending = 0; /* rows of x that were filled; positions that are not in t->sums */
    memset(t->sums, 0, 16 * n * sizeof *t->sums);
    for (size_t p = 0; p < t->p; p++) {
        const size_t at = p * t->stride; /* kernel row i is row at + i - top of x */
        const size_t first = at < t->top ? t->top - at : 0;
        size_t last = t->h + t->top > at ? t->h + t->top - at : 0;
        last = last < kernel ? last : kernel;
        const float *rows[8] = {NULL};
        for (size_t i = first; i < last; i++) {
            const size_t row = at + i - t->top;
            float *own = t->rows + row % kernel * width;
            if (row >= filled) {
                fill_row(t, row, kernel, lanes, bf16, own);
                filled = row + 1;
            }
            rows[i] = own;
        }
        taps_row(t, rows, p, first, last, kernel, lanes, bf16, sums);
        pending += t->q;
        if (pending >= CHUNK) {
            flush_taps(sums, n, t->sums);
            pending = 0;
        }
    }
    flush_taps(sums, n, t->sums);
}

static void taps(const cpu_taps *t)
{
    if (t->lanes == 16 && t->kernel == 5 && t->bf16)
        taps_body(t, 5, 16, true);
    else if (t->lanes == 16 && t->kernel == 5)
        taps_body(t, 5, 16, false);
    else if (t->lanes == 16 && t->kernel == 3 && t->bf16)
        taps_body(t, 3, 16, true);
    else if (t->lanes == 16 && t->kernel == 3)
        taps_body(t, 3, 16, false);
    else
        taps_body(t, t->kernel, t->lanes, t->bf16);
}

/* What is done to `lanes` numbers at `at`: a, b -> y; with a number that is the same for all. */
typedef void elementwise(const void *a, const void *b, void *y, size_t at, float number, size_t lanes, bool bf16);

/* Elements first .. last-1, sixteen at a time. */
MM_INLINE void over(elementwise *body, const void *a, const void *b, void *y, size_t first, size_t last, float number, bool bf16)
{
    size_t i = first;
    for (; i + 16 <= last; i += 16)
        body(a, b, y, i, number, 16, bf16);
    if (i < last)
        body(a, b, y, i, number, last - i, bf16);
}

MM_INLINE void add_body(const void *a, const void *b, void *y, size_t at, float none, size_t lanes, bool bf16)
{
    (void)none;
    cpu_vec u, v;
    load(&u, a, at, lanes, bf16);
    load(&v, b, at, lanes, bf16);
    u += v;
    store(&u, y, at, lanes, bf16);
}

static void add(const void *a, const void *b, void *y, size_t first, size_t last, bool bf16)
{
    over(add_body, a, b, y, first, last, 0, bf16);
}

MM_INLINE void relu_body(const void *x, const void *none, void *y, size_t at, float limit, size_t lanes, bool bf16)
{
    (void)none;
    cpu_vec v;
    cpu_vec_i alive;
    load(&v, x, at, lanes, bf16);
    clip(&v, &alive, limit);
    store(&v, y, at, lanes, bf16);
}

static void relu(const void *x, void *y, size_t first, size_t last, float limit, bool bf16)
{
    over(relu_body, x, NULL, y, first, last, limit, bf16);
}

MM_INLINE void relu_dx_body(const void *dy, const void *y, void *dx, size_t at, float limit, size_t lanes, bool bf16)
{
    cpu_vec g, v;
    load(&g, dy, at, lanes, bf16);
    load(&v, y, at, lanes, bf16);
    const cpu_vec_i alive = (v > (cpu_vec){0}) & (v < (cpu_vec){0} + limit);
    keep_where(&g, &alive);
    store(&g, dx, at, lanes, bf16);
}

static void relu_dx(const void *dy, const void *y, void *dx, size_t first, size_t last, float limit, bool bf16)
{
    over(relu_dx_body, dy, y, dx, first, last, limit, bf16);
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

MM_INLINE void sigmoid_body(const void *x, const void *none, void *y, size_t at, float nothing, size_t lanes, bool bf16)
{
    (void)none;
    (void)nothing;
    cpu_vec v;
    load(&v, x, at, lanes, bf16);
    v = -v;
    exponential(&v);
    v = 1 / (1 + v);
    store(&v, y, at, lanes, bf16);
}

static void sigmoid(const void *x, void *y, size_t first, size_t last, bool bf16)
{
    over(sigmoid_body, x, NULL, y, first, last, 0, bf16);
}

MM_INLINE void sigmoid_dx_body(const void *dy, const void *y, void *dx, size_t at, float none, size_t lanes, bool bf16)
{
    (void)none;
    cpu_vec g, v;
    load(&g, dy, at, lanes, bf16);
    load(&v, y, at, lanes, bf16);
    g = g * v * (1 - v);
    store(&g, dx, at, lanes, bf16);
}

static void sigmoid_dx(const void *dy, const void *y, void *dx, size_t first, size_t last, bool bf16)
{
    over(sigmoid_dx_body, dy, y, dx, first, last, 0, bf16);
}

static void adam(float *w, const float *g, float *m, float *v, const float *s, size_t first, size_t last)
{
    const float step = s[0], decay = s[1], c1 = s[2], b2 = s[3], c2 = s[4], root = s[5], epsilon = s[6], keep = s[7];
    for (size_t i = first; i < last; i++) {
        float kept = keep * w[i], d = g[i] + decay * kept;
        m[i] += c1 * (d - m[i]);
        v[i] = b2 * v[i] + c2 * d * d;
        w[i] = kept - step * m[i] / (sqrtf(v[i]) * root + epsilon);
    }
}

static void sgd(float *w, const float *g, float *m, const float *s, size_t first, size_t last)
{
    const float step = s[0], decay = s[1], momentum = s[2];
    for (size_t i = first; i < last; i++) {
        m[i] = momentum * m[i] + (g[i] + decay * w[i]);
        w[i] -= step * m[i];
    }
}

const cpu_kernels CPU_KERNELS = {stats, apply, reduce, backward, taps, add, relu, relu_dx, sigmoid, sigmoid_dx, adam, sgd};
