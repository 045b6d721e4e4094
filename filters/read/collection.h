/* A list of items that can become records: image files, records of tensor streams, images of a manifest, files of tar archives and
 * of folders (archive/webdataset.h). Only the names of items are read beforehand. Items are then read one by one, in any order and by
 * any number of threads at once. */
#ifndef MM_FILTERS_READ_COLLECTION_H
#define MM_FILTERS_READ_COLLECTION_H

#include "common/stream/index.h"
#include "formats/dataset/manifest_record.h"

typedef struct mm_collection mm_collection;

mm_collection *mm_collection_new(void); /* NULL when memory is out */
void mm_collection_free(mm_collection *c);

/* Adds what a path names: a stream, a tar archive, a folder with all below it (in the order of the paths), else one image. An image
 * that cannot be opened or recognised is an error only when it is read. */
int mm_collection_add_path(mm_collection *c, const char *path, mm_error *error);

/* Adds a regular file that is open already; the caller keeps the descriptor. */
int mm_collection_add_fd(mm_collection *c, int fd, const char *name, mm_error *error);

/* Adds one image in memory, read from `name`, and takes the bytes over. Its key is made of that path; for "standard input" it is
 * "image". */
int mm_collection_add_bytes(mm_collection *c, const char *name, void *bytes, size_t size, mm_error *error);

/* Adds the images of a manifest. `classes`, if not NULL, names their labels. */
int mm_collection_add_manifest(mm_collection *c, const char *text, size_t size, const char *name, const mm_class_names *classes,
                               mm_error *error);

/* Reorders the items: the first of each input that was added, then the second of each, and so on. The shards of a stream (mm_order),
 * added in their order, become the stream again. */
void mm_collection_interleave(mm_collection *c);

size_t mm_collection_count(const mm_collection *c); /* items */
const char *mm_collection_key(const mm_collection *c, size_t i);

/* True if any input is a tensor stream. */
bool mm_collection_has_stream(const mm_collection *c);

/* Counts files of folders and archives that belong to no record. *first is the name of one. */
size_t mm_collection_ignored(const mm_collection *c, const char **first);

/* Counts files KEY.NAME.png that are records of their own beside a file KEY.png. *first is the name of one. */
size_t mm_collection_apart(const mm_collection *c, const char **first);

/* Counts records that earlier programs left out of the streams. */
size_t mm_collection_skipped(const mm_collection *c);

/* Returns the HEAD of all streams, archives and folders, with all their programs; NULL if none has one. */
const mm_head *mm_collection_head(const mm_collection *c);

/* Looks up an attribute of an item that is not read yet. *value is NULL if there is none; the caller frees it. An image file is read
 * only for patient, side, view or spacing, which a DICOM file may hold. */
int mm_collection_attribute(mm_collection *c, size_t i, const mm_read_options *rules, const char *name, char **value, mm_error *error);

/* Reads the item as a record. Errors name the file. */
int mm_collection_record(mm_collection *c, size_t i, const mm_read_options *rules, mm_record **record, mm_error *error);

/* Returns the stream that item i lies in, and its number there; NULL when it is not a record of a stream. */
mm_index *mm_collection_index(mm_collection *c, size_t i, size_t *number);

#endif
