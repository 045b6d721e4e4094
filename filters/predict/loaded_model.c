/* Models ready to predict: see loaded_model.h. */
#include "filters/predict/loaded_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/options.h"

mm_dtype mm_precision_on(const mm_device *device, mm_precision precision)
{
    bool bf16 = precision == MM_PRECISION_BF16 || (precision == MM_PRECISION_AUTO && device->fast_bf16);
    return bf16 ? MM_BF16 : MM_F32;
}

static int build(mm_loaded_model *n, const mm_weights *weights, mm_device *device, mm_precision precision, size_t batch, mm_error *error)
{
    /* Models that do not say what they were trained on get what the published networks were made for. */
    size_t height = n->info.height ? n->info.height : 224, width = n->info.width ? n->info.width : 224;
    if (mm_net_build(n->info.net, n->info.nclasses, &n->net, error) ||
        mm_model_new(n->net, device, mm_precision_on(device, precision), batch, height, width, &n->model, error) ||
        mm_model_set(n->model, &weights->params, error))
        return error->code;
    n->executors.model = n->model;
    return MM_OK;
}

int mm_loaded_model_open(mm_loaded_model *n, const char *path, mm_device *device, mm_precision precision, size_t batch, mm_error *error)
{
    mm_weights weights = {0};
    *n = (mm_loaded_model){0};
    int code = mm_model_load(path, &n->info, &weights, error);
    if (!code && build(n, &weights, device, precision, batch, error))
        code = mm_fail_in(error, "'%s'", path);
    mm_weights_free(&weights);
    return code;
}

void mm_loaded_model_close(mm_loaded_model *n)
{
    if (n->model)
        mm_executors_free(&n->executors);
    mm_model_free(n->model);
    mm_net_free(n->net);
    mm_model_info_free(&n->info);
    *n = (mm_loaded_model){0};
}

static mm_predict_options options_for(const mm_loaded_model *n, size_t batch, size_t window)
{
    return (mm_predict_options){batch, window, n->info.mean, n->info.std, n->feature, n->pool};
}

int mm_loaded_model_features(mm_loaded_model *n, const char *layer, bool pool, mm_error *error)
{
    n->pool = pool;
    return mm_net_find_layer(n->net, layer, &n->feature, error);
}

int mm_loaded_model_feature_shape(mm_loaded_model *n, size_t height, size_t width, int *ndim, size_t dim[3], mm_error *error)
{
    const mm_predict_options options = options_for(n, 1, 0);
    return mm_predict_feature_shape(&n->executors, &options, height, width, ndim, dim, error);
}

double mm_loaded_model_temperature(const mm_loaded_model *n)
{
    return n->info.temperature > 0 ? n->info.temperature : 1;
}

int mm_loaded_model_predict(mm_loaded_model *n, const mm_images *images, size_t batch, size_t window, const mm_network_output *out,
                            mm_error *error)
{
    const mm_predict_options options = options_for(n, batch, window);
    return mm_predict(&n->executors, &options, images, n->net->classes, out, error);
}

int mm_loaded_model_windows(mm_loaded_model *n, size_t split, const mm_images *image, size_t height, size_t width, size_t batch,
                            const int32_t *place, size_t count, float *logits, mm_error *error)
{
    const mm_shared_options how = {split, height, width, batch, n->info.mean, n->info.std};
    return mm_shared_predict(&n->executors, &how, image, place, count, logits, error);
}

/* The size that mmresize brought the training images to, of the provenance; false when it does not say. */
static bool resized_to(const mm_model_info *info, mm_size *size)
{
    char word[40];
    return mm_model_info_option(info, "mmresize", "--size", word, sizeof word) && mm_parse_size(word, 1, 1000000, size) == MM_OK;
}

bool mm_loaded_model_images_differ(const mm_loaded_model *n, const mm_head *head, size_t height, size_t width, char *why, size_t size)
{
    mm_size trained;
    if (mm_model_info_differs(&n->info, head, n->info.height, n->info.width, why, size))
        return true;
    if (!resized_to(&n->info, &trained) || (trained.height == height && trained.width == width))
        return false;
    snprintf(why, size, "images are %zux%zu, the model's patches were cut from images of %zux%zu", height, width, trained.height,
             trained.width);
    return true;
}
