/* Augmentation of images: see augment.h. */
#include "common/image/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/image/grey.h"

#define PI 3.141592653589793

void mm_augment_draw(const mm_augment_ranges *g, uint64_t seed, const char *key, uint32_t epoch, mm_augment *draw)
{
    mm_random r;
    mm_random_init(&r, seed, mm_hash_more(mm_hash_string(key), "augment"), epoch);
    double horizontal = mm_random_double(&r);
    double vertical = mm_random_double(&r);
    double rotate = mm_random_range(&r, -g->rotate, g->rotate);
    double zoom = mm_random_range(&r, g->zoom_low, g->zoom_high);
    double shear = mm_random_range(&r, -g->shear, g->shear);
    double intensity = g->gain ? mm_random_range(&r, g->gain_low, g->gain_high) : mm_random_range(&r, -g->shift, g->shift);
    double gamma = mm_random_range(&r, g->gamma_low, g->gamma_high);
    double contrast = mm_random_range(&r, g->contrast_low, g->contrast_high);
    *draw = (mm_augment){
        .flip_horizontal = horizontal < g->flip_horizontal,
        .flip_vertical = vertical < g->flip_vertical,
        .rotate = rotate,
        .zoom = zoom,
        .shear = shear,
        .gain = g->gain ? intensity : 1,
        .shift = g->gain ? 0 : intensity,
        .gamma = gamma,
        .contrast = contrast,
    };
}

/* Sine and cosine of an angle in degrees from additions and products only: the C library's differ in the last bit
 * from one processor to the next. Exact at multiples of 90, elsewhere good to 1e-16. */
static void sine_cosine(double degrees, double *sine, double *cosine)
{
    double quarters = floor(degrees / 90 + 0.5);
    double t = (degrees - 90 * quarters) * (PI / 180); /* within +-pi/4 */
    double s = 0, c = 0;
    for (int k = 10; k > 0; k--) { /* Taylor, the smallest terms first */
        s = (1 + s) * (-t * t / (2 * k * (2 * k + 1)));
        c = (1 + c) * (-t * t / (2 * k * (2 * k - 1)));
    }
    s = t * (1 + s);
    c = 1 + c;
    switch ((int)fmod(quarters, 4)) {
    case 1: case -3: *sine = c; *cosine = -s; break;
    case 2: case -2: *sine = -s; *cosine = -c; break;
    case 3: case -1: *sine = -c; *cosine = s; break;
    default: *sine = s; *cosine = c; break;
    }
}

mm_affine mm_augment_map(const mm_augment *draw, size_t height, size_t width)
{
    double sine, cosine, shear_sine, shear_cosine;
    sine_cosine(draw->rotate, &sine, &cosine);
    sine_cosine(draw->shear, &shear_sine, &shear_cosine);
    double slope = shear_sine / shear_cosine;
    double sx = (draw->flip_horizontal ? -1 : 1) / draw->zoom;
    double sy = (draw->flip_vertical ? -1 : 1) / draw->zoom;
    /* from new to old: turn back, shear back, then zoom and flip back */
    double a = sx * (cosine - slope * sine), b = sx * (-sine - slope * cosine);
    double d = sy * sine, e = sy * cosine;
    double x = ((double)width - 1) / 2, y = ((double)height - 1) / 2;
    return (mm_affine){a, b, x - (a * x + b * y), d, e, y - (d * x + e * y)};
}

static double contrast_of(const mm_augment *draw) { return draw->contrast > 0 ? draw->contrast : 1; }

double mm_augment_mean(const mm_augment *draw, mm_dtype dtype, const void *pixels, size_t n)
{
    return contrast_of(draw) == 1 ? 0 : mm_sum(dtype, pixels, n) / (double)n;
}

/* (v - mean) contrast + mean, then gain and shift: one product and one sum. */
mm_warp mm_augment_warp(const mm_augment *draw, double fill, double full, double mean, size_t height, size_t width)
{
    const double shift = draw->shift * full / 255, contrast = contrast_of(draw);
    return (mm_warp){
        .map = mm_augment_map(draw, height, width),
        .gain = contrast * draw->gain,
        .shift = contrast == 1 ? shift : mean * (1 - contrast) * draw->gain + shift,
        .full = full,
        .gamma = draw->gamma,
        .edge = fill == MM_FILL_EDGE,
        .reflect = fill == MM_FILL_REFLECT,
        .fill = fill < 0 ? 0 : fill * full / 255,
    };
}

/* ---- records ------------------------------------------------------------------------------------------------- */

int mm_augment_record(mm_record *record, const mm_augment *draw, double fill, mm_error *error)
{
    const mm_tensor *image;
    mm_image_shape shape;
    double full;
    int code = mm_geometry_pixels(record, &image, &shape, error);
    if (code == 0)
        code = mm_geometry_full_scale(record, image->dtype, &full, error);
    if (code != 0)
        return code;
    const double mean = mm_augment_mean(draw, image->dtype, image->data, image->bytes / mm_dtype_size(image->dtype));
    const mm_warp warp = mm_augment_warp(draw, fill, full, mean, shape.height, shape.width);
    for (size_t i = 0; i < record->ntensors; i++) {
        const mm_tensor t = record->tensors[i];
        if (!mm_geometry_spatial(&t, shape.height, shape.width))
            continue;
        void *moved = mm_alloc64(t.bytes);
        if (!moved)
            return mm_no_memory(error);
        size_t planes = mm_geometry_planes(&t);
        if (strcmp(t.name, "image") == 0)
            code = mm_warp_image(t.data, moved, t.dtype, planes, shape.height, shape.width, &warp, error);
        else
            code = mm_warp_nearest(t.data, moved, mm_dtype_size(t.dtype), planes, shape.height, shape.width, &warp, error);
        if (code == 0 && !mm_record_give(record, t.name, t.dtype, t.ndim, t.dim, moved, error))
            code = error ? error->code : MM_FAILURE;
        if (code != 0) {
            free(moved);
            return code;
        }
    }
    return mm_geometry_moved(record, &warp.map, error);
}
