/* The files below a folder, one by one, in no order. */
#ifndef MM_BASE_WALK_H
#define MM_BASE_WALK_H

#include <stddef.h>

#include "common/base/error.h"

/* Receives the path of a file, relative to the root. A return value other than 0 ends the walk. */
typedef int (*mm_walk_file)(void *context, const char *path, mm_error *error);

/* Visits all regular files below `root`, in no order. Follows symbolic links; leaves out hidden files and folders. Returns what
 * `file` returned, or MM_FAILURE: a folder or file cannot be read, or folders are nested more than 64 deep. */
int mm_walk(const char *root, mm_walk_file file, void *context, mm_error *error);

/* The same files as a list, in the order of their paths. */
typedef struct mm_file_list {
    char **path; /* [n], relative to the root */
    size_t n, room;
} mm_file_list;

/* Fills an empty list; errors are those of mm_walk. The caller frees it, on failure too. */
int mm_file_list_read(mm_file_list *list, const char *root, mm_error *error);
void mm_file_list_free(mm_file_list *list);

#endif
