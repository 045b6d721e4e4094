/* How the breast is to be found on a film: above which grey level, beside what, and how far opened. */
#ifndef MM_IMAGE_FILM_PLAN_H
#define MM_IMAGE_FILM_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"
#include "common/image/plane.h"

#define MM_PUBLISHED_LEVEL 0.05 /* share of the maximum above which the published method finds tissue */

/* What becomes of the breast as the published threshold finds it beside the border, if more than a tenth of it would go. */
typedef enum mm_film_loss {
    MM_LOSS_NONE,       /* less would go */
    MM_LOSS_BACKGROUND, /* its grey levels prove it to be background: it goes */
    MM_LOSS_KEPT        /* nothing proves it to be anything but breast: it is kept */
} mm_film_loss;

typedef struct mm_film_plan {
    double limit;    /* tissue lies strictly above, in units of the image */
    size_t radius;   /* of the opening, in pixels of the image */
    mm_bitmap taken; /* border and labels, on a copy of another size; without pixels if there are none */
    mm_film_loss loss;
} mm_film_plan;

/* Plans for a film without a frame. On entry `limit` is the limit that was chosen, the rest 0. With by_background it is replaced
 * by a level found from the film's background, unless a tenth of the breast would be lost by that. A digital image is left as on
 * entry. MM_FAILURE: memory. */
int mm_film_plan_make(const mm_plane *plane, double maximum, bool by_background, mm_film_plan *plan, mm_error *error);
void mm_film_plan_free(mm_film_plan *plan);

/* Clears in `map`, of any size of the same film, what the plan takes away. MM_FAILURE: memory. */
int mm_film_plan_take(const mm_film_plan *plan, mm_bitmap *map, mm_error *error);

#endif
