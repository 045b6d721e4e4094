/* What the values of a mask mean.
 *
 *   two values     0 is outside, the other is inside; a mask without a 0 and of one value is inside everywhere
 *   a label map    each value but 0 fills areas of its own: a plane for each
 *   soft edges     the values between 0 and the largest lie on slopes between them, as resizing, blurring and JPEG leave them: inside
 *                  has at least half of the largest value
 *
 * Any other mask is refused, since nothing says what is meant, and so is one whose colours lost their difference as luminance.
 *
 * A value fills areas if most of its pixels do not lie between lower and higher ones (within two pixels), and if it fills a square of
 * 3 x 3 somewhere. Small labels need no such square if the largest value is below 32, or if labels count from 1 without a gap. Edges
 * are soft if 9 in 10 of the pixels from 1/8 to 7/8 of the largest value lie between lower and higher ones, and if these pixels are at
 * most four times as many as those above. Of a JPEG no values are
 * labels. If there are at most eight values, those below 1/8 must not be areas either: a label is never cut off. */
#ifndef MM_FORMATS_IMAGE_MASK_H
#define MM_FORMATS_IMAGE_MASK_H

#include <stdint.h>

#include "formats/image/image.h"

enum { MM_MASK_LABELS = 255 };

typedef struct mm_mask_labels {
    size_t n;                       /* of a label map, else 0: the mask is one plane */
    uint16_t value[MM_MASK_LABELS]; /* rising */
    bool empty;                     /* no pixel of the mask is set */
} mm_mask_labels;

/* Fills plane[H][W] with 1 where the mask has at least half of its largest value, else 0, and finds out whether it is a label map, for
 * which the plane has no meaning. The mask is (H,W) of u8 or u16. MM_DAMAGED: it has another form, or its values are refused. */
int mm_mask_understand(const mm_image *mask, uint8_t *plane, mm_mask_labels *labels, mm_error *error);

/* Fills plane[H][W] with 1 where a label map has the value, else 0. */
void mm_mask_of_label(const mm_image *mask, uint16_t value, uint8_t *plane);

#endif
