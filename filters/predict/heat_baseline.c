/* Heatmaps without a network: see heat_baseline.h. */
#include "filters/predict/heat_baseline.h"

#include <math.h>
#include <stdlib.h>

#include "common/image/grey.h"
#include "common/image/heatmap.h"
#include "common/image/heatmap_record.h"
#include "filters/predict/batches.h"
#include "filters/predict/windows.h"

/* The image as grey values from 0 to 255, and where the windows lie. */
typedef struct field {
    const mm_heat_baseline *baseline;
    mm_heatmap_axis y, x;
    float *grey; /* [y.extent][x.extent] */
    double white;
    bool *computed; /* [y.n][x.n]; NULL: all windows are */
    float *map;     /* [y.n][x.n] */
} field;

/* ---- grey statistics ---- */

static int grey_map(const field *f, mm_error *error)
{
    const mm_heat_baseline *b = f->baseline;
    const size_t pixels = b->height * b->width;
    float *window = malloc(pixels * sizeof *window);
    double *values = malloc(pixels * sizeof *values), statistics[MM_GREY_STATISTICS], logit[2];
    int code = window && values ? MM_OK : mm_no_memory(error);
    for (size_t cell = 0; cell < f->y.n * f->x.n && !code; cell++) {
        long top = f->y.begin + (long)(cell / f->x.n * f->y.stride), left = f->x.begin + (long)(cell % f->x.n * f->x.stride);
        if (f->computed && !f->computed[cell]) {
            f->map[cell] = (float)MM_SLIDE_NOTHING;
            continue;
        }
        mm_heatmap_cut(f->grey, f->y.extent, f->x.extent, sizeof *window, top, left, b->height, b->width, window);
        for (size_t i = 0; i < pixels; i++)
            values[i] = window[i];
        mm_grey_statistics(values, pixels, statistics);
        mm_logistic_logits(&b->grey, statistics, logit);
        f->map[cell] = (float)logit[1];
    }
    if (!code && b->smooth > 0)
        code = mm_heatmap_smooth(f->map, &f->y, &f->x, f->computed, b->smooth, error);
    if (!code && !b->log_odds)
        mm_heatmap_probabilities(f->map, f->y.n * f->x.n);
    free(window);
    free(values);
    return code;
}

/* ---- the brightest smoothed point ---- */

typedef struct filter {
    long radius;
    double *weight; /* [2 radius + 1], with the sum 1 */
} filter;

static int make_filter(filter *f, size_t window, mm_error *error)
{
    const double sd = (double)window / 8;
    double sum = 0;
    f->radius = (long)(4 * sd + 0.5);
    f->weight = malloc((size_t)(2 * f->radius + 1) * sizeof *f->weight);
    if (!f->weight)
        return mm_no_memory(error);
    for (long k = -f->radius; k <= f->radius; k++)
        sum += f->weight[k + f->radius] = exp(-0.5 * (double)(k * k) / (sd * sd));
    for (long k = 0; k <= 2 * f->radius; k++)
        f->weight[k] /= sum;
    return MM_OK;
}

/* Smooths the columns at one row into row[x.extent]. */
static void smooth_columns(const field *f, const filter *v, long centre, double *row)
{
    const size_t W = f->x.extent;
    for (size_t x = 0; x < W; x++)
        row[x] = 0;
    for (long k = -v->radius; k <= v->radius; k++) {
        if (centre + k < 0 || centre + k >= (long)f->y.extent)
            continue;
        const float *in = f->grey + (size_t)(centre + k) * W;
        for (size_t x = 0; x < W; x++)
            row[x] += v->weight[k + v->radius] * in[x];
    }
}

static double smooth_row(const double *row, size_t W, const filter *h, long centre)
{
    double sum = 0;
    for (long k = -h->radius; k <= h->radius; k++)
        if (centre + k >= 0 && centre + k < (long)W)
            sum += h->weight[k + h->radius] * row[centre + k];
    return sum;
}

static int bright_map(const field *f, mm_error *error)
{
    filter v = {0}, h = {0};
    double *row = malloc(f->x.extent * sizeof *row);
    int code = row ? make_filter(&v, f->y.size, error) : mm_no_memory(error);
    if (!code)
        code = make_filter(&h, f->x.size, error);
    for (size_t i = 0; i < f->y.n && !code; i++) {
        smooth_columns(f, &v, f->y.centre + (long)(i * f->y.stride), row);
        for (size_t j = 0; j < f->x.n; j++) {
            double value = smooth_row(row, f->x.extent, &h, f->x.centre + (long)(j * f->x.stride)) / f->white;
            f->map[i * f->x.n + j] = f->computed && !f->computed[i * f->x.n + j] ? 0 : (float)fmin(fmax(value, 0), 1);
        }
    }
    free(v.weight);
    free(h.weight);
    free(row);
    return code;
}

/* ---- records ---- */

static int describe(const field *f, mm_record *record, mm_error *error)
{
    const mm_heat_baseline *b = f->baseline;
    const bool grey = b->kind == MM_BASELINE_GREY;
    mm_heatmap_forget(record);
    if (mm_record_setf(record, "heatmap.stride", "%zu", b->stride) ||
        mm_record_setf(record, "heatmap.window", "%zu,%zu", b->height, b->width) ||
        mm_record_setf(record, "heatmap.offset", "%ld,%ld", f->y.centre, f->x.centre) ||
        mm_record_set(record, "heatmap.mode", grey ? "grey" : "bright") ||
        (b->smooth > 0 && mm_record_setf(record, "heatmap.smooth", "%.15g", b->smooth)) ||
        mm_record_set(record, "heatmap.class", grey ? "not background" : "brightness") ||
        (f->computed && mm_record_setf(record, "heatmap.min-tissue", "%.15g", b->min_tissue)) ||
        (b->log_odds && mm_record_set(record, "heatmap.scale", "log-odds")))
        return mm_no_memory(error);
    return MM_OK;
}

int mm_heat_baseline_add(const mm_heat_baseline *b, mm_record *record, mm_error *error)
{
    field f = {.baseline = b};
    mm_batch_image image;
    if (mm_batch_image_of(record, &image, error) ||
        mm_heatmap_axis_make(&f.y, image.height, b->height, b->stride, b->pad < 0 ? b->height / 2 : (size_t)b->pad, error) ||
        mm_heatmap_axis_make(&f.x, image.width, b->width, b->stride, b->pad < 0 ? b->width / 2 : (size_t)b->pad, error))
        return error->code;
    f.white = 255 * image.full_scale / mm_full_scale(image.dtype);
    f.grey = malloc(image.height * image.width * sizeof *f.grey);
    if (!f.grey)
        return mm_no_memory(error);
    mm_grey_values(image.dtype, image.data, 0, image.height * image.width, f.grey);
    const size_t dim[3] = {1, f.y.n, f.x.n};
    int code = mm_windows_choose(record, &f.y, &f.x, b->min_tissue, &f.computed, error);
    mm_tensor *map = code ? NULL : mm_record_add(record, "heatmap", MM_F32, 3, dim, error);
    if (map) {
        f.map = map->data;
        code = b->kind == MM_BASELINE_GREY ? grey_map(&f, error) : bright_map(&f, error);
    }
    if (map && !code)
        code = describe(&f, record, error);
    free(f.computed);
    free(f.grey);
    return map ? code : error->code;
}

int mm_heat_baseline_open(mm_heat_baseline *b, const char *model, mm_size window, mm_error *error)
{
    if (b->kind == MM_BASELINE_BRIGHT) {
        b->height = window.height ? window.height : 224;
        b->width = window.width ? window.width : 224;
        return model || b->log_odds || b->smooth > 0
                   ? mm_fail(error, MM_USAGE, "--baseline=bright has neither a --model nor --logits, and its smoothing is an eighth of --window")
                   : MM_OK;
    }
    if (!model || window.height)
        return mm_fail(error, MM_USAGE, "--baseline=grey has the window of its --model=FILE, which mmeval --baseline --store writes");
    mm_grey_model grey;
    if (mm_grey_model_read(&grey, model, error))
        return error->code;
    b->height = grey.height;
    b->width = grey.width;
    b->grey = grey.logistic;
    return MM_OK;
}

void mm_heat_baseline_close(mm_heat_baseline *b)
{
    mm_logistic_free(&b->grey);
}
