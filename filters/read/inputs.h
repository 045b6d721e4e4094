/* The inputs of mmread. Files, folders, archives and manifests join one collection, which is read at random positions. A pipe that
 * carries a stream or an archive is read alone and in its order, as are streams in files from which no other order is asked. */
#ifndef MM_FILTERS_READ_INPUTS_H
#define MM_FILTERS_READ_INPUTS_H

#include "filters/read/reading.h"

/* Reads the manifest and the operands of reading->common (neither: standard input) and writes what is wanted of them. */
int mm_inputs_write(const mm_reading *reading, mm_error *error);

#endif
