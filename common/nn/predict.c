/* Prediction of any number of images: see predict.h. */
#include "common/nn/predict.h"

#include <stdlib.h>
#include <string.h>

size_t mm_predict_batch(size_t batch, size_t n)
{
    size_t size = 1;
    while (size < n)
        size *= 2;
    return size < batch ? size : batch;
}

static int executor_for(mm_executors *cache, const mm_predict_options *c, size_t n, size_t height, size_t width,
                        mm_executor **executor, mm_error *error)
{
    return mm_executors_get(cache,
                            &(mm_executor_options){.mode = MM_PREDICT, .batch = mm_predict_batch(c->batch, n), .height = height,
                                                  .width = width, .window = c->window, .feature = c->feature,
                                                  .pool = c->pool},
                            executor, error);
}

int mm_predict_map(mm_executors *cache, const mm_predict_options *c, size_t height, size_t width, size_t *map_height,
                   size_t *map_width, mm_error *error)
{
    mm_executor *ex;
    if (executor_for(cache, c, 1, height, width, &ex, error))
        return error->code;
    mm_executor_map(ex, map_height, map_width);
    return MM_OK;
}

int mm_predict_feature_shape(mm_executors *cache, const mm_predict_options *c, size_t height, size_t width, int *ndim, size_t dim[3],
                             mm_error *error)
{
    mm_executor *ex;
    if (executor_for(cache, c, 1, height, width, &ex, error))
        return error->code;
    mm_executor_feature_shape(ex, ndim, dim);
    return MM_OK;
}

/* A batch's features, of which there may be more than images are left. */
static int take_features(mm_executor *ex, size_t n, float *to, mm_error *error)
{
    const size_t size = mm_executor_feature_size(ex);
    float *all = malloc(mm_executor_batch(ex) * size * sizeof *all);
    int code = all ? mm_executor_feature(ex, all, error) : mm_no_memory(error);
    if (!code)
        memcpy(to, all, n * size * sizeof *all);
    free(all);
    return code;
}

/* All batches, one after the other, without waiting for any: the next one's images come while one is computed. Results come in
 * whole batches, so that `all` has room for one more. */
static int enqueue(mm_executors *cache, const mm_predict_options *c, const mm_images *images, size_t numbers, float *all, float *features,
                   mm_error *error)
{
    for (size_t at = 0, n; at < images->n; at += n) {
        mm_executor *ex;
        n = images->n - at < c->batch ? images->n - at : c->batch;
        if (executor_for(cache, c, n, images->height, images->width, &ex, error) ||
            mm_executor_input(ex, images->image + at, n, images->dtype, images->full_scale, c->mean, c->std, error) ||
            mm_executor_forward(ex, error) || mm_executor_fetch(ex, NULL, all + at * numbers, error) ||
            (features && take_features(ex, n, features + at * mm_executor_feature_size(ex), error)))
            return error->code;
    }
    return mm_model_wait(cache->model, error);
}

int mm_predict(mm_executors *cache, const mm_predict_options *c, const mm_images *images, size_t classes, const mm_network_output *out,
               mm_error *error)
{
    size_t height, width;
    mm_executor *ex;
    if (images->n == 0)
        return MM_OK;
    if (executor_for(cache, c, images->n < c->batch ? images->n : c->batch, images->height, images->width, &ex, error))
        return error->code;
    mm_executor_map(ex, &height, &width);
    const size_t numbers = height * width * classes;
    float *all = malloc((images->n + c->batch) * numbers * sizeof *all);
    int code = all ? enqueue(cache, c, images, numbers, all, out->features, error) : mm_no_memory(error);
    mm_error ignored;
    if (code && all)
        mm_model_wait(cache->model, &ignored); /* no result may arrive in `all` any more */
    if (!code && out->logits)
        memcpy(out->logits, all, images->n * numbers * sizeof *all);
    free(all);
    return code;
}
