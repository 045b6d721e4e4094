/* Image size, spatial tensors and `to_original`: see geometry.h. */
#include "common/image/geometry.h"

#include <stdlib.h>

#include "common/image/finite.h"
#include "common/image/grey.h"

int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error)
{
    const char *text = mm_record_get(record, "to_original");
    if (mm_affine_parse(text, map, error) != 0)
        return mm_fail(error, MM_DAMAGED, "attribute 'to_original' is not six numbers: '%s'", text);
    return 0;
}

int mm_geometry_moved(mm_record *record, const mm_affine *map, mm_error *error)
{
    mm_affine old;
    int code = mm_geometry_get(record, &old, error);
    if (code != 0)
        return code;
    char text[MM_AFFINE_TEXT];
    mm_affine_format(mm_affine_compose(old, *map), text);
    if (mm_record_set(record, "to_original", text) != 0)
        return mm_no_memory(error);
    return 0;
}

static int check_mask(const mm_record *record, const char *name, const mm_image_shape *shape, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, name);
    if (!t || mm_geometry_spatial(t, shape->height, shape->width))
        return 0;
    if (t->ndim < 2)
        return mm_fail(error, MM_FAILURE, "tensor '%s' has %d dimension%s", name, t->ndim, t->ndim == 1 ? "" : "s");
    return mm_fail(error, MM_FAILURE, "tensor '%s' has %zu x %zu pixels, the image %zu x %zu", name,
                   t->dim[t->ndim - 2], t->dim[t->ndim - 1], shape->height, shape->width);
}

int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, "image");
    if (!t)
        return mm_fail(error, MM_FAILURE, "has no tensor 'image'");
    if (t->ndim != 2 && t->ndim != 3)
        return mm_fail(error, MM_FAILURE, "tensor 'image' has %d dimensions: expected H,W or C,H,W", t->ndim);
    if (t->count == 0)
        return mm_fail(error, MM_FAILURE, "tensor 'image' is empty");
    *image = t;
    *shape = (mm_image_shape){t->ndim == 3 ? t->dim[0] : 1, t->dim[t->ndim - 2], t->dim[t->ndim - 1]};
    return check_mask(record, "mask", shape, error) || check_mask(record, "breast", shape, error) ? MM_FAILURE : 0;
}

int mm_geometry_pixels(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error)
{
    int code = mm_geometry_image(record, image, shape, error);
    return code ? code : mm_check_finite(*image, 255 / mm_full_scale((*image)->dtype), error);
}

int mm_geometry_full_scale(const mm_record *record, mm_dtype dtype, double *full, mm_error *error)
{
    const char *text = mm_record_get(record, "full_scale");
    char *end = NULL;
    *full = text ? strtod(text, &end) : mm_full_scale(dtype);
    if (text && (end == text || *end || !(*full >= 1e-6 && *full <= 1e9)))
        return mm_fail(error, MM_FAILURE, "attribute 'full_scale' is not a positive number: '%s'", text);
    return 0;
}

bool mm_geometry_spatial(const mm_tensor *t, size_t height, size_t width)
{
    return t->ndim >= 2 && t->dim[t->ndim - 2] == height && t->dim[t->ndim - 1] == width;
}

size_t mm_geometry_planes(const mm_tensor *t)
{
    size_t planes = 1;
    for (int i = 0; i + 2 < t->ndim; i++)
        planes *= t->dim[i];
    return planes;
}
