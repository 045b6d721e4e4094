/* The numbers of a warp (common/image/warp.h) for any processor, also for C++ and for graphics cards.
 *
 * Pixel (x, y) of the new image shows the point (a x + b y + c, d x + e y + f) of the old one, with 32 bits after the point. The
 * upper 32 bits of a coordinate (floor) are the pixel, the 24 bits below them the weight of its neighbour. Neighbours outside are
 * `fill`, or if that is negative the nearest pixel of the edge or the mirrored one (mm_warp_reflect). With weights fx and fy, in single
 * precision and without contraction:
 *   top = p00 + fx (p01 - p00);  bottom = p10 + fx (p11 - p10);  v = top + fy (bottom - top)
 *   v = v gain + shift, clipped to 0..full; unless gamma is 1: v = full mm_warp_power(v / full, gamma)
 *   whole numbers: floor(v + 0.5)
 * image/warp_pixel.h has mm_warp_reflect and mm_warp_power. */
#ifndef MM_IMAGE_WARP_PLAN_H
#define MM_IMAGE_WARP_PLAN_H

#include <stdint.h>

enum { MM_FILL_EDGE = -1, MM_FILL_REFLECT = -2 }; /* what lies outside, in the place of `fill` */

typedef struct mm_warp_plan {
    int64_t a, b, c, d, e, f;
    float gain, shift, full, fill; /* shift, full and fill in units of the pixels */
    float gamma;
} mm_warp_plan;

#endif
