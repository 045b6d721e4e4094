/* The files below a folder, one by one, in no order. */
#ifndef MM_BASE_WALK_H
#define MM_BASE_WALK_H

#include "common/base/error.h"

/* Takes a file by its path below the root; another return than 0 ends the walk. */
typedef int (*mm_walk_file)(void *context, const char *path, mm_error *error);

/* Regular files, links followed; hidden files and folders are left out. MM_FAILURE: a folder cannot be read, or lies
 * deeper than 64 others; what `file` returned. */
int mm_walk(const char *root, mm_walk_file file, void *context, mm_error *error);

#endif
