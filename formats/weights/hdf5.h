/* HDF5 files: every array of numbers in them, by its path.
 *
 * Refused: links of other kinds than hard ones, arrays in other files or filled from no data, compression, text and
 * records, arrays larger than their file could hold, groups deeper than eight. Other files are never opened, plugins of
 * the library never loaded. The HDF5 library is not proof against every damaged file, so it runs in a program of its own with
 * little memory (common/base/isolated.h). */
#ifndef MM_FORMATS_WEIGHTS_HDF5_H
#define MM_FORMATS_WEIGHTS_HDF5_H

#include <stdbool.h>
#include <stddef.h>

#include "formats/weights/weights.h"

bool mm_hdf5_is(const void *bytes, size_t n);

/* Adds the arrays to `w`, named like "group/group/array", in alphabetical order; the group `skip` at the top is passed over
 * ("": none). Floats keep their width but for f16, which becomes f32; whole numbers become i64. MM_DAMAGED or MM_FAILURE; then w
 * may be half filled. */
int mm_hdf5_read(mm_weights *w, const void *bytes, size_t n, const char *skip, const char *name, mm_error *error);

#endif
