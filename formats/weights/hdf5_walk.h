/* The two ends of the pipe through which the arrays of an HDF5 file come: hdf5.c calls the first in a child process. */
#ifndef MM_FORMATS_WEIGHTS_HDF5_WALK_H
#define MM_FORMATS_WEIGHTS_HDF5_WALK_H

#include <stddef.h>

#include "formats/weights/weights.h"

/* Bytes that the arrays of a file may take: a little more than it has, for halves become floats. */
size_t mm_hdf5_allowance(size_t file_bytes);

/* Walks through the file and writes what it finds, or the error that it ends with, to the pipe. The HDF5 library may end
 * the process instead, or take what memory and time it is left. */
void mm_hdf5_send(int pipe, const void *bytes, size_t n, const char *skip, const char *name);

/* Adds what comes out of the pipe to `w`; trusts it no more than the file, which has n bytes. MM_DAMAGED also when it ends
 * too early. */
int mm_hdf5_receive(mm_weights *w, int pipe, size_t n, const char *name, mm_error *error);

#endif
