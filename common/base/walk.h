/* The files below a folder, one by one, in no order. */
#ifndef MM_BASE_WALK_H
#define MM_BASE_WALK_H

#include "common/base/error.h"

/* Receives the path of a file below the root. A return other than 0 ends the walk. */
typedef int (*mm_walk_file)(void *context, const char *path, mm_error *error);

/* Visits regular files and follows links; hidden files and folders are left out. Returns what `file` returned, or MM_FAILURE:
 * a folder cannot be read, or is nested more than 64 deep. */
int mm_walk(const char *root, mm_walk_file file, void *context, mm_error *error);

#endif
