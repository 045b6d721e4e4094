/* Image size, spatial tensors and `to_original`: see geometry.h. */
#include "image/geometry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

mm_affine mm_affine_identity(void)
{
    return (mm_affine){1, 0, 0, 0, 1, 0};
}

mm_affine mm_affine_shift(double x, double y)
{
    return (mm_affine){1, 0, x, 0, 1, y};
}

mm_affine mm_affine_after(const mm_affine *p, const mm_affine *q)
{
    return (mm_affine){
        p->a * q->a + p->b * q->d, p->a * q->b + p->b * q->e, p->a * q->c + p->b * q->f + p->c,
        p->d * q->a + p->e * q->d, p->d * q->b + p->e * q->e, p->d * q->c + p->e * q->f + p->f,
    };
}

void mm_affine_apply(const mm_affine *map, double *x, double *y)
{
    double u = *x, v = *y;
    *x = map->a * u + map->b * v + map->c;
    *y = map->d * u + map->e * v + map->f;
}

mm_affine mm_affine_inverse(const mm_affine *m)
{
    double det = m->a * m->e - m->b * m->d;
    double a = m->e / det, b = -m->b / det, d = -m->d / det, e = m->a / det;
    return (mm_affine){a, b, -(a * m->c + b * m->f), d, e, -(d * m->c + e * m->f)};
}

int mm_affine_parse(const char *text, mm_affine *map)
{
    double number[6];
    for (int i = 0; i < 6; i++) {
        char *end;
        number[i] = strtod(text, &end);
        if (end == text || !isfinite(number[i]))
            return MM_DAMAGED;
        if (i < 5 ? *end != ' ' : *end != '\0')
            return MM_DAMAGED;
        text = end;
    }
    *map = (mm_affine){number[0], number[1], number[2], number[3], number[4], number[5]};
    return 0;
}

void mm_affine_format(const mm_affine *map, char *text, size_t bytes)
{
    const double number[6] = {map->a, map->b, map->c, map->d, map->e, map->f};
    size_t at = 0;
    for (int i = 0; i < 6 && at < bytes; i++) {
        char digits[40];
        double value = number[i] + 0.0; /* no "-0" */
        for (int precision = 6; precision <= 17; precision++) {
            snprintf(digits, sizeof digits, "%.*g", precision, value);
            if (strtod(digits, NULL) == value)
                break;
        }
        int n = snprintf(text + at, bytes - at, "%s%s", i ? " " : "", digits);
        at += n > 0 ? (size_t)n : 0;
    }
}

int mm_geometry_get(const mm_record *record, mm_affine *map, mm_error *error)
{
    const char *text = mm_record_get(record, "to_original");
    *map = mm_affine_identity();
    if (text && mm_affine_parse(text, map) != 0)
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
    mm_affine composed = mm_affine_after(&old, map);
    mm_affine_format(&composed, text, sizeof text);
    if (mm_record_set(record, "to_original", text) != 0)
        return mm_fail(error, MM_FAILURE, "out of memory");
    return 0;
}

int mm_geometry_image(const mm_record *record, const mm_tensor **image, mm_image_shape *shape, mm_error *error)
{
    const mm_tensor *t = mm_record_tensor(record, "image");
    if (!t)
        return mm_fail(error, MM_FAILURE, "has no tensor 'image'");
    if (t->ndim != 2 && t->ndim != 3)
        return mm_fail(error, MM_FAILURE, "tensor 'image' has %d dimensions: H,W or C,H,W is wanted", t->ndim);
    if (t->count == 0)
        return mm_fail(error, MM_FAILURE, "tensor 'image' is empty");
    *image = t;
    *shape = (mm_image_shape){t->ndim == 3 ? t->dim[0] : 1, t->dim[t->ndim - 2], t->dim[t->ndim - 1]};
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
