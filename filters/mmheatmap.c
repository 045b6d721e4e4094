/* mmheatmap: adds the tensor `heatmap`: a patch classifier slides over images, or features are weighted by their effect (Grad-CAM). */
#include <stdlib.h>
#include <string.h>

#include "filters/predict/startup.h"
#include "filters/predict/batches.h"
#include "filters/predict/heat_baseline.h"
#include "common/cli/filter.h"
#include "common/cli/launcher.h"
#include "filters/predict/cam.h"
#include "filters/predict/heat_attributes.h"
#include "filters/predict/heat_check.h"
#include "filters/predict/windows.h"

enum { MODE_CAM = MM_SLIDE_DENSE + 1, STRIDE = 8, FEW = 4 }; /* FEW: features across a window, of which most then look beyond it */

typedef struct options {
    const char *model, *device, *split, *layer, *log;
    long stride, pad, batch; /* stride 0: STRIDE; pad -1: half a window */
    int mode, precision, baseline;
    mm_size window;
    double min_tissue; /* -1: the model's */
    double smooth;     /* pixels; 0: not at all */
    bool per_class, logits, everywhere, trust;
} options;

static const options DEFAULTS = {.device = "auto", .pad = -1, .batch = 32, .mode = MM_SLIDE_SHARED, .min_tissue = -1};

static const mm_option OPTIONS[] = {
    {.name = "model", .type = MM_OPT_STRING, .offset = offsetof(options, model), .argument = "FILE",
     .help = "the patch classifier; for cam any classifier"},
    {.name = "stride", .type = MM_OPT_INT, .offset = offsetof(options, stride), .argument = "N", .min = 1, .max = 4096,
     .help = "pixels between windows (8)"},
    {.name = "mode", .type = MM_OPT_CHOICE, .offset = offsetof(options, mode), .argument = "HOW", .choices = MM_SLIDE_CHOICES "|cam",
     .help = "early layers once for all windows (shared), each on its own (window), the image at once (dense); Grad-CAM (cam)"},
    {.name = "layer", .type = MM_OPT_STRING, .offset = offsetof(options, layer), .argument = "NAME",
     .help = "--mode=cam: the layer whose features are weighted"},
    {.name = "split", .type = MM_OPT_STRING, .offset = offsetof(options, split), .argument = "LAYER",
     .help = "the last of the layers that windows share (the network's)"},
    {.name = "min-tissue", .type = MM_OPT_DOUBLE, .offset = offsetof(options, min_tissue), .argument = "SHARE", .min = -1, .max = 1,
     .help = "windows with less tissue are 0 (-1: as little as the training's background had)"},
    {.name = "everywhere", .type = MM_OPT_FLAG, .offset = offsetof(options, everywhere),
     .help = "compute all windows: --min-tissue=0"},
    {.name = "trust", .type = MM_OPT_FLAG, .offset = offsetof(options, trust),
     .help = "go on where the map is not what --mode=window makes"},
    {.name = "log", .type = MM_OPT_STRING, .offset = offsetof(options, log), .argument = "FILE", .neutral = true,
     .help = "a line for each image whose map was checked, tab-separated"},
    {.name = "class", .type = MM_OPT_FLAG, .offset = offsetof(options, per_class),
     .help = "one map per class instead of 1 - P(background)"},
    {.name = "logits", .type = MM_OPT_FLAG, .offset = offsetof(options, logits),
     .help = "log-odds instead of probabilities, which are all 1 from 17 on"},
    {.name = "smooth", .type = MM_OPT_DOUBLE, .offset = offsetof(options, smooth), .argument = "PIXELS", .min = 0, .max = 4096,
     .help = "smooth the log-odds by a Gaussian of this standard deviation (0: do not)"},
    {.name = "pad", .type = MM_OPT_INT, .offset = offsetof(options, pad), .argument = "N", .min = -1, .max = 65536,
     .help = "zeros around the image (-1: half a window)"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(options, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(options, batch), .argument = "N", .min = 1, .max = 4096,
     .help = "windows to compute at once (32)", .neutral = true},
    {.name = "baseline", .type = MM_OPT_CHOICE, .offset = offsetof(options, baseline), .argument = "WHAT", .choices = MM_BASELINE_CHOICES,
     .help = "no network: grey statistics by a --model that mmeval stored, or the smoothed brightness"},
    {.name = "window", .type = MM_OPT_SIZE, .offset = offsetof(options, window), .argument = "HxW", .min = 1, .max = 65536,
     .help = "size of windows if the model does not say its patches' size; of --baseline=bright (224)"},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(options, device), .argument = "NAME",
     .help = "auto, cpu or cuda[:N]", .neutral = true},
};

typedef struct state {
    mm_device *device;
    mm_loaded_model network;
    size_t split; /* number of a layer; --mode=shared */
    mm_heat_check check;
    mm_heat_baseline baseline;
    bool quiet, warned[2]; /* of other images, of narrow patches */
} state;

static void release(void *shared)
{
    state *s = shared;
    mm_loaded_model_close(&s->network);
    mm_heat_check_close(&s->check);
    mm_heat_baseline_close(&s->baseline);
    if (s->device)
        s->device->backend->close(s->device);
    free(s);
}

static const char *split_of(const state *s, const options *o)
{
    return o->split ? o->split : s->network.info.split ? s->network.info.split : s->network.net->split;
}

static int prepare_baseline(state *s, const options *o, mm_error *error)
{
    if (o->per_class || o->mode != DEFAULTS.mode || o->split || o->layer || o->trust || o->log)
        return mm_fail(error, MM_USAGE, "--class, --mode, --split, --layer, --trust and --log are of networks: they do not go with --baseline");
    s->baseline = (mm_heat_baseline){.kind = (mm_baseline)o->baseline, .stride = (size_t)(o->stride ? o->stride : STRIDE), .pad = o->pad,
                                     .min_tissue = o->min_tissue, .log_odds = o->logits, .smooth = o->smooth};
    return mm_heat_baseline_open(&s->baseline, o->model, o->window, error);
}

static int check_options(const options *o, mm_error *error)
{
    if (!o->model)
        return mm_fail(error, MM_USAGE, "--model=FILE is missing");
    if (o->split && o->mode != MM_SLIDE_SHARED)
        return mm_fail(error, MM_USAGE, "--split is of --mode=shared");
    if ((o->mode == MODE_CAM) != (o->layer != NULL))
        return mm_fail(error, MM_USAGE, "--mode=cam and --layer=NAME go together");
    if (o->layer && (o->stride || o->pad >= 0 || o->window.height || o->logits || o->smooth > 0 || o->min_tissue >= 0 || o->everywhere || o->trust || o->log))
        return mm_fail(error, MM_USAGE, "--stride, --pad, --window, --logits, --smooth, --log and options of tissue and trust do not go with --mode=cam");
    if (o->per_class && o->smooth > 0)
        return mm_fail(error, MM_USAGE, "--class and --smooth exclude each other: smoothed classes do not add up to 1");
    return MM_OK;
}

/* Sets the size of windows to that of the patches in training. */
static int choose_window(options *o, const mm_model_info *info, mm_error *error)
{
    const mm_size given = o->window;
    if (info->height && given.height && (given.height != info->height || given.width != info->width))
        return mm_fail(error, MM_USAGE, "its windows have the size of its patches, %zux%zu, not %zux%zu", info->height, info->width,
                       given.height, given.width);
    if (!info->height && !given.height)
        return mm_fail(error, MM_FAILURE, "it does not say the size of the patches that it was trained on: --window=HxW does");
    if (info->height)
        o->window = (mm_size){info->height, info->width};
    return MM_OK;
}

static int prepare(void *values, const mm_common *common, void **shared, mm_error *error)
{
    options *o = values;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return mm_no_memory(error);
    *shared = s;
    s->quiet = common->quiet;
    if (o->everywhere && o->min_tissue > 0)
        return mm_fail(error, MM_USAGE, "--everywhere and --min-tissue exclude each other");
    if (o->baseline)
        return prepare_baseline(s, o, error);
    if (check_options(o, error) || mm_device_open(o->device, mm_launcher_local_rank(), (size_t)common->threads, &s->device, error) ||
        mm_loaded_model_open(&s->network, o->model, s->device, (mm_precision)o->precision, o->layer ? 1 : (size_t)o->batch, error))
        return error->code;
    if (o->layer && mm_cam_choose(&s->network, o->layer, error))
        return mm_fail_in(error, "--layer");
    if (!o->layer && choose_window(o, &s->network.info, error))
        return mm_fail_in(error, "'%s'", o->model);
    if (o->mode == MM_SLIDE_SHARED && mm_shared_find(s->network.net, split_of(s, o), &s->split, error))
        return mm_fail_in(error, "'%s'", o->model);
    if (o->everywhere || o->min_tissue < 0)
        o->min_tissue = o->everywhere ? 0 : mm_windows_trained_tissue(&s->network.info);
    o->stride = o->stride ? o->stride : STRIDE;
    mm_say_device(s->device, common->quiet);
    return mm_heat_check_open(&s->check, o->log, error);
}

static void warn_once(state *s, const options *o, const mm_head *head, const mm_images *image)
{
    char why[512];
    size_t step = mm_net_step(s->network.net, s->network.net->nlayers - 1);
    bool differ = !s->warned[0] && !s->quiet &&
                  (o->layer ? mm_model_info_differs(&s->network.info, head, image->height, image->width, why, sizeof why)
                            : mm_loaded_model_images_differ(&s->network, head, image->height, image->width, why, sizeof why));
    if (differ)
        mm_warn("'%s': %s", o->model, why);
    const size_t features = (o->window.height + step - 1) / step;
    bool narrow = !s->warned[1] && !s->quiet && o->mode == MM_SLIDE_DENSE && features < FEW;
    if (narrow)
        mm_warn("'%s': its patches are %zu features wide: dense maps differ much from those of --mode=window", o->model, features);
    s->warned[0] |= differ;
    s->warned[1] |= narrow;
}

static int finish(const void *values, void *shared, mm_error *error)
{
    state *s = shared;
    (void)values;
    (void)error;
    mm_heat_check_report(&s->check, s->quiet);
    return MM_OK;
}

/* Fills in the map of a record's image; `sliding` says where the windows lie. */
static int compute(const mm_job *job, mm_record *record, const mm_images *image, mm_sliding *sliding, mm_error *error)
{
    state *s = job->shared;
    const options *o = job->options;
    const size_t dim[3] = {o->per_class ? s->network.info.nclasses : 1, sliding->y.n, sliding->x.n};
    bool *computed = NULL;
    int code = mm_windows_choose(record, &sliding->y, &sliding->x, o->min_tissue, &computed, error);
    mm_tensor *map = code ? NULL : mm_record_add(record, "heatmap", MM_F32, 3, dim, error);
    sliding->computed = computed;
    sliding->log_odds = o->logits || o->smooth > 0;
    if (!map || mm_slide(&s->network, image, sliding, map->data, error) ||
        mm_heat_check_map(&s->check, job, record->key, o->trust, &s->network, image, sliding, map->data, error) ||
        (o->smooth > 0 && mm_heatmap_smooth(map->data, &sliding->y, &sliding->x, computed, o->smooth, error)))
        code = error->code;
    if (!code && sliding->log_odds && !o->logits)
        mm_heatmap_probabilities(map->data, map->count);
    sliding->log_odds = o->logits;
    if (!code && mm_heat_describe(record, &s->network.info, sliding, o->min_tissue, o->smooth, error))
        code = error->code;
    free(computed);
    return code;
}

static int add_heatmap(const mm_job *job, mm_record *record, mm_error *error)
{
    state *s = job->shared;
    const options *o = job->options;
    const size_t h = o->window.height, w = o->window.width, stride = (size_t)o->stride;
    mm_batch_image image;
    if (s->baseline.kind)
        return mm_heat_baseline_add(&s->baseline, record, error);
    if (mm_batch_image_of(record, &image, error))
        return error->code;
    const mm_images images = {&image.data, 1, image.height, image.width, image.dtype, image.full_scale};
    warn_once(s, o, job->head, &images);
    if (o->mode == MODE_CAM)
        return mm_cam_add(&s->network, &images, o->per_class, record, error);
    mm_sliding sliding = {.mode = (mm_sliding_mode)o->mode, .split = s->split, .per_class = o->per_class,
                          .batch = (size_t)o->batch};
    if (mm_heatmap_axis_make(&sliding.y, image.height, h, stride, o->pad < 0 ? h / 2 : (size_t)o->pad, error) ||
        mm_heatmap_axis_make(&sliding.x, image.width, w, stride, o->pad < 0 ? w / 2 : (size_t)o->pad, error))
        return error->code;
    return compute(job, record, &images, &sliding, error);
}

static const mm_filter FILTER = {
    .program = {.name = "mmheatmap", .operands = "[FILE...]", .summary = "map what a network finds where in images",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS},
    .options_bytes = sizeof(options),
    .defaults = &DEFAULTS,
    .prepare = prepare,
    .change = add_heatmap,
    .finish = finish,
    .release = release,
    .serial = true, /* the network has threads of its own */
};

int main(int argc, char **argv)
{
    mm_begin_predict(FILTER.program.name);
    return mm_filter_main(&FILTER, argc, argv);
}
