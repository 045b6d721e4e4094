/* From a record to its small picture: see draw_record.h. */
#include "filters/picture/draw_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/geometry.h"
#include "common/image/grey.h"

const char *const mm_lesion_kinds[MM_LESION_KINDS] = {"mass_mal", "calc_mal", "mass_ben", "calc_ben", "lesion"};

typedef struct easel {
    const mm_record *record;
    const mm_draw_options *options;
    mm_picture *picture;
    mm_image_shape shape;
    mm_resizer resizer; /* area, from the image's size to the picture's */
    size_t n;           /* pixels of the picture */
    float *full, *small, *scratch; /* of the image's and twice of the picture's size */
    uint8_t *inside, *bytes;       /* of the picture's size */
} easel;

void mm_picture_free(mm_picture *p)
{
    free(p->rgb);
    free(p->key);
    free(p->label);
    memset(p, 0, sizeof *p);
}

static int prepare(easel *e, mm_error *error)
{
    mm_picture *p = e->picture;
    mm_placement place;
    mm_draw_fit(e->shape.height, e->shape.width, e->options->cell_h, e->options->cell_w, e->options->enlarge, &p->height, &p->width);
    e->n = p->height * p->width;
    int code = mm_place(e->shape.height, e->shape.width, p->height, p->width, MM_FIT_STRETCH, MM_WIDE_SHRINK, &place, error);
    if (!code)
        code = mm_resizer_init(&e->resizer, &place, MM_INTERPOLATE_AREA, error);
    if (code)
        return code;
    e->full = malloc(e->shape.height * e->shape.width * sizeof *e->full);
    e->small = malloc(e->n * sizeof *e->small);
    e->scratch = malloc(e->n * sizeof *e->scratch);
    e->inside = malloc(e->n);
    e->bytes = malloc(e->n);
    p->rgb = malloc(3 * e->n);
    return e->full && e->small && e->scratch && e->inside && e->bytes && p->rgb ? 0 : mm_no_memory(error);
}

/* One plane as 0..1 floats of the picture, windowed, into rgb (grey) or one of its channels. */
static int draw_plane(easel *e, const mm_tensor *image, size_t plane, int channel, mm_error *error)
{
    const mm_draw_options *o = e->options;
    size_t pixels = e->shape.height * e->shape.width;
    mm_grey_values(image->dtype, image->data, plane * pixels, pixels, e->full);
    int code = mm_resize(&e->resizer, MM_F32, e->full, e->small, error);
    if (code)
        return code;
    float low = 0, high = 255;
    if (!o->window_full && channel < 0)
        mm_draw_window(e->small, e->n, e->scratch, &low, &high);
    high = low + (high - low) / (float)o->gain;
    if (channel < 0) {
        mm_draw_grey(e->small, e->n, low, high, e->picture->rgb);
        return 0;
    }
    for (size_t i = 0; i < e->n; i++) {
        float v = 255 * (e->small[i] - low) / (high - low);
        e->picture->rgb[3 * i + (size_t)channel] = v > 255 ? 255 : v > 0 ? (uint8_t)(v + 0.5f) : 0;
    }
    return 0;
}

static int draw_image(easel *e, const mm_tensor *image, mm_error *error)
{
    if (e->shape.channels != 3)
        return draw_plane(e, image, 0, -1, error);
    int code = 0;
    for (int c = 0; c < 3 && !code; c++)
        code = draw_plane(e, image, (size_t)c, c, error);
    return code;
}

/* The breast at the picture's size, in e->inside. */
static int find_breast(easel *e, const mm_tensor *image, mm_error *error)
{
    const mm_tensor *breast = mm_record_tensor(e->record, "breast"), *from = breast ? breast : image;
    size_t pixels = e->shape.height * e->shape.width;
    mm_mask_fate fate;
    uint8_t *mask = malloc(pixels);
    if (!mask)
        return mm_no_memory(error);
    mm_grey_values(from->dtype, from->data, 0, pixels, e->full);
    for (size_t i = 0; i < pixels; i++)
        mask[i] = e->full[i] > 0;
    int code = mm_resize_mask(&e->resizer, mask, e->inside, &fate, error);
    free(mask);
    return code;
}

static int draw_heat(easel *e, const mm_tensor *image, mm_error *error)
{
    mm_heatmap map;
    int code = mm_heatmap_read(&map, e->record, error);
    if (!code)
        mm_draw_sample(&map, e->options->heat_low, e->shape.height, e->shape.width, e->picture->height, e->picture->width, e->scratch);
    mm_heatmap_free(&map);
    if (!code && e->options->breast_only)
        code = find_breast(e, image, error);
    if (code)
        return code;
    mm_draw_heat(e->picture->rgb, e->scratch, e->options->breast_only ? e->inside : NULL, e->n, e->options->heat_low,
                 e->options->heat_high, e->options->opacity, e->options->colours);
    return 0;
}

static int outline(easel *e, const uint8_t *mask, size_t thick, const uint8_t ink[3], mm_error *error)
{
    mm_mask_fate fate;
    int code = mm_resize_mask(&e->resizer, mask, e->inside, &fate, error);
    if (!code)
        mm_draw_outline(e->picture->rgb, e->inside, e->picture->height, e->picture->width, thick, ink, e->bytes);
    return code;
}

static size_t kind_of(const char *class_name)
{
    size_t k = 0;
    while (k + 1 < MM_LESION_KINDS && (!class_name || strcmp(class_name, mm_lesion_kinds[k]) != 0))
        k++;
    return k;
}

static int draw_outlines(easel *e, const char *tensor, mm_error *error)
{
    static const uint8_t breast_ink[3] = {150, 150, 170};
    const mm_tensor *mask = mm_record_tensor(e->record, tensor);
    if (!mask)
        return 0;
    if (mask->dtype != MM_U8)
        return mm_fail(error, MM_FAILURE, "tensor '%s' is of type %s: expected u8", tensor, mm_dtype_name(mask->dtype));
    int lesions = strcmp(tensor, "mask") == 0, code = 0;
    size_t thick = lesions && e->picture->height > 400 ? 2 : 1;
    for (size_t i = 0; i < mm_geometry_planes(mask) && !code; i++) {
        char name[48];
        uint8_t ink[3];
        snprintf(name, sizeof name, "lesion.%zu.class", i);
        const char *class_name = mm_record_get(e->record, name);
        mm_class_colour(class_name, ink);
        if (lesions)
            e->picture->kind[kind_of(class_name)] = true;
        code = outline(e, (const uint8_t *)mask->data + i * e->shape.height * e->shape.width, thick, lesions ? ink : breast_ink, error);
    }
    return code;
}

static int caption(easel *e, mm_error *error)
{
    mm_picture *p = e->picture;
    const char *class_name = mm_record_get(e->record, "class"), *label = mm_record_get(e->record, "label");
    size_t room = (class_name ? strlen(class_name) : 0) + (label ? strlen(label) : 0) + 16;
    p->key = strdup(e->record->key);
    p->label = malloc(room);
    if (!p->key || !p->label)
        return mm_no_memory(error);
    if (class_name && *class_name)
        snprintf(p->label, room, "%s", class_name);
    else
        snprintf(p->label, room, "%s%s", label && *label ? "label " : "", label ? label : "");
    static const uint8_t grey[3] = {170, 170, 170};
    memcpy(p->label_ink, grey, 3);
    if (class_name && strcmp(class_name, "background") != 0)
        mm_class_colour(class_name, p->label_ink);
    return 0;
}

int mm_draw_record(mm_picture *picture, const mm_record *record, const mm_draw_options *options, mm_error *error)
{
    easel e = {.record = record, .options = options, .picture = picture};
    const mm_tensor *image;
    memset(picture, 0, sizeof *picture);
    int code = mm_geometry_pixels(record, &image, &e.shape, error);
    if (!code)
        code = prepare(&e, error);
    if (!code)
        code = draw_image(&e, image, error);
    if (!code && options->heat)
        code = draw_heat(&e, image, error);
    if (!code && options->breast)
        code = draw_outlines(&e, "breast", error);
    if (!code && options->outlines)
        code = draw_outlines(&e, "mask", error);
    if (!code)
        code = caption(&e, error);
    mm_resizer_free(&e.resizer);
    free(e.full);
    free(e.small);
    free(e.scratch);
    free(e.inside);
    free(e.bytes);
    if (code)
        mm_picture_free(picture);
    return code;
}
