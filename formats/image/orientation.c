/* Orientations of EXIF: see orientation.h. */
#include "formats/image/orientation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

enum { ORIENTATION = 274, SHORT = 3 };

static unsigned get16(const unsigned char *p, bool big) { return big ? mm_get16_big(p) : mm_get16(p); }

unsigned mm_exif_orientation(const void *exif, size_t size)
{
    const unsigned char *p = exif;
    bool big = size >= 8 && !memcmp(p, "MM\0*", 4);
    if (size < 8 || (!big && memcmp(p, "II*\0", 4) != 0))
        return 1;
    size_t at = big ? mm_get32_big(p + 4) : mm_get32(p + 4);
    if (at > size - 2 || at < 8)
        return 1;
    unsigned entries = get16(p + at, big);
    at += 2;
    for (unsigned i = 0; i < entries && size - at >= 12; i++, at += 12) {
        if (get16(p + at, big) != ORIENTATION || get16(p + at + 2, big) != SHORT)
            continue;
        unsigned value = get16(p + at + 8, big);
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

bool mm_orientation_transposes(unsigned orientation)
{
    return orientation >= 5;
}

void mm_orientation_turn(unsigned orientation, const void *pixels, size_t H, size_t W, size_t bytes, void *turned)
{
    bool across = mm_orientation_transposes(orientation);
    bool right_to_left = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* of the stored columns */
    bool upwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;       /* of the stored rows */
    size_t h = across ? W : H, w = across ? H : W;
    char *to = turned;
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++, to += bytes) {
            size_t row = across ? x : y, column = across ? y : x;
            row = upwards ? H - 1 - row : row;
            column = right_to_left ? W - 1 - column : column;
            memcpy(to, (const char *)pixels + (row * W + column) * bytes, bytes);
        }
}

int mm_image_turn(mm_image *image, unsigned orientation, mm_error *error)
{
    mm_image turned = *image;
    size_t H = image->dim[0], W = image->dim[1];
    bool across = mm_orientation_transposes(orientation);
    if (orientation <= 1)
        return MM_OK;
    if (!mm_image_room(&turned, image->dtype, across ? W : H, across ? H : W, error))
        return error->code;
    mm_orientation_turn(orientation, image->data, H, W, mm_dtype_size(image->dtype), turned.data);
    turned.orientation = orientation;
    free(image->data);
    *image = turned;
    return MM_OK;
}
