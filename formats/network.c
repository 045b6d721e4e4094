/* Models ready to predict: see network.h. */
#include "formats/network.h"

mm_dtype mm_precision_on(const mm_device *device, mm_precision precision)
{
    bool bf16 = precision == MM_PRECISION_BF16 || (precision == MM_PRECISION_AUTO && device->fast_bf16);
    return bf16 ? MM_BF16 : MM_F32;
}

static int build(mm_network *n, const mm_weights *weights, mm_device *device, mm_precision precision, size_t batch, mm_error *error)
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

int mm_network_open(mm_network *n, const char *path, mm_device *device, mm_precision precision, size_t batch, mm_error *error)
{
    mm_weights weights = {0};
    *n = (mm_network){0};
    int code = mm_model_load(path, &n->info, &weights, error);
    if (!code && build(n, &weights, device, precision, batch, error))
        code = mm_fail_in(error, "'%s'", path);
    mm_weights_free(&weights);
    return code;
}

void mm_network_close(mm_network *n)
{
    if (n->model)
        mm_executors_free(&n->executors);
    mm_model_free(n->model);
    mm_net_free(n->net);
    mm_model_info_free(&n->info);
    *n = (mm_network){0};
}

int mm_network_predict(mm_network *n, const mm_images *images, size_t batch, size_t window, float *logits, float *probabilities,
                       mm_error *error)
{
    const mm_predict_config config = {batch, window, n->info.mean, n->info.std};
    return mm_predict(&n->executors, &config, images, n->net->classes, logits, probabilities, error);
}
