/* One image in memory: see image.h. */
#include "formats/image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/grey.h"

void *mm_image_room(mm_image *image, mm_dtype dtype, size_t height, size_t width, mm_error *error)
{
    size_t count, bytes;
    image->dtype = dtype;
    image->ndim = 2;
    image->dim[0] = height;
    image->dim[1] = width;
    if (mm_shape_size(image->dtype, 2, image->dim, &count, &bytes)) {
        mm_fail(error, MM_DAMAGED, "image of %zu x %zu pixels is too large", height, width);
        return NULL;
    }
    size_t padded = (bytes + 63) & ~(size_t)63;
    image->data = aligned_alloc(64, padded);
    if (!image->data) {
        mm_fail(error, MM_FAILURE, "out of memory for an image of %zu x %zu pixels", height, width);
        return NULL;
    }
    memset((char *)image->data + bytes, 0, padded - bytes);
    return image->data;
}

void mm_image_note(mm_image *image, const char *note)
{
    snprintf(image->note, sizeof image->note, "%s", note ? note : "");
}

void mm_image_free(mm_image *image)
{
    if (!image->in_place)
        free(image->data);
    mm_mapped_file_free(image->file);
    *image = (mm_image){0};
}

static size_t count_of(const mm_image *image)
{
    size_t n = 1;
    for (int i = 0; i < image->ndim; i++)
        n *= image->dim[i];
    return n;
}

int mm_image_own(mm_image *image, mm_error *error)
{
    if (!image->in_place)
        return MM_OK;
    mm_image own = *image;
    if (!mm_image_room(&own, image->dtype, image->dim[0], image->dim[1], error))
        return error->code;
    memcpy(own.data, image->data, count_of(image) * mm_dtype_size(image->dtype));
    own.in_place = false;
    own.file = NULL;
    mm_image_free(image);
    *image = own;
    return MM_OK;
}

void mm_image_rescale(mm_image *image, double white)
{
    size_t n = count_of(image);
    double full = mm_full_scale(image->dtype), factor = full / white;
    if (image->dtype == MM_F32) {
        float *v = image->data;
        for (size_t i = 0; i < n; i++)
            v[i] = (float)(v[i] * factor);
    } else if (image->dtype == MM_U16) {
        uint16_t *v = image->data;
        for (size_t i = 0; i < n; i++) {
            double x = v[i] * factor + 0.5;
            v[i] = (uint16_t)(x < full ? x : full);
        }
    } else {
        unsigned char *v = image->data;
        for (size_t i = 0; i < n; i++) {
            double x = v[i] * factor + 0.5;
            v[i] = (unsigned char)(x < full ? x : full);
        }
    }
}

double mm_image_maximum(const mm_image *image)
{
    return mm_maximum(image->dtype, image->data, count_of(image));
}

bool mm_image_reaches(const mm_image *image, double value)
{
    return mm_reaches(image->dtype, image->data, count_of(image), value);
}
