/* A classifier that slides over an image: see sliding.h. */
#include "filters/predict/sliding.h"

#include <stdlib.h>

typedef struct work {
    mm_loaded_model *network;
    const mm_sliding *s;
    const mm_images *image;
    size_t element, classes;
    float *map;
} work;

static void put(const work *w, size_t i, size_t j, const float *p)
{
    size_t cells = w->s->y.n * w->s->x.n, at = i * w->s->x.n + j;
    if (!w->s->per_class)
        w->map[at] = 1 - p[0];
    for (size_t k = 0; k < w->classes && w->s->per_class; k++)
        w->map[k * cells + at] = p[k];
}

/* Predicts n crops of h x w that lie one after another in `crops`. */
static int predict(const work *w, const char *crops, size_t n, size_t h, size_t wd, size_t batch, size_t window, float *p,
                   mm_error *error)
{
    const void **image = malloc(n * sizeof *image);
    if (!image)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        image[i] = crops + i * h * wd * w->element;
    const mm_images images = {image, n, h, wd, w->image->dtype, w->image->full_scale};
    int code = mm_loaded_model_predict(w->network, &images, batch, window, &(mm_network_output){.probabilities = p}, error);
    free(image);
    return code;
}

/* Several batches are cut at a time, so that a device need not wait for the scissors. */
static int window_map(const work *w, mm_error *error)
{
    enum { BATCHES = 8 };
    size_t h = w->s->y.size, wd = w->s->x.size, batch = w->s->batch, cells = w->s->y.n * w->s->x.n;
    size_t most = cells < BATCHES * batch ? cells : BATCHES * batch;
    char *crops = malloc(most * h * wd * w->element);
    float *p = malloc(most * w->classes * sizeof *p);
    int code = crops && p ? MM_OK : mm_no_memory(error);
    for (size_t at = 0; at < cells && !code; at += most) {
        size_t n = cells - at < most ? cells - at : most;
        for (size_t k = 0; k < n; k++)
            mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element,
                           w->s->y.begin + (long)((at + k) / w->s->x.n * w->s->y.stride),
                           w->s->x.begin + (long)((at + k) % w->s->x.n * w->s->x.stride), h, wd, crops + k * h * wd * w->element);
        code = predict(w, crops, n, h, wd, batch, 0, p, error);
        for (size_t k = 0; k < n && !code; k++)
            put(w, (at + k) / w->s->x.n, (at + k) % w->s->x.n, p + k * w->classes);
    }
    free(crops);
    free(p);
    return code;
}

static int dense_map(const work *w, mm_error *error)
{
    mm_heatmap_passes py, px;
    size_t step = mm_predict_step(w->network->net);
    mm_heatmap_passes_make(&py, &w->s->y, step);
    mm_heatmap_passes_make(&px, &w->s->x, step);
    size_t rows = (py.cells - 1) * py.skip + 1, columns = (px.cells - 1) * px.skip + 1;
    if (py.window != px.window)
        return mm_fail(error, MM_FAILURE, "the model was trained on %zux%zu: dense mode needs square patches", w->s->y.size, w->s->x.size);
    char *crop = malloc(py.extent * px.extent * w->element);
    float *p = malloc(rows * columns * w->classes * sizeof *p);
    int code = crop && p ? MM_OK : mm_no_memory(error);
    for (size_t pass = 0; pass < py.phases * px.phases && !code; pass++) {
        size_t a = pass / px.phases, b = pass % px.phases;
        mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element, w->s->y.begin + (long)(a * w->s->y.stride),
                       w->s->x.begin + (long)(b * w->s->x.stride), py.extent, px.extent, crop);
        code = predict(w, crop, 1, py.extent, px.extent, 1, py.window, p, error);
        for (size_t i = a; i < w->s->y.n && !code; i += py.phases)
            for (size_t j = b; j < w->s->x.n; j += px.phases)
                put(w, i, j, p + ((i / py.phases * py.skip) * columns + j / px.phases * px.skip) * w->classes);
    }
    free(crop);
    free(p);
    return code;
}

int mm_slide(mm_loaded_model *network, const mm_images *image, const mm_sliding *sliding, float *map, mm_error *error)
{
    const work w = {network, sliding, image, mm_dtype_size(image->dtype), network->net->classes, map};
    return sliding->dense ? dense_map(&w, error) : window_map(&w, error);
}
