/* How well a heatmap points at lesions: warmth inside against outside, and where its hottest point lies.
 *
 * Cell (i, j) of a map stands for the image's pixel (offset_y + stride i, offset_x + stride j). A cell is inside when
 * that pixel belongs to a lesion (any plane of the mask), outside when it belongs to the breast but to no lesion;
 * other cells do not count. A lesion that no cell's pixel hits counts with the cell nearest to its centre of mass. */
#ifndef MM_STATS_HIT_H
#define MM_STATS_HIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stats/bootstrap.h"
#include "common/base/error.h"

typedef struct mm_heat_geometry {
    size_t height, width;       /* of the map */
    double stride_y, stride_x, offset_y, offset_x;
} mm_heat_geometry;

typedef struct mm_hit {
    size_t inside_cells, outside_cells;
    double inside, outside;     /* mean warmth; outside NaN without such a cell */
    double distance;            /* pixels from the hottest cell (the first of several) to the nearest lesion pixel */
} mm_hit;

/* heat[height][width]; mask[lesions][H][W], not 0 inside; breast[H][W] or NULL (all of the image). MM_FAILURE without a
 * lesion pixel, when a value is no finite number, when the map's pixels lie outside of the image or memory is out. */
int mm_hit_measure(mm_hit *result, const double *heat, const mm_heat_geometry *geometry, const uint8_t *mask, size_t lesions,
                    const uint8_t *breast, size_t H, size_t W, mm_error *error);

/* What mm_hit_measure refuses of a map: values and positions. */
int mm_hit_check(const double *heat, const mm_heat_geometry *geometry, size_t H, size_t W, mm_error *error);

typedef struct mm_hit_summary {
    size_t images, patients, without_lesion; /* measured; left out because they have no lesion */
    double inside, outside;          /* means of the images' means */
    mm_estimate ratio, difference;   /* of these two */
    size_t hits;                     /* images whose hottest point lies within `near` pixels of a lesion */
    mm_interval hits_wilson;
    size_t hotter;                   /* images that are warmer inside than outside */
} mm_hit_summary;

/* Sums up n > 0 images; intervals by bootstrap over patients, as for areas. Images without an outside cell count only for the hits. */
int mm_hit_summarise(mm_hit_summary *summary, const mm_hit *heat, const size_t *patient, size_t patients, size_t n,
                      double near, size_t draws, uint64_t seed, mm_error *error);

#endif
