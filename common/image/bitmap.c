/* Binary images with a bit per pixel. */
#include "image/bitmap.h"

#include <stdlib.h>
#include <string.h>

#include "image/clones.h"

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

/* Eight bytes of 0 or 1 to eight bits, first byte lowest. */
static uint64_t gather8(const uint8_t *byte)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v |= (uint64_t)byte[i] << (8 * i);
    return (v * 0x0102040810204080u) >> 56;
}

/* n bytes of 0 or 1 to bits of `row`, whose words are all written. `byte` is readable up to a multiple of 64. */
static void pack(uint64_t *row, const uint8_t *byte, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        uint64_t bits = 0;
        for (size_t k = 0; k < 8; k++)
            bits |= gather8(byte + 64 * i + 8 * k) << (8 * k);
        row[i] = bits;
    }
}

int mm_bitmap_above(mm_bitmap *map, const mm_plane *plane, double limit, mm_error *error)
{
    mm_dtype dtype = plane->dtype;
    double top = dtype == MM_U8 ? 255 : 65535;
    if (dtype != MM_U8 && dtype != MM_U16 && dtype != MM_F32)
        return mm_fail(error, MM_FAILURE, "pixels of type %s (u8, u16, f32 are known)", mm_dtype_name(dtype));
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
        pack(mm_bitmap_row(map, y), byte, map->words);
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

/* out[i] = in shifted by n bits to the left and to the right, and in itself when `stay`. `in` has n / 64 + 1 words of 0
 * on both sides. */
MM_CLONES static void spread(uint64_t *restrict out, const uint64_t *restrict in, size_t words, size_t n, bool stay)
{
    const uint64_t *left = in - n / 64, *right = in + n / 64;
    unsigned bits = n % 64;
    uint64_t itself = stay ? ~(uint64_t)0 : 0;
    if (bits == 0) {
        for (size_t i = 0; i < words; i++)
            out[i] = left[i] | right[i] | (in[i] & itself);
        return;
    }
    const uint64_t *far_left = left - 1, *far_right = right + 1;
    for (size_t i = 0; i < words; i++)
        out[i] = left[i] << bits | far_left[i] >> (64 - bits) | right[i] >> bits | far_right[i] << (64 - bits) | (in[i] & itself);
}

MM_CLONES static void or_rows(uint64_t *restrict out, const uint64_t *restrict a, size_t words)
{
    for (size_t i = 0; i < words; i++)
        out[i] |= a[i];
}

/* Room for a dilation: a second map, and a row with 0 around it. */
typedef struct room {
    mm_bitmap other;
    uint64_t *row;
    size_t margin; /* words on each side of the row */
} room;

static int make_room(room *r, const mm_bitmap *map, size_t longest_step, mm_error *error)
{
    r->margin = longest_step / 64 + 2;
    if (mm_bitmap_init(&r->other, map->h, map->w, error))
        return error->code;
    r->row = calloc(map->words + 2 * r->margin, sizeof *r->row);
    if (r->row)
        return MM_OK;
    mm_bitmap_free(&r->other);
    return mm_no_memory(error);
}

static void free_room(room *r)
{
    mm_bitmap_free(&r->other);
    free(r->row);
}

/* Each row of r->other = that row of map, spread by n. */
static void spread_rows(const mm_bitmap *map, room *r, size_t n)
{
    uint64_t keep = last_bits(map);
    for (size_t y = 0; y < map->h; y++) {
        uint64_t *out = mm_bitmap_row(&r->other, y);
        memcpy(r->row + r->margin, mm_bitmap_row(map, y), map->words * sizeof *r->row);
        spread(out, r->row + r->margin, map->words, n, true);
        out[map->words - 1] &= keep;
    }
}

/* to[y] |= from[y - n] | from[y + n]. */
static void or_shifted_rows(mm_bitmap *to, const mm_bitmap *from, size_t n)
{
    for (size_t y = 0; y < to->h; y++) {
        if (y >= n)
            or_rows(mm_bitmap_row(to, y), mm_bitmap_row(from, y - n), to->words);
        if (y + n < to->h)
            or_rows(mm_bitmap_row(to, y), mm_bitmap_row(from, y + n), to->words);
    }
}

static void swap_bits(mm_bitmap *a, mm_bitmap *b)
{
    uint64_t *bit = a->bit;
    a->bit = b->bit;
    b->bit = bit;
}

/* map and its copies shifted by n along the axes (a cross), or by -n, 0, n along both (a square of nine). */
static void step(mm_bitmap *map, room *r, size_t n, bool square)
{
    spread_rows(map, r, n);
    if (square)
        mm_bitmap_copy(map, &r->other); /* what spreads up and down are the widened rows */
    or_shifted_rows(&r->other, map, n);
    swap_bits(map, &r->other);
}

/* By a square (or diamond) of half side n. Shifting one of half side k by s <= k gives one of k + s, so the steps double. */
static void dilate_by(mm_bitmap *map, room *r, size_t n, bool square)
{
    for (size_t k = 0; k < n;) {
        size_t s = k == 0 ? 1 : k <= n - k ? k : n - k;
        step(map, r, s, square);
        k += s;
    }
}

int mm_bitmap_dilate(mm_bitmap *map, size_t radius, mm_error *error)
{
    room r;
    size_t longer = map->h > map->w ? map->h : map->w;
    radius = radius < longer ? radius : longer;
    if (!radius)
        return MM_OK;
    if (make_room(&r, map, radius, error))
        return error->code;
    /* A regular octagon is a square of half side (sqrt 2 - 1) r and a diamond of the rest. */
    size_t square = (size_t)(0.41421356237 * (double)radius + 0.5);
    dilate_by(map, &r, square, true);
    dilate_by(map, &r, radius - square, false);
    free_room(&r);
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
    room r;
    if (!map->h || !map->w)
        return MM_OK;
    if (make_room(&r, map, 1, error))
        return error->code;
    for (size_t i = 0; i < radius; i++) {
        step(map, &r, 1, i % 2 == 0);
        mm_bitmap_and(map, limit);
    }
    free_room(&r);
    return MM_OK;
}
