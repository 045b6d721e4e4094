/* Pixels of any element type as grey values on the 0..255 scale: v * 255 / full scale. */
#ifndef MM_IMAGE_GREY_H
#define MM_IMAGE_GREY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/dtype.h"
#include "common/base/error.h"

/* Returns the value of white: the largest value of an integer type, 1 for floating point. */
double mm_full_scale(mm_dtype dtype);

/* Converts elements first .. first + n - 1 of data to grey[n]. */
void mm_grey_values(mm_dtype dtype, const void *data, size_t first, size_t n, float *grey);

/* Returns the sum of n values of type u8, u16 (exact) or f32. */
double mm_sum(mm_dtype dtype, const void *data, size_t n);

/* Return the largest of n values of type u8, u16 or f32, without NaN, and whether any is at least `value`. */
double mm_maximum(mm_dtype dtype, const void *data, size_t n);
bool mm_reaches(mm_dtype dtype, const void *data, size_t n, double value);

#endif
