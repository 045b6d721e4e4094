/* Writing PNG: rows filtered by the row above, one IDAT, deflated by libdeflate. */
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"
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

/* A zlib stream of from[n], into to[room]; returns its size, 0: no memory. libdeflate gives the same bytes on every processor and
 * in every thread. */
static size_t deflate(const unsigned char *from, size_t n, unsigned char *to, size_t room)
{
    enum { FAST = 1 };
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(FAST);
    size_t size = c ? libdeflate_zlib_compress(c, from, n, to, room) : 0;
    libdeflate_free_compressor(c);
    return size;
}

static size_t deflate_bound(size_t n) { return libdeflate_zlib_compress_bound(NULL, n); }

/* The file of raw[n], the filtered rows, into `to`; returns its size, 0: no memory. */
static size_t put_file(size_t height, size_t width, unsigned channels, unsigned bits, unsigned char *raw, size_t n, unsigned char *to)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char *p = to + sizeof signature, *header = p + 8;
    memcpy(to, signature, sizeof signature);
    put32(header, (uint32_t)width);
    put32(header + 4, (uint32_t)height);
    header[8] = (unsigned char)bits;
    header[9] = channels == 1 ? 0 : channels == 3 ? 2 : 6;
    header[10] = header[11] = header[12] = 0;
    p = chunk(p, "IHDR", 13);
    size_t packed = deflate(raw, n, p + 8, deflate_bound(n));
    if (!packed)
        return 0;
    p = chunk(p, "IDAT", packed);
    p = chunk(p, "IEND", 0);
    return (size_t)(p - to);
}

int mm_png_encode(const void *pixels, size_t height, size_t width, unsigned channels, unsigned bits,
                  unsigned char **bytes, size_t *size, mm_error *error)
{
    enum { AROUND = 8 + 25 + 12 + 12 }; /* signature, header, data's length and checksum, end */
    *bytes = NULL;
    *size = 0;
    size_t B = channels * (bits / 8);
    bool known = (channels == 1 && (bits == 8 || bits == 16)) || ((channels == 3 || channels == 4) && bits == 8);
    if (!known)
        return mm_fail(error, MM_FAILURE, "cannot write a PNG of %u channels with %u bits", channels, bits);
    if (!height || !width || height > INT32_MAX || width > INT32_MAX || width * B + 1 > INT32_MAX / height ||
        deflate_bound(height * (width * B + 1)) > INT32_MAX)
        return mm_fail(error, MM_FAILURE, "a PNG cannot have %zu x %zu pixels", height, width);
    size_t n = width * B, whole = height * (n + 1);
    bool wide = bits == 16;
    unsigned char *raw = malloc(whole), *two = wide ? malloc(2 * n) : NULL, *file = malloc(AROUND + deflate_bound(whole));
    if (raw && file && (two || !wide)) {
        filter_rows(pixels, height, n, B, wide, two, raw);
        *size = put_file(height, width, channels, bits, raw, whole, file);
    }
    free(raw);
    free(two);
    if (!*size) {
        free(file);
        return mm_no_memory(error);
    }
    *bytes = file;
    return MM_OK;
}
