/* How well a heatmap points at lesions: its mean inside and outside of lesions, and the place of its hottest point.
 *
 * Cell (i, j) of a map stands for pixel (offset_y + stride_y i, offset_x + stride_x j) of the image. A cell is inside if that
 * pixel belongs to a lesion (any plane of the mask), and outside if it belongs to the breast but to no lesion. Other cells do
 * not count. For a lesion that contains no cell's pixel, the cell nearest to its centre of mass is inside. */
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
    double inside, outside;     /* mean values; outside is NaN if there is no such cell */
    double distance;            /* pixels from the hottest cell (the first of several) to the nearest lesion pixel; NaN: no cell */
    double chance;              /* share of these cells that have a lesion pixel within `near`; 0: no cell */
} mm_hit;

/* Measures heat[height][width] against mask[lesions][H][W], not 0 inside, and breast[H][W], or NULL for the whole image. The hottest
 * point has the largest rank[height][width] where marked[height][width] is not 0 (NULL: everywhere). near >= 0 is in pixels.
 * MM_FAILURE: mm_hit_check refuses the map, the mask has no pixel, or memory. */
int mm_hit_measure(mm_hit *result, const double *heat, const double *rank, const mm_heat_geometry *geometry, const uint8_t *marked,
                   const uint8_t *mask, size_t lesions, const uint8_t *breast, size_t H, size_t W, double near, mm_error *error);

/* True if plane[H][W] has a pixel that is not 0 within `near` pixels of (y, x). */
bool mm_hit_within(const uint8_t *plane, size_t H, size_t W, double y, double x, double near);

/* Checks a map. MM_FAILURE: it is empty, its stride is not above 0, a cell's pixel lies outside of the image, or a value is not
 * finite. */
int mm_hit_check(const double *heat, const mm_heat_geometry *geometry, size_t H, size_t W, mm_error *error);

typedef struct mm_hit_summary {
    size_t images, patients, without_lesion; /* measured; `without_lesion` were left out for lack of a lesion */
    double inside, outside;          /* means of the images' means */
    mm_estimate ratio, difference;   /* of `inside` and `outside` */
    size_t hits;                     /* images whose hottest point lies within `near` pixels of a lesion */
    mm_interval hits_wilson;
    double chance;                   /* expected share of such images when each point is drawn at random from the marked cells */
    size_t hotter;                   /* images with a higher mean inside than outside */
} mm_hit_summary;

/* Summarises n > 0 images, with intervals by bootstrap over patients. Images without an outside cell count for the hits only. 0
 * or MM_FAILURE (memory). */
int mm_hit_summarise(mm_hit_summary *summary, const mm_hit *heat, const size_t *patient, size_t patients, size_t n,
                      double near, size_t draws, uint64_t seed, mm_error *error);

/* Compares the shares of images whose hottest point lies within `near` pixels of a lesion, in two kinds of heatmaps of the same images:
 * first[n] and second[n]. The sample has a patient for each of the n > 0 images. 0 or MM_FAILURE (memory). */
int mm_hit_compare(mm_paired *comparison, const mm_hit *first, const mm_hit *second, double near, const mm_sample *sample,
                   mm_error *error);

#endif
