/* mmresize: brings every spatial tensor of a record to one size, and says in `to_original` where its pixels came from. */
#include <stdlib.h>
#include <string.h>

#include "cli/filter.h"
#include "image/geometry.h"
#include "image/resize.h"

typedef struct config {
    mm_size size;
    int fit, wide, filter; /* mm_fit, mm_wide, mm_interpolation: in the order of the choices below */
} config;

static const config DEFAULTS = {{1152, 896}, MM_FIT_PAD, MM_WIDE_SHRINK, MM_INTERPOLATE_AUTO};

static const mm_option OPTIONS[] = {
    {.name = "size", .type = MM_OPT_SIZE, .offset = offsetof(config, size), .argument = "HxW", .min = 1, .max = 65536,
     .help = "height and width to bring images to (1152x896)", .published = "1152x896"},
    {.name = "fit", .type = MM_OPT_CHOICE, .offset = offsetof(config, fit), .argument = "HOW", .choices = "pad|stretch",
     .help = "keep the aspect and pad (pad), or do not keep it (stretch)", .published = "pad"},
    {.name = "wide", .type = MM_OPT_CHOICE, .offset = offsetof(config, wide), .argument = "HOW", .choices = "shrink|crop",
     .help = "what is too wide is made smaller (shrink) or cut at both sides (crop)", .published = "crop"},
    {.name = "filter", .type = MM_OPT_CHOICE, .offset = offsetof(config, filter), .argument = "NAME",
     .choices = "auto|area|cubic|bilinear|lanczos3",
     .help = "interpolation; auto is area when shrinking, cubic when enlarging", .published = "bilinear"},
};

static bool is_mask(const char *name)
{
    return strcmp(name, "mask") == 0 || strcmp(name, "breast") == 0;
}

/* What one record needs: where its image comes to lie, and the weights for images and for masks. */
typedef struct work {
    mm_placement place;
    mm_resizer image, area;
} work;

/* Masks move by coverage; a lesion that gets lost on the way is told of. */
static int move_masks(const mm_job *job, const work *w, const mm_tensor *from, uint8_t *to, mm_error *error)
{
    bool lesions = strcmp(from->name, "mask") == 0;
    if (from->dtype != MM_U8)
        return mm_fail(error, MM_FAILURE, "tensor '%s' is of type %s: u8 is wanted", from->name, mm_dtype_name(from->dtype));
    for (size_t n = 0; n < mm_geometry_planes(from); n++) {
        const uint8_t *in = (const uint8_t *)from->data + n * w->place.source_h * w->place.source_w;
        mm_mask_fate fate;
        if (mm_resize_mask(&w->area, in, to + n * w->place.canvas_h * w->place.canvas_w, &fate, error))
            return error->code;
        if (lesions && fate == MM_MASK_RESCUED)
            mm_job_warn(job, "lesion %zu would vanish: its best pixel was kept", n);
        else if (lesions && fate == MM_MASK_CUT_OFF)
            mm_job_warn(job, "lesion %zu lies in the part that is cut off: its mask is empty", n);
    }
    return MM_OK;
}

static int move_planes(const work *w, const mm_tensor *from, char *to, mm_error *error)
{
    size_t size = mm_dtype_size(from->dtype);
    for (size_t n = 0; n < mm_geometry_planes(from); n++) {
        const char *in = (const char *)from->data + n * w->place.source_h * w->place.source_w * size;
        if (mm_resize(&w->image, from->dtype, in, to + n * w->place.canvas_h * w->place.canvas_w * size, error))
            return mm_fail_in(error, "tensor '%s'", from->name);
    }
    return MM_OK;
}

static int move_tensor(const mm_job *job, const work *w, mm_record *record, const mm_tensor *t, mm_error *error)
{
    size_t dim[MM_MAX_DIMS], count, bytes;
    memcpy(dim, t->dim, sizeof dim);
    dim[t->ndim - 2] = w->place.canvas_h;
    dim[t->ndim - 1] = w->place.canvas_w;
    if (mm_shape_size(t->dtype, t->ndim, dim, &count, &bytes))
        return mm_fail(error, MM_FAILURE, "tensor '%s' would be too large", t->name);
    char *data = mm_alloc64(bytes);
    if (!data)
        return mm_no_memory(error);
    int code = is_mask(t->name) ? move_masks(job, w, t, (uint8_t *)data, error) : move_planes(w, t, data, error);
    if (code == MM_OK && !mm_record_give(record, t->name, t->dtype, t->ndim, dim, data, error))
        code = error->code;
    if (code != MM_OK)
        free(data);
    return code;
}

static int move_all(const mm_job *job, work *w, mm_record *record, mm_error *error)
{
    const config *c = job->config;
    const mm_tensor *image;
    mm_image_shape from;
    if (mm_geometry_image(record, &image, &from, error) ||
        mm_place(from.height, from.width, c->size.height, c->size.width, (mm_fit)c->fit, (mm_wide)c->wide, &w->place, error) ||
        mm_resizer_init(&w->image, &w->place, (mm_interpolation)c->filter, error) ||
        mm_resizer_init(&w->area, &w->place, MM_INTERPOLATE_AREA, error))
        return error->code;
    for (size_t i = 0; i < record->ntensors; i++) {
        const mm_tensor *t = &record->tensors[i];
        if (mm_geometry_spatial(t, from.height, from.width) && move_tensor(job, w, record, t, error))
            return error->code;
    }
    mm_affine map = mm_placement_to_source(&w->place);
    return mm_geometry_moved(record, &map, error);
}

static int resize_record(const mm_job *job, mm_record *record, mm_error *error)
{
    work w = {0};
    int code = move_all(job, &w, record, error);
    mm_resizer_free(&w.image);
    mm_resizer_free(&w.area);
    if (code == MM_OK)
        return mm_emit(job, record);
    mm_record_free(record);
    return code;
}

static const mm_filter FILTER = {
    .program = {.name = "mmresize", .operands = "[FILE...]", .summary = "bring mammograms and their masks to one size",
                .options = OPTIONS, .noptions = sizeof OPTIONS / sizeof *OPTIONS, .published = true},
    .config_bytes = sizeof(config),
    .defaults = &DEFAULTS,
    .record = resize_record,
};

int main(int argc, char **argv)
{
    return mm_filter_main(&FILTER, argc, argv);
}
