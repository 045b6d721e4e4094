/* Records as one tar archive, or as several of bounded size (shards), which appear together or not at all.
 *
 * Each archive begins with the stream's HEAD (members.h). Which record goes where depends on the records alone. */
#ifndef MM_FORMATS_ARCHIVE_SHARDS_H
#define MM_FORMATS_ARCHIVE_SHARDS_H

#include <time.h>

#include "common/stream/stream.h"
#include "formats/archive/tar.h"

typedef struct mm_shard_options {
    const char *path; /* NULL: standard output. With a limit the number of the shard stands in it as %06d or the like */
    const char *size; /* "1000": records of a shard; "500M", "2G" (also K): about so many bytes; NULL: one archive */
    time_t mtime;     /* of all members */
} mm_shard_options;

typedef struct mm_shards mm_shards;

/* The rules' strings must outlive the shards. MM_USAGE: a size or a name that is none. */
int mm_shards_open(mm_shards **out, const mm_shard_options *rules, const mm_head *head, mm_error *error);

/* The files of a record; a shard that is full is closed before, and one record at least goes into each. */
int mm_shards_add(mm_shards *shards, const mm_member *files, size_t n, mm_error *error);

/* Gives all archives their names. A file that bears the name of the shard after the last is an error: it would be read as
 * part of these. */
int mm_shards_commit(mm_shards *shards, mm_error *error);

/* Without a commit before, nothing is left. NULL is fine. */
void mm_shards_free(mm_shards *shards);

#endif
