/* Random access to a tensor stream in a regular file. The file is mapped; its blocks are found by hopping from prefix to
 * prefix. A record's meta and data go to a writer as they are in the file, without a copy; only the block's number changes. */
#ifndef MM_STREAM_INDEX_H
#define MM_STREAM_INDEX_H

#include "common/stream/stream.h"

typedef struct mm_index mm_index;

/* Maps the whole file and checks every prefix, every meta, the order of blocks and DONE's counts (data checksums are
 * checked when a record is first touched). All segments count as one sequence of records; keys are unique in each, not in
 * all. 0, MM_DAMAGED, MM_FAILURE. */
int mm_index_open(mm_index **out, int fd, const char *name, mm_error *error);
void mm_index_close(mm_index *map);

size_t mm_index_count(const mm_index *map);              /* records */
const mm_head *mm_index_head(const mm_index *map);       /* of the first segment, other segments' programs merged in */
size_t mm_index_skipped(const mm_index *map);            /* sum of the DONE lines' "skipped" */

/* Record i's meta text in the mapped file, not ended by NUL. */
const char *mm_index_meta(const mm_index *map, size_t i, size_t *bytes);
const char *mm_index_key(const mm_index *map, size_t i); /* unescaped; owned by the map */

/* The value of attribute `name` of record i, unescaped, in memory that the caller frees; *value NULL when absent. */
int mm_index_attribute(const mm_index *map, size_t i, const char *name, char **value, mm_error *error);

/* Makes a record whose tensors are read in place (copied only when written to); the caller frees it before the index. */
int mm_index_record(mm_index *map, size_t i, mm_record **out, mm_error *error);

/* Writes record i as it lies in the file, with the writer's next number. */
int mm_index_write(mm_index *map, size_t i, mm_writer *writer, mm_error *error);

#endif
