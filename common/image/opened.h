/* The largest outline of what is left after an opening. */
#ifndef MM_IMAGE_OPENED_H
#define MM_IMAGE_OPENED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/image/bitmap.h"

/* Finds the largest outline (components.h) after parting what hangs on by less than twice `radius`. The part that stays gets its
 * corners back, as far as half a radius from the opened outline. `out` has the size of `tissue`. *found is false if nothing is
 * left. MM_FAILURE: memory. */
int mm_opened_outline(const mm_bitmap *tissue, size_t radius, mm_bitmap *out, bool *found, mm_error *error);

#endif
