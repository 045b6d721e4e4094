/* The destination of mmwrite's files: a folder, or tar archives (formats/archive/shards.h). Both begin with the stream's HEAD. */
#ifndef MM_FILTERS_WRITE_DESTINATION_H
#define MM_FILTERS_WRITE_DESTINATION_H

#include "common/stream/stream.h"
#include "formats/archive/shards.h"

typedef struct mm_destination {
    const char *folder; /* NULL: archives */
    mm_shards *shards;
} mm_destination;

/* Makes the folder, or with folder NULL opens archives as `archives` says, and writes the HEAD. `folder` must outlive the destination.
 * Close it also after an error. */
int mm_destination_open(mm_destination *to, const char *folder, const mm_shard_options *archives, const mm_head *head, mm_error *error);
void mm_destination_close(mm_destination *to);

/* Adds the files of one record. */
int mm_destination_add(mm_destination *to, const mm_member *files, size_t n, mm_error *error);

/* Gives archives their final names; the files of a folder have theirs already. */
int mm_destination_commit(mm_destination *to, mm_error *error);

/* Finds the time of all files of an archive: SOURCE_DATE_EPOCH, or 0. MM_USAGE: that variable is not a number of seconds. */
int mm_destination_time(time_t *mtime, mm_error *error);

#endif
