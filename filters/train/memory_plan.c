/* A table of memory: see memory_plan.h. */
#include "filters/train/memory_plan.h"

#include <stdio.h>
#include <string.h>

#include "common/base/output.h"
#include "common/cli/progress.h"
#include "common/nn/plan.h"
#include "filters/predict/batches.h"
#include "filters/train/initial_model.h"

/* A context of CUDA with the kernels of cuDNN and ours, as far as cards differ little. */
static const size_t context = (size_t)512 << 20;

enum { PARAMETERS, OPTIMISER, ACTIVATIONS, WORKSPACE, INPUT, WAITING, BEST, CHECKPOINT, PROGRAM, TOTAL, STEP_MOVES, BATCH_MOVES, ROWS };

typedef struct column {
    size_t bytes[ROWS];
    bool there[ROWS];
    const char *precision;
    size_t stage;
    bool estimated; /* of the work space */
    char why[1024]; /* it is empty */
} column;

static void put(column *c, int row, size_t bytes)
{
    c->bytes[row] = bytes;
    c->there[row] = true;
    c->there[TOTAL] = true;
    c->bytes[TOTAL] += bytes;
}

/* What both have. */
static void put_plan(column *c, const mm_plan *plan)
{
    put(c, PARAMETERS, plan->parameters);
    put(c, OPTIMISER, plan->optimiser);
    put(c, ACTIVATIONS, plan->activations);
    put(c, WORKSPACE, plan->workspace);
    put(c, INPUT, plan->input);
    c->bytes[STEP_MOVES] = plan->step_moves;
    c->bytes[BATCH_MOVES] = plan->batch_moves;
    c->there[STEP_MOVES] = true;
    c->there[BATCH_MOVES] = plan->batch_moves > 0;
    c->stage = plan->stage;
    c->estimated = plan->estimated;
}

/* What is planned. */
typedef struct planned {
    const mm_train_options *options;
    mm_trainer_options trainer; /* with the size of the images */
    size_t threads;
    const mm_net *net;
} planned;

static int plan_on(const planned *p, const char *name, column *c, mm_plan *plan, mm_error *error)
{
    mm_device *device;
    if (mm_device_imagine(name, p->threads, &device, error))
        return error->code;
    mm_dtype precision = mm_precision_on(device, p->options->precision);
    c->precision = precision == MM_BF16 ? "bf16" : "fp32";
    int code = mm_plan_training(device, p->net, precision, &p->trainer, plan, error);
    device->backend->close(device);
    if (!code)
        put_plan(c, plan);
    return code;
}

/* The process itself is this one: what it has taken up by preparing everything is what the training takes up, too. */
static int plan_cpu(const planned *p, column *c, mm_error *error)
{
    const mm_trainer_options *t = &p->trainer;
    mm_plan plan;
    if (plan_on(p, "cpu", c, &plan, error))
        return error->code;
    put(c, WAITING, (MM_BATCH_WAITING + 2) * t->batch * t->height * t->width * sizeof(uint16_t));
    put(c, BEST, plan.best);
    if (p->options->checkpoint)
        put(c, CHECKPOINT, plan.checkpoint);
    put(c, PROGRAM, (size_t)(mm_memory() * (double)((size_t)1 << 30)));
    return MM_OK;
}

static void plan_gpu(const planned *p, column *c)
{
    const char *device = p->options->device;
    mm_plan plan;
    mm_error error;
    if (plan_on(p, strncmp(device, "cuda:", 5) ? "cuda" : device, c, &plan, &error))
        snprintf(c->why, sizeof c->why, "%s", error.text);
    else
        put(c, PROGRAM, context);
}

static void cell(char *text, size_t size, const column *c, int row)
{
    if (c->there[row])
        snprintf(text, size, "%.3f", (double)c->bytes[row] / (double)((size_t)1 << 30));
    else
        snprintf(text, size, "-");
}

static int print(const planned *p, const mm_model_info *info, const column *cpu, const column *gpu, const char *path, mm_error *error)
{
    const mm_trainer_options *t = &p->trainer;
    static const char *const names[ROWS] = {"parameters", "optimiser", "activations", "workspace", "input", "waiting batches",
                                            "best model", "checkpoint", "program", "total", "step moves", "validation moves"};
    char text[4096];
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "%.200s, %zu classes, batch %zu, %zu at once, %zux%zu, stage %zu of %zu\n", info->net,
                          info->nclasses, t->batch, mm_trainer_micro(t), t->height, t->width, cpu->stage + 1, t->schedule.n);
    n += (size_t)snprintf(text + n, sizeof text - n, "%-16s%10s%10s\n%-16s%10s%10s\n", "GiB", "CPU", "GPU", "", cpu->precision,
                          *gpu->why ? "-" : gpu->precision);
    for (int row = 0; row < ROWS; row++) {
        if (row == BATCH_MOVES && !cpu->there[row])
            continue;
        char a[40], b[40];
        cell(a, sizeof a, cpu, row);
        cell(b, sizeof b, gpu, row);
        bool estimate = gpu->there[row] && (row == PROGRAM || (row == WORKSPACE && gpu->estimated));
        n += (size_t)snprintf(text + n, sizeof text - n, "%-16s%10s%10s%s\n", names[row], a, b, estimate ? "  estimate" : "");
    }
    if (*gpu->why)
        n += (size_t)snprintf(text + n, sizeof text - n, "no plan for a GPU: %s\n", gpu->why);
    return mm_output_text(path, text, n, error);
}

int mm_memory_plan_print(const mm_train_options *o, const mm_common *common, mm_error *error)
{
    const char *recipe = mm_train_options_recipe(o);
    const bool whole = recipe && !strcmp(recipe, "whole");
    planned p = {.options = o, .trainer = o->trainer, .threads = (size_t)common->threads};
    column cpu = {0}, gpu = {0};
    mm_initial_model initial;
    if (common->noperands)
        return mm_fail(error, MM_USAGE, "--plan reads no stream: give --size=HxW");
    p.trainer.height = o->size.height ? o->size.height : whole ? 1152 : 224;
    p.trainer.width = o->size.width ? o->size.width : whole ? 896 : 224;
    int code = mm_initial_model_network(o, &initial, error);
    p.net = initial.net;
    p.trainer.schedule = initial.schedule;
    if (!code)
        code = plan_cpu(&p, &cpu, error);
    if (!code) {
        plan_gpu(&p, &gpu);
        code = print(&p, &initial.info, &cpu, &gpu, common->output, error);
    }
    mm_initial_model_free(&initial);
    return code;
}
