/* Records as one tar archive, or as several of bounded size (shards), which appear together or not at all. Each begins with the stream's
 * HEAD (webdataset.h). The records alone decide which of them goes where. */
#ifndef MM_FORMATS_ARCHIVE_SHARDS_H
#define MM_FORMATS_ARCHIVE_SHARDS_H

#include <time.h>

#include "common/stream/stream.h"
#include "formats/archive/tar.h"

typedef struct mm_shard_options {
    const char *path; /* NULL: standard output. With a limit it holds %06d, or the like, for the number of the shard */
    const char *size; /* "1000": records of a shard; "500M", "2G" (also K): about so many bytes; NULL: one archive */
    time_t mtime;     /* of all members */
} mm_shard_options;

typedef struct mm_shards mm_shards;

/* Opens the first archive. The options' strings must outlive the shards. MM_USAGE: an invalid size or path. */
int mm_shards_open(mm_shards **out, const mm_shard_options *options, const mm_head *head, mm_error *error);

/* Adds the files of one record, to the next shard if this one is full. Each shard gets one record at least. */
int mm_shards_add(mm_shards *shards, const mm_member *files, size_t n, mm_error *error);

/* Gives all archives their names. MM_FAILURE if a file has the name of the shard after the last: it would be read as one of these. */
int mm_shards_commit(mm_shards *shards, mm_error *error);

/* Frees the shards and, without a commit before, removes what they wrote. NULL is fine. */
void mm_shards_free(mm_shards *shards);

#endif
