/* Mirror images. */
#ifndef MM_IMAGE_FLIP_H
#define MM_IMAGE_FLIP_H

#include <stdbool.h>
#include <stddef.h>

/* out[H][W] = image[H][W] with its columns (horizontal) and its rows (vertical) in reverse; elements of 1, 2 or 4 bytes,
 * aligned to their size. */
void mm_flip(const void *image, size_t H, size_t W, size_t size, bool horizontal, bool vertical, void *out);

#endif
