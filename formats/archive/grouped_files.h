/* The files of a tar archive or of a directory, grouped into records (members.h). */
#ifndef MM_FOLDER_H
#define MM_FOLDER_H

#include "common/stream/stream.h"
#include "formats/archive/webdataset.h"

typedef struct mm_folder mm_folder;

/* Of an open regular file, which is mapped; the descriptor stays the caller's. An archive that is packed is refused: it
 * cannot be read at random positions. */
int mm_folder_of_tar(mm_folder **out, int fd, const char *name, mm_error *error);

/* Of all files below a directory, in the order of their paths; hidden ones are left out. */
int mm_folder_of_directory(mm_folder **out, const char *path, mm_error *error);
void mm_folder_free(mm_folder *folder);

size_t mm_folder_count(const mm_folder *folder);   /* records */
size_t mm_folder_ignored(const mm_folder *folder); /* files that belong to none */
const char *mm_folder_key(const mm_folder *folder, size_t i);

/* Of the files __mmpipe__, all programs; NULL without one. */
const mm_head *mm_folder_head(const mm_folder *folder);

int mm_folder_record(const mm_folder *folder, size_t i, mm_members_depth depth, const mm_case_rules *rules,
                     mm_record **record, mm_error *error);

#endif
