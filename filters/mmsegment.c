/* mmsegment: finds the breast and clears all else: background, labels, film border. */
#include <stdlib.h>
#include <string.h>

#include "common/cli/filter.h"
#include "common/image/geometry.h"
#include "common/image/segment.h"

typedef struct options {
    int method; /* mm_segment_method: in the order of the choices below */
    const char *threshold, *open;
    bool crop, keep_mask;
    mm_segment_options segment; /* of the above, by prepare */
} options;

static const options DEFAULTS = {.threshold = "auto", .open = "auto"};

static const mm_option OPTIONS[] = {
    {.name = "method", .type = MM_OPT_CHOICE, .offset = offsetof(options, method), .argument = "NAME",
     .choices = "film|threshold", .help = "remove the film's border first (film), or only threshold", .published = "threshold"},
    {.name = "threshold", .type = MM_OPT_STRING, .offset = offsetof(options, threshold), .argument = "PERCENT|otsu|auto",
     .help = "tissue lies above this share of the maximum", .published = "auto"},
    {.name = "open", .type = MM_OPT_STRING, .offset = offsetof(options, open), .argument = "RADIUS|auto",
     .help = "cut off parts joined by less than twice this many pixels", .published = "auto"},
    {.name = "crop", .type = MM_OPT_FLAG, .offset = offsetof(options, crop), .help = "cut to the box around the breast"},
    {.name = "keep-mask", .type = MM_OPT_FLAG, .offset = offsetof(options, keep_mask),
     .help = "add the mask of the breast as tensor 'breast'"},
};

static int prepare(void *values, const mm_common *common, void **shared, mm_error *error)
{
    options *o = values;
    mm_segment_options *s = &o->segment;
    (void)common;
    (void)shared;
    *s = (mm_segment_options){.method = (mm_segment_method)o->method, .level = MM_LEVEL_AUTO, .open = -1};
    if (strcmp(o->threshold, "otsu") == 0)
        s->level = MM_LEVEL_OTSU;
    else if (strcmp(o->threshold, "auto") != 0) {
        s->level = MM_LEVEL_PERCENT;
        if (mm_parse_double(o->threshold, 0, 100, &s->percent))
            return mm_fail(error, MM_USAGE, "--threshold: '%s' is not auto, otsu or a number from 0 to 100", o->threshold);
    }
    if (strcmp(o->open, "auto") != 0 && mm_parse_long(o->open, 0, 10000, &s->open))
        return mm_fail(error, MM_USAGE, "--open: '%s' is not auto or a whole number from 0 to 10000", o->open);
    return MM_OK;
}

static double pixel(const mm_tensor *t, size_t i)
{
    if (t->dtype == MM_F32)
        return (double)((const float *)t->data)[i];
    return t->dtype == MM_U8 ? ((const uint8_t *)t->data)[i] : ((const uint16_t *)t->data)[i];
}

/* The mask of an image, whose channels count together by their mean. */
static int find_breast(const mm_segment_options *o, const mm_tensor *image, const mm_image_shape *s, uint8_t *mask,
                       mm_segment_found *found, mm_error *error)
{
    size_t plane = s->height * s->width;
    bool known = image->dtype == MM_U8 || image->dtype == MM_U16 || image->dtype == MM_F32;
    if (s->channels == 1 || !known)
        return mm_segment(image->dtype, image->data, s->height, s->width, o, mask, found, error);
    float *mean = malloc(plane * sizeof *mean);
    if (!mean)
        return mm_no_memory(error);
    for (size_t i = 0; i < plane; i++) {
        double sum = 0;
        for (size_t c = 0; c < s->channels; c++)
            sum += pixel(image, c * plane + i);
        mean[i] = (float)(sum / (double)s->channels);
    }
    int code = mm_segment(MM_F32, mean, s->height, s->width, o, mask, found, error);
    free(mean);
    return code;
}

/* Clears the image outside of the mask; the same bytes in every element of a pixel are 0. */
static void clear_outside(mm_tensor *image, const mm_image_shape *s, const uint8_t *mask)
{
    size_t plane = s->height * s->width, size = mm_dtype_size(image->dtype);
    for (size_t c = 0; c < s->channels; c++) {
        char *data = (char *)image->data + c * plane * size;
        for (size_t i = 0; i < plane;) { /* stretch by stretch */
            const uint8_t *next = memchr(mask + i, !mask[i], plane - i);
            size_t end = next ? (size_t)(next - mask) : plane;
            if (!mask[i])
                memset(data + i * size, 0, (end - i) * size);
            i = end;
        }
    }
}

/* Cuts every plane of a spatial tensor to the box. */
static int crop_tensor(const mm_job *job, mm_record *record, const mm_tensor *t, const mm_segment_found *box, mm_error *error)
{
    size_t dim[MM_MAX_DIMS], count, bytes, h = t->dim[t->ndim - 2], w = t->dim[t->ndim - 1], size = mm_dtype_size(t->dtype);
    memcpy(dim, t->dim, sizeof dim);
    dim[t->ndim - 2] = box->y1 - box->y0;
    dim[t->ndim - 1] = box->x1 - box->x0;
    if (mm_shape_size(t->dtype, t->ndim, dim, &count, &bytes))
        return mm_fail(error, MM_FAILURE, "tensor '%s' is too large", t->name);
    char *data = mm_alloc64(bytes), *out = data;
    if (!data)
        return mm_no_memory(error);
    size_t row = dim[t->ndim - 1] * size, planes = mm_geometry_planes(t);
    for (size_t n = 0; n < planes; n++) {
        const char *in = (const char *)t->data + n * h * w * size, *begin = out;
        for (size_t y = box->y0; y < box->y1; y++, out += row)
            memcpy(out, in + (y * w + box->x0) * size, row);
        if (strcmp(t->name, "mask") == 0 && t->dtype == MM_U8 && memchr(in, 1, h * w) && !memchr(begin, 1, (size_t)(out - begin)))
            mm_job_warn(job, "lesion %zu is in the part that is cut off: its mask is empty", n);
    }
    if (!mm_record_give(record, t->name, t->dtype, t->ndim, dim, data, error)) {
        free(data);
        return error->code;
    }
    return MM_OK;
}

static int crop_all(const mm_job *job, mm_record *record, const mm_image_shape *s, const mm_segment_found *box, mm_error *error)
{
    for (size_t i = 0; i < record->ntensors; i++)
        if (mm_geometry_spatial(&record->tensors[i], s->height, s->width) &&
            crop_tensor(job, record, &record->tensors[i], box, error))
            return error->code;
    mm_affine map = mm_affine_shift((double)box->x0, (double)box->y0);
    return mm_geometry_moved(record, &map, error);
}

static void warn_of_loss(const mm_job *job, mm_film_loss loss)
{
    if (loss == MM_LOSS_KEPT)
        mm_job_warn(job, "more than 10 %% of the breast as --method=threshold finds it would be lost and is not proven border: it is kept");
    if (loss == MM_LOSS_BACKGROUND)
        mm_job_warn(job, "more than 10 %% of the breast as --method=threshold finds it is cleared as background");
}

static int segment(const mm_job *job, mm_record *record, mm_error *error)
{
    const options *o = job->options;
    const mm_tensor *image;
    mm_image_shape shape;
    mm_segment_found found;
    if (mm_geometry_pixels(record, &image, &shape, error))
        return error->code;
    const size_t dim[2] = {shape.height, shape.width};
    uint8_t *mask = mm_alloc64(shape.height * shape.width);
    if (!mask)
        return mm_no_memory(error);
    int code = find_breast(&o->segment, image, &shape, mask, &found, error);
    if (code == MM_OK)
        warn_of_loss(job, found.loss);
    mm_tensor *edit = code == MM_OK ? mm_record_edit(record, "image") : NULL;
    if (edit)
        clear_outside(edit, &shape, mask);
    if (code == MM_OK && !edit)
        code = mm_no_memory(error);
    if (code == MM_OK && o->keep_mask && !mm_record_give(record, "breast", MM_U8, 2, dim, mask, error))
        code = error->code;
    if (code != MM_OK || !o->keep_mask)
        free(mask);
    if (code == MM_OK && mm_record_setf(record, "breast_area", "%zu", found.area))
        code = mm_no_memory(error);
    if (code == MM_OK && o->crop)
        code = crop_all(job, record, &shape, &found, error);
    return code;
}

static const mm_filter FILTER = {
    .program = {.name = "mmsegment", .operands = "[FILE...]", .summary = "keep the breast, clear labels, film border and background",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true},
    .options_bytes = sizeof(options),
    .defaults = &DEFAULTS,
    .prepare = prepare,
    .change = segment,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
