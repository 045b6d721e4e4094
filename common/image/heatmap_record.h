/* The heatmap of a record: the suspicion at each place of its image. */
#ifndef MM_IMAGE_HEATMAP_RECORD_H
#define MM_IMAGE_HEATMAP_RECORD_H

#include <stdbool.h>

#include "common/stream/record.h"

/* What a map holds, which the attribute heatmap.scale says. */
typedef enum mm_heat_scale {
    MM_HEAT_PROBABILITY, /* without the attribute */
    MM_HEAT_LOG_ODDS,    /* "log-odds" of probabilities */
    MM_HEAT_ACTIVATION   /* "activation": weighted features, from 0 on, which mean nothing but an order */
} mm_heat_scale;

/* Cell (i, j) stands for pixel (offset_y + stride_y i, offset_x + stride_x j) of the image. */
typedef struct mm_heatmap {
    size_t height, width;
    double stride_y, stride_x, offset_y, offset_x;
    double window;  /* smaller extent of the network's window in pixels; 0: unknown */
    mm_heat_scale scale;
    double *values; /* [height][width], owned */
    double *ranks;  /* [height][width], owned: order the cells as the values do, and tell those apart that are 1 by rounding */
    uint8_t *computed; /* [height][width], owned: 0 where a window had too little tissue to be computed; NULL: all were */
} mm_heatmap;

/* Reads the tensor `heatmap` (H,W or C,H,W). For several planes the value is 1 - the plane of the class "background", which the
 * attribute heatmap.classes ("a,b,...") must name. Log-odds are ranks, and the values are the probabilities. Activations are ranks too,
 * of several planes the largest of all but the background (the first plane if none is named so), and the values are their shares of the
 * map's largest. heatmap.stride ("N" or "NY,NX") and heatmap.offset ("OY,OX") give the cells'
 * places; a map as large as the image ignores them. heatmap.window ("N" or "H,W") is optional. heatmap.min-tissue is the
 * share of tissue (tissue_windows.h) below which windows were not computed; their cells have value 0. 0, or MM_FAILURE: the tensor
 * is missing or holds a value that is not finite, an attribute is missing or invalid, or memory. */
int mm_heatmap_read(mm_heatmap *map, const mm_record *record, mm_error *error);
void mm_heatmap_free(mm_heatmap *map);

/* Reads the threshold alone, the attribute heatmap.froc1; NaN without it. 0 or MM_FAILURE (it is not a number from 0 to 1). */
int mm_heatmap_threshold(const mm_record *record, double *threshold, mm_error *error);

/* Writes to text[size] what a map's threshold depends on: its heatmap.mode, and with heatmap.smooth (the standard deviation of the Gaussian
 * that it was smoothed by, in pixels) that too, as "shared/8"; "" if the record has no mode. */
void mm_heatmap_way(const mm_record *record, char *text, size_t size);

/* Removes the attributes heatmap.* from a record whose map is replaced. */
void mm_heatmap_forget(mm_record *record);

#endif
