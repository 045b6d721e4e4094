/* The inputs of mmread. Files, folders, archives and manifests join one collection, which is read at random positions. A pipe that
 * carries a stream or an archive must be the only input and is read in its order. Streams in files are read so too if no other order
 * is asked for. */
#ifndef MM_FILTERS_READ_INPUTS_H
#define MM_FILTERS_READ_INPUTS_H

#include "filters/read/reading.h"

/* Reads the manifest and the operands of reading->common (neither: standard input) and writes the wanted records. */
int mm_inputs_write(const mm_reading *reading, mm_error *error);

#endif
