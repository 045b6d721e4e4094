/* The heatmap of a record: how suspicious each place of its image is. */
#ifndef MM_IMAGE_HEATMAP_RECORD_H
#define MM_IMAGE_HEATMAP_RECORD_H

#include "common/stream/record.h"

/* Cell (i, j) stands for the pixel (offset_y + stride_y i, offset_x + stride_x j) of the image. */
typedef struct mm_heatmap {
    size_t height, width;
    double stride_y, stride_x, offset_y, offset_x;
    double window;  /* the smaller extent of the window that slid over the image, in pixels; 0: not known */
    double *values; /* [height][width], malloc'd */
} mm_heatmap;

/* Reads the tensor `heatmap` (H,W or C,H,W). Of several planes it is 1 - the plane of the class "background", which the
 * attribute heatmap.classes ("a,b,...") must name. The cells lie as heatmap.stride ("N" or "NY,NX") and heatmap.offset
 * ("OY,OX") say; a map as large as the image covers it pixel by pixel. heatmap.window ("N" or "H,W") is optional.
 * 0 or MM_FAILURE: no such tensor, an attribute is missing or invalid, memory. */
int mm_heatmap_read(mm_heatmap *map, const mm_record *record, mm_error *error);
void mm_heatmap_free(mm_heatmap *map);

#endif
