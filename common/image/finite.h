/* Pixels that can be computed with: NaN, infinity and what is too large for a float are found before they spread or vanish. The
 * maximum of 0 and NaN is an ordinary number, so that a network would give an ordinary probability. Whole numbers are always finite
 * and are not looked at. */
#ifndef MM_IMAGE_FINITE_H
#define MM_IMAGE_FINITE_H

#include <stddef.h>

#include "common/base/dtype.h"
#include "common/stream/record.h"

/* Returns the index of the first of n values that is not a finite float after a multiplication by `factor`; n if there is none. */
size_t mm_first_not_finite(mm_dtype dtype, const void *data, size_t n, double factor);

/* Fails with MM_FAILURE and a message that names the tensor, the place of its element `index` and its value. */
int mm_fail_not_finite(const mm_tensor *tensor, size_t index, double value, mm_error *error);

/* Checks a whole tensor in this way. */
int mm_check_finite(const mm_tensor *tensor, double factor, mm_error *error);

#endif
