/* The files below a folder, one by one, in no order. */
#ifndef MM_BASE_WALK_H
#define MM_BASE_WALK_H

#include "common/base/error.h"

/* Receives the path of a file, relative to the root. A return value other than 0 ends the walk. */
typedef int (*mm_walk_file)(void *context, const char *path, mm_error *error);

/* Visits all regular files below `root`, in no order. Follows symbolic links; leaves out hidden files and folders. Returns what
 * `file` returned, or MM_FAILURE: a folder or file cannot be read, or folders are nested more than 64 deep. */
int mm_walk(const char *root, mm_walk_file file, void *context, mm_error *error);

#endif
