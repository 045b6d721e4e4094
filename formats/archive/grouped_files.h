/* The files of a tar archive or of a directory, grouped into records (webdataset.h). */
#ifndef MM_FORMATS_ARCHIVE_GROUPED_FILES_H
#define MM_FORMATS_ARCHIVE_GROUPED_FILES_H

#include "common/stream/stream.h"
#include "formats/archive/webdataset.h"

typedef struct mm_grouped_files mm_grouped_files;

/* Maps an archive in a regular file; the caller keeps the descriptor. MM_FAILURE: the archive is packed or sparse, so it cannot be
 * read at random positions. */
int mm_grouped_files_of_tar(mm_grouped_files **out, int fd, const char *name, mm_error *error);

/* Lists all files below a directory except hidden ones, in the order of their paths. */
int mm_grouped_files_of_directory(mm_grouped_files **out, const char *path, mm_error *error);
void mm_grouped_files_free(mm_grouped_files *folder);

size_t mm_grouped_files_count(const mm_grouped_files *folder);   /* records */

/* Counts files that belong to no record. *first is the name of the first, and stays as it is if there is none. */
size_t mm_grouped_files_ignored(const mm_grouped_files *folder, const char **first);

/* Counts files KEY.NAME.png that are images of their own beside a file KEY.png (member_groups.h). *first is as above. */
size_t mm_grouped_files_apart(const mm_grouped_files *folder, const char **first);
const char *mm_grouped_files_key(const mm_grouped_files *folder, size_t i);

/* Returns the HEAD with the programs of all files __mmpipe__; NULL when there is none. */
const mm_head *mm_grouped_files_head(const mm_grouped_files *folder);

/* Reads record i. MM_FAILURE: a file cannot be read, or has changed since it was listed. Other errors are those of
 * mm_members_to_record. */
int mm_grouped_files_record(const mm_grouped_files *folder, size_t i, mm_members_depth depth, const mm_read_options *rules,
                     mm_record **record, mm_error *error);

#endif
