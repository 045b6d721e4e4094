/* Random access to a tensor stream in a regular file. The file is mapped, and each block's prefix leads to the next block. A
 * record goes to a writer as it is in the file, without a copy; only the block's number changes. */
#ifndef MM_STREAM_INDEX_H
#define MM_STREAM_INDEX_H

#include "common/stream/stream.h"

typedef struct mm_index mm_index;

/* Maps the whole file and checks every prefix, every meta, the order of blocks and DONE's counts. Data checksums are checked
 * when a record is first used. All segments form one sequence of records; keys are unique within a segment only. 0,
 * MM_DAMAGED, or MM_FAILURE (not a regular file, memory). */
int mm_index_open(mm_index **out, int fd, const char *name, mm_error *error);
void mm_index_close(mm_index *map);

size_t mm_index_count(const mm_index *map);              /* records */
const mm_head *mm_index_head(const mm_index *map);       /* HEAD of the first segment, with the other segments' programs */
size_t mm_index_skipped(const mm_index *map);            /* records skipped before, summed over all DONE blocks */

/* Returns record i's meta text in the mapped file, not ended by NUL. */
const char *mm_index_meta(const mm_index *map, size_t i, size_t *bytes);
const char *mm_index_key(const mm_index *map, size_t i); /* unescaped; owned by the map */

/* Looks up attribute `name` of record i: *value is the unescaped value, which the caller frees, or NULL if absent. */
int mm_index_attribute(const mm_index *map, size_t i, const char *name, char **value, mm_error *error);

/* Makes a record whose tensors lie in the mapped file; pages are copied only when written to. The caller frees it before the
 * index. MM_DAMAGED: its data checksum is wrong. */
int mm_index_record(mm_index *map, size_t i, mm_record **out, mm_error *error);

/* Writes record i as it is in the file, with the writer's next number. */
int mm_index_write(mm_index *map, size_t i, mm_writer *writer, mm_error *error);

#endif
