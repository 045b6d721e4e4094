/* Mirror images: see flip.h. */
#include "common/image/flip.h"

#include <stdint.h>
#include <string.h>

static void reverse(const void *row, size_t W, size_t size, void *out)
{
    if (size == 1)
        for (size_t x = 0; x < W; x++)
            ((uint8_t *)out)[x] = ((const uint8_t *)row)[W - 1 - x];
    else if (size == 2)
        for (size_t x = 0; x < W; x++)
            ((uint16_t *)out)[x] = ((const uint16_t *)row)[W - 1 - x];
    else
        for (size_t x = 0; x < W; x++)
            ((uint32_t *)out)[x] = ((const uint32_t *)row)[W - 1 - x];
}

void mm_flip(const void *image, size_t H, size_t W, size_t size, bool horizontal, bool vertical, void *out)
{
    for (size_t y = 0; y < H; y++) {
        const char *row = (const char *)image + (vertical ? H - 1 - y : y) * W * size;
        char *to = (char *)out + y * W * size;
        if (horizontal)
            reverse(row, W, size, to);
        else
            memcpy(to, row, W * size);
    }
}
