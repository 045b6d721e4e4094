/* Binary images with a bit per pixel. */
#include "common/image/bitmap.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/base/clones.h"

int mm_bitmap_init(mm_bitmap *map, size_t h, size_t w, mm_error *error)
{
    *map = (mm_bitmap){h, w, (w + 63) / 64, NULL};
    if (h < (size_t)1 << 31 && w < (size_t)1 << 31)
        map->bit = calloc(h * map->words + 1, sizeof *map->bit);
    return map->bit ? MM_OK : mm_no_memory(error);
}

void mm_bitmap_free(mm_bitmap *map)
{
    free(map->bit);
    map->bit = NULL;
}

/* Bits of a row's last word that are pixels. */
static uint64_t last_bits(const mm_bitmap *map)
{
    return map->w % 64 ? ((uint64_t)1 << (map->w % 64)) - 1 : ~(uint64_t)0;
}

static void trim(mm_bitmap *map)
{
    uint64_t keep = last_bits(map);
    for (size_t y = 0; y < map->h && map->words; y++)
        mm_bitmap_row(map, y)[map->words - 1] &= keep;
}

void mm_bitmap_set_run(mm_bitmap *map, size_t y, size_t x0, size_t x1)
{
    if (x0 >= x1)
        return;
    uint64_t *row = mm_bitmap_row(map, y);
    size_t a = x0 / 64, b = (x1 - 1) / 64;
    uint64_t first = ~(uint64_t)0 << (x0 % 64), last = ~(uint64_t)0 >> (63 - (x1 - 1) % 64);
    if (a == b) {
        row[a] |= first & last;
        return;
    }
    row[a] |= first;
    for (size_t i = a + 1; i < b; i++)
        row[i] = ~(uint64_t)0;
    row[b] |= last;
}

/* ---- from and to bytes ---- */

MM_CLONES static void above_u8(uint8_t *restrict out, const uint8_t *restrict v, unsigned limit, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = v[i] > limit;
}

MM_CLONES static void above_u16(uint8_t *restrict out, const uint16_t *restrict v, unsigned limit, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = v[i] > (uint16_t)limit;
}

MM_CLONES static void above_f32(uint8_t *restrict out, const float *restrict v, float limit, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = v[i] > limit;
}

/* 64 bytes of 0 or 1 to bits, the first byte lowest. */
static inline uint64_t gather64(const uint8_t *byte)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(byte + 16 * i));
        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_slli_epi16(v, 7)) << (16 * i);
    }
#else
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        for (int k = 0; k < 8; k++)
            v |= (uint64_t)byte[8 * i + k] << (8 * k);
        bits |= (v * 0x0102040810204080u) >> 56 << (8 * i);
    }
#endif
    return bits;
}

int mm_bitmap_above(mm_bitmap *map, const mm_plane *plane, double limit, mm_error *error)
{
    mm_dtype dtype = plane->dtype;
    double top = dtype == MM_U8 ? 255 : 65535;
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "pixels of type %s: expected u8, u16 or f32", mm_dtype_name(dtype));
    uint8_t *byte = calloc(map->words * 64 + 1, 1);
    if (!byte)
        return mm_no_memory(error);
    /* A whole number is above the limit when it is above the limit's floor; below 0 everything is. */
    unsigned whole = limit < 0 ? 0 : limit > top ? (unsigned)top : (unsigned)limit;
    for (size_t y = 0; y < map->h; y++) {
        const void *row = mm_plane_row(plane, y);
        if (dtype == MM_F32)
            above_f32(byte, row, (float)limit, map->w);
        else if (limit < 0)
            memset(byte, 1, map->w);
        else if (dtype == MM_U8)
            above_u8(byte, row, whole, map->w);
        else
            above_u16(byte, row, whole, map->w);
        for (size_t i = 0; i < map->words; i++)
            mm_bitmap_row(map, y)[i] = gather64(byte + 64 * i);
    }
    free(byte);
    return MM_OK;
}

void mm_bitmap_to_bytes(const mm_bitmap *map, uint8_t *bytes, size_t stride)
{
    for (size_t y = 0; y < map->h; y++) {
        const uint64_t *row = mm_bitmap_row(map, y);
        uint8_t *out = bytes + y * stride;
        for (size_t i = 0; i < map->words; i++) {
            size_t n = map->w - 64 * i < 64 ? map->w - 64 * i : 64;
            if (row[i] == 0 || row[i] == ~(uint64_t)0) {
                memset(out + 64 * i, (int)(row[i] & 1), n);
                continue;
            }
            for (size_t k = 0; k < n; k++)
                out[64 * i + k] = row[i] >> k & 1;
        }
    }
}

void mm_bitmap_from_bytes(mm_bitmap *map, const uint8_t *bytes, size_t stride)
{
    for (size_t y = 0; y < map->h; y++) {
        uint64_t *row = mm_bitmap_row(map, y);
        memset(row, 0, map->words * sizeof *row);
        for (size_t x = 0; x < map->w; x++)
            row[x / 64] |= (uint64_t)(bytes[y * stride + x] != 0) << (x % 64);
    }
}

/* ---- sets ---- */

void mm_bitmap_copy(mm_bitmap *to, const mm_bitmap *from)
{
    memcpy(to->bit, from->bit, from->h * from->words * sizeof *from->bit);
}

void mm_bitmap_clear(mm_bitmap *map)
{
    memset(map->bit, 0, map->h * map->words * sizeof *map->bit);
}

MM_CLONES void mm_bitmap_and(mm_bitmap *map, const mm_bitmap *other)
{
    for (size_t i = 0; i < map->h * map->words; i++)
        map->bit[i] &= other->bit[i];
}

MM_CLONES void mm_bitmap_or(mm_bitmap *map, const mm_bitmap *other)
{
    for (size_t i = 0; i < map->h * map->words; i++)
        map->bit[i] |= other->bit[i];
}

MM_CLONES void mm_bitmap_minus(mm_bitmap *map, const mm_bitmap *other)
{
    for (size_t i = 0; i < map->h * map->words; i++)
        map->bit[i] &= ~other->bit[i];
}

MM_CLONES static void flip(uint64_t *bit, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bit[i] = ~bit[i];
}

void mm_bitmap_invert(mm_bitmap *map)
{
    flip(map->bit, map->h * map->words);
    trim(map);
}

MM_CLONES size_t mm_bitmap_count(const mm_bitmap *map)
{
    size_t n = 0;
    for (size_t i = 0; i < map->h * map->words; i++)
        n += (size_t)__builtin_popcountll(map->bit[i]);
    return n;
}

/* ---- dilation ---- */

/* Word i of a row and of itself shifted by 64 q + bits to the left and to the right. */
static inline uint64_t spread(const uint64_t *row, size_t words, size_t i, size_t q, unsigned bits)
{
    size_t left = i - q, right = i + q; /* beyond the row's begin they are large */
    uint64_t v = row[i] | (left < words ? row[left] << bits : 0) | (right < words ? row[right] >> bits : 0);
    if (bits && left - 1 < words)
        v |= row[left - 1] >> (64 - bits);
    if (bits && right + 1 < words)
        v |= row[right + 1] << (64 - bits);
    return v;
}

/* The same for n words of which each has q + 1 others around it. */
MM_CLONES static void spread_words(uint64_t *restrict out, const uint64_t *restrict in, size_t n, size_t q, unsigned bits)
{
    const uint64_t *left = in - q, *right = in + q, *far_left = left - 1, *far_right = right + 1;
    for (size_t i = 0; bits == 0 && i < n; i++)
        out[i] = in[i] | left[i] | right[i];
    for (size_t i = 0; bits && i < n; i++)
        out[i] = in[i] | left[i] << bits | far_left[i] >> (64 - bits) | right[i] >> bits | far_right[i] << (64 - bits);
}

MM_CLONES static void or_words(uint64_t *restrict out, const uint64_t *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] |= a[i];
}

/* Each row of `out` = that row of map, spread by n. */
static void spread_rows(const mm_bitmap *map, mm_bitmap *out, size_t n)
{
    size_t words = map->words, all = map->h * words, q = n / 64, edge = q + 1;
    unsigned bits = n % 64;
    /* As if it were one long row; what came over the ends of the rows is then put right. */
    if (all > 2 * edge)
        spread_words(out->bit + edge, map->bit + edge, all - 2 * edge, q, bits);
    for (size_t y = 0; y < map->h; y++) {
        const uint64_t *from = mm_bitmap_row(map, y);
        uint64_t *to = mm_bitmap_row(out, y);
        for (size_t i = 0; i < edge && i < words; i++)
            to[i] = spread(from, words, i, q, bits);
        for (size_t i = words > 2 * edge ? words - edge : edge; i < words; i++)
            to[i] = spread(from, words, i, q, bits);
    }
    trim(out);
}

/* to[y] |= from[y - n] | from[y + n]. */
static void or_shifted_rows(mm_bitmap *to, const mm_bitmap *from, size_t n)
{
    if (n >= to->h)
        return;
    size_t by = n * to->words, all = (to->h - n) * to->words;
    or_words(to->bit + by, from->bit, all);
    or_words(to->bit, from->bit + by, all);
}

static void swap_bits(mm_bitmap *a, mm_bitmap *b)
{
    uint64_t *bit = a->bit;
    a->bit = b->bit;
    b->bit = bit;
}

/* map and its copies shifted by n along the axes (a cross), or by -n, 0, n along both (a square of nine). */
static void step(mm_bitmap *map, mm_bitmap *other, size_t n, bool square)
{
    spread_rows(map, other, n);
    if (square)
        mm_bitmap_copy(map, other); /* what spreads up and down are the widened rows */
    or_shifted_rows(other, map, n);
    swap_bits(map, other);
}

/* By a square (or diamond) of half side n. Shifting one of half side k by s <= k gives one of k + s, so the steps double. */
static void dilate_by(mm_bitmap *map, mm_bitmap *other, size_t n, bool square)
{
    for (size_t k = 0; k < n;) {
        size_t s = k == 0 ? 1 : k <= n - k ? k : n - k;
        step(map, other, s, square);
        k += s;
    }
}

int mm_bitmap_dilate(mm_bitmap *map, size_t radius, mm_error *error)
{
    mm_bitmap other;
    size_t longer = map->h > map->w ? map->h : map->w;
    radius = radius < longer ? radius : longer;
    if (!radius)
        return MM_OK;
    if (mm_bitmap_init(&other, map->h, map->w, error))
        return error->code;
    /* A regular octagon is a square of half side (sqrt 2 - 1) r and a diamond of the rest. */
    size_t square = (size_t)(0.41421356237 * (double)radius + 0.5);
    dilate_by(map, &other, square, true);
    dilate_by(map, &other, radius - square, false);
    mm_bitmap_free(&other);
    return MM_OK;
}

int mm_bitmap_erode(mm_bitmap *map, size_t radius, mm_error *error)
{
    mm_bitmap_invert(map);
    int code = mm_bitmap_dilate(map, radius, error);
    mm_bitmap_invert(map);
    return code;
}

int mm_bitmap_grow(mm_bitmap *map, const mm_bitmap *limit, size_t radius, mm_error *error)
{
    mm_bitmap other;
    if (!map->h || !map->w)
        return MM_OK;
    if (mm_bitmap_init(&other, map->h, map->w, error))
        return error->code;
    for (size_t i = 0; i < radius; i++) {
        step(map, &other, 1, i % 2 == 0);
        mm_bitmap_and(map, limit);
    }
    mm_bitmap_free(&other);
    return MM_OK;
}
