/* Tissue in windows: see tissue_windows.h. */
#include "common/image/tissue_windows.h"

#include <stdlib.h>

#include "common/image/pixel_counts.h"

int mm_tissue_plane(const mm_tensor *tensor, const mm_image_shape *shape, uint8_t **plane, mm_error *error)
{
    size_t pixels = shape->height * shape->width, size = mm_dtype_size(tensor->dtype);
    uint8_t *out = calloc(pixels, 1);
    const unsigned char *in = tensor->data;
    *plane = out;
    for (size_t c = 0; out && c < tensor->count / pixels; c++, in += pixels * size)
        switch (size) {
        case 1:
            for (size_t i = 0; i < pixels; i++)
                out[i] |= in[i];
            break;
        case 2:
            for (size_t i = 0; i < pixels; i++)
                out[i] |= in[2 * i] | in[2 * i + 1];
            break;
        default:
            for (size_t i = 0; i < pixels * size; i++)
                out[i / size] |= in[i];
        }
    return out ? MM_OK : mm_no_memory(error);
}

int mm_tissue_of_record(const mm_record *record, const mm_tensor *image, const mm_image_shape *shape, uint8_t **plane, mm_error *error)
{
    const mm_tensor *breast = mm_record_tensor(record, "breast");
    return mm_tissue_plane(breast ? breast : image, shape, plane, error);
}

int mm_tissue_windows(const uint8_t *plane, const mm_heatmap_axis *y, const mm_heatmap_axis *x, double *share, mm_error *error)
{
    mm_pixel_counts counts;
    if (mm_pixel_counts_make(&counts, plane, x->extent, 0, 0, (long)x->extent, (long)y->extent))
        return mm_no_memory(error);
    for (size_t i = 0; i < y->n; i++)
        for (size_t j = 0; j < x->n; j++) {
            long top = y->begin + (long)(i * y->stride), left = x->begin + (long)(j * x->stride);
            uint64_t tissue = mm_pixel_counts_in(&counts, left, top, left + (long)x->size, top + (long)y->size);
            share[i * x->n + j] = (double)tissue / ((double)y->size * (double)x->size);
        }
    free(counts.sum);
    return MM_OK;
}
