/* The background's grey levels. See film_background.h. */
#include "common/image/film_background.h"

#include <math.h>

static const double LEAST = 0.025;    /* the threshold lies at least so far above the background's mode */
enum { LEVELS = 256, BEYOND = 41 };   /* levels of the histogram, and room above them that stays empty */

/* Counts the pixels that are not set in `taken`, by the upper 8 bits of their grey level. */
static void histogram(const mm_reduced *image, const mm_bitmap *taken, size_t count[LEVELS])
{
    for (size_t y = 0; y < image->h; y++)
        for (size_t x = 0; x < image->w; x++)
            count[image->grey[y * image->w + x] >> 8] += !mm_bitmap_get(taken, y, x);
}

/* Where the background lies: the darkest level that is a quarter as frequent as any below the mean. */
static size_t background_mode(const size_t count[LEVELS])
{
    size_t all = 0, sum = 0, most = 0, mode = 0;
    for (size_t i = 0; i < LEVELS; i++) {
        all += count[i];
        sum += i * count[i];
    }
    for (size_t i = 0; i * all <= sum && i < LEVELS; i++)
        most = count[i] > most ? count[i] : most;
    while (4 * count[mode] < most)
        mode++;
    while (mode + 1 < LEVELS && count[mode + 1] > count[mode])
        mode++;
    return mode;
}

/* The median frequency of the levels between 6 and 16 % of the maximum above the mode. The rim of the breast passes through them
 * quickly, so they are rare everywhere: this is the skin's. */
static size_t skin_frequency(const size_t *from)
{
    enum { RIM = 16, RIMS = 25 };
    size_t rim[RIMS];
    for (size_t i = 0; i < RIMS; i++) {
        rim[i] = from[RIM + i];
        for (size_t k = i; k > 0 && rim[k] < rim[k - 1]; k--) {
            size_t swap = rim[k];
            rim[k] = rim[k - 1];
            rim[k - 1] = swap;
        }
    }
    return rim[RIMS / 2];
}

/* Where the background ends above the mode: at the last level within 10 % of the maximum that is more frequent than twice the
 * skin's. It may be uneven, so it is the last level that counts. */
static size_t background_end(const size_t *from)
{
    size_t level = 26, skin = skin_frequency(from);
    while (level > 0 && from[level] + from[level - 1] <= 4 * skin)
        level--;
    return level + 1;
}

/* The first level above the mode that is a tenth as frequent, if it follows within 5 % of the maximum; else 0. */
static size_t certain_end(const size_t *from)
{
    for (size_t level = 1; level <= 13; level++)
        if (10 * from[level] <= from[0])
            return level;
    return 0;
}

mm_background mm_background_find(const mm_reduced *image, const mm_bitmap *border)
{
    size_t count[LEVELS + BEYOND] = {0};
    histogram(image, border, count);
    const size_t mode = background_mode(count), certain = certain_end(count + mode);
    mm_background b = {.least = (double)mode / 255 + LEAST};
    b.end = fmax((double)(mode + background_end(count + mode)) / 255, b.least);
    b.certain = certain ? (double)(mode + certain) / 255 : 0;
    return b;
}
