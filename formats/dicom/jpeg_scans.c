/* Scans of a JPEG: see jpeg_scans.h. */
#include "formats/dicom/jpeg_scans.h"

#include <stdint.h>
#include <string.h>

#include "common/base/bytes.h"
#include "formats/dicom/jpeg.h"

enum { COMPONENTS = 4 };

struct coverage {
    bool progressive;
    size_t n;
    unsigned char id[COMPONENTS];
    uint64_t missing[COMPONENTS]; /* coefficients that are not there to their last bit */
};

bool mm_jpeg_is_frame_header(unsigned marker)
{
    bool table = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
    return (marker >= 0xc0 && marker <= 0xcf && !table) || marker == MM_JPEG_LS;
}

/* Precision, rows, columns, the number of components, and three bytes of each. */
static void read_frame(const unsigned char *p, size_t n, unsigned marker, struct coverage *c)
{
    if (n < 6 || p[5] > COMPONENTS || n < 6 + 3 * (size_t)p[5])
        return;
    c->progressive = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce;
    c->n = p[5];
    for (size_t i = 0; i < c->n; i++) {
        c->id[i] = p[6 + 3 * i];
        c->missing[i] = UINT64_MAX;
    }
}

/* The number of components, two bytes of each, the first and last coefficient, bits before and after. */
static void read_scan(const unsigned char *p, size_t n, struct coverage *c)
{
    if (n < 1 || n < 4 + 2 * (size_t)p[0])
        return;
    unsigned first = p[1 + 2 * p[0]], last = p[2 + 2 * p[0]], low = p[3 + 2 * p[0]] & 15;
    uint64_t covered = UINT64_MAX;
    if (c->progressive)
        covered = low > 0 || last > 63 || first > last ? 0 : (UINT64_MAX >> (63 - last)) & (UINT64_MAX << first);
    for (size_t i = 0; i < p[0]; i++)
        for (size_t k = 0; k < c->n; k++)
            if (c->id[k] == p[1 + 2 * i])
                c->missing[k] &= ~covered;
}

/* A marker that is followed by no length: a byte of data, filling, a restart, the begin of an image. */
static bool stands_alone(unsigned marker)
{
    return marker == 0 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

static void read_segments(const unsigned char *p, size_t n, struct coverage *c)
{
    const unsigned char *at = p, *end = p + n;
    while (end - at >= 4 && (at = memchr(at, 0xff, (size_t)(end - at) - 3))) {
        unsigned marker = at[1];
        size_t length = mm_get16_big(at + 2);
        if (marker == 0xff || stands_alone(marker)) {
            at += marker == 0xff ? 1 : 2;
            continue;
        }
        if (marker == 0xd9 || length < 2 || length > (size_t)(end - at) - 2)
            return;
        if (mm_jpeg_is_frame_header(marker))
            read_frame(at + 4, length - 2, marker, c);
        else if (marker == 0xda)
            read_scan(at + 4, length - 2, c);
        at += 2 + length;
    }
}

int mm_jpeg_scans_check(const void *bytes, size_t size, mm_error *error)
{
    struct coverage c = {0};
    read_segments(bytes, size, &c);
    for (size_t i = 0; i < c.n; i++)
        if (c.missing[i])
            return mm_fail(error, MM_DAMAGED, "damaged JPEG: some of its scans are missing");
    return MM_OK;
}
