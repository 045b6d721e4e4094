/* Batch norm with addend and ReLU, forward and backward, and the gradient of a bias, which is a sum of the same kind. x is [positions][channels]: a thread keeps to one lane (8
 * channels) and walks down the positions, so reads are 16 bytes and neighbours are neighbours in memory.
 *
 * Sums go in two steps and without atomics: each block sums its share of the positions and leaves one row of partial
 * sums; then one thread per channel adds up the rows, in double. Variance is summed about the first position's value,
 * so that a large mean costs no digits. */
#include "common/nn/cuda/kernels.h"
#include "common/nn/cuda/lanes.h"

/* Blocks come in tiles of lanes (across channels) and chunks of positions. */
struct grid {
    size_t groups, tile, rows, tiles, chunks, positions, channels; /* groups: lanes of a position; rows: positions a
                                                                      block reads at a time */
};

static grid grid_of(size_t positions, size_t channels)
{
    grid g = {(channels + 7) / 8, 1, 0, 0, 0, positions, channels};
    while (g.tile < 32 && g.tile < g.groups)
        g.tile *= 2;
    g.rows = MM_THREADS / g.tile;
    g.tiles = (g.groups + g.tile - 1) / g.tile;
    size_t most = 2048 / g.tiles > 0 ? 2048 / g.tiles : 1; /* a few blocks for each processor of the largest cards */
    g.chunks = (positions + g.rows * 8 - 1) / (g.rows * 8);
    g.chunks = g.chunks < 1 ? 1 : g.chunks > most ? most : g.chunks;
    return g;
}

/* Scratch: two partial sums for each chunk and channel, then coefficients. */
static size_t partial_count(const grid &g) { return 2 * g.chunks * g.groups * MM_LANE; }

struct saved_parts {
    float *mean, *scale;
    uint8_t *alive;
};

MM_DEVICE saved_parts parts_of(void *saved, size_t groups)
{
    saved_parts s = {(float *)saved, (float *)saved + groups * MM_LANE, (uint8_t *)((float *)saved + 2 * groups * MM_LANE)};
    return s;
}

/* Adds up s[2 x 8][thread] over the rows of a block; the sums are left in the first row's threads. */
#define SUM_ROWS(g, s)                                                                                                \
    for (size_t half = (g).rows / 2; half > 0; half /= 2) {                                                           \
        MM_EACH_THREAD(t)                                                                                             \
        {                                                                                                             \
            if (t / (g).tile < half)                                                                                  \
                for (int k = 0; k < 2 * MM_LANE; k++)                                                                 \
                    (s)[k][t] += (s)[k][t + half * (g).tile];                                                         \
        }                                                                                                             \
        MM_BARRIER;                                                                                                   \
    }

MM_DEVICE void leave_partial(const grid &g, size_t tile, size_t chunk, unsigned t, float (*s)[MM_THREADS], float *partial)
{
    size_t group = tile * g.tile + t;
    if (t < g.tile && group < g.groups)
        for (int k = 0; k < MM_LANE; k++) {
            size_t at = (chunk * g.groups + group) * MM_LANE + k;
            partial[at] = s[k][t];
            partial[g.chunks * g.groups * MM_LANE + at] = s[MM_LANE + k][t];
        }
}

/* ---- forward ---- */

template <typename T> MM_KERNEL void statistics(grid g, const T *x, float *partial)
{
    MM_SHARED float s[2 * MM_LANE][MM_THREADS];
    size_t tile = MM_BLOCK % g.tiles, chunk = MM_BLOCK / g.tiles;
    MM_EACH_THREAD(t)
    {
        size_t group = tile * g.tile + t % g.tile;
        float sum[MM_LANE] = {0}, square[MM_LANE] = {0}, shift[MM_LANE];
        if (group < g.groups) {
            mm_load(x + group * MM_LANE, shift);
#ifdef __CUDACC__
#pragma unroll 4
#endif
            for (size_t i = chunk * g.rows + t / g.tile; i < g.positions; i += g.chunks * g.rows) {
                float v[MM_LANE];
                mm_load(x + (i * g.groups + group) * MM_LANE, v);
                for (int k = 0; k < MM_LANE; k++) {
                    float off = v[k] - shift[k];
                    sum[k] += off;
                    square[k] += off * off;
                }
            }
        }
        for (int k = 0; k < MM_LANE; k++) {
            s[k][t] = sum[k];
            s[MM_LANE + k][t] = square[k];
        }
    }
    MM_BARRIER;
    SUM_ROWS(g, s)
    MM_EACH_THREAD(t) { leave_partial(g, tile, chunk, t, s, partial); }
}

/* Adds up a channel's two kinds of partial sums. */
MM_DEVICE void add_up(const grid &g, const float *partial, size_t c, double *first, double *second)
{
    size_t padded = g.groups * MM_LANE;
    for (size_t k = 0; k < g.chunks; k++) {
        *first += partial[k * padded + c];
        *second += partial[(g.chunks + k) * padded + c];
    }
}

/* For each channel the sums of x and of its square, as partial sums about x's first position become sums about zero (in
 * double: what that costs a large mean is far below fp32), which ranks can add up; then the number of positions. */
template <typename T> MM_KERNEL void total(grid g, const T *x, const float *partial, double *sums)
{
    MM_EACH_THREAD(t)
    {
        size_t padded = g.groups * MM_LANE, c = MM_BLOCK * MM_THREADS + t;
        if (c < padded) {
            double sum = 0, square = 0, n = (double)g.positions, shift = x ? mm_from(x[c]) : 0.0;
            add_up(g, partial, c, &sum, &square);
            sums[c] = sum + n * shift;
            sums[padded + c] = square + shift * (2 * sum + n * shift);
            if (c == 0)
                sums[2 * padded] = n;
        }
    }
}

/* coefficients: for each channel mean, gamma / deviation, beta. saved may be NULL. */
template <typename T>
MM_KERNEL void settle(grid g, mm_norm d, const T *x, const float *partial, const float *gamma, const float *beta,
                      float *running_mean, float *running_var, float *coefficients, void *saved)
{
    MM_EACH_THREAD(t)
    {
        size_t padded = g.groups * MM_LANE, c = MM_BLOCK * MM_THREADS + t;
        if (c < padded) {
            double mean = 0, var = 1;
            bool there = c < g.channels;
            if (there && d.fixed) {
                mean = running_mean[c];
                var = running_var[c];
            } else if (there) {
                double sum = 0, square = 0, n = (double)g.positions, shift = 0;
                if (d.sums) {
                    sum = d.sums[c];
                    square = d.sums[padded + c];
                    n = d.sums[2 * padded];
                } else {
                    shift = mm_from(x[c]);
                    add_up(g, partial, c, &sum, &square);
                }
                var = square / n - sum / n * (sum / n);
                var = var > 0 ? var : 0;
                mean = shift + sum / n;
                double unbiased = n > 1 ? var * n / (n - 1) : var, m = d.momentum;
                running_mean[c] = (float)((1 - m) * running_mean[c] + m * mean);
                running_var[c] = (float)((1 - m) * running_var[c] + m * unbiased);
            }
            float scale = (float)(1 / sqrt(var + d.epsilon));
            coefficients[c] = (float)mean;
            coefficients[padded + c] = there ? scale * gamma[c] : 0.0f;
            coefficients[2 * padded + c] = there ? beta[c] : 0.0f;
            if (saved) {
                parts_of(saved, g.groups).mean[c] = (float)mean;
                parts_of(saved, g.groups).scale[c] = scale;
            }
        }
    }
}

template <typename T>
MM_KERNEL void apply(grid g, bool relu, float limit, const T *x, const float *coefficients, const T *addend, T *y, void *saved)
{
    MM_EACH_THREAD(t)
    {
        size_t padded = g.groups * MM_LANE;
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < g.positions * g.groups; i += MM_BLOCKS * MM_THREADS) {
            float v[MM_LANE], add[MM_LANE] = {0}, mean[MM_LANE], scale[MM_LANE], beta[MM_LANE];
            const float *own = coefficients + i % g.groups * MM_LANE;
            unsigned alive = 0;
            mm_load(x + i * MM_LANE, v);
            if (addend)
                mm_load(addend + i * MM_LANE, add);
            mm_load(own, mean);
            mm_load(own + padded, scale);
            mm_load(own + 2 * padded, beta);
            for (int k = 0; k < MM_LANE; k++) {
                v[k] = (v[k] - mean[k]) * scale[k] + beta[k] + add[k];
                alive |= (unsigned)(v[k] > 0 && v[k] < limit) << k;
                v[k] = relu && v[k] < 0 ? 0.0f : relu && v[k] > limit ? limit : v[k];
            }
            mm_store(y + i * MM_LANE, v);
            if (saved)
                parts_of(saved, g.groups).alive[i] = (uint8_t)alive;
        }
    }
}

size_t mm_k_norm_saved(const mm_norm *d)
{
    size_t groups = (d->c + 7) / 8;
    return 2 * groups * MM_LANE * sizeof(float) + d->positions * groups;
}

size_t mm_k_norm_scratch(const mm_norm *d)
{
    grid g = grid_of(d->positions, d->c);
    return (partial_count(g) + 4 * g.groups * MM_LANE) * sizeof(float);
}

size_t mm_k_norm_count(const mm_norm *d) { return 2 * ((d->c + 7) / 8) * MM_LANE + 1; }

template <typename T> static void sums_of(mm_stream stream, const mm_norm *d, const T *x, double *sums, float *scratch)
{
    grid g = grid_of(d->positions, d->c);
    MM_LAUNCH(statistics, g.tiles * g.chunks, stream, g, x, scratch);
    MM_LAUNCH(total, mm_blocks_for(g.groups * MM_LANE, 1), stream, g, x, scratch, sums);
}

void mm_k_norm_sums(mm_stream stream, const mm_norm *d, const void *x, double *sums, void *scratch)
{
    MM_TYPED(d->bf16, T, sums_of(stream, d, (const T *)x, sums, (float *)scratch));
}

template <typename T>
static void norm_of(mm_stream stream, const mm_norm *d, const T *x, const float *gamma, const float *beta, float *mean,
                    float *var, const T *addend, T *y, void *saved, float *scratch)
{
    grid g = grid_of(d->positions, d->c);
    float *coefficients = scratch + partial_count(g);
    if (!d->fixed && !d->sums)
        MM_LAUNCH(statistics, g.tiles * g.chunks, stream, g, x, scratch);
    MM_LAUNCH(settle, mm_blocks_for(g.groups * MM_LANE, 1), stream, g, *d, x, scratch, gamma, beta, mean, var,
              coefficients, saved);
    MM_LAUNCH(apply, mm_blocks_for(d->positions * g.groups, 2), stream, g, d->relu, d->limit, x, coefficients, addend, y, saved);
}

void mm_k_norm(mm_stream stream, const mm_norm *d, const void *x, const float *gamma, const float *beta, float *mean,
               float *var, const void *addend, void *y, void *saved, void *scratch)
{
    MM_TYPED(d->bf16, T, norm_of(stream, d, (const T *)x, gamma, beta, mean, var, (const T *)addend, (T *)y, saved, (float *)scratch));
}

/* ---- the gradient of a bias: the sum of dy ---- */

template <typename T> MM_KERNEL void settle_bias(grid g, const T *dy, const float *partial, float *db)
{
    MM_EACH_THREAD(t)
    {
        size_t c = MM_BLOCK * MM_THREADS + t;
        if (c < g.channels) {
            double sum = (double)mm_from(dy[c]) * (double)g.positions; /* `statistics` sums about the first position */
            for (size_t k = 0; k < g.chunks; k++)
                sum += partial[k * g.groups * MM_LANE + c];
            db[c] = (float)sum;
        }
    }
}

template <typename T> static void bias_dw_of(mm_stream stream, size_t positions, size_t c, const T *dy, float *db, float *scratch)
{
    grid g = grid_of(positions, c);
    MM_LAUNCH(statistics, g.tiles * g.chunks, stream, g, dy, scratch);
    MM_LAUNCH(settle_bias, mm_blocks_for(c, 1), stream, g, dy, scratch, db);
}

void mm_k_bias_dw(mm_stream stream, bool bf16, size_t positions, size_t c, const void *dy, float *db, void *scratch)
{
    MM_TYPED(bf16, T, bias_dw_of(stream, positions, c, (const T *)dy, db, (float *)scratch));
}

/* ---- backward ---- */

/* The gradient of the sum before relu, and z = (x - mean) / deviation. */
template <typename T>
MM_DEVICE void gradient(bool relu, size_t i, const T *dy, const T *dy2, const T *x, const float *mean, const float *scale,
                        const uint8_t *alive, float g[MM_LANE], float z[MM_LANE])
{
    float more[MM_LANE] = {0};
    unsigned bits = relu ? alive[i] : 0xffu;
    mm_load(dy + i * MM_LANE, g);
    if (dy2)
        mm_load(dy2 + i * MM_LANE, more);
    mm_load(x + i * MM_LANE, z);
    for (int k = 0; k < MM_LANE; k++) {
        g[k] = bits >> k & 1 ? g[k] + more[k] : 0.0f;
        z[k] = (z[k] - mean[k]) * scale[k];
    }
}

template <typename T>
MM_KERNEL void sum_gradients(grid g, bool relu, const T *dy, const T *dy2, const T *x, const void *saved, float *partial)
{
    MM_SHARED float s[2 * MM_LANE][MM_THREADS];
    size_t tile = MM_BLOCK % g.tiles, chunk = MM_BLOCK / g.tiles;
    MM_EACH_THREAD(t)
    {
        size_t group = tile * g.tile + t % g.tile;
        float sum[MM_LANE] = {0}, sum_z[MM_LANE] = {0}, mean[MM_LANE], scale[MM_LANE];
        saved_parts kept = parts_of((void *)saved, g.groups);
        if (group < g.groups) {
            mm_load(kept.mean + group * MM_LANE, mean);
            mm_load(kept.scale + group * MM_LANE, scale);
#ifdef __CUDACC__
#pragma unroll 2
#endif
            for (size_t i = chunk * g.rows + t / g.tile; i < g.positions; i += g.chunks * g.rows) {
                float d[MM_LANE], z[MM_LANE];
                gradient(relu, i * g.groups + group, dy, dy2, x, mean, scale, kept.alive, d, z);
                for (int k = 0; k < MM_LANE; k++) {
                    sum[k] += d[k];
                    sum_z[k] += d[k] * z[k];
                }
            }
        }
        for (int k = 0; k < MM_LANE; k++) {
            s[k][t] = sum[k];
            s[MM_LANE + k][t] = sum_z[k];
        }
    }
    MM_BARRIER;
    SUM_ROWS(g, s)
    MM_EACH_THREAD(t) { leave_partial(g, tile, chunk, t, s, partial); }
}

/* coefficients: gamma / deviation, dbeta / n, dgamma / n (both 0 when the statistics are fixed). With several ranks these are
 * of all of them, while dgamma and dbeta are this rank's own part: they are added up with all other gradients. */
MM_KERNEL void settle_gradients(grid g, bool fixed, const double *sums, const float *partial, const float *gamma,
                                const void *saved, float *coefficients, float *dgamma, float *dbeta)
{
    MM_EACH_THREAD(t)
    {
        size_t padded = g.groups * MM_LANE, c = MM_BLOCK * MM_THREADS + t;
        if (c < padded) {
            double sum = 0, sum_z = 0, n = (double)g.positions;
            add_up(g, partial, c, &sum, &sum_z);
            bool there = c < g.channels;
            if (dgamma && there) {
                dgamma[c] = (float)sum_z;
                dbeta[c] = (float)sum;
            }
            if (sums) {
                sum = sums[c];
                sum_z = sums[padded + c];
                n = sums[2 * padded];
            }
            coefficients[c] = there ? gamma[c] * parts_of((void *)saved, g.groups).scale[c] : 0.0f;
            coefficients[padded + c] = fixed ? 0.0f : (float)(sum / n);
            coefficients[2 * padded + c] = fixed ? 0.0f : (float)(sum_z / n);
        }
    }
}

template <typename T>
MM_KERNEL void apply_gradients(grid g, bool relu, const T *dy, const T *dy2, const T *x, const void *saved,
                               const float *coefficients, T *dx, T *daddend)
{
    MM_EACH_THREAD(t)
    {
        size_t padded = g.groups * MM_LANE;
        saved_parts kept = parts_of((void *)saved, g.groups);
        for (size_t i = MM_BLOCK * MM_THREADS + t; i < g.positions * g.groups; i += MM_BLOCKS * MM_THREADS) {
            float d[MM_LANE], z[MM_LANE], mean[MM_LANE], scale[MM_LANE], factor[MM_LANE], first[MM_LANE], second[MM_LANE];
            size_t c = i % g.groups * MM_LANE;
            mm_load(kept.mean + c, mean);
            mm_load(kept.scale + c, scale);
            mm_load(coefficients + c, factor);
            mm_load(coefficients + padded + c, first);
            mm_load(coefficients + 2 * padded + c, second);
            gradient(relu, i, dy, dy2, x, mean, scale, kept.alive, d, z);
            for (int k = 0; k < MM_LANE; k++)
                z[k] = factor[k] * (d[k] - first[k] - z[k] * second[k]);
            mm_store(dx + i * MM_LANE, z);
            if (daddend)
                mm_store(daddend + i * MM_LANE, d);
        }
    }
}

template <typename T>
static void dx_sums_of(mm_stream stream, const mm_norm *d, const T *dy, const T *dy2, const T *x, const void *saved,
                       double *sums, float *scratch)
{
    grid g = grid_of(d->positions, d->c);
    MM_LAUNCH(sum_gradients, g.tiles * g.chunks, stream, g, d->relu, dy, dy2, x, saved, scratch);
    MM_LAUNCH(total, mm_blocks_for(g.groups * MM_LANE, 1), stream, g, (const T *)NULL, scratch, sums);
}

void mm_k_norm_dx_sums(mm_stream stream, const mm_norm *d, const void *dy, const void *dy2, const void *x,
                       const void *saved, double *sums, void *scratch)
{
    MM_TYPED(d->bf16, T, dx_sums_of(stream, d, (const T *)dy, (const T *)dy2, (const T *)x, saved, sums, (float *)scratch));
}

template <typename T>
static void norm_dx_of(mm_stream stream, const mm_norm *d, const T *dy, const T *dy2, const T *x, const void *saved,
                       const float *gamma, T *dx, T *daddend, float *dgamma, float *dbeta, float *scratch)
{
    grid g = grid_of(d->positions, d->c);
    float *coefficients = scratch + partial_count(g);
    if (!d->sums)
        MM_LAUNCH(sum_gradients, g.tiles * g.chunks, stream, g, d->relu, dy, dy2, x, saved, scratch);
    MM_LAUNCH(settle_gradients, mm_blocks_for(g.groups * MM_LANE, 1), stream, g, d->fixed, d->sums, scratch, gamma, saved,
              coefficients, dgamma, dbeta);
    MM_LAUNCH(apply_gradients, mm_blocks_for(d->positions * g.groups, 2), stream, g, d->relu, dy, dy2, x, saved,
              coefficients, dx, daddend);
}

void mm_k_norm_dx(mm_stream stream, const mm_norm *d, const void *dy, const void *dy2, const void *x, const void *saved,
                  const float *gamma, void *dx, void *daddend, float *dgamma, float *dbeta, void *scratch)
{
    MM_TYPED(d->bf16, T, norm_dx_of(stream, d, (const T *)dy, (const T *)dy2, (const T *)x, saved, gamma, (T *)dx, (T *)daddend,
                                    dgamma, dbeta, (float *)scratch));
}
