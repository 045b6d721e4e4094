/* Exclusive locks on files that a program writes to over hours, or reads and replaces: two programs that want the same file must
 * not both believe that it is theirs.
 *
 * What is locked is the file's name in its folder, since the file need not be there yet and is replaced by another one. Linux
 * keeps such names (abstract sockets) without anything on the disk: a lock ends with its process, also by SIGKILL, and leaves
 * nothing behind. Programs on other machines do not see it. */
#ifndef MM_BASE_LOCK_H
#define MM_BASE_LOCK_H

#include "common/base/error.h"

/* Start from MM_UNLOCKED. */
typedef struct mm_lock {
    int fd;
} mm_lock;

#define MM_UNLOCKED {-1}

/* Locks the file at `path`, which need not exist; a link locks the file that it leads to or would make. NULL, "-", what is not a
 * regular file, and anything in a folder that does not exist are not locked. MM_FAILURE: another program has the lock, or as
 * mm_output_target. */
int mm_lock_take(mm_lock *lock, const char *path, mm_error *error);

/* Does nothing if nothing is locked. */
void mm_lock_release(mm_lock *lock);

#endif
