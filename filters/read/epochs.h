/* The items of a collection as segments of a stream, epoch by epoch: selected, balanced, shuffled and divided among shards. */
#ifndef MM_FILTERS_READ_EPOCHS_H
#define MM_FILTERS_READ_EPOCHS_H

#include "filters/read/collection.h"
#include "filters/read/reading.h"

/* Writes each epoch as a segment. MM_FAILURE: there is nothing to read, or no record meets the conditions. */
int mm_epochs_write(const mm_reading *reading, mm_collection *collection, mm_error *error);

#endif
