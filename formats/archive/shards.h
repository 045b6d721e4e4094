/* Records as one tar archive, or as several of bounded size (shards), which appear together or not at all. Each begins with the stream's
 * HEAD (webdataset.h). Only the records and the limit decide which shard a record goes to. */
#ifndef MM_FORMATS_ARCHIVE_SHARDS_H
#define MM_FORMATS_ARCHIVE_SHARDS_H

#include <time.h>

#include "common/stream/stream.h"
#include "formats/archive/tar.h"

typedef struct mm_shard_options {
    const char *path; /* NULL: standard output. With a size it must hold %06d, or the like, for the number of the shard */
    const char *size; /* "1000": records of a shard; "500M", "2G" (also K): about as many bytes; NULL: one archive */
    time_t mtime;     /* of all members */
} mm_shard_options;

typedef struct mm_shards mm_shards;

/* Opens the first archive. The options' strings must outlive the shards. MM_USAGE: an invalid size or path. *out is freed by the
 * caller, also after an error. */
int mm_shards_open(mm_shards **out, const mm_shard_options *options, const mm_head *head, mm_error *error);

/* Adds the files of one record, to the next shard if this one is full. Each shard gets at least one record. */
int mm_shards_add(mm_shards *shards, const mm_member *files, size_t n, mm_error *error);

/* Gives all archives their names. MM_FAILURE: a file has the name of the shard after the last and would be read as one of these. */
int mm_shards_commit(mm_shards *shards, mm_error *error);

/* Frees the shards. If they were not committed their files are removed. NULL is fine. */
void mm_shards_free(mm_shards *shards);

#endif
