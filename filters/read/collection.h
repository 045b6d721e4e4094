/* Many things that can become records: image files, the records of tensor streams, the images of a manifest, the files of tar
 * archives and of folders (archive/webdataset.h). Only what names an item is read beforehand. Items are then read one by one, in any
 * order and by any number of threads at once. */
#ifndef MM_FILTERS_READ_COLLECTION_H
#define MM_FILTERS_READ_COLLECTION_H

#include "common/stream/index.h"
#include "formats/dataset/manifest_record.h"

typedef struct mm_collection mm_collection;

mm_collection *mm_collection_new(void); /* NULL when memory is out */
void mm_collection_free(mm_collection *c);

/* Adds what a path names: a stream, a tar archive, a folder with all below it (in the order of the paths), else one image. An image
 * that cannot be opened or is of no known kind is an error only when it is read. */
int mm_collection_add_path(mm_collection *c, const char *path, mm_error *error);

/* Adds a regular file that is open already; the descriptor stays the caller's. */
int mm_collection_add_fd(mm_collection *c, int fd, const char *name, mm_error *error);

/* Adds one image in memory, which came from `name`: its key is that path's, or "image" of "standard input". Takes the bytes over. */
int mm_collection_add_bytes(mm_collection *c, const char *name, void *bytes, size_t size, mm_error *error);

/* Adds the images of a manifest. */
int mm_collection_add_manifest(mm_collection *c, const char *text, size_t size, const char *name, mm_error *error);

/* Reorders the items: the first of each thing that was added, then the second of each, and so on. The shards of a stream (mm_order),
 * added in their order, become the stream again. */
void mm_collection_interleave(mm_collection *c);

size_t mm_collection_count(const mm_collection *c);
const char *mm_collection_key(const mm_collection *c, size_t i);

bool mm_collection_has_stream(const mm_collection *c);

/* Counts files of folders and archives that belong to no record. */
size_t mm_collection_ignored(const mm_collection *c);

/* The records that streams left out before. */
size_t mm_collection_skipped(const mm_collection *c);

/* The HEAD of all streams, archives and folders, with all their programs; NULL when none has one. */
const mm_head *mm_collection_head(const mm_collection *c);

/* Looks up an attribute of an item that is not read yet: *value is NULL when there is none, else the caller frees it. An image file is
 * read if only it can know (a DICOM file's patient, side, view, spacing). */
int mm_collection_attribute(mm_collection *c, size_t i, const mm_read_options *rules, const char *name, char **value, mm_error *error);

/* Reads the item as a record. Errors name the file. */
int mm_collection_record(mm_collection *c, size_t i, const mm_read_options *rules, mm_record **record, mm_error *error);

/* Returns the stream that item i lies in, and its number there; NULL when it is not a record of a stream. */
mm_index *mm_collection_index(mm_collection *c, size_t i, size_t *number);

#endif
