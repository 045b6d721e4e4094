/* Prediction by a network in two parts: see shared_layers.h. */
#include "common/nn/shared_layers.h"

#include <stdlib.h>
#include <string.h>

#include "common/image/heatmap.h"
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

/* ---- sides ---- */

static size_t above(size_t a, size_t b) { return a > b ? a - b : 0; }
static size_t up(size_t a, size_t b) { return (a + b - 1) / b; }

/* How many of a layer's features see beyond the left end of an axis (*left) and the right one, of those of the layer that it reads. */
static void pass(const mm_layer *l, size_t in, size_t out, size_t *left, size_t *right)
{
    const mm_op_desc window = {.kernel = l->kernel ? l->kernel : 1, .stride = l->stride ? l->stride : 1, .pad = l->pad, .same = l->same};
    const size_t pad = mm_op_pad(&window, in, out);
    *left = up(*left + pad, window.stride);
    *right = above(out, up(above(in - *right + pad + 1, window.kernel), window.stride));
    *left = *left < out ? *left : out;
}

/* The features of a layer in an image, from left to right, and how many see beyond its ends. */
static int find_ends(const mm_net *net, size_t layer, size_t height, size_t width, mm_shared_sides *s, mm_error *error)
{
    mm_shape *shapes = calloc(net->nlayers, sizeof *shapes);
    size_t *left = calloc(net->nlayers, sizeof *left), *right = calloc(net->nlayers, sizeof *right);
    int code = shapes && left && right ? mm_net_shapes(net, 1, height, width, 0, shapes, error) : mm_no_memory(error);
    for (size_t i = 1; i <= layer && !code; i++) {
        const mm_layer *l = &net->layers[i];
        const int from[2] = {l->from, l->second};
        for (int k = 0; k < 2 && from[k] >= 0; k++) {
            size_t a = left[from[k]], b = right[from[k]];
            pass(l, shapes[from[k]].w, shapes[i].w, &a, &b);
            left[i] = a > left[i] ? a : left[i];
            right[i] = b > right[i] ? b : right[i];
        }
    }
    if (!code)
        *s = (mm_shared_sides){0, left[layer], right[layer], shapes[layer].w};
    free(shapes);
    free(left);
    free(right);
    return code;
}

/* A side has features for its own end, and beside them those that see beyond its other end, where the window goes on. */
int mm_shared_find_sides(const mm_net *net, size_t layer, size_t height, size_t width, mm_shared_sides *s, mm_error *error)
{
    const size_t step = mm_net_step(net, layer);
    mm_shared_sides strip;
    mm_error none;
    if (find_ends(net, layer, height, width, s, error))
        return error->code;
    for (size_t w = width % step ? width % step : step; 4 * w <= width && !s->width; w += step)
        if (!find_ends(net, layer, height, w, &strip, &none) && strip.features >= strip.left + strip.right && strip.left == s->left &&
            strip.right == s->right)
            s->width = w;
    return MM_OK;
}

/* ---- prediction ---- */

typedef struct work {
    mm_executors *cache;
    const mm_shared_options *s;
    const mm_images *image;
    mm_shared_sides sides;
    size_t element, bands, some; /* bytes of a pixel; bands at once; windows at once where fewer are left than a batch */
    const int32_t *place;
    int32_t *at;         /* [3][batch][2] what is cut out of the band, and of the sides */
    const void **images; /* [bands] */
    char *strips;        /* [2 batch][height][sides.width], the left and the right side of each window */
    const void **strip;  /* [2 batch] */
} work;

static int first_part(const work *w, size_t batch, size_t width, mm_executor **executor, mm_error *error)
{
    const mm_executor_options options = {.mode = MM_PREDICT, .batch = batch, .height = w->s->window_height, .width = width,
                                         .last = w->s->layer};
    return mm_executors_get(w->cache, &options, executor, error);
}

static int run_first(const work *w, mm_executor *x, const void *const *images, size_t n, mm_error *error)
{
    return mm_executor_input(x, images, n, w->image->dtype, w->image->full_scale, w->s->mean, w->s->std, error) ||
                   mm_executor_forward(x, error)
               ? error->code
               : MM_OK;
}

static int second_part(const work *w, size_t batch, size_t band_width, size_t strip_width, mm_executor **executor, mm_error *error)
{
    const mm_shared_sides *s = &w->sides;
    mm_executor_options options = {.mode = MM_PREDICT, .batch = batch, .height = w->s->window_height, .width = w->s->window_width,
                                   .first = w->s->layer, .cut = {{w->bands, band_width, 0, s->features}}};
    if (s->width) {
        options.cut[1] = (mm_cut){2 * batch, strip_width, 0, s->left};
        options.cut[2] = (mm_cut){2 * batch, strip_width, s->features - s->right, s->right};
    }
    return mm_executors_get(w->cache, &options, executor, error);
}

/* Copies the sides of n windows out of the image. */
static void cut_strips(const work *w, const int32_t *place, size_t n)
{
    const size_t height = w->s->window_height, side = w->sides.width, far = w->s->window_width - side;
    for (size_t i = 0; i < 2 * n; i++)
        mm_heatmap_cut(w->image->image[0], w->image->height, w->image->width, w->element, place[i / 2 * 2],
                       place[i / 2 * 2 + 1] + (long)(i % 2 * far), height, side, w->strips + i * height * side * w->element);
}

/* Enqueues n windows of the bands at hand, which begin at row[0 .. bands). */
static int run_windows(const work *w, const int32_t *place, size_t n, size_t batch, const int32_t *row, float *logits, mm_error *error)
{
    mm_executor *band, *strips = NULL, *second;
    size_t band_width, strip_width = 0, height;
    int32_t *at[MM_CUTS] = {w->at, w->at + 2 * batch, w->at + 4 * batch};
    const size_t step = mm_net_step(w->cache->model->net, w->s->layer);
    if (w->sides.width) {
        cut_strips(w, place, n);
        if (first_part(w, 2 * batch, w->sides.width, &strips, error) || run_first(w, strips, w->strip, 2 * n, error))
            return error->code;
        mm_executor_shape(strips, w->s->layer, &height, &strip_width);
    }
    for (size_t i = 0, k = 0; i < n; i++) {
        while (row[k] != place[2 * i])
            k++;
        at[0][2 * i] = (int32_t)k;
        at[0][2 * i + 1] = place[2 * i + 1] / (int32_t)step;
        at[1][2 * i] = 2 * (int32_t)i;
        at[1][2 * i + 1] = 0;
        at[2][2 * i] = 2 * (int32_t)i + 1;
        at[2][2 * i + 1] = (int32_t)(strip_width - w->sides.right);
    }
    if (first_part(w, w->bands, w->image->width, &band, error)) /* it was used last, and stays */
        return error->code;
    mm_executor_shape(band, w->s->layer, &height, &band_width);
    if (second_part(w, batch, band_width, strip_width, &second, error) || mm_executor_crop(second, 0, band, at[0], n, error) ||
        (strips && (mm_executor_crop(second, 1, strips, at[1], n, error) || mm_executor_crop(second, 2, strips, at[2], n, error))) ||
        mm_executor_forward(second, error) || mm_executor_fetch(second, NULL, logits, error))
        return error->code;
    return MM_OK;
}

/* Runs the bands that the windows from `begin` on lie in, as many as are computed at once. *end: the first window behind them. */
static int run_bands(const work *w, size_t begin, size_t n, int32_t *row, size_t *end, mm_error *error)
{
    size_t bands = 0, i = begin;
    mm_executor *first;
    for (; i < n; i++) {
        if (bands && row[bands - 1] == w->place[2 * i])
            continue;
        if (bands == w->bands)
            break;
        row[bands] = w->place[2 * i];
        w->images[bands++] = (const char *)w->image->image[0] + (size_t)w->place[2 * i] * w->image->width * w->element;
    }
    *end = i;
    return first_part(w, w->bands, w->image->width, &first, error) || run_first(w, first, w->images, bands, error) ? error->code : MM_OK;
}

/* Results come in whole batches, so that `all` has room for one more. */
static int enqueue(const work *w, size_t n, int32_t *row, float *all, mm_error *error)
{
    const size_t classes = w->cache->model->net->classes;
    for (size_t at = 0, end; at < n;) {
        if (run_bands(w, at, n, row, &end, error))
            return error->code;
        for (size_t some; at < end; at += some) {
            const size_t batch = end - at < w->s->batch ? w->some : w->s->batch;
            some = end - at < batch ? end - at : batch;
            if (run_windows(w, w->place + 2 * at, some, batch, row, all + at * classes, error))
                return error->code;
        }
    }
    return mm_model_wait(w->cache->model, error);
}

/* Bands have about as many pixels as a batch of windows. */
static int begin(work *w, size_t n, mm_error *error)
{
    const size_t batch = w->s->batch, most = batch * w->s->window_width / w->image->width;
    if (mm_shared_find_sides(w->cache->model->net, w->s->layer, w->s->window_height, w->s->window_width, &w->sides, error))
        return error->code;
    w->element = mm_dtype_size(w->image->dtype);
    const size_t bytes = w->s->window_height * w->sides.width * w->element;
    w->bands = most > 1 ? most : 1;
    w->some = mm_predict_batch((batch + 3) / 4, n);
    w->at = malloc(MM_CUTS * 2 * batch * sizeof *w->at);
    w->images = malloc(w->bands * sizeof *w->images);
    w->strip = malloc(2 * batch * sizeof *w->strip);
    w->strips = malloc(2 * batch * bytes + 1);
    if (!w->at || !w->images || !w->strip || !w->strips)
        return mm_no_memory(error);
    for (size_t i = 0; i < 2 * batch; i++)
        w->strip[i] = w->strips + i * bytes;
    return MM_OK;
}

int mm_shared_predict(mm_executors *cache, const mm_shared_options *s, const mm_images *image, const int32_t *place, size_t n, float *logits,
                     mm_error *error)
{
    const size_t classes = cache->model->net->classes;
    work w = {.cache = cache, .s = s, .image = image, .place = place};
    float *all = malloc((n + s->batch) * classes * sizeof *all);
    int code = all ? begin(&w, n, error) : mm_no_memory(error);
    int32_t *row = code ? NULL : malloc(w.bands * sizeof *row);
    if (!code)
        code = row ? enqueue(&w, n, row, all, error) : mm_no_memory(error);
    mm_error ignored;
    if (code && all)
        mm_model_wait(cache->model, &ignored); /* no result may arrive in `all` any more */
    if (!code)
        memcpy(logits, all, n * classes * sizeof *logits);
    free(all);
    free(row);
    free(w.at);
    free(w.images);
    free(w.strip);
    free(w.strips);
    return code;
}
