/* Prediction by a network in two parts: see shared_layers.h. */
#include "common/nn/shared_layers.h"

#include <stdlib.h>

#include "common/nn/internal.h"

/* True if all layers behind one read one another and it alone. */
static bool divides(const mm_net *net, size_t layer)
{
    for (size_t i = layer + 1; i < net->nlayers; i++) {
        const mm_layer *l = &net->layers[i];
        if (l->from < (int)layer || (l->second >= 0 && l->second < (int)layer))
            return false;
    }
    return true;
}

int mm_shared_find(const mm_net *net, const char *name, size_t *layer, mm_error *error)
{
    if (mm_net_find_layer(net, name, layer, error))
        return error->code;
    if (!divides(net, *layer) || net->layers[*layer].rows)
        return mm_fail(error, MM_USAGE, "%s cannot be divided behind '%s': %s", net->description, name,
                       net->layers[*layer].rows ? "it has no positions there" : "later layers read earlier ones");
    return MM_OK;
}

static int first_part(mm_executors *cache, const mm_shared_options *s, const mm_images *image, mm_executor **executor, mm_error *error)
{
    const mm_executor_options options = {.mode = MM_PREDICT, .batch = 1, .height = image->height, .width = image->width, .last = s->layer};
    return mm_executors_get(cache, &options, executor, error);
}

static int second_part(mm_executors *cache, const mm_shared_options *s, size_t n, const mm_executor *first, mm_executor **executor, mm_error *error)
{
    mm_executor_options options = {.mode = MM_PREDICT, .height = s->window_height, .width = s->window_width, .first = s->layer};
    options.batch = mm_predict_batch(s->batch, n);
    mm_executor_shape(first, s->layer, &options.source_height, &options.source_width);
    return mm_executors_get(cache, &options, executor, error);
}

/* Results come in whole batches, so that `all` has room for one more. */
static int enqueue(mm_executors *cache, const mm_shared_options *s, const mm_images *image, const int32_t *crop, size_t n, float *all, mm_error *error)
{
    const size_t classes = cache->model->net->classes;
    mm_executor *first, *second;
    if (first_part(cache, s, image, &first, error) ||
        mm_executor_input(first, image->image, 1, image->dtype, image->full_scale, s->mean, s->std, error) || mm_executor_forward(first, error))
        return error->code;
    for (size_t at = 0, some; at < n; at += some) {
        some = n - at < s->batch ? n - at : s->batch;
        if (first_part(cache, s, image, &first, error) || /* it is used, and stays */
            second_part(cache, s, some, first, &second, error) || mm_executor_crop(second, first, crop + 2 * at, some, error) ||
            mm_executor_forward(second, error) || mm_executor_fetch(second, NULL, all + at * classes, error))
            return error->code;
    }
    return mm_model_wait(cache->model, error);
}

int mm_shared_predict(mm_executors *cache, const mm_shared_options *s, const mm_images *image, const int32_t *place, size_t n, float *logits,
                     mm_error *error)
{
    const size_t classes = cache->model->net->classes;
    const int32_t step = (int32_t)mm_net_step(cache->model->net, s->layer);
    float *all = malloc((n + s->batch) * classes * sizeof *all);
    int32_t *crop = malloc((2 * n + 1) * sizeof *crop); /* in positions of the layer */
    int code = all && crop ? MM_OK : mm_no_memory(error);
    for (size_t i = 0; i < 2 * n && !code; i++)
        crop[i] = place[i] / step;
    if (!code)
        code = enqueue(cache, s, image, crop, n, all, error);
    mm_error ignored;
    if (code && all)
        mm_model_wait(cache->model, &ignored); /* no result may arrive in `all` any more */
    for (size_t i = 0; i < n * classes && !code; i++)
        logits[i] = all[i];
    free(all);
    free(crop);
    return code;
}
