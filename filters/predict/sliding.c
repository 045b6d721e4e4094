/* A classifier that slides over an image: see sliding.h. */
#include "filters/predict/sliding.h"

#include <math.h>
#include <stdlib.h>

#include "common/stats/rank.h"

typedef struct work {
    mm_loaded_model *network;
    const mm_sliding *s;
    const mm_images *image;
    size_t element, classes;
    float *map;
    double temperature;
    double *log_prob, *prob; /* [classes] of a window */
    uint8_t *only;           /* [classes] 1 for the class at hand */
} work;

/* The value of class k against the others. */
static double value_of(const work *w, size_t k)
{
    if (!w->s->log_odds)
        return w->prob[k];
    w->only[k] = 1;
    double rank = mm_class_rank(w->prob, w->log_prob, w->classes, w->only);
    w->only[k] = 0;
    return mm_rank_log_odds(rank);
}

static void put(const work *w, size_t i, size_t j, const float *logits)
{
    size_t cells = w->s->y.n * w->s->x.n, at = i * w->s->x.n + j;
    mm_softmax_of(logits, w->classes, w->temperature, w->log_prob, w->prob);
    if (!w->s->per_class)
        w->map[at] = (float)((w->s->log_odds ? 0 : 1) - value_of(w, 0));
    for (size_t k = 0; k < w->classes && w->s->per_class; k++)
        w->map[k * cells + at] = (float)value_of(w, k);
}

/* Predicts n crops of h x w that lie one after another in `crops`. */
static int predict(const work *w, const char *crops, size_t n, size_t h, size_t wd, size_t batch, size_t window, float *logits,
                   mm_error *error)
{
    const void **image = malloc(n * sizeof *image);
    if (!image)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        image[i] = crops + i * h * wd * w->element;
    const mm_images images = {image, n, h, wd, w->image->dtype, w->image->full_scale};
    int code = mm_loaded_model_predict(w->network, &images, batch, window, &(mm_network_output){.logits = logits}, error);
    free(image);
    return code;
}

static bool is_computed(const work *w, size_t cell) { return !w->s->computed || w->s->computed[cell]; }

/* What a window that is not computed has: class 0 for certain. */
static void put_nothing(const work *w, size_t cell)
{
    const size_t cells = w->s->y.n * w->s->x.n;
    const float none = w->s->log_odds ? (float)MM_SLIDE_NOTHING : 0, certain = w->s->log_odds ? (float)-MM_SLIDE_NOTHING : 1;
    w->map[cell] = w->s->per_class ? certain : none;
    for (size_t k = 1; k < w->classes && w->s->per_class; k++)
        w->map[k * cells + cell] = none;
}

/* Several batches are cut at a time, so that a device need not wait for the scissors. */
static int window_map(const work *w, mm_error *error)
{
    enum { BATCHES = 8 };
    const mm_heatmap_axis *y = &w->s->y, *x = &w->s->x;
    const size_t bytes = y->size * x->size * w->element, cells = y->n * x->n;
    const size_t most = cells < BATCHES * w->s->batch ? cells : BATCHES * w->s->batch;
    char *crops = malloc(most * bytes);
    float *z = malloc(most * w->classes * sizeof *z);
    size_t *cell = malloc(most * sizeof *cell);
    int code = crops && z && cell ? MM_OK : mm_no_memory(error);
    for (size_t at = 0; at < cells && !code;) {
        size_t n = 0;
        for (; at < cells && n < most; at++)
            if (is_computed(w, at)) {
                mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element, y->begin + (long)(at / x->n * y->stride),
                               x->begin + (long)(at % x->n * x->stride), y->size, x->size, crops + n * bytes);
                cell[n++] = at;
            }
        code = n ? predict(w, crops, n, y->size, x->size, w->s->batch, 0, z, error) : MM_OK;
        for (size_t k = 0; k < n && !code; k++)
            put(w, cell[k] / x->n, cell[k] % x->n, z + k * w->classes);
    }
    free(crops);
    free(z);
    free(cell);
    return code;
}

enum { WIDTHS = 128 }; /* images of passes are a multiple of so many pixels wider than a window: few executors are compiled */

/* The columns of windows of a pass over the image: first, first + phases, ... up to last. */
typedef struct pass_columns {
    size_t phases, first, last;
} pass_columns;

/* Leaves out columns at either side that have no window to compute. False: there is none at all. */
static bool narrow(const work *w, pass_columns *c)
{
    size_t least = w->s->x.n, most = 0;
    for (size_t i = 0; i < w->s->y.n; i++)
        for (size_t j = c->first; j <= c->last; j += c->phases)
            if (is_computed(w, i * w->s->x.n + j)) {
                least = j < least ? j : least;
                most = j > most ? j : most;
            }
    if (least < w->s->x.n)
        *c = (pass_columns){c->phases, least, most};
    return least < w->s->x.n;
}

/* The windows of a pass, as pixels of its image. Returns how many. */
static size_t places_of(const work *w, const pass_columns *c, int32_t *place)
{
    size_t n = 0;
    for (size_t i = 0; i < w->s->y.n; i++)
        for (size_t j = c->first; j <= c->last; j += c->phases)
            if (is_computed(w, i * w->s->x.n + j)) {
                place[2 * n] = (int32_t)(i * w->s->y.stride);
                place[2 * n + 1] = (int32_t)((j - c->first) * w->s->x.stride);
                n++;
            }
    return n;
}

/* One pass over the part of the image where its windows lie. */
static int shared_pass(const work *w, pass_columns c, char *crop, int32_t *place, float *z, mm_error *error)
{
    const mm_sliding *s = w->s;
    const size_t height = (s->y.n - 1) * s->y.stride + s->y.size;
    const size_t width = s->x.size + ((c.last - c.first) * s->x.stride + WIDTHS - 1) / WIDTHS * WIDTHS;
    const void *image = crop;
    const mm_images images = {&image, 1, height, width, w->image->dtype, w->image->full_scale};
    mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element, s->y.begin,
                   s->x.begin + (long)(c.first * s->x.stride), height, width, crop);
    const size_t n = places_of(w, &c, place);
    if (mm_loaded_model_windows(w->network, s->split, &images, s->y.size, s->x.size, s->batch, place, n, z, error))
        return error->code;
    for (size_t i = 0; i < s->y.n; i++)
        for (size_t j = c.first; j <= c.last; j += c.phases)
            if (is_computed(w, i * s->x.n + j)) {
                put(w, i, j, z);
                z += w->classes;
            }
    return MM_OK;
}

/* Columns of windows that lie a multiple of the split's step apart are of one pass; rows may lie anywhere. */
static int shared_map(const work *w, mm_error *error)
{
    const mm_sliding *s = w->s;
    mm_heatmap_passes px;
    mm_heatmap_passes_make(&px, &s->x, mm_net_step(w->network->net, s->split));
    const size_t most = s->y.n * px.cells;
    char *crop = malloc(((s->y.n - 1) * s->y.stride + s->y.size) * (s->x.n * s->x.stride + s->x.size + WIDTHS) * w->element);
    int32_t *place = malloc(2 * most * sizeof *place);
    float *z = malloc(most * w->classes * sizeof *z);
    int code = crop && place && z ? MM_OK : mm_no_memory(error);
    for (size_t first = 0; first < px.phases && !code; first++) {
        pass_columns c = {px.phases, first, first + (s->x.n - 1 - first) / px.phases * px.phases};
        if (narrow(w, &c))
            code = shared_pass(w, c, crop, place, z, error);
    }
    free(crop);
    free(place);
    free(z);
    return code;
}

static int dense_map(const work *w, mm_error *error)
{
    mm_heatmap_passes py, px;
    size_t step = mm_net_step(w->network->net, w->network->net->nlayers - 1);
    mm_heatmap_passes_make(&py, &w->s->y, step);
    mm_heatmap_passes_make(&px, &w->s->x, step);
    size_t rows = (py.cells - 1) * py.skip + 1, columns = (px.cells - 1) * px.skip + 1;
    if (py.window != px.window)
        return mm_fail(error, MM_FAILURE, "the model was trained on %zux%zu: dense mode needs square patches", w->s->y.size, w->s->x.size);
    char *crop = malloc(py.extent * px.extent * w->element);
    float *z = malloc(rows * columns * w->classes * sizeof *z);
    int code = crop && z ? MM_OK : mm_no_memory(error);
    for (size_t pass = 0; pass < py.phases * px.phases && !code; pass++) {
        size_t a = pass / px.phases, b = pass % px.phases;
        mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element, w->s->y.begin + (long)(a * w->s->y.stride),
                       w->s->x.begin + (long)(b * w->s->x.stride), py.extent, px.extent, crop);
        code = predict(w, crop, 1, py.extent, px.extent, 1, py.window, z, error);
        for (size_t i = a; i < w->s->y.n && !code; i += py.phases)
            for (size_t j = b; j < w->s->x.n; j += px.phases)
                put(w, i, j, z + ((i / py.phases * py.skip) * columns + j / px.phases * px.skip) * w->classes);
    }
    free(crop);
    free(z);
    return code;
}

int mm_slide(mm_loaded_model *network, const mm_images *image, const mm_sliding *sliding, float *map, mm_error *error)
{
    const size_t K = network->net->classes;
    const work w = {.network = network, .s = sliding, .image = image, .element = mm_dtype_size(image->dtype), .classes = K, .map = map,
                    .temperature = sliding->mode == MM_SLIDE_DENSE ? 1 : mm_loaded_model_temperature(network), .log_prob = malloc(K * sizeof *w.log_prob),
                    .prob = malloc(K * sizeof *w.prob), .only = calloc(K, 1)};
    const size_t cells = sliding->y.n * sliding->x.n * (sliding->per_class ? K : 1);
    int code = w.log_prob && w.prob && w.only ? MM_OK : mm_no_memory(error);
    if (!code)
        code = sliding->mode == MM_SLIDE_DENSE    ? dense_map(&w, error)
               : sliding->mode == MM_SLIDE_WINDOW ? window_map(&w, error)
                                                  : shared_map(&w, error);
    for (size_t i = 0; i < sliding->y.n * sliding->x.n && !code; i++)
        if (!is_computed(&w, i))
            put_nothing(&w, i);
    for (size_t i = 0; i < cells && !code; i++)
        code = isnan(map[i]) ? mm_fail(error, MM_FAILURE, "the network's answer is not a number") : MM_OK;
    free(w.log_prob);
    free(w.prob);
    free(w.only);
    return code;
}
