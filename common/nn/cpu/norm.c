/* Batch norm with addend and relu, forward and backward.
 *
 * oneDNN has batch norm with relu but not with an addend between; here all forms are one pass for the statistics and one
 * for the result each way. A tile of 16 channels is done start to end while it is in the cache, when there are enough
 * tiles for the threads. Sums are formed for each image and tile (fp32 over a few hundred positions, then double) and
 * added up in the order of images: the same bits for any number of threads.
 *
 * Saved: per channel mean, scale = gamma / deviation, beta, 1 / deviation; then, where an addend was in front of the relu,
 * a bit for each output that was positive. Without an addend the sign is computed again from x. */
#include "common/nn/cpu/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEAN, SCALE, BETA, INVERSE, FIELDS };

/* ---- drivers ---- */

/* A pass over all, as the kernels see it. args: x ... as given; field: FIELDS x tiles * 16. */
typedef struct pass {
    const cpu_op *op;
    cpu_tile all;        /* pointers to whole tensors */
    uint16_t *bits;
    float *field;
    const float *gamma, *beta;
    float *running_mean, *running_var, *dgamma, *dbeta;
    float *p, *q;    /* backward: tiles * 16 each */
    cpu_sums *partial;   /* n x tiles, when the passes are apart */
    bool shifted;    /* statistics are taken around the first value */
    double count;    /* numbers of a channel that sums are over */
} pass;

static void set_tile(const pass *s, size_t image, size_t k, cpu_tile *t)
{
    const cpu_view *v = &s->op->view;
    size_t rows = v->tiles * 16;
    *t = s->all;
    t->lanes = cpu_lanes_of(v, k);
    t->at = image * v->image_step + k * v->tile_step;
    t->bits = s->bits ? s->bits + (image * v->tiles + k) * v->positions : NULL;
    memcpy(t->mean, s->field + MEAN * rows + k * 16, sizeof t->mean);
    memcpy(t->scale, s->field + SCALE * rows + k * 16, sizeof t->scale);
    memcpy(t->beta, s->field + BETA * rows + k * 16, sizeof t->beta);
    if (s->p) {
        memcpy(t->p, s->p + k * 16, sizeof t->p);
        memcpy(t->q, s->q + k * 16, sizeof t->q);
    }
}

/* The value around which a tile's statistics are taken: its first, so that a large mean costs no digits. */
static void guess_mean(const pass *s, size_t k)
{
    const cpu_view *v = &s->op->view;
    float first[16] = {0};
    for (size_t l = 0; l < cpu_lanes_of(v, k); l++) {
        size_t at = k * v->tile_step + l;
        first[l] = cpu_get(s->all.x, at, s->all.bf16);
    }
    memcpy(s->field + (MEAN * v->tiles + k) * 16, first, sizeof first);
}

/* From the sums to mean, scale, beta; padding lanes get zeros. */
static void settle_forward(const pass *s, size_t k, const cpu_sums *own, const cpu_sums *total)
{
    const cpu_view *v = &s->op->view;
    const mm_op_desc *c = &s->op->base.desc;
    const double count = s->count;
    (void)own;
    for (size_t l = 0; l < 16; l++) {
        float *f = s->field + k * 16 + l;
        size_t rows = v->tiles * 16, channel = k * v->lanes + l;
        if (l >= v->lanes || channel >= v->channels) {
            for (size_t i = 0; i < FIELDS; i++)
                f[i * rows] = 0;
            continue;
        }
        double mean = s->running_mean[channel], var = s->running_var[channel];
        if (!c->fixed) {
            double shift = f[MEAN * rows], off = total->a[l] / count;
            mean = shift + off;
            var = total->b[l] / count - off * off;
            var = var < 0 ? 0 : var;
            double unbiased = count > 1 ? var * count / (count - 1) : var, m = c->momentum;
            s->running_mean[channel] = (float)((1 - m) * s->running_mean[channel] + m * mean);
            s->running_var[channel] = (float)((1 - m) * s->running_var[channel] + m * unbiased);
        }
        double inverse = 1 / sqrt(var + c->epsilon);
        f[MEAN * rows] = (float)mean;
        f[SCALE * rows] = (float)(s->gamma[channel] * inverse);
        f[BETA * rows] = s->beta[channel];
        f[INVERSE * rows] = (float)inverse;
    }
}

/* Gradients of gamma and beta are of this rank's own images: they are added up with all others. */
static void settle_backward(const pass *s, size_t k, const cpu_sums *own, const cpu_sums *total)
{
    const cpu_view *v = &s->op->view;
    const double count = s->count;
    for (size_t l = 0; l < 16; l++) {
        size_t rows = v->tiles * 16, i = k * 16 + l, channel = k * v->lanes + l;
        bool real = l < v->lanes && channel < v->channels;
        double inverse = s->field[INVERSE * rows + i];
        bool fixed = s->op->base.desc.fixed || !real;
        s->p[i] = fixed ? 0 : (float)(total->a[l] / count);
        s->q[i] = fixed ? 0 : (float)(total->b[l] / count * inverse * inverse);
        if (real && s->dgamma) {
            s->dgamma[channel] = (float)(own->b[l] * inverse);
            s->dbeta[channel] = (float)own->a[l];
        }
    }
}

typedef struct direction {
    void (*first)(const cpu_tile *, cpu_sums *);
    void (*settle)(const pass *, size_t, const cpu_sums *own, const cpu_sums *total); /* differ with several ranks */
    void (*second)(const cpu_tile *);
} direction;

static void add_sums(cpu_sums *to, const cpu_sums *from)
{
    for (size_t l = 0; l < 16; l++) {
        to->a[l] += from->a[l];
        to->b[l] += from->b[l];
    }
}

static void one_tile(const pass *s, const direction *way, bool sum, size_t k)
{
    const cpu_view *v = &s->op->view;
    cpu_tile t;
    cpu_sums total = {{0}, {0}};
    if (sum && s->shifted)
        guess_mean(s, k);
    for (size_t image = 0; sum && image < v->n; image++) {
        cpu_sums part = {{0}, {0}};
        set_tile(s, image, k, &t);
        way->first(&t, &part);
        add_sums(&total, &part);
    }
    way->settle(s, k, &total, &total);
    for (size_t image = v->n; image-- > 0;) { /* backwards: the last ones are still in the cache */
        set_tile(s, image, k, &t);
        way->second(&t);
    }
}

/* The sums of all images of each tile k, into partial[k]. */
static void sum_apart(const pass *s, const direction *way)
{
    const cpu_view *v = &s->op->view;
    if (s->shifted)
        for (size_t k = 0; k < v->tiles; k++)
            guess_mean(s, k);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < v->n * v->tiles; i++) {
        cpu_tile t;
        s->partial[i] = (cpu_sums){{0}, {0}};
        set_tile(s, i / v->tiles, i % v->tiles, &t);
        way->first(&t, &s->partial[i]);
    }
    for (size_t k = 0; k < v->tiles; k++)
        for (size_t image = 1; image < v->n; image++)
            add_sums(&s->partial[k], &s->partial[image * v->tiles + k]);
}

static void finish_apart(const pass *s, const direction *way)
{
    const cpu_view *v = &s->op->view;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < v->n * v->tiles; i++) {
        cpu_tile t;
        set_tile(s, i / v->tiles, i % v->tiles, &t);
        way->second(&t);
    }
}

/* Few tiles, many threads: images are shared out as well, with the sums of each kept apart. */
static void apart(const pass *s, const direction *way, bool sum)
{
    static const cpu_sums none = {{0}, {0}};
    if (sum)
        sum_apart(s, way);
    for (size_t k = 0; k < s->op->view.tiles; k++) {
        const cpu_sums *total = sum ? &s->partial[k] : &none;
        way->settle(s, k, total, total);
    }
    finish_apart(s, way);
}

/* The batch is that of all ranks. Sums around each rank's own value become sums around zero (in double: what that costs a
 * large mean is far below fp32), which can be added up. */
static int over_ranks(pass *s, const direction *way, mm_group *group, mm_error *error)
{
    const size_t tiles = s->op->view.tiles, n = 32 * tiles;
    double *sums = malloc((n + 1) * sizeof *sums);
    if (!sums)
        return mm_no_memory(error);
    sum_apart(s, way);
    for (size_t k = 0; k < tiles; k++)
        for (size_t l = 0; l < 16; l++) {
            float *mean = s->field + (MEAN * tiles + k) * 16 + l;
            double a = s->partial[k].a[l], b = s->partial[k].b[l], shift = s->shifted ? (double)*mean : 0;
            sums[32 * k + l] = a + s->count * shift;
            sums[32 * k + 16 + l] = b + shift * (2 * a + s->count * shift);
            if (s->shifted)
                *mean = 0;
        }
    sums[n] = s->count;
    int code = group->sum(group, sums, n + 1, MM_F64, error);
    s->count = sums[n];
    for (size_t k = 0; k < tiles && !code; k++) {
        cpu_sums total;
        memcpy(total.a, sums + 32 * k, sizeof total.a);
        memcpy(total.b, sums + 32 * k + 16, sizeof total.b);
        way->settle(s, k, &s->partial[k], &total);
    }
    free(sums);
    if (!code)
        finish_apart(s, way);
    return code;
}

static int run_pass(const cpu_device *d, pass *s, const direction *way, bool sum, mm_error *error)
{
    const cpu_view *v = &s->op->view;
    mm_group *group = s->op->base.desc.group;
    size_t threads = d->base.threads;
    s->count = (double)v->n * (double)v->positions;
    if (group && !s->op->base.desc.fixed)
        return over_ranks(s, way, group, error);
    if (v->tiles % threads && v->tiles < 4 * threads) {
        apart(s, way, sum);
        return MM_OK;
    }
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < v->tiles; k++)
        one_tile(s, way, sum, k);
    return MM_OK;
}

static size_t field_bytes(const cpu_view *v) { return FIELDS * v->tiles * 16 * sizeof(float); }

static int run_norm(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const direction way = {d->kernels->stats, settle_forward, d->kernels->apply};
    char *saved = c->keep ? args[7] : scratch;
    pass s = {
        .op = op, .field = (float *)saved, .gamma = args[1], .beta = args[2], .running_mean = args[3],
        .running_var = args[4], .shifted = true,
        .bits = c->keep && c->add && c->relu ? (uint16_t *)(saved + field_bytes(v)) : NULL,
        .partial = (cpu_sums *)(scratch + field_bytes(v)),
        .all = {.x = args[0], .addend = c->add ? args[5] : NULL, .y = args[6], .positions = v->positions,
                .step = v->step, .relu = c->relu, .limit = mm_op_limit(c), .bf16 = c->dtype == MM_BF16},
    };
    return run_pass(d, &s, &way, !c->fixed, error);
}

static int run_norm_dx(cpu_device *d, cpu_op *op, void *const *args, char *scratch, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_view *v = &op->view;
    const direction way = {d->kernels->reduce, settle_backward, d->kernels->backward};
    char *saved = args[3];
    pass s = {
        .op = op, .field = (float *)saved, .dgamma = args[9], .dbeta = args[10],
        .bits = c->add && c->relu ? (uint16_t *)(saved + field_bytes(v)) : NULL,
        .p = (float *)scratch, .q = (float *)scratch + v->tiles * 16,
        .partial = (cpu_sums *)(scratch + field_bytes(v)),
        .all = {.x = args[2], .dy = args[0], .dy2 = c->two ? args[1] : NULL, .dx = args[7],
                .daddend = c->add ? args[8] : NULL, .positions = v->positions, .step = v->step, .relu = c->relu,
                .limit = mm_op_limit(c), .bf16 = c->dtype == MM_BF16},
    };
    return run_pass(d, &s, &way, true, error);
}

int cpu_prepare_norm(cpu_device *d, cpu_op *op, mm_error *error)
{
    const mm_op_desc *c = &op->base.desc;
    const cpu_format *f = cpu_activation(d, c->dtype, c->x, error);
    if (!f)
        return error->code;
    op->view = cpu_view_of(f);
    const cpu_view *v = &op->view;
    op->base.scratch_bytes = cpu_pad64(field_bytes(v) + v->n * v->tiles * sizeof(cpu_sums));
    if (c->kind == MM_OP_NORM && c->keep)
        op->base.saved_bytes = cpu_pad64(field_bytes(v) + (c->add && c->relu ? v->n * v->tiles * v->positions * 2 : 0));
    op->run = c->kind == MM_OP_NORM ? run_norm : run_norm_dx;
    return 0;
}
