/* Many things that can become records, read at random positions: image files, the records of tensor streams, the
 * images of a manifest, files of tar archives and of folders (members.h). Only what is needed to name an item and to know
 * its attributes is read beforehand; items are then read one by one, by any number of threads at once. */
#ifndef MM_FILTERS_READ_COLLECTION_H
#define MM_FILTERS_READ_COLLECTION_H

#include "common/stream/index.h"
#include "formats/dataset/manifest_record.h"

typedef struct mm_collection mm_collection;

mm_collection *mm_collection_new(void); /* NULL when memory is out */
void mm_collection_free(mm_collection *c);

/* Adds what a path names: a stream, a tar archive, a folder with all below it (in the order of the paths), else one image,
 * also one that cannot be opened or is of no known kind: that is found out when it is read. */
int mm_collection_add_path(mm_collection *c, const char *path, mm_error *error);

/* Adds a regular file that is open already; the descriptor stays the caller's. */
int mm_collection_add_fd(mm_collection *c, int fd, const char *name, mm_error *error);

/* Adds one image in memory, which came from `name`: its key is that path's, or "image" of "standard input". Takes the bytes over. */
int mm_collection_add_bytes(mm_collection *c, const char *name, void *bytes, size_t size, mm_error *error);

/* Adds the images of a manifest. */
int mm_collection_add_manifest(mm_collection *c, const char *text, size_t size, const char *name, mm_error *error);

/* Brings the items into another order: of each thing that was added the first, then of each the second, and so on. So
 * the shards of a stream (mm_order), added in their order, are the stream again. */
void mm_collection_interleave(mm_collection *c);

size_t mm_collection_count(const mm_collection *c);
const char *mm_collection_key(const mm_collection *c, size_t i);

bool mm_collection_has_stream(const mm_collection *c);

/* Files of folders and archives that are no part of a record. */
size_t mm_collection_ignored(const mm_collection *c);

/* Records that streams left out before, and the programs of all streams, archives and folders; NULL when none tells of any. */
size_t mm_collection_skipped(const mm_collection *c);
const mm_head *mm_collection_head(const mm_collection *c);

/* An attribute, before its item is read: *value NULL when it has none; the caller frees it. What only an image file can
 * tell (a DICOM file's patient, side, view, spacing) is read for it. */
int mm_collection_attribute(mm_collection *c, size_t i, const mm_read_options *rules, const char *name, char **value, mm_error *error);

/* The item as a record. Errors name the file. */
int mm_collection_record(mm_collection *c, size_t i, const mm_read_options *rules, mm_record **record, mm_error *error);

/* The stream that item i lies in and its number there, or NULL when it is no record of a stream. */
mm_index *mm_collection_map(mm_collection *c, size_t i, size_t *number);

#endif
