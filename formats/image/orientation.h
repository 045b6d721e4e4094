/* The orientation of EXIF (CIPA DC-008, tag 274): how stored pixels are turned to be shown.
 *
 *   1 as they are    2 mirrored left to right    3 by 180 degrees                4 mirrored top to bottom
 *   5 transposed     6 by 90 degrees clockwise   7 transposed, by 180 degrees    8 by 90 degrees anticlockwise */
#ifndef MM_FORMATS_IMAGE_ORIENTATION_H
#define MM_FORMATS_IMAGE_ORIENTATION_H

#include <stdbool.h>

#include "formats/image/image.h"

/* Reads the orientation in the TIFF header that EXIF data begin with. Returns 1 if there is none, or an invalid one. */
unsigned mm_exif_orientation(const void *exif, size_t size);

/* True if rows become columns. */
bool mm_orientation_transposes(unsigned orientation);

/* Turns pixels[H][W] of `bytes` each (1, 2 or 4) into other memory. */
void mm_orientation_turn(unsigned orientation, const void *pixels, size_t H, size_t W, size_t bytes, void *turned);

/* Turns an image (H,W), which is not in place, and records that. 0 or MM_FAILURE (memory). */
int mm_image_turn(mm_image *image, unsigned orientation, mm_error *error);

#endif
