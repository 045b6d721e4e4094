/* Values of masks: see mask.h. */
#include "formats/image/mask.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"

enum { VALUES = 65536, NEAR = 2, SMALL = 32, FEW = 8 };

/* 1 where a value reaches `least`, else 0; returns the largest value, and whether one lies between 0 and `white`. */
MM_CLONES static unsigned at_least8(const uint8_t *restrict v, size_t n, uint8_t least, uint8_t white, uint8_t *restrict to, bool *between)
{
    uint8_t most = 0, inside = 0;
    for (size_t i = 0; i < n; i++) {
        to[i] = v[i] >= least;
        most = v[i] > most ? v[i] : most;
        inside |= (v[i] != 0) & (v[i] != white);
    }
    *between = inside;
    return most;
}

MM_CLONES static unsigned at_least16(const uint16_t *restrict v, size_t n, uint16_t least, uint16_t white, uint8_t *restrict to,
                                     bool *between)
{
    uint16_t most = 0, inside = 0;
    for (size_t i = 0; i < n; i++) {
        to[i] = v[i] >= least;
        most = v[i] > most ? v[i] : most;
        inside |= (v[i] != 0) & (v[i] != white);
    }
    *between = inside;
    return most;
}

/* Halves the mask; returns its largest value, and whether there are values between 0 and that one. */
static unsigned halve(const mm_image *mask, size_t n, uint8_t *to, bool *between)
{
    bool wide = mask->dtype == MM_U16;
    unsigned white = wide ? UINT16_MAX : UINT8_MAX, most = white;
    for (int pass = 0; pass < 2 && (pass == 0 || (most < white && most > 0)); pass++) { /* most masks go up to white */
        unsigned top = most, least = (most + 1) / 2;
        most = wide ? at_least16(mask->data, n, (uint16_t)least, (uint16_t)top, to, between)
                    : at_least8(mask->data, n, (uint8_t)least, (uint8_t)top, to, between);
    }
    return most;
}

static unsigned value_at(const mm_image *mask, size_t i)
{
    return mask->dtype == MM_U16 ? ((const uint16_t *)mask->data)[i] : ((const uint8_t *)mask->data)[i];
}

/* How the pixels of each value lie. */
typedef struct census {
    uint32_t count[VALUES], slope[VALUES]; /* all; those that lie between lower and higher ones */
    bool square[VALUES];                   /* fills a square of 3 x 3 */
    unsigned most, values;                 /* the largest, the number of values but 0 */
} census;

/* Counts a pixel that is not 0. */
static void count_pixel(census *c, const mm_image *mask, size_t y, size_t x)
{
    size_t H = mask->dim[0], W = mask->dim[1];
    unsigned value = value_at(mask, y * W + x);
    size_t top = y < NEAR ? 0 : y - NEAR, bottom = y + NEAR < H ? y + NEAR : H - 1;
    size_t left = x < NEAR ? 0 : x - NEAR, right = x + NEAR < W ? x + NEAR : W - 1, same = 0;
    bool lower = false, higher = false;
    for (size_t r = top; r <= bottom; r++)
        for (size_t k = left; k <= right; k++) {
            unsigned other = value_at(mask, r * W + k);
            lower = lower || other < value;
            higher = higher || other > value;
            same += other == value && r + 1 >= y && r <= y + 1 && k + 1 >= x && k <= x + 1;
        }
    c->slope[value] += lower && higher;
    c->square[value] = c->square[value] || same == 9;
}

static census *take_census(const mm_image *mask, unsigned most)
{
    census *c = calloc(1, sizeof *c);
    size_t W = mask->dim[1], n = mask->dim[0] * W;
    for (size_t i = 0; c && i < n; i++) {
        unsigned value = value_at(mask, i);
        c->count[value]++;
        if (value && (value < most || !c->square[value]))
            count_pixel(c, mask, i / W, i % W);
    }
    for (unsigned v = 1; c && v <= most; v++)
        c->values += c->count[v] > 0;
    if (c)
        c->most = most;
    return c;
}

/* True if most pixels of a value do not lie on a slope. */
static bool is_area(const census *c, unsigned value)
{
    return c->count[value] > 0 && c->slope[value] <= c->count[value] / 2;
}

static bool are_labels(const census *c)
{
    bool counted = c->most < SMALL || c->most == c->values;
    for (unsigned v = 1; v <= c->most; v++)
        if (c->count[v] && (!is_area(c, v) || !(counted || c->square[v])))
            return false;
    return c->values <= MM_MASK_LABELS && c->count[0] > 0;
}

static bool are_soft_edges(const census *c, bool lossy)
{
    uint64_t all = 0, slope = 0, top = 0;
    for (unsigned v = 1; v <= c->most; v++) {
        if (v == c->most || v > c->most - c->most / 8) {
            top += c->count[v];
        } else if (v >= c->most / 8) {
            all += c->count[v];
            slope += c->slope[v];
        } else if (!lossy && c->values <= FEW && is_area(c, v)) {
            return false;
        }
    }
    return 10 * slope >= 9 * all && all <= 4 * top;
}

int mm_mask_understand(const mm_image *mask, uint8_t *plane, mm_mask_labels *labels, mm_error *error)
{
    bool between;
    labels->n = 0;
    labels->empty = false;
    if (mask->ndim != 2 || mask->dtype == MM_F32)
        return mm_fail(error, MM_DAMAGED, "a mask is (H,W) of u8 or u16");
    if (mask->merged)
        return mm_fail(error, MM_DAMAGED, "a mask with several colours of one luminance: write each label as a grey value");
    unsigned most = halve(mask, mask->dim[0] * mask->dim[1], plane, &between);
    labels->empty = most == 0;
    if (labels->empty || !between)
        return MM_OK;
    census *c = take_census(mask, most);
    int code = c ? MM_OK : mm_no_memory(error);
    if (c && !mask->lossy && are_labels(c)) {
        for (unsigned v = 1; v <= most; v++)
            if (c->count[v])
                labels->value[labels->n++] = (uint16_t)v;
    } else if (c && !are_soft_edges(c, mask->lossy)) {
        code = mm_fail(error, MM_DAMAGED, "a mask of %u values that are neither labels of areas nor soft edges", c->values);
    }
    free(c);
    return code;
}

void mm_mask_of_label(const mm_image *mask, uint16_t value, uint8_t *plane)
{
    size_t n = mask->dim[0] * mask->dim[1];
    for (size_t i = 0; i < n; i++)
        plane[i] = value_at(mask, i) == value;
}
