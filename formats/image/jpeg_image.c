/* JPEG files as images: see jpeg_image.h. */
#include "formats/image/jpeg_image.h"

#include <stdbool.h>
#include <string.h>

#include "formats/dicom/jpeg.h"
#include "formats/image/orientation.h"

enum { TAIL = 4096 };

/* The end marker, which compressed data cannot hold; some writers put bytes behind it. */
static bool has_end(const unsigned char *bytes, size_t size)
{
    size_t from = size > TAIL ? size - TAIL : 0;
    for (size_t i = from; i + 1 < size; i++)
        if (bytes[i] == 0xff && bytes[i + 1] == 0xd9)
            return true;
    return false;
}

/* The orientation in the file's EXIF segment, which comes before the frame header; 1 without one. */
static unsigned orientation_of(const unsigned char *p, size_t size)
{
    for (size_t at = 2; at + 4 <= size && p[at] == 0xff;) {
        size_t length = (size_t)p[at + 2] << 8 | p[at + 3];
        if (p[at + 1] == 0xff) { /* padding */
            at++;
            continue;
        }
        if (p[at + 1] == 0xda || length < 2 || length > size - at - 2)
            break;
        if (p[at + 1] == 0xe1 && length >= 8 && !memcmp(p + at + 4, "Exif\0", 6))
            return mm_exif_orientation(p + at + 10, length - 8);
        at += 2 + length;
    }
    return 1;
}

int mm_jpeg_image_probe(const void *bytes, size_t size, mm_probe *probe, mm_error *error)
{
    mm_jpeg_info info;
    int code = mm_jpeg_probe(bytes, size, &info, error);
    if (code)
        return code;
    bool across = mm_orientation_transposes(orientation_of(bytes, size));
    probe->height = across ? info.width : info.height;
    probe->width = across ? info.height : info.width;
    probe->bits = info.bits;
    return has_end(bytes, size) ? MM_OK : mm_fail(error, MM_DAMAGED, "is cut short: a JPEG image without an end");
}

int mm_jpeg_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error)
{
    (void)options;
    mm_jpeg_info info;
    int code = mm_jpeg_probe(bytes, size, &info, error);
    if (code || (code = mm_jpeg_readable(&info, error)))
        return code;
    if (!mm_image_room(image, MM_U8, info.height, info.width, error))
        return error->code;
    mm_image_note(image, info.note);
    image->lossy = true;
    code = mm_jpeg_decode(bytes, size, &info, MM_JPEG_GUESS, image->data, error);
    return code ? code : mm_image_turn(image, orientation_of(bytes, size), error);
}
