/* What a stage of a training needs: see stage.h. */
#include "common/nn/stage.h"

#include <stdlib.h>

#include "common/nn/internal.h"
#include "common/nn/layer.h"

mm_executor_options mm_stage_executor(const mm_trainer_options *o, size_t stage, size_t n, size_t height, size_t width)
{
    const bool at_once = mm_trainer_micro(o) == o->batch; /* the same on all ranks */
    return (mm_executor_options){.mode = MM_TRAIN, .bn = o->schedule.stage[stage].bn, .batch = n, .height = height, .width = width,
                                 .smoothing = (float)o->smoothing, .mix = o->mixup > 0, .sync = o->sync, .exchange = o->group && at_once};
}

/* An executor, and room for its images. */
static int compile(mm_executors *executors, const mm_executor_options *config, const mm_trainer_options *o, mm_error *error)
{
    const bool warp = o->warp && config->mode == MM_TRAIN;
    mm_executor *x;
    if (mm_executors_get(executors, config, &x, error) || mm_executor_reserve_input(x, o->dtype, warp, error))
        return mm_fail_in(error, "%zu images of %zux%zu at once", config->batch, config->height, config->width);
    return MM_OK;
}

/* Finds the part of each trained layer, the first that names it: 1 and on; 0: none. `named`: room. */
static int find_parts(const mm_net *net, const mm_stage *stage, const bool *trained, bool *named, uint8_t *part, mm_error *error)
{
    for (size_t p = 0; p < stage->nparts; p++) {
        size_t found = 0;
        if (mm_net_select(net, stage->part[p].layers, named, error))
            return error->code;
        for (size_t i = 0; i < net->nlayers; i++)
            if (named[i] && trained[i] && !part[i]) {
                part[i] = (uint8_t)(p + 1);
                found++;
            }
        if (!found)
            return mm_fail(error, MM_USAGE, "lr=%s:%g: the stage trains no layer of '%s' that an earlier part leaves",
                           stage->part[p].layers, stage->part[p].lr, stage->part[p].layers);
    }
    return MM_OK;
}

static int train_layers(mm_model *model, const mm_stage *stage, mm_error *error)
{
    const mm_net *net = model->net;
    bool *trained = calloc(net->nlayers, sizeof *trained), *named = calloc(net->nlayers, sizeof *named);
    uint8_t *part = calloc(net->nlayers, sizeof *part);
    int code = trained && named && part ? mm_net_select(net, stage->train, trained, error) : mm_no_memory(error);
    if (!code)
        code = find_parts(net, stage, trained, named, part, error);
    if (!code)
        code = mm_model_stage(model, trained, part, error);
    free(trained);
    free(named);
    free(part);
    return code;
}

static const char *find_single(const mm_net *net, const mm_trainer_options *o, size_t stage, size_t n, bool *trained, mm_shape *shapes)
{
    const size_t ranks = o->sync && o->group ? o->group->size : 1;
    const mm_stage *s = &o->schedule.stage[stage];
    mm_error ignored;
    if (!trained || !shapes || mm_net_select(net, s->train, trained, &ignored) ||
        mm_net_shapes(net, n, o->height, o->width, 0, shapes, &ignored))
        return NULL;
    for (size_t i = 1; i < net->nlayers; i++)
        if (net->layers[i].kind == &mm_layer_norm && (trained[i] || s->bn == MM_BN_BATCH) &&
            shapes[i].n * shapes[i].h * shapes[i].w * ranks == 1)
            return net->layers[i].name;
    return NULL;
}

const char *mm_stage_single_norm(const mm_net *net, const mm_trainer_options *o, size_t stage, size_t n)
{
    bool *trained = calloc(net->nlayers, sizeof *trained);
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    const char *name = find_single(net, o, stage, n, trained, shapes);
    free(trained);
    free(shapes);
    return name;
}

static int check_norms(const mm_net *net, const mm_trainer_options *o, size_t stage, mm_error *error)
{
    const char *name = mm_stage_single_norm(net, o, stage, mm_trainer_micro(o));
    if (!name)
        return MM_OK;
    return mm_fail(error, MM_USAGE, "batch norm '%s' would see one value of each channel (one image of %zux%zu at once) and learn nothing: "
                                    "give larger images or more at once, or freeze it", name, o->height, o->width);
}

int mm_stage_prepare(mm_executors *executors, const mm_trainer_options *o, size_t stage, mm_error *error)
{
    const size_t micro = mm_trainer_micro(o), rest = o->batch % micro;
    const mm_executor_options whole = mm_stage_executor(o, stage, micro, o->height, o->width),
                              last = mm_stage_executor(o, stage, rest, o->height, o->width),
                              validation = {.mode = MM_PREDICT, .batch = micro, .height = o->height, .width = o->width};
    mm_executors_clear(executors, MM_TRAIN);
    if (train_layers(executors->model, &o->schedule.stage[stage], error) ||
        check_norms(executors->model->net, o, stage, error) || compile(executors, &whole, o, error) ||
        mm_model_ready(executors->model, micro < o->batch, error) || (rest && compile(executors, &last, o, error)) ||
        (o->best != MM_BEST_LAST && compile(executors, &validation, o, error)))
        return error->code;
    return MM_OK;
}
