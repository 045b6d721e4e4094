/* Run lengths of DICOM: see dicom_rle.h. */
#include "formats/dicom/dicom_rle.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/bytes.h"

enum { HEADER = 64 };

/* One segment is one byte of every sample: to[0], to[step], ... */
static bool unpack(const unsigned char *from, const unsigned char *end, size_t n, size_t step, unsigned char *to)
{
    size_t done = 0;
    while (done < n && end - from >= 2) {
        unsigned c = *from++;
        if (c == 128)
            continue;
        bool run = c > 128;
        size_t count = run ? 257 - c : c + 1;
        if (!run && count > (size_t)(end - from))
            return false;
        size_t wanted = count < n - done ? count : n - done; /* the last run may fill a byte of padding */
        for (size_t i = 0; i < wanted; i++)
            to[(done + i) * step] = from[run ? 0 : i];
        from += run ? 1 : count;
        done += wanted;
    }
    return done == n;
}

int mm_dicom_rle(const unsigned char *bytes, size_t size, size_t pixels, unsigned samples, unsigned width, unsigned char *to,
                 mm_error *error)
{
    uint32_t segments = size >= HEADER ? mm_get32(bytes) : 0, wanted = samples * width;
    if (segments != wanted)
        return mm_fail(error, MM_DAMAGED, "run lengths are damaged: %u segments, not %u", segments, wanted);
    for (uint32_t s = 0; s < segments; s++) {
        size_t begin = mm_get32(bytes + 4 + 4 * s), end = s + 1 < segments ? mm_get32(bytes + 8 + 4 * s) : size;
        if (begin < HEADER || begin > end || end > size)
            return mm_fail(error, MM_DAMAGED, "run lengths are damaged: segment %u lies outside", s + 1);
        size_t place = s / width * width + (width - 1 - s % width); /* the highest byte of a sample comes first */
        if (!unpack(bytes + begin, bytes + end, pixels, wanted, to + place))
            return mm_fail(error, MM_DAMAGED, "run lengths are damaged: segment %u is too short", s + 1);
    }
    return MM_OK;
}
