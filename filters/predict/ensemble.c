/* Models that answer together: see ensemble.h. */
#include "filters/predict/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/launcher.h"
#include "common/image/flip.h"
#include "common/stats/rank.h"

enum { PATCHES = 32, PATCH = 224 };

static bool same_classes(const mm_model_info *a, const mm_model_info *b)
{
    bool same = a->nclasses == b->nclasses;
    for (size_t k = 0; same && k < a->nclasses; k++)
        same = strcmp(a->classes[k], b->classes[k]) == 0;
    return same;
}

int mm_ensemble_open(mm_ensemble *e, const char *const *paths, size_t n, const char *device, size_t threads,
                     mm_precision precision, size_t batch, mm_error *error)
{
    *e = (mm_ensemble){.batch = batch};
    if (!(e->network = calloc(n, sizeof *e->network)))
        return mm_no_memory(error);
    if (mm_device_open(device, mm_launcher_local_rank(), threads, &e->device, error))
        return error->code;
    for (size_t m = 0; m < n; m++) {
        e->n = m + 1;
        if (mm_loaded_model_open(&e->network[m], paths[m], e->device, precision, batch ? batch : PATCHES, error))
            return error->code;
        if (!same_classes(&e->network[0].info, &e->network[m].info))
            return mm_fail(error, MM_FAILURE, "'%s' and '%s' have different classes", paths[0], paths[m]);
    }
    e->classes = e->network[0].info.nclasses;
    return MM_OK;
}

void mm_ensemble_close(mm_ensemble *e)
{
    for (size_t m = 0; m < e->n; m++)
        mm_loaded_model_close(&e->network[m]);
    free(e->network);
    if (e->device)
        e->device->backend->close(e->device);
    *e = (mm_ensemble){0};
}

static size_t batch_for(const mm_ensemble *e, const mm_images *images)
{
    size_t batch = (size_t)PATCHES * PATCH * PATCH / (images->height * images->width);
    if (e->batch)
        return e->batch;
    return batch < 1 ? 1 : batch > PATCHES ? PATCHES : batch;
}

/* Room for what one network says of a batch. */
typedef struct answer {
    float *logits;           /* [n][classes] */
    double *log_prob, *prob; /* [classes] of one image */
} answer;

static int answer_new(answer *a, size_t n, size_t classes, mm_error *error)
{
    *a = (answer){malloc((n * classes + 1) * sizeof *a->logits), malloc(classes * sizeof *a->log_prob), malloc(classes * sizeof *a->prob)};
    return a->logits && a->log_prob && a->prob ? MM_OK : mm_no_memory(error);
}

static void answer_free(answer *a)
{
    free(a->logits);
    free(a->log_prob);
    free(a->prob);
}

/* Adds every network's answer to sum[n][classes], and to log_sum. */
static int add(mm_ensemble *e, const mm_images *images, answer *a, float *features, double *sum, double *log_sum, mm_error *error)
{
    const size_t K = e->classes;
    for (size_t m = 0; m < e->n; m++) {
        const mm_network_output out = {.logits = a->logits, .features = features};
        if (mm_loaded_model_predict(&e->network[m], images, batch_for(e, images), 0, &out, error))
            return error->code;
        for (size_t i = 0; i < images->n; i++) {
            const float *z = a->logits + i * K;
            mm_softmax_of(z, K, mm_loaded_model_temperature(&e->network[m]), a->log_prob, a->prob);
            for (size_t k = 0; k < K; k++) {
                sum[i * K + k] += log_sum ? a->prob[k] : (double)z[k];
                if (log_sum)
                    log_sum[i * K + k] = mm_log_add(log_sum[i * K + k], a->log_prob[k]);
            }
        }
    }
    return MM_OK;
}

/* The mirror images: 1 left-right, 2 upside down, 3 both. */
static int add_mirrored(mm_ensemble *e, const mm_images *images, answer *a, double *sum, double *log_sum, mm_error *error)
{
    size_t size = mm_dtype_size(images->dtype), bytes = size * images->height * images->width;
    char *pixels = malloc(images->n * bytes);
    const void **image = calloc(images->n, sizeof *image);
    int code = pixels && image ? MM_OK : mm_no_memory(error);
    for (int mirror = 1; mirror < 4 && !code; mirror++) {
        mm_images flipped = *images;
        for (size_t i = 0; i < images->n; i++) {
            image[i] = pixels + i * bytes;
            mm_flip(images->image[i], images->height, images->width, size, mirror & 1, mirror & 2, pixels + i * bytes);
        }
        flipped.image = image;
        code = add(e, &flipped, a, NULL, sum, log_sum, error);
    }
    free(pixels);
    free(image);
    return code;
}

int mm_ensemble_predict(mm_ensemble *e, const mm_images *images, bool flips, double *out, double *log_prob, float *features,
                        mm_error *error)
{
    answer a;
    const size_t all = images->n * e->classes;
    const double n = (double)(e->n * (flips ? 4 : 1));
    memset(out, 0, all * sizeof *out);
    for (size_t i = 0; i < all && log_prob; i++)
        log_prob[i] = -INFINITY;
    int code = answer_new(&a, images->n, e->classes, error);
    if (!code)
        code = add(e, images, &a, features, out, log_prob, error);
    if (!code && flips)
        code = add_mirrored(e, images, &a, out, log_prob, error);
    for (size_t i = 0; i < all && !code; i++) {
        out[i] /= n;
        if (log_prob)
            log_prob[i] -= log(n);
    }
    answer_free(&a);
    return code;
}
