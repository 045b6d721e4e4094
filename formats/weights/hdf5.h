/* HDF5 files: every array of numbers in them, by its path.
 *
 * Refused are links other than hard ones, arrays in other files or without data, compression, text and records, arrays larger than
 * their file could hold, and groups deeper than eight. Other files are never opened, and plugins of the library never loaded. Damaged
 * files can crash the HDF5 library, so it runs in an isolated program with little memory (common/base/isolated.h). */
#ifndef MM_FORMATS_WEIGHTS_HDF5_H
#define MM_FORMATS_WEIGHTS_HDF5_H

#include <stdbool.h>
#include <stddef.h>

#include "formats/weights/weights.h"

/* True if bytes[n] begin an HDF5 file. */
bool mm_hdf5_is(const void *bytes, size_t n);

/* Adds the arrays to `w`, named like "group/group/array", in alphabetical order. The group `skip` at the top is ignored ("": none).
 * Floats keep their width except f16, which becomes f32; whole numbers become i64. MM_DAMAGED or MM_FAILURE: `w` may then be half
 * filled. */
int mm_hdf5_read(mm_weights *w, const void *bytes, size_t n, const char *skip, const char *name, mm_error *error);

#endif
