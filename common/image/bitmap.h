/* Binary images with a bit per pixel: thresholding, set operations, dilation, erosion and opening, 64 pixels a step. */
#ifndef MM_IMAGE_BITMAP_H
#define MM_IMAGE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/image/plane.h"

/* Row y is the `words` words from bit + y * words on. Pixel x is bit x % 64 of word x / 64. Bits beyond w are 0. */
typedef struct mm_bitmap {
    size_t h, w, words;
    uint64_t *bit;
} mm_bitmap;

/* Makes a map of zeros with sides below 2^31. 0 or MM_FAILURE (memory). */
int mm_bitmap_init(mm_bitmap *map, size_t h, size_t w, mm_error *error);
void mm_bitmap_free(mm_bitmap *map);

static inline uint64_t *mm_bitmap_row(const mm_bitmap *map, size_t y)
{
    return map->bit + y * map->words;
}

static inline bool mm_bitmap_get(const mm_bitmap *map, size_t y, size_t x)
{
    return mm_bitmap_row(map, y)[x / 64] >> (x % 64) & 1;
}

static inline void mm_bitmap_set(mm_bitmap *map, size_t y, size_t x)
{
    mm_bitmap_row(map, y)[x / 64] |= (uint64_t)1 << (x % 64);
}

/* Sets the pixels x0 .. x1 (exclusive) of row y. */
void mm_bitmap_set_run(mm_bitmap *map, size_t y, size_t x0, size_t x1);

/* Sets the pixels where a plane of the map's size is strictly above the limit, and clears the others. MM_FAILURE: the plane is
 * not u8, u16 or f32, or memory. */
int mm_bitmap_above(mm_bitmap *map, const mm_plane *plane, double limit, mm_error *error);

/* Convert to bytes, 0 or 1, and from bytes (not 0: set); rows are `stride` bytes apart. */
void mm_bitmap_to_bytes(const mm_bitmap *map, uint8_t *bytes, size_t stride);
void mm_bitmap_from_bytes(mm_bitmap *map, const uint8_t *bytes, size_t stride);

/* Operate on maps of the same size. */
void mm_bitmap_copy(mm_bitmap *to, const mm_bitmap *from);
void mm_bitmap_clear(mm_bitmap *map);
void mm_bitmap_and(mm_bitmap *map, const mm_bitmap *other);
void mm_bitmap_or(mm_bitmap *map, const mm_bitmap *other);
void mm_bitmap_minus(mm_bitmap *map, const mm_bitmap *other);
void mm_bitmap_invert(mm_bitmap *map);
size_t mm_bitmap_count(const mm_bitmap *map);

/* Dilates or erodes by an octagon, close to a disc, of `radius` pixels along the axes. Pixels outside of the image count as 0
 * when dilating and as 1 when eroding. MM_FAILURE: memory. */
int mm_bitmap_dilate(mm_bitmap *map, size_t radius, mm_error *error);
int mm_bitmap_erode(mm_bitmap *map, size_t radius, mm_error *error);

/* Dilates within `limit`: adds the pixels of `limit` that are connected to `map` by at most `radius` steps. MM_FAILURE:
 * memory. */
int mm_bitmap_grow(mm_bitmap *map, const mm_bitmap *limit, size_t radius, mm_error *error);

#endif
