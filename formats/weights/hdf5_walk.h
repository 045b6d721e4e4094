/* The job of the HDF5 library in the isolated program (common/base/isolated.h), and its result; hdf5.c starts it. */
#ifndef MM_FORMATS_WEIGHTS_HDF5_WALK_H
#define MM_FORMATS_WEIGHTS_HDF5_WALK_H

#include <stddef.h>

#include "common/base/isolated.h"
#include "formats/weights/weights.h"

#define MM_HDF5_JOB "hdf5"

enum { MM_HDF5_PATH = 512 };

/* The job's head. */
typedef struct mm_hdf5_question {
    char skip[64]; /* a group at the top that is ignored; "": none */
} mm_hdf5_question;

/* One array, a part of the result. Its numbers are the next part. */
typedef struct mm_hdf5_array {
    char path[MM_HDF5_PATH];
    int ndim;
    mm_dtype dtype;
    size_t dim[MM_PARAM_DIMS];
} mm_hdf5_array;

/* Returns how many bytes the numbers of a file's arrays may take: four times the file's and 64 MiB more, since halves become floats. */
static inline size_t mm_hdf5_allowance(size_t file_bytes)
{
    return ((size_t)64 << 20) + 4 * file_bytes;
}

/* Walks through the file bytes[n] and appends its arrays. The HDF5 library may instead end the process, or use up its memory and time.
 * Errors name paths in the file, not the file. */
int mm_hdf5_walk(const mm_hdf5_question *question, const void *bytes, size_t n, mm_isolated_result *result, mm_error *error);

#endif
