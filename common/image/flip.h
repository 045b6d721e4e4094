/* Mirror images. */
#ifndef MM_IMAGE_FLIP_H
#define MM_IMAGE_FLIP_H

#include <stdbool.h>
#include <stddef.h>

/* Writes image[H][W] to out[H][W] with its columns (horizontal) and its rows (vertical) in reverse order. Elements have 1, 2 or 4
 * bytes and are aligned to their size. */
void mm_flip(const void *image, size_t H, size_t W, size_t size, bool horizontal, bool vertical, void *out);

#endif
