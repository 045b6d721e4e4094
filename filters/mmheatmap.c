/* mmheatmap: slides a patch classifier over images and adds the map of its probabilities, the tensor `heatmap`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/computing.h"
#include "cli/feed.h"
#include "cli/filter.h"
#include "formats/network.h"
#include "image/heatmap.h"

enum { MODE_WINDOW, MODE_DENSE };

typedef struct config {
    const char *model, *device;
    long stride, pad, batch; /* pad -1: half a window */
    int mode, precision;
    bool per_class;
} config;

static const config DEFAULTS = {.device = "auto", .stride = 8, .pad = -1, .batch = 32, .mode = MODE_WINDOW};

static const mm_option OPTIONS[] = {
    {.name = "model", .type = MM_OPT_STRING, .offset = offsetof(config, model), .argument = "FILE",
     .help = "the patch classifier"},
    {.name = "stride", .type = MM_OPT_INT, .offset = offsetof(config, stride), .argument = "N", .min = 1, .max = 4096,
     .help = "pixels between windows (8)"},
    {.name = "mode", .type = MM_OPT_CHOICE, .offset = offsetof(config, mode), .argument = "HOW", .choices = "window|dense",
     .help = "each window on its own (window), or the whole image at once (dense)"},
    {.name = "class", .type = MM_OPT_FLAG, .offset = offsetof(config, per_class),
     .help = "one map per class instead of 1 - P(background)"},
    {.name = "pad", .type = MM_OPT_INT, .offset = offsetof(config, pad), .argument = "N", .min = -1, .max = 65536,
     .help = "zeros around the image (-1: half a window)"},
    {.name = "precision", .type = MM_OPT_CHOICE, .offset = offsetof(config, precision), .argument = "P",
     .choices = MM_PRECISION_CHOICES, .help = "numbers to compute with (auto: bf16 where the hardware has it)"},
    {.name = "batch", .type = MM_OPT_INT, .offset = offsetof(config, batch), .argument = "N", .min = 1, .max = 4096,
     .help = "windows to compute at once (32)", .neutral = true},
    {.name = "device", .type = MM_OPT_STRING, .offset = offsetof(config, device), .argument = "NAME",
     .help = "auto, cpu or cuda[:N]", .neutral = true},
};

typedef struct state {
    mm_device *device;
    mm_network network;
} state;

static void release(void *shared)
{
    state *s = shared;
    mm_network_close(&s->network);
    if (s->device)
        s->device->backend->close(s->device);
    free(s);
}

static int prepare(void *config_, const mm_common *common, void **shared, mm_error *error)
{
    const config *c = config_;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return mm_fail(error, MM_FAILURE, "out of memory");
    *shared = s;
    if (!c->model)
        return mm_fail(error, MM_USAGE, "--model=FILE is missing");
    if (mm_device_open(c->device, (size_t)common->threads, &s->device, error) ||
        mm_network_open(&s->network, c->model, s->device, (mm_precision)c->precision, (size_t)c->batch, error))
        return error->code;
    return MM_OK;
}

/* One image's map: what is read, where the windows lie, what is written. */
typedef struct work {
    const config *config;
    mm_network *network;
    mm_feed_image image;
    size_t element, classes, planes;
    mm_heatmap_axis y, x;
    float *map; /* [planes][y.n][x.n] */
} work;

static void put(const work *w, size_t i, size_t j, const float *p)
{
    size_t cells = w->y.n * w->x.n, at = i * w->x.n + j;
    if (w->planes == 1)
        w->map[at] = 1 - p[0];
    for (size_t k = 0; k < w->planes && w->planes > 1; k++)
        w->map[k * cells + at] = p[k];
}

/* Predicts n crops of h x w that lie one after another in `crops`. */
static int predict(const work *w, const char *crops, size_t n, size_t h, size_t wd, size_t batch, size_t window, float *p,
                   mm_error *error)
{
    const void **image = malloc(n * sizeof *image);
    if (!image)
        return mm_fail(error, MM_FAILURE, "out of memory");
    for (size_t i = 0; i < n; i++)
        image[i] = crops + i * h * wd * w->element;
    const mm_images images = {image, n, h, wd, w->image.dtype, w->image.full_scale};
    int code = mm_network_predict(w->network, &images, batch, window, NULL, p, error);
    free(image);
    return code;
}

static int window_map(const work *w, mm_error *error)
{
    size_t h = w->y.size, wd = w->x.size, batch = (size_t)w->config->batch, cells = w->y.n * w->x.n;
    char *crops = malloc(batch * h * wd * w->element);
    float *p = malloc(batch * w->classes * sizeof *p);
    int code = crops && p ? MM_OK : mm_fail(error, MM_FAILURE, "out of memory");
    for (size_t at = 0; at < cells && !code; at += batch) {
        size_t n = cells - at < batch ? cells - at : batch;
        for (size_t k = 0; k < n; k++)
            mm_heatmap_cut(w->image.data, w->image.height, w->image.width, w->element,
                           w->y.begin + (long)((at + k) / w->x.n * w->y.stride),
                           w->x.begin + (long)((at + k) % w->x.n * w->x.stride), h, wd, crops + k * h * wd * w->element);
        code = predict(w, crops, n, h, wd, batch, 0, p, error);
        for (size_t k = 0; k < n && !code; k++)
            put(w, (at + k) / w->x.n, (at + k) % w->x.n, p + k * w->classes);
    }
    free(crops);
    free(p);
    return code;
}

static int dense_map(const work *w, mm_error *error)
{
    mm_heatmap_passes py, px;
    size_t step = mm_predict_step(w->network->net);
    mm_heatmap_passes_make(&py, &w->y, step);
    mm_heatmap_passes_make(&px, &w->x, step);
    size_t rows = (py.cells - 1) * py.skip + 1, columns = (px.cells - 1) * px.skip + 1;
    if (py.window != px.window)
        return mm_fail(error, MM_FAILURE, "the model was trained on %zux%zu: dense mode wants square patches", w->y.size, w->x.size);
    char *crop = malloc(py.extent * px.extent * w->element);
    float *p = malloc(rows * columns * w->classes * sizeof *p);
    int code = crop && p ? MM_OK : mm_fail(error, MM_FAILURE, "out of memory");
    for (size_t pass = 0; pass < py.phases * px.phases && !code; pass++) {
        size_t a = pass / px.phases, b = pass % px.phases;
        mm_heatmap_cut(w->image.data, w->image.height, w->image.width, w->element, w->y.begin + (long)(a * w->y.stride),
                       w->x.begin + (long)(b * w->x.stride), py.extent, px.extent, crop);
        code = predict(w, crop, 1, py.extent, px.extent, 1, py.window, p, error);
        for (size_t i = a; i < w->y.n && !code; i += py.phases)
            for (size_t j = b; j < w->x.n; j += px.phases)
                put(w, i, j, p + ((i / py.phases * py.skip) * columns + j / px.phases * px.skip) * w->classes);
    }
    free(crop);
    free(p);
    return code;
}

static int describe(const work *w, mm_record *record, mm_error *error)
{
    const mm_model_info *info = &w->network->info;
    char classes[1024] = "";
    for (size_t k = 0, at = 0; k < info->nclasses && at < sizeof classes; k++)
        at += (size_t)snprintf(classes + at, sizeof classes - at, "%s%s", k ? "," : "", info->classes[k]);
    mm_record_unset(record, "heatmap.class");
    mm_record_unset(record, "heatmap.classes");
    if (mm_record_setf(record, "heatmap.stride", "%ld", w->config->stride) ||
        mm_record_setf(record, "heatmap.offset", "%ld,%ld", w->y.centre, w->x.centre) ||
        mm_record_set(record, "heatmap.mode", w->config->mode == MODE_DENSE ? "dense" : "window") ||
        (w->config->per_class ? mm_record_set(record, "heatmap.classes", classes)
                              : mm_record_setf(record, "heatmap.class", "not %s", info->classes[0])))
        return mm_fail(error, MM_FAILURE, "out of memory");
    return MM_OK;
}

static int make_map(const mm_job *job, mm_record *record, mm_error *error)
{
    state *s = job->shared;
    const config *c = job->config;
    size_t h = s->network.info.height ? s->network.info.height : 224, wd = s->network.info.width ? s->network.info.width : 224;
    size_t pad_y = c->pad < 0 ? h / 2 : (size_t)c->pad, pad_x = c->pad < 0 ? wd / 2 : (size_t)c->pad;
    work w = {.config = c, .network = &s->network, .classes = s->network.info.nclasses};
    if (mm_feed_image_of(record, &w.image, error) ||
        mm_heatmap_axis_make(&w.y, w.image.height, h, (size_t)c->stride, pad_y, error) ||
        mm_heatmap_axis_make(&w.x, w.image.width, wd, (size_t)c->stride, pad_x, error))
        return error->code;
    w.planes = c->per_class ? w.classes : 1;
    w.element = mm_dtype_size(w.image.dtype);
    const size_t dim[3] = {w.planes, w.y.n, w.x.n};
    mm_tensor *map = mm_record_add(record, "heatmap", MM_F32, 3, dim, error);
    if (!map || mm_feed_image_of(record, &w.image, error))
        return error->code;
    w.map = map->data;
    if (c->mode == MODE_DENSE ? dense_map(&w, error) : window_map(&w, error))
        return error->code;
    return describe(&w, record, error);
}

static int record_map(const mm_job *job, mm_record *record, mm_error *error)
{
    int code = make_map(job, record, error);
    if (code == MM_OK)
        return mm_emit(job, record);
    mm_record_free(record);
    return code;
}

static const mm_filter FILTER = {
    .program = {.name = "mmheatmap", .operands = "[FILE...]", .summary = "slide a patch classifier over images",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS},
    .config_bytes = sizeof(config),
    .defaults = &DEFAULTS,
    .prepare = prepare,
    .record = record_map,
    .release = release,
    .serial = true, /* the network has threads of its own */
};

int main(int argc, char **argv)
{
    mm_begin_computing(FILTER.program.name, argv);
    return mm_filter_main(&FILTER, argc, argv);
}
