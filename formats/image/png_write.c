/* Writing PNG: rows filtered by the row above, one IDAT, deflated with runs alone (16 bits) or at libdeflate's fastest level. */
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"
#include "formats/image/deflate.h"
#include "formats/image/png.h"

static void put32(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char)(v >> 24);
    p[1] = (unsigned char)(v >> 16);
    p[2] = (unsigned char)(v >> 8);
    p[3] = (unsigned char)v;
}

/* Completes a chunk whose n bytes of payload stand at p + 8; returns what follows it. */
static unsigned char *chunk(unsigned char *p, const char *type, size_t n)
{
    put32(p, (uint32_t)n);
    memcpy(p + 4, type, 4);
    put32(p + 8 + n, libdeflate_crc32(0, p + 4, n + 4));
    return p + 12 + n;
}

MM_CLONES static void to_big16(const uint16_t *restrict from, unsigned char *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = (unsigned char)(from[i] >> 8);
        to[2 * i + 1] = (unsigned char)from[i];
    }
}

MM_CLONES static void subtract(const unsigned char *restrict row, const unsigned char *restrict prior, unsigned char *restrict to,
                               size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)(row[i] - prior[i]);
}

/* raw[H][1 + n]: each row behind its filter byte, Sub for the first (which has no row above), Up for the others.
 * Two row buffers hold the file's byte order where it is not the memory's. */
static void filter_rows(const unsigned char *pixels, size_t height, size_t n, size_t B, bool wide, unsigned char *two,
                        unsigned char *raw)
{
    const unsigned char *prior = NULL;
    for (size_t y = 0; y < height; y++) {
        const unsigned char *row = pixels + y * n;
        unsigned char *to = raw + y * (n + 1);
        if (wide) {
            unsigned char *swapped = two + (y & 1) * n;
            to_big16((const uint16_t *)(const void *)row, swapped, n / 2);
            row = swapped;
        }
        if (prior) {
            to[0] = 2;
            subtract(row, prior, to + 1, n);
        } else {
            to[0] = 1;
            memcpy(to + 1, row, B);
            subtract(row + B, row, to + 1 + B, n - B);
        }
        prior = row;
    }
}

int mm_png_encode(const void *pixels, size_t height, size_t width, unsigned channels, unsigned bits,
                  unsigned char **bytes, size_t *size, mm_error *error)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    *bytes = NULL;
    *size = 0;
    size_t B = channels * (bits / 8);
    bool known = (channels == 1 && (bits == 8 || bits == 16)) || ((channels == 3 || channels == 4) && bits == 8);
    if (!known)
        return mm_fail(error, MM_FAILURE, "PNG has no image of %u channels with %u bits here", channels, bits);
    if (!height || !width || height > INT32_MAX || width > INT32_MAX || width * B + 1 > INT32_MAX / height)
        return mm_fail(error, MM_FAILURE, "%zu x %zu pixels are no size for a PNG", height, width);
    size_t n = width * B;
    bool wide = bits == 16;
    unsigned char *raw = malloc(height * (n + 1)), *two = wide ? malloc(2 * n) : NULL, *out = NULL;
    struct libdeflate_compressor *deflate = wide ? NULL : libdeflate_alloc_compressor(1);
    int code = MM_OK;
    if (raw && (wide ? (void *)two : (void *)deflate)) {
        size_t whole = height * (n + 1), bound = wide ? mm_deflate_bound(whole) : libdeflate_zlib_compress_bound(deflate, whole);
        filter_rows(pixels, height, n, B, wide, two, raw);
        out = malloc(8 + 25 + 12 + bound + 12);
        if (out) {
            memcpy(out, signature, 8);
            unsigned char *p = out + 8, *header = p + 8;
            put32(header, (uint32_t)width);
            put32(header + 4, (uint32_t)height);
            header[8] = (unsigned char)bits;
            header[9] = channels == 1 ? 0 : channels == 3 ? 2 : 6;
            header[10] = header[11] = header[12] = 0;
            p = chunk(p, "IHDR", 13);
            size_t packed = wide ? mm_deflate(raw, whole, p + 8) : libdeflate_zlib_compress(deflate, raw, whole, p + 8, bound);
            if (packed == 0 || packed > INT32_MAX)
                code = mm_fail(error, MM_FAILURE, "image does not fit a PNG");
            else {
                p = chunk(p, "IDAT", packed);
                p = chunk(p, "IEND", 0);
                *size = (size_t)(p - out);
            }
        }
    }
    if (!code && !out)
        code = mm_no_memory(error);
    if (code) {
        free(out);
        out = NULL;
    }
    if (deflate)
        libdeflate_free_compressor(deflate);
    free(two);
    free(raw);
    *bytes = out;
    return code;
}
