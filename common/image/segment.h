/* The breast as a mask: the tissue of a mammogram, without labels, film border and background.
 *
 * There are two methods. `threshold` is the published one: it scales the image to 8 bits by its maximum, takes the pixels
 * strictly above 5 % of the maximum, and keeps the largest outline (components.h) with holes filled. On digitised film this keeps
 * a white border or label that touches the breast. `film` (film.h) first removes the film's border and labels, chooses the
 * threshold from the background, and opens thin connections before it looks for the largest outline. It leaves digital images to
 * the threshold. */
#ifndef MM_IMAGE_SEGMENT_H
#define MM_IMAGE_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/dtype.h"
#include "common/base/error.h"
#include "common/image/film_plan.h"

typedef enum mm_segment_method { MM_SEGMENT_FILM, MM_SEGMENT_THRESHOLD } mm_segment_method;
typedef enum mm_segment_level { MM_LEVEL_AUTO, MM_LEVEL_OTSU, MM_LEVEL_PERCENT } mm_segment_level;

typedef struct mm_segment_options {
    mm_segment_method method;
    mm_segment_level level; /* auto: from the background for film, 5 % for threshold */
    double percent;         /* of the maximum, 0 .. 100, for MM_LEVEL_PERCENT */
    long open;              /* radius of the opening in pixels; -1: film 1/96 of the film's longer side, threshold none */
} mm_segment_options;

typedef struct mm_segment_found {
    size_t area;            /* pixels of the mask */
    double threshold;       /* in units of the image: tissue lies strictly above */
    size_t x0, y0, x1, y1;  /* bounding box, ends exclusive */
    mm_film_loss loss;      /* for film with level auto */
} mm_segment_found;

/* Segments plane[h][w] of dtype MM_U8, MM_U16 or MM_F32 into mask[h][w], 1 in the breast and 0 elsewhere. MM_FAILURE: no breast
 * is found (an empty image, or less than 1/1000 of it), another dtype, or memory. */
int mm_segment(mm_dtype dtype, const void *plane, size_t h, size_t w, const mm_segment_options *options, uint8_t *mask,
               mm_segment_found *found, mm_error *error);

#endif
