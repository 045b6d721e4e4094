/* Reading plain grey PNG fast: whole-buffer inflation by libdeflate and row filters that compilers vectorise.
 *
 * Only files that are correct in every respect are decoded here. In any doubt mm_png_decode_fast returns false and libpng decides, so
 * there is one authority on errors. */
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/base/bytes.h"
#include "common/base/clones.h"
#include "formats/image/png.h"

/* The IDAT payloads of a file: where the first lies, how many there are, and their bytes together. */
struct payload {
    const unsigned char *first;
    size_t chunks, total;
};

/* Walks the chunks behind the header. False on anything but ancillary chunks, one run of IDAT and IEND, all with
 * right checksums. Where `to` is not NULL the payloads are laid end to end there; checksums are then known to be right. */
static bool walk(const unsigned char *p, size_t size, struct payload *found, unsigned char *to)
{
    size_t at = 33, n;
    bool ended = false, in_run = false;
    for (*found = (struct payload){0}; !ended; at += 12 + n) {
        if (size - at < 12)
            return false;
        n = mm_get32_big(p + at);
        const unsigned char *type = p + at + 4;
        if (n > size - at - 12 || (!to && mm_get32_big(type + 4 + n) != libdeflate_crc32(0, type, 4 + n)))
            return false;
        for (size_t i = 0; i < 4; i++)
            if ((type[i] | 0x20) < 'a' || (type[i] | 0x20) > 'z')
                return false;
        bool data = !memcmp(type, "IDAT", 4);
        ended = !memcmp(type, "IEND", 4);
        if (data && found->chunks && !in_run)
            return false;
        if (data) {
            if (found->chunks++ == 0)
                found->first = type + 4;
            if (to)
                memcpy(to + found->total, type + 4, n);
            found->total += n;
        } else if (!ended && (!(type[0] & 0x20) || !memcmp(type, "tRNS", 4))) {
            return false;
        }
        in_run = data;
    }
    return found->total > 0;
}

/* The row filters of PNG, undone in place: row[n] with `prior` above it, B bytes a pixel. */
#ifdef __SSE2__
/* Running sums of 16 bytes at a time: shifted by one pixel, two, four (and eight) and added, then what came before. */
static void undo_sub(unsigned char *row, size_t n, size_t B)
{
    __m128i before = _mm_setzero_si128();
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(row + i));
        if (B == 1)
            x = _mm_add_epi8(x, _mm_slli_si128(x, 1));
        x = _mm_add_epi8(x, _mm_slli_si128(x, 2));
        x = _mm_add_epi8(x, _mm_slli_si128(x, 4));
        x = _mm_add_epi8(x, _mm_slli_si128(x, 8));
        x = _mm_add_epi8(x, before);
        _mm_storeu_si128((__m128i *)(void *)(row + i), x);
        before = _mm_shufflehi_epi16(B == 1 ? _mm_unpackhi_epi8(x, x) : x, 0xff);
        before = _mm_unpackhi_epi64(before, before);
    }
    for (i = i > B ? i : B; i < n; i++)
        row[i] = (unsigned char)(row[i] + row[i - B]);
}
#else
static void undo_sub(unsigned char *row, size_t n, size_t B)
{
    for (size_t i = B; i < n; i++)
        row[i] = (unsigned char)(row[i] + row[i - B]);
}
#endif

MM_CLONES static void undo_up(unsigned char *restrict row, const unsigned char *restrict prior, size_t n)
{
    for (size_t i = 0; i < n; i++)
        row[i] = (unsigned char)(row[i] + prior[i]);
}

static void undo_average(unsigned char *restrict row, const unsigned char *restrict prior, size_t n, size_t B)
{
    for (size_t i = 0; i < B; i++)
        row[i] = (unsigned char)(row[i] + prior[i] / 2);
    for (size_t i = B; i < n; i++)
        row[i] = (unsigned char)(row[i] + (row[i - B] + prior[i]) / 2);
}

/* The neighbour (left, above, above left) that is nearest to left + above - above left; ties in that order. Written
 * so that compilers take conditional moves: the choice is noise to a branch predictor. */
static inline int paeth(int left, int above, int corner)
{
    int towards_left = above - corner, towards_above = left - corner, towards_corner = towards_left + towards_above;
    int a = towards_left < 0 ? -towards_left : towards_left;
    int b = towards_above < 0 ? -towards_above : towards_above;
    int c = towards_corner < 0 ? -towards_corner : towards_corner;
    int best = b < a ? above : left;
    int distance = b < a ? b : a;
    return c < distance ? corner : best;
}

static void undo_paeth1(unsigned char *restrict row, const unsigned char *restrict prior, size_t n)
{
    int left = 0, corner = 0;
    for (size_t i = 0; i < n; i++) {
        int above = prior[i];
        left = (row[i] + paeth(left, above, corner)) & 255;
        row[i] = (unsigned char)left;
        corner = above;
    }
}

static void undo_paeth2(unsigned char *restrict row, const unsigned char *restrict prior, size_t n)
{
    int left0 = 0, corner0 = 0, left1 = 0, corner1 = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        int above0 = prior[i], above1 = prior[i + 1];
        left0 = (row[i] + paeth(left0, above0, corner0)) & 255;
        left1 = (row[i + 1] + paeth(left1, above1, corner1)) & 255;
        row[i] = (unsigned char)left0;
        row[i + 1] = (unsigned char)left1;
        corner0 = above0;
        corner1 = above1;
    }
}

static bool undo(unsigned filter, unsigned char *row, const unsigned char *prior, size_t n, size_t B)
{
    switch (filter) {
    case 0: return true;
    case 1: undo_sub(row, n, B); return true;
    case 2: undo_up(row, prior, n); return true;
    case 3: undo_average(row, prior, n, B); return true;
    case 4:
        if (B == 1)
            undo_paeth1(row, prior, n);
        else
            undo_paeth2(row, prior, n);
        return true;
    default: return false;
    }
}

/* Big endian in the file, the machine's order in memory. */
MM_CLONES static void to_native16(const unsigned char *restrict from, uint16_t *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = mm_get16_big(from + 2 * i);
}

static bool rows(unsigned char *raw, const mm_png_info *info, unsigned char *pixels)
{
    size_t B = info->bits / 8, n = info->width * B;
    unsigned char *zero = calloc(n, 1);
    const unsigned char *prior = zero;
    bool good = zero != NULL;
    for (size_t y = 0; good && y < info->height; y++) {
        unsigned char *row = raw + y * (n + 1) + 1;
        good = undo(row[-1], row, prior, n, B);
        if (B == 1)
            memcpy(pixels + y * n, row, n);
        else
            to_native16(row, (uint16_t *)(void *)(pixels + y * n), info->width);
        prior = row;
    }
    free(zero);
    return good;
}

bool mm_png_decode_fast(const void *bytes, size_t size, const mm_png_info *info, void *pixels)
{
    if (info->colour != 0 || info->depth < 8 || info->interlaced)
        return false;
    struct payload found;
    size_t n = info->width * (info->bits / 8) + 1;
    if (!walk(bytes, size, &found, NULL) || n > SIZE_MAX / info->height)
        return false;
    unsigned char *joined = NULL, *raw = malloc(info->height * n);
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    bool good = raw && inflate;
    if (good && found.chunks > 1) {
        joined = malloc(found.total);
        good = joined && walk(bytes, size, &found, joined);
    }
    const unsigned char *packed = joined ? joined : found.first;
    good = good && libdeflate_zlib_decompress(inflate, packed, found.total, raw, info->height * n, NULL) == LIBDEFLATE_SUCCESS;
    good = good && rows(raw, info, pixels);
    if (inflate)
        libdeflate_free_decompressor(inflate);
    free(joined);
    free(raw);
    return good;
}
