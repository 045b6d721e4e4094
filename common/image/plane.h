/* A plane of pixels, or a part of one: rows of w pixels, `stride` pixels apart. */
#ifndef MM_IMAGE_PLANE_H
#define MM_IMAGE_PLANE_H

#include <stddef.h>

#include "common/base/dtype.h"

typedef struct mm_plane {
    mm_dtype dtype; /* MM_U8, MM_U16 or MM_F32 */
    const void *data;
    size_t h, w, stride;
} mm_plane;

/* Returns the address of row y. */
static inline const void *mm_plane_row(const mm_plane *plane, size_t y)
{
    return (const char *)plane->data + y * plane->stride * mm_dtype_size(plane->dtype);
}

/* Returns the h x w part of `plane` that begins at row y0 and column x0; it shares the pixels. */
static inline mm_plane mm_plane_part(const mm_plane *plane, size_t y0, size_t x0, size_t h, size_t w)
{
    size_t skip = (y0 * plane->stride + x0) * mm_dtype_size(plane->dtype);
    return (mm_plane){plane->dtype, (const char *)plane->data + skip, h, w, plane->stride};
}

#endif
