/* The memory of a training: see plan.h. */
#include "common/nn/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/internal.h"
#include "common/nn/stage.h"

/* ---- a device that counts ---- */

typedef struct counting {
    mm_device base;
    mm_backend table;
    mm_device *real;   /* prepares, and knows formats */
    size_t now, most;  /* bytes asked for */
} counting;

static mm_device *real(mm_device *device) { return ((counting *)device)->real; }

/* What it hands out is as long as an address must be and holds the size. */
static void *count(mm_device *device, size_t bytes, mm_error *error)
{
    counting *c = (counting *)device;
    size_t *p = aligned_alloc(64, 64);
    if (!p) {
        mm_no_memory(error);
        return NULL;
    }
    *p = mm_pad64(bytes);
    c->now += *p;
    c->most = c->now > c->most ? c->now : c->most;
    return p;
}

static void uncount(mm_device *device, void *memory)
{
    if (memory)
        ((counting *)device)->now -= *(size_t *)memory;
    free(memory);
}

static int nothing_up(mm_device *d, void *to, const void *from, size_t n, mm_error *e) { return (void)d, (void)to, (void)from, (void)n, (void)e, 0; }
static int nothing_zero(mm_device *d, void *to, size_t n, mm_error *e) { return (void)d, (void)to, (void)n, (void)e, 0; }
static int nothing_ahead(mm_device *d, int slot, void *to, const void *from, size_t n, mm_error *e) { return (void)slot, nothing_up(d, to, from, n, e); }
static int nothing_slot(mm_device *d, int slot, mm_error *e) { return (void)d, (void)slot, (void)e, 0; }
static int nothing_sync(mm_device *d, mm_error *e) { return (void)d, (void)e, 0; }

static int zeros(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    (void)device;
    (void)from;
    (void)error;
    memset(to, 0, bytes);
    return 0;
}

static int run_nothing(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error)
{
    return (void)device, (void)op, (void)args, (void)scratch, (void)error, 0;
}

static const mm_format *rows(mm_device *d, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    return real(d)->backend->rows(real(d), dtype, ndim, dim, error);
}

static const mm_format *activation(mm_device *d, mm_dtype dtype, mm_shape shape, mm_error *error)
{
    return real(d)->backend->activation(real(d), dtype, shape, error);
}

static const mm_format *weights(mm_device *d, const mm_op_desc *conv, mm_error *error)
{
    return real(d)->backend->weights(real(d), conv, error);
}

static int prepare(mm_device *d, const mm_op_desc *desc, mm_op **op, mm_error *error)
{
    return real(d)->backend->prepare(real(d), desc, op, error);
}

static void release(mm_device *d, mm_op *op) { real(d)->backend->release(real(d), op); }

static counting counting_on(mm_device *device)
{
    const mm_backend *b = device->backend;
    counting c = {.base = *device, .real = device,
                  .table = {.name = b->name, .groups = b->groups, .alloc = count, .free = uncount, .upload = nothing_up,
                            .download = zeros, .zero = nothing_zero, .sync = nothing_sync, .rows = rows, .activation = activation,
                            .weights = weights, .casts = b->casts, .prepare = prepare, .release = release,
                            .run = run_nothing}};
    if (b->ahead) {
        c.table.ahead = nothing_ahead;
        c.table.arrived = c.table.used = nothing_slot;
    }
    return c;
}

/* ---- a training in outline ---- */

static size_t moved_by(const mm_executor *x)
{
    size_t bytes = x->raw_bytes + x->lifetimes[x->input_tensor].bytes;
    for (size_t i = 0; i < x->nsteps; i++) {
        const mm_op *op = x->steps[i].op;
        for (size_t k = 0; k < MM_OP_ARGS; k++)
            bytes += x->steps[i].ref[k].tensor >= 0 ? x->lifetimes[x->steps[i].ref[k].tensor].bytes : 0;
        bytes += op->desc.kind == MM_OP_CONV_DW ? op->desc.weights->bytes : op->weights ? op->weights->bytes : 0;
    }
    return bytes;
}

static size_t moments(const mm_model *m) { return m->v ? 2 : 1; }

/* The optimiser reads weights, gradients and moments, and writes all but gradients, and copies of the weights. Clipping reads the
 * gradients, then reads and writes them. */
static size_t moved_by_update(const mm_model *m)
{
    size_t bytes = 0;
    for (size_t i = 0; i < m->nranges; i++)
        bytes += (3 + 2 * moments(m) + (m->optimiser.clip > 0 ? 3 : 0)) * m->ranges[i].bytes;
    bytes += m->average.master ? 3 * (m->trainable_bytes + m->running_bytes) : 0;
    for (const mm_copy *c = m->copies; c; c = c->next)
        bytes += mm_model_trains(m, c->weight) ? c->format->bytes : 0;
    return bytes;
}

/* Of micro-batches all but a last, smaller one take the same executor. */
static void sum_up_moves(const mm_executors *all, size_t batch, size_t micro, mm_plan *p)
{
    p->step_moves = moved_by_update(all->model);
    for (size_t i = 0; i < MM_KEPT_EXECUTORS; i++) {
        const mm_executor *x = all->kept[i].executor;
        if (x && x->config.mode == MM_PREDICT)
            p->batch_moves = moved_by(x);
        else if (x)
            p->step_moves += moved_by(x) * (x->config.batch == micro ? batch / micro : 1);
    }
}

static void sum_up(const mm_executors *all, mm_plan *p)
{
    const mm_model *m = all->model;
    *p = (mm_plan){.parameters = mm_model_parameter_bytes(m), .optimiser = mm_model_optimiser_bytes(m), .activations = m->arena_bytes,
                   .workspace = m->scratch_bytes};
    for (size_t i = 0; i < MM_KEPT_EXECUTORS; i++) {
        const mm_executor *x = all->kept[i].executor;
        if (x) {
            p->parameters += mm_pad64(x->folded_bytes + 64);
            p->input += (x->raw[1] ? 2 : 1) * mm_pad64(x->raw_bytes) + mm_pad64(x->fixed_bytes);
        }
    }
    p->total = p->parameters + p->optimiser + p->activations + p->workspace + p->input;
}

/* A checkpoint holds the last weights, the best ones and the average, and moments of what is trained. */
static void sum_up_host(const mm_model *m, mm_plan *p)
{
    p->best = m->trainable_bytes + m->running_bytes;
    p->checkpoint = (m->average.master ? 3 : 2) * p->best;
    for (size_t i = 0; i < m->nranges; i++)
        p->checkpoint += moments(m) * m->ranges[i].bytes;
}

int mm_plan_training(mm_device *device, const mm_net *net, mm_dtype precision, const mm_trainer_options *options, mm_plan *plan,
                     mm_error *error)
{
    counting c = counting_on(device);
    mm_executors all = {0};
    mm_plan one;
    mm_trainer_options o = *options;
    const size_t micro = mm_trainer_micro(options);
    o.dtype = MM_U16;
    c.base.backend = &c.table;
    *plan = (mm_plan){0};
    int code = mm_model_new(net, &c.base, precision, micro, o.height, o.width, &all.model, error);
    if (!code)
        mm_model_optimiser(all.model, &o.optimiser);
    for (size_t i = 0; i < o.schedule.n && !code; i++) {
        code = mm_stage_prepare(&all, &o, i, error);
        if (code)
            break;
        sum_up(&all, &one);
        one.stage = i;
        sum_up_host(all.model, &one);
        sum_up_moves(&all, o.batch, micro, &one);
        if (one.total > plan->total)
            *plan = one;
    }
    plan->total = c.most;
    plan->estimated = device->estimated;
    mm_executors_free(&all);
    mm_model_free(all.model);
    return code;
}

/* ---- advice ---- */

static int advise(mm_device *device, size_t room, const mm_net *net, mm_dtype precision, mm_trainer_options options, char *text,
                  size_t size, mm_error *error)
{
    const double gib = 1.0 / ((size_t)1 << 30);
    mm_plan plan;
    size_t micro = mm_trainer_micro(&options), need = SIZE_MAX;
    while (micro > 1 && need > room) {
        options.micro_batch = micro /= 2;
        if (mm_plan_training(device, net, precision, &options, &plan, error))
            return error->code;
        need = plan.total + plan.total / 32; /* blocks are rounded up */
    }
    if (need == SIZE_MAX)
        snprintf(text, size, "there is no smaller batch");
    else if (need > room)
        snprintf(text, size, "not even --micro-batch=1 fits: it needs %.2f GiB of %.2f", (double)need * gib, (double)room * gib);
    else
        snprintf(text, size, "--micro-batch=%zu would need %.2f GiB of %.2f", micro, (double)need * gib, (double)room * gib);
    return MM_OK;
}

void mm_plan_advise(mm_device *device, size_t held, const mm_net *net, mm_dtype precision, const mm_trainer_options *options,
                    mm_error *error)
{
    const mm_backend *b = device->backend;
    char text[200];
    mm_device *imagined = device;
    mm_error ignored;
    if (!device->refused || !b->available || (b->imagine && b->imagine(NULL, device, &imagined, &ignored)))
        return;
    size_t length = strlen(error->text);
    if (!advise(imagined, b->available(device) + held, net, precision, *options, text, sizeof text, &ignored))
        snprintf(error->text + length, sizeof error->text - length, "; %s", text);
    if (imagined != device)
        b->close(imagined);
}
