/* Grad-CAM: see cam.h. */
#include "filters/predict/cam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/heatmap_record.h"
#include "filters/predict/heat_attributes.h"

typedef struct work {
    mm_executor *x;
    size_t classes, channels, cells;
    float *logits, *seed;        /* [classes] */
    float *features, *gradients; /* [channels][cells] */
    double *sum;                 /* [cells] */
} work;

int mm_cam_choose(mm_loaded_model *network, const char *layer, mm_error *error)
{
    if (mm_loaded_model_features(network, layer, false, error))
        return error->code;
    const mm_layer *l = &network->net->layers[network->feature];
    return l->rows ? mm_fail(error, MM_USAGE, "layer '%s' of %s has no rows and columns", l->name, network->net->description) : MM_OK;
}

static int begin(work *w, mm_loaded_model *n, const mm_images *image, mm_error *error)
{
    const mm_executor_options options = {.mode = MM_EXPLAIN, .batch = 1, .height = image->height, .width = image->width,
                                         .feature = n->feature};
    int ndim;
    size_t dim[3];
    if (mm_executors_get(&n->executors, &options, &w->x, error) ||
        mm_executor_input(w->x, image->image, 1, image->dtype, image->full_scale, n->info.mean, n->info.std, error))
        return error->code;
    mm_executor_feature_shape(w->x, &ndim, dim);
    w->classes = n->net->classes;
    w->channels = dim[0];
    w->cells = dim[1] * dim[2];
    w->logits = malloc(w->classes * sizeof *w->logits);
    w->seed = malloc(w->classes * sizeof *w->seed);
    w->features = malloc(w->channels * w->cells * sizeof *w->features);
    w->gradients = malloc(w->channels * w->cells * sizeof *w->gradients);
    w->sum = malloc(w->cells * sizeof *w->sum);
    return w->logits && w->seed && w->features && w->gradients && w->sum ? MM_OK : mm_no_memory(error);
}

static void end(work *w)
{
    free(w->logits);
    free(w->seed);
    free(w->features);
    free(w->gradients);
    free(w->sum);
}

/* The gradient of class k's logit, or of the logarithm of the sum of all but class 0. */
static void set_seed(work *w, bool per_class, size_t k)
{
    memset(w->seed, 0, w->classes * sizeof *w->seed);
    if (per_class) {
        w->seed[k] = 1;
    } else if (w->classes > 1) {
        memcpy(w->seed + 1, w->logits + 1, (w->classes - 1) * sizeof *w->seed);
        mm_executor_softmax(w->seed + 1, 1, w->classes - 1);
    }
}

static int weigh(work *w, float *map, mm_error *error)
{
    memset(w->sum, 0, w->cells * sizeof *w->sum);
    for (size_t c = 0; c < w->channels; c++) {
        const float *g = w->gradients + c * w->cells, *a = w->features + c * w->cells;
        double weight = 0;
        for (size_t i = 0; i < w->cells; i++)
            weight += g[i];
        weight /= (double)w->cells;
        for (size_t i = 0; i < w->cells; i++)
            w->sum[i] += weight * a[i];
    }
    for (size_t i = 0; i < w->cells; i++) {
        if (!isfinite((float)w->sum[i]))
            return mm_fail(error, MM_FAILURE, "the network's answer is not a finite number");
        map[i] = w->sum[i] > 0 ? (float)w->sum[i] : 0;
    }
    return MM_OK;
}

static int explain(work *w, bool per_class, size_t k, float *map, mm_error *error)
{
    if (mm_executor_forward(w->x, error) || mm_executor_logits(w->x, w->logits, error))
        return error->code;
    set_seed(w, per_class, k);
    if (mm_executor_explain(w->x, w->seed, error) || mm_executor_feature(w->x, w->features, error) ||
        mm_executor_gradient(w->x, w->gradients, error))
        return error->code;
    return weigh(w, map, error);
}

static int describe(mm_record *record, const mm_model_info *info, const mm_feature_axis axis[2], bool per_class, mm_error *error)
{
    mm_heatmap_forget(record);
    if (mm_record_setf(record, "heatmap.stride", "%g,%g", axis[0].stride, axis[1].stride) ||
        mm_record_setf(record, "heatmap.offset", "%g,%g", axis[0].centre, axis[1].centre) ||
        mm_record_set(record, "heatmap.mode", "cam") || mm_record_set(record, "heatmap.scale", "activation"))
        return mm_no_memory(error);
    return mm_heat_name_classes(record, info, per_class, error);
}

int mm_cam_add(mm_loaded_model *network, const mm_images *image, bool per_class, mm_record *record, mm_error *error)
{
    mm_feature_axis axis[2];
    if (mm_net_feature_axes(network->net, network->feature, image->height, image->width, axis, error))
        return (error->code = MM_FAILURE); /* the record's fault, not the command line's */
    const size_t dim[3] = {per_class ? network->net->classes : 1, axis[0].n, axis[1].n};
    mm_tensor *map = mm_record_add(record, "heatmap", MM_F32, 3, dim, error);
    if (!map)
        return error->code;
    work w = {0};
    int code = begin(&w, network, image, error);
    for (size_t k = 0; k < dim[0] && !code; k++)
        code = explain(&w, per_class, k, (float *)map->data + k * w.cells, error);
    end(&w);
    return code ? code : describe(record, &network->info, axis, per_class, error);
}
