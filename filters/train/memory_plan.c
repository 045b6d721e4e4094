/* A table of memory: see planning.h. */
#include "filters/train/memory_plan.h"

#include <stdio.h>
#include <string.h>

#include "filters/predict/batches.h"
#include "common/base/output.h"
#include "common/cli/progress.h"
#include "common/nn/plan.h"

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

static int plan_on(const mm_memory_plan_options *p, const mm_net *net, const mm_trainer_options *config, const char *name, column *c,
                   mm_plan *plan, mm_error *error)
{
    mm_device *device;
    if (mm_device_imagine(name, p->threads, &device, error))
        return error->code;
    mm_dtype precision = mm_precision_on(device, p->precision);
    c->precision = precision == MM_BF16 ? "bf16" : "fp32";
    int code = mm_plan_training(device, net, precision, config, plan, error);
    device->backend->close(device);
    if (!code)
        put_plan(c, plan);
    return code;
}

/* The process itself is this one: what it has taken up by preparing everything is what the training takes up, too. */
static int plan_cpu(const mm_memory_plan_options *p, const mm_net *net, const mm_trainer_options *config, column *c, mm_error *error)
{
    mm_plan plan;
    if (plan_on(p, net, config, "cpu", c, &plan, error))
        return error->code;
    put(c, WAITING, (MM_BATCH_WAITING + 2) * config->batch * config->height * config->width * sizeof(uint16_t));
    put(c, BEST, plan.best);
    if (p->checkpoint)
        put(c, CHECKPOINT, plan.checkpoint);
    put(c, PROGRAM, (size_t)(mm_memory() * (double)((size_t)1 << 30)));
    return MM_OK;
}

static void plan_gpu(const mm_memory_plan_options *p, const mm_net *net, const mm_trainer_options *config, column *c)
{
    mm_plan plan;
    mm_error error;
    if (plan_on(p, net, config, strncmp(p->device, "cuda:", 5) ? "cuda" : p->device, c, &plan, &error))
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

static int print(const mm_memory_plan_options *p, const mm_initial_model *s, const mm_trainer_options *c, const column *cpu, const column *gpu,
                 const char *path, mm_error *error)
{
    static const char *const names[ROWS] = {"parameters", "optimiser", "activations", "workspace", "input", "waiting batches",
                                            "best model", "checkpoint", "program", "total", "step moves", "validation moves"};
    char text[4096];
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "%.200s, %zu classes, batch %zu, %zu at once, %zux%zu, stage %zu of %zu\n", s->info.net,
                          s->info.nclasses, c->batch, mm_trainer_micro(c), c->height, c->width, cpu->stage + 1, p->config.schedule.n);
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

int mm_memory_plan_print(const mm_memory_plan_options *p, const char *path, mm_error *error)
{
    mm_trainer_options config = p->config;
    column cpu = {0}, gpu = {0};
    mm_initial_model start;
    bool whole = p->start.recipe && !strcmp(p->start.recipe, "whole");
    config.height = p->size.height ? p->size.height : whole ? 1152 : 224;
    config.width = p->size.width ? p->size.width : whole ? 896 : 224;
    int code = mm_initial_model_network(&p->start, &start, error);
    if (!code)
        code = plan_cpu(p, start.net, &config, &cpu, error);
    if (!code) {
        plan_gpu(p, start.net, &config, &gpu);
        code = print(p, &start, &config, &cpu, &gpu, path, error);
    }
    mm_initial_model_free(&start);
    return code;
}
